#!/usr/bin/env python3
"""Runs a coordinator under churn, and watches that it does not grow.

  soak.py FOLDER_OF_THE_PROGRAMS SOURCE_DIR [--minutes N] [--seed N] [--out FOLDER]

A coordinator with TLS and tokens, `fathom ui`, and people and machines that come
and go: workers start, leave in good order and are killed; sweeps are submitted,
cancelled, and (where the program has the command) deleted; pages are looked at;
queries, backups and audits run; certificates are replaced and SIGHUP is sent.
Every random choice follows from the seed, which is printed first.

Every few seconds memory, descriptors, threads, the write-ahead log and the
ledger are measured. At the end the audit must be clean, and what flatness.py
calls flat must be flat: resident memory (of the coordinator without the
pages that it keeps of the ledger), descriptors and threads of the coordinator and of the page, and
the write-ahead log. With --out, the table, the
picture and all samples are written there. The exit code is 0 when all is well
and 1 otherwise.

A full one is run by hand: soak.py build/release/bin . --minutes 30
"""

import argparse
import collections
import csv
import http.client
import json
import os
import random
import re
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time

import flatness
from cluster import PATIENCE, Cluster, Failure, audit, say, until

SPEC = """\
name: soak-{number}
data: {{synthetic: {{rows: 60, columns: 6, noise: 0.1}}}}
steps: {steps}
axes:
  depth: [1, 2]
  learning_rate: [0.001, 0.01]
  seed: {{range: [{number}, {end}]}}
record: {{points: 5, metrics: [loss, weight_norm]}}
"""
# The allowances are for half an hour; what grows slower is not seen in one.
RULES = [
    flatness.Rule("coordinator, resident memory without the ledger's pages", "MiB", 10, 0.10),
    flatness.Rule("coordinator, descriptors", "open", 12),
    flatness.Rule("coordinator, threads", "running", 6),
    flatness.Rule("write-ahead log", "MiB", 8, usual=64),
    flatness.Rule("page, resident memory", "MiB", 8, 0.10),
    flatness.Rule("page, descriptors", "open", 12),
    flatness.Rule("page, threads", "running", 6),
]
# What grows with what was done. Of the ledger's pages, the coordinator keeps a bounded
# number in memory, which is taken off its memory before that is judged.
TOLD = [
    flatness.Told("ledger", "MiB"),
    flatness.Told("the ledger's pages in memory", "MiB"),
    flatness.Told("sweeps, not ended", "open"),
]
WORKERS = 4  # At most, at a time.
SAMPLE_SECONDS = 2


def measure(pid):
    """Returns the resident memory in MiB, the descriptors and the threads of a process."""
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
        lines = dict(line.split(":", 1) for line in status)
    return int(lines["VmRSS"].split()[0]) / 1024, len(os.listdir(f"/proc/{pid}/fd")), int(lines["Threads"])


def size_of(path):
    return os.path.getsize(path) / 2**20 if os.path.exists(path) else 0.0


