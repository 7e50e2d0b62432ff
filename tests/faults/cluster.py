"""Runs fathom's programs as processes that can be killed, stopped and cut off."""

import csv
import io
import os
import re
import signal
import subprocess
import sys
import time

SPEC = """\
name: faults
data: {{synthetic: {{rows: 100, columns: 10, noise: 0.1}}, standardize: true}}
loss: {{lp: 4}}
model: {{init: {{scheme: balanced, norm: 0.1}}}}
steps: {steps}
axes:
  depth: [1, 2, 3]
  learning_rate: [0.001, 0.003, 0.01, 0.03]
  seed: {{range: [0, {seeds}]}}
record: {{points: 8, metrics: [loss, weight_norm]}}
"""
RESULTS = ("SELECT trial, attempt, state, steps, final_loss, best_loss, best_step FROM results "
           "WHERE state IN ('succeeded','diverged','stopped','failed') ORDER BY trial")
CURVES = "SELECT trial, metric, step, value FROM metric_points ORDER BY trial, metric, step"
# Seconds of silence after which leases end: the least that the server allows.
TTL = 1.0
PATIENCE = 60  # Seconds that anything may take before it counts as stuck.


class Failure(Exception):
    pass


def until(what, seconds, condition):
    """Polls `condition` and returns its value when that is true; fails with `what` after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failure(f"{what}: not within {seconds} s")
        time.sleep(0.02)


class Cluster:
    """A coordinator, its workers and the ledger in `folder`.

    `server_in` and `worker_in` are commands that run the programs, such as
    `ip netns exec NAME`. `server_flags`, `worker_flags` and `client_flags` are
    the flags for TLS and tokens.
    """

    def __init__(self, programs, folder, spec, listen="127.0.0.1", slots=2, server_in=(), worker_in=(),
                 server_flags=(), worker_flags=(), client_flags=(), db=None, ttl=TTL, cache=""):
        self.programs, self.folder, self.spec, self.host = programs, folder, spec, listen
        self.server_in, self.worker_in = list(server_in), list(worker_in)
        self.server_flags, self.worker_flags = list(server_flags), list(worker_flags)
        self.client_flags = list(client_flags)
        self.db = db or os.path.join(folder, "ledger.db")
        self.slots, self.ttl, self.cache = slots, ttl, cache
        self.port = 0
        self.server = None
        self.workers = []
        self.names = 0
        self.seen = {}  # Rows of results that have been in the ledger, by trial.
        os.makedirs(folder, exist_ok=True)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        for process in [self.server, *self.workers]:
            if process is not None and process.poll() is None:
                process.kill()
                process.wait()

    def program(self, name):
        return os.path.join(self.programs, name)

    def log(self, name):
        return open(os.path.join(self.folder, name), "ab")

    def start_server(self):
        """Starts the server on the port of its first start, which other programs may use for a moment."""
        def started():
            path = os.path.join(self.folder, "server.log")
            at = os.path.getsize(path) if os.path.exists(path) else 0
            with self.log("server.log") as log:
                self.server = subprocess.Popen(
                    [*self.server_in, self.program("fathom-server"), "--db", self.db, "--listen",
                     f"{self.host}:{self.port}", "--lease-ttl", str(self.ttl), "--max-lost", "1000000",
                     "--grace", "1", *self.server_flags], stderr=log)

            def says():
                with open(path, "rb") as text:
                    text.seek(at)
                    said = text.read().decode(errors="replace")
                found = re.search(r"listening on \S+:(\d+),", said)
                if found:
                    return found
                if self.server.poll() is None:
                    return None
                if "another program" in said:
                    return "port"
                raise Failure(f"fathom-server ends with {self.server.returncode}: {said}")
            found = until("fathom-server listens", PATIENCE, says)
            if found == "port":
                return False
            self.port = int(found.group(1))
            return True
        until("the port is free", PATIENCE, started)

    @property
    def address(self):
        return f"{self.host}:{self.port}"

    def kill_server(self):
        self.server.kill()
        self.server.wait()

    def start_worker(self):
        self.names += 1
        with self.log("worker.log") as log:
            worker = subprocess.Popen(
                [*self.worker_in, self.program("fathom-worker"), "--server", self.address, "--slots",
                 str(self.slots), "--cache", self.cache, "--spool", self.folder, "--connect-timeout", "600", "--name",
                 f"w{self.names}", *self.worker_flags], stderr=log)
        worker.name = f"w{self.names}"
        self.workers.append(worker)
        return worker

    def has_begun(self, worker):
        with open(os.path.join(self.folder, "worker.log"), "rb") as log:
            return f" {worker.name}, {self.slots} slot{'' if self.slots == 1 else 's'},".encode() in log.read()

    def kill_worker(self, worker):
        self.workers.remove(worker)
        worker.kill()
        worker.wait()

    def fathom(self, *args, check=True, inside=()):
        done = subprocess.run([*inside, self.program("fathom"), *args], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=PATIENCE, check=False)
        if done.returncode < 0 or check and done.returncode != 0:
            raise Failure(f"fathom {' '.join(args)} ends with {done.returncode}: "
                          f"{done.stderr.decode(errors='replace')}")
        return done

    def query(self, sql, db=None, check=True):
        done = self.fathom("query", sql, "--db", db or self.db, "--format", "csv",
                           "--limit", "10000000", check=check)
        return list(csv.reader(io.StringIO(done.stdout.decode())))[1:]

    def submit(self):
        self.fathom("submit", self.spec, "--server", self.address, *self.client_flags, inside=self.server_in)

    def complete(self):
        rows = self.query("SELECT state FROM sweep_overview", check=False)
        return bool(rows) and all(row[0] == "completed" for row in rows)

    def look(self):
        """Checks that results that have been in the ledger are still there, unchanged."""
        rows = {row[0]: row for row in self.query(RESULTS, check=False)}
        if not rows and self.seen:
            rows = {row[0]: row for row in self.query(RESULTS)}  # This query fails with the reason.
        for trial, row in self.seen.items():
            if rows.get(trial) != row:
                raise Failure(f"trial {trial} was {row} and is {rows.get(trial)}")
        self.seen = rows

    def finish(self):
        """Waits for the end of the sweep and stops everything in good order."""
        until("the sweep ends", 10 * PATIENCE, self.complete)
        self.look()
        # A worker that has only just been started does not handle signals yet.
        until("the workers have begun", PATIENCE, lambda: all(map(self.has_begun, self.workers)))
        for worker in self.workers:
            worker.send_signal(signal.SIGTERM)
        for worker in self.workers:
            if worker.wait(PATIENCE) != 0:
                raise Failure(f"a worker ends with {worker.returncode}")
        self.workers = []
        self.server.send_signal(signal.SIGTERM)
        if self.server.wait(PATIENCE) != 0:
            raise Failure(f"the server ends with {self.server.returncode}")


def audit(programs, db):
    """Audits a ledger; returns the exit code, the digest of the ledger, and all output."""
    done = subprocess.run([os.path.join(programs, "fathom"), "audit", "--db", db], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=PATIENCE, check=False)
    text = done.stdout.decode(errors="replace")
    digest = re.search(r"ledger digest ([0-9a-f]{64})", text)
    if done.returncode < 0 or done.returncode == 0 and digest is None:
        raise Failure(f"fathom audit --db {db} ends with {done.returncode}: {text}")
    return done.returncode, digest.group(1) if digest else None, text


class Reference:
    """An undisturbed run, whose results every other run must have."""

    def __init__(self, programs, folder, steps, seeds, spec=SPEC):
        self.spec = os.path.join(folder, "faults.yaml")
        self.trials = 12 * seeds
        with open(self.spec, "w", encoding="ascii") as file:
            file.write(spec.format(steps=steps, seeds=seeds))
        self.cluster = Cluster(programs, folder, self.spec, db=os.path.join(folder, "reference.db"))
        began = time.monotonic()
        self.run(self.cluster.db)
        self.seconds = time.monotonic() - began
        self.digest = self.check_audit(self.cluster.db)
        self.results = self.export(self.cluster.db)

    def run(self, db):
        self.cluster.fathom("run", self.spec, "--db", db, "--no-plot", "--quiet", "--slots", "2")

    def export(self, db):
        without_attempt = [row[:1] + row[2:] for row in self.cluster.query(RESULTS, db)]
        return without_attempt, self.cluster.query(CURVES, db)

    def check_audit(self, db):
        code, digest, text = audit(self.cluster.programs, db)
        wanted = f"{self.trials} expected, {self.trials} recorded, 0 duplicates, 0 holes, 0 stale writes, "
        if code != 0 or wanted not in text or "alarms" in text:
            raise Failure(f"audit of {db}: {text}")
        return digest

    def check(self, db):
        if self.check_audit(db) != self.digest:
            raise Failure(f"{db}: the digest is not that of an undisturbed run")
        if self.export(db) != self.results:
            raise Failure(f"{db}: results or curves are not those of an undisturbed run")


def say(text):
    print(text, flush=True)
    sys.stdout.flush()