class Soak:
    def __init__(self, options, folder):
        self.programs, self.source, self.folder = os.path.abspath(options.programs), options.source, folder
        self.random, self.seconds = random.Random(options.seed), 60 * options.minutes
        self.counts = collections.Counter()
        self.samples = []
        self.sweeps = []
        self.began = 0.0
        self.page = None
        self.busy = []  # Commands that run on their own.
        self.keys = os.path.join(folder, "keys")
        self.make_keys()
        self.cluster = Cluster(
            self.programs, folder, None, slots=1, ttl=5,
            server_flags=("--tls-cert", f"{self.keys}/server.pem", "--tls-key", f"{self.keys}/server.key",
                          "--tokens", f"{self.keys}/tokens"),
            worker_flags=("--tls-ca", f"{self.keys}/ca.pem", "--token-file", f"{self.keys}/worker"),
            client_flags=("--tls-ca", f"{self.keys}/ca.pem", "--token-file", f"{self.keys}/admin"))
        self.can_delete = b"delete" in self.cluster.fathom("--help").stdout
        self.acts = [(8, self.submit), (6, self.start_worker), (3, self.end_worker), (2, self.kill_worker),
                     (4, self.cancel), (8, self.look_at_page), (4, self.query), (1, self.back_up), (1, self.audit),
                     (1, self.renew), (1, self.hang_up), (3, self.watch)]
        if self.can_delete:
            self.acts.append((3, self.delete))

    # Keys and tokens.

    def make_keys(self):
        script = os.path.join(self.source, "deploy/make-keys.sh")
        subprocess.run(["bash", script, self.keys, "server", "127.0.0.1"], check=True, stdout=subprocess.DEVNULL)
        with open(os.path.join(self.keys, "tokens"), "wb") as tokens:
            for role in ("worker", "admin"):
                made = subprocess.run([os.path.join(self.programs, "fathom"), "token", "new", "--role", role,
                                       "--name", role, "--out", os.path.join(self.keys, role)],
                                      check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
                tokens.write(made.stdout)
        self.tls = ssl.create_default_context(cafile=os.path.join(self.keys, "ca.pem"))
        with open(os.path.join(self.keys, "admin"), encoding="ascii") as token:
            self.token = token.read().strip()

    def start_page(self):
        with open(os.path.join(self.folder, "page.log"), "wb") as log:
            self.page = subprocess.Popen(
                [self.cluster.program("fathom"), "ui", "--server", self.cluster.address, "--listen", "127.0.0.1:0",
                 "--login", "--https-cert", f"{self.keys}/server.pem", "--https-key", f"{self.keys}/server.key",
                 *self.cluster.client_flags], stdout=subprocess.PIPE, stderr=log, text=True)
        said = self.page.stdout.readline()
        if not said.startswith("open https://"):
            raise Failure(f"fathom ui says {said!r}")
        self.page_port = int(said.rsplit(":", 1)[1])

    # What happens. Each of these is one event of the churn.

    def command(self, *args):
        """Starts a command that may take its time, and looks after it later."""
        self.busy.append((time.monotonic(), subprocess.Popen(
            [self.cluster.program("fathom"), *args, "--server", self.cluster.address, *self.cluster.client_flags],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)))

    def reap(self, wait=False):
        rest = []
        for began, process in self.busy:
            if not wait and process.poll() is None and time.monotonic() - began < PATIENCE:
                rest.append((began, process))
                continue
            try:
                _, errors = process.communicate(timeout=PATIENCE if wait else 0.1)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise Failure(f"{process.args} takes longer than {PATIENCE} s") from None
            text = errors.decode(errors="replace")
            # 4: the awaited sweep was cancelled meanwhile. A sweep may end, or go, before a command comes.
            expected = any(word in text for word in ("no sweep", "not found", "cannot be cancelled", "being deleted"))
            if process.returncode not in (0, 4) and not expected:
                raise Failure(f"{process.args} ends with {process.returncode}: {text}")
        self.busy = rest

    def submit(self):
        if len(self.sweeps) - self.counts["cancelled"] > 40 and self.random.random() < 0.5:
            return
        number = self.counts["submitted"] = self.counts["submitted"] + 1
        path = os.path.join(self.folder, "soak.yaml")
        with open(path, "w", encoding="ascii") as spec:
            seeds = self.random.choice((5, 20, 60))
            spec.write(SPEC.format(number=number, end=number + seeds, steps=self.random.choice((50, 500, 4000))))
        self.cluster.fathom("submit", path, "--server", self.cluster.address, *self.cluster.client_flags)
        self.sweeps.append(f"soak-{number}")

    def start_worker(self):
        if len(self.cluster.workers) < WORKERS:
            self.cluster.start_worker()
            self.counts["workers"] += 1

    def end_worker(self):
        began = [worker for worker in self.cluster.workers if self.cluster.has_begun(worker)]
        if len(began) > 1:
            worker = self.random.choice(began)
            worker.send_signal(signal.SIGTERM)
            self.cluster.workers.remove(worker)
            if worker.wait(PATIENCE) != 0:
                raise Failure(f"a worker that was asked to leave ends with {worker.returncode}")
            self.counts["workers that left"] += 1

    def kill_worker(self):
        if len(self.cluster.workers) > 1:
            self.cluster.kill_worker(self.random.choice(self.cluster.workers))
            self.counts["workers killed"] += 1

    def pick(self):
        return self.random.choice(self.sweeps) if self.sweeps else None

    def cancel(self):
        if len(self.sweeps) > 3:
            self.command("cancel", self.pick())
            self.counts["cancelled"] += 1

    def delete(self):
        if len(self.sweeps) > 6:
            name = self.sweeps.pop(0)
            self.cluster.fathom("cancel", name, "--server", self.cluster.address, *self.cluster.client_flags,
                                check=False)
            self.command("delete", name, "--yes")
            self.counts["deleted"] += 1

    def watch(self):
        if self.sweeps and len(self.busy) < 6:
            self.command("watch", self.sweeps[-1], "--quiet")
            self.counts["watched"] += 1

    def query(self):
        self.command("query", "SELECT * FROM results ORDER BY final_loss LIMIT 200")
        self.counts["queries"] += 1

    def back_up(self):
        target = os.path.join(self.folder, f"copy-{self.counts['backups']}.db")
        self.counts["backups"] += 1
        self.cluster.fathom("backup", target, "--server", self.cluster.address, *self.cluster.client_flags)
        os.remove(target)

    def audit(self):
        self.command("audit")
        self.counts["audits"] += 1

    def browse(self):
        return http.client.HTTPSConnection("127.0.0.1", self.page_port, context=self.tls, timeout=PATIENCE)

    def log_in(self, browser):
        """Logs a browser in; returns what it sends along from now on."""
        browser.request("POST", "/login", json.dumps({"token": self.token}),
                        {"Origin": f"https://127.0.0.1:{self.page_port}", "X-Fathom": "1"})
        answer = browser.getresponse()
        body = answer.read()
        if answer.status != 204:
            raise Failure(f"the page answers a login with {answer.status}: {body[:300]!r}")
        return {"Cookie": answer.getheader("Set-Cookie").split(";")[0]}

    def look_at_page(self):
        """Asks for what a page asks for, by a connection of its own, and for the metrics."""
        browser = self.browse()
        cookie = self.log_in(browser)
        bearer = {"Authorization": f"Bearer {self.token}"}
        asked = [("/api/sweeps", cookie), ("/api/workers", cookie), ("/metrics", bearer), ("/healthz", bearer)]
        for path, headers in asked:
            browser.request("GET", path, headers=headers)
            answer = browser.getresponse()
            body = answer.read()
            if answer.status != 200:
                raise Failure(f"the page answers {path} with {answer.status}: {body[:300]!r}")
        browser.request("POST", "/logout", "", {
            **cookie, "Origin": f"https://127.0.0.1:{self.page_port}", "X-Fathom": "1"})
        browser.getresponse().read()
        browser.close()
        self.counts["page requests"] += len(asked)

    def renew(self):
        """Makes another certificate of the same authority, and has both read it."""
        for name in ("server.key", "server.pem"):
            os.remove(os.path.join(self.keys, name))
        subprocess.run(["bash", os.path.join(self.source, "deploy/make-keys.sh"), self.keys, "server", "127.0.0.1"],
                       check=True, stdout=subprocess.DEVNULL)
        self.hang_up()
        self.counts["certificates"] += 1

    def hang_up(self):
        self.cluster.server.send_signal(signal.SIGHUP)
        self.page.send_signal(signal.SIGHUP)
        self.counts["SIGHUPs"] += 1

    # What is measured.

    def telemetry(self, *names):
        """Returns the values of metrics without labels, as the coordinator tells them."""
        browser = self.browse()
        browser.request("GET", "/metrics", headers={"Authorization": f"Bearer {self.token}"})
        text = browser.getresponse().read().decode()
        browser.close()
        found = [re.search(rf"^{name} (\S+)$", text, re.MULTILINE) for name in names]
        if not all(found):
            raise Failure(f"the metrics do not tell {names}: {text[:300]!r}")
        return [float(value.group(1)) for value in found]

    def sample(self):
        db = self.cluster.db
        cache, running = self.telemetry("fathom_page_cache_bytes", "fathom_sweeps_running")
        cache /= 2**20
        memory, descriptors, threads = measure(self.cluster.server.pid)
        self.samples.append([time.monotonic() - self.began, memory - cache, descriptors, threads, size_of(db + "-wal"),
                             *measure(self.page.pid), size_of(db), cache, running])

    def check_alive(self):
        for name, process in (("fathom-server", self.cluster.server), ("fathom ui", self.page)):
            if process.poll() is not None:
                raise Failure(f"{name} ends with {process.returncode}")

    def verdicts(self):
        return [flatness.Verdict(rule, [(row[0], row[1 + column]) for row in self.samples])
                for column, rule in enumerate([*RULES, *TOLD])]

    def run(self):
        with self.cluster:
            self.cluster.start_server()
            self.start_page()
            try:
                self.churn()
                self.finish()
            finally:
                self.page.kill()
                self.page.wait()
                for _, process in self.busy:
                    process.kill()
                    process.wait()

    def churn(self):
        self.submit()
        for _ in range(2):
            self.start_worker()
        self.began = time.monotonic()
        next_sample, told = 0.0, 0.0
        weights = [weight for weight, _ in self.acts]
        while (now := time.monotonic() - self.began) < self.seconds:
            if now >= next_sample:
                self.sample()
                next_sample = now + SAMPLE_SECONDS
            if now >= told + 60:
                told = now
                row = self.samples[-1]
                say(f"{now / 60:.0f} min: coordinator {row[1]:.0f} MiB, {row[2]} descriptors, {row[3]} threads; log "
                    f"{row[4]:.1f} MiB; page {row[5]:.0f} MiB, {row[6]} descriptors; ledger {row[8]:.1f} MiB, "
                    f"of which {row[9]:.1f} in memory; {row[10]:.0f} sweeps have not ended")
            self.check_alive()
            self.reap()
            if len(self.busy) < 8:
                self.random.choices([act for _, act in self.acts], weights)[0]()
            time.sleep(self.random.uniform(0, 0.6))

    def finish(self):
        self.reap(wait=True)
        self.cluster.server.send_signal(signal.SIGTERM)
        if self.cluster.server.wait(PATIENCE) != 0:
            raise Failure(f"the server ends with {self.cluster.server.returncode}")
        code, digest, text = audit(self.programs, self.cluster.db)
        if code != 0:
            raise Failure(f"the audit at the end: {text}")
        leftovers = [name for name in os.listdir(self.folder) if name.startswith("fathom-backup-")]
        if leftovers:
            raise Failure(f"copies were left behind: {leftovers}")
        say(", ".join(f"{count} {name}" for name, count in sorted(self.counts.items())) +
            f"; audit clean, digest {digest[:16]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs")
    parser.add_argument("source")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    parser.add_argument("--out", help="folder for table, picture and samples")
    options = parser.parse_args()
    say(f"seed {options.seed}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(2))
    folder = tempfile.mkdtemp(prefix="fathom-soak-")
    soak = Soak(options, folder)
    try:
        soak.run()
    except (Failure, OSError, http.client.HTTPException, subprocess.SubprocessError) as failure:
        say(f"FAILED with seed {options.seed}: {failure}\nwhat is left of it: {folder}")
        return 1
    verdicts = soak.verdicts()
    say(flatness.table_of(verdicts))
    if options.out:
        os.makedirs(options.out, exist_ok=True)
        with open(os.path.join(options.out, "soak.md"), "w", encoding="utf-8") as table:
            table.write(flatness.table_of(verdicts))
        with open(os.path.join(options.out, "soak.svg"), "w", encoding="utf-8") as picture:
            picture.write(flatness.picture_of(verdicts))
        with open(os.path.join(options.out, "soak.csv"), "w", encoding="utf-8", newline="") as samples:
            rows = csv.writer(samples)
            rows.writerow(["seconds", *(f"{rule.name}, {rule.unit}" for rule in [*RULES, *TOLD])])
            rows.writerows(soak.samples)
    growing = [verdict.rule.name for verdict in verdicts if verdict.rule in RULES and not verdict.is_flat()]
    shutil.rmtree(folder)
    if growing:
        say(f"FAILED with seed {options.seed}: {', '.join(growing)}: not flat")
        return 1
    say("all flat")
    return 0


if __name__ == "__main__":
    sys.exit(main())
