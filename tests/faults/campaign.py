#!/usr/bin/env python3
"""Runs the real programs and inflicts real faults on them.

  campaign.py FOLDER_OF_THE_PROGRAMS SOURCE_DIR [--seed N] [--kills N] ...

Every random choice follows from a seed, which is printed first. After each
fault everything that has been in the ledger must still be there. Every sweep
must end with the results, the curves and the ledger digest of an undisturbed
run, bit by bit, and with a clean audit. Kinds of faults that the system does
not allow (network namespaces, mounts) are skipped with a message. The exit code
is 0 when all is well and 1 when something was lost.

A full campaign, which is run by hand:
  campaign.py build/release/bin . --kills 200 --stops 20 --saturations 20 --partitions 20 \\
    --full-disks 20 --wal-cuts 20 --live-copies 20
"""

import argparse
import collections
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

from cluster import PATIENCE, TTL, Cluster, Failure, Reference, audit, say, until


def moved_bytes(db):
    """Returns how many bytes of the WAL a checkpoint has brought into the file, or was about to.

    What is there already cannot be lost by cutting the WAL alone: half of a commit would stay. The
    shared memory beside the WAL has the number of frames (nBackfillAttempted in SQLite's wal.c).
    """
    if not os.path.exists(db + "-shm") or os.path.getsize(db) < 100:
        return 0
    with open(db + "-shm", "rb") as shm, open(db, "rb") as file:
        head, page = shm.read(136), file.read(18)[16:]
    if len(head) < 136:
        return 0
    frames = max(struct.unpack_from("=I", head, 96)[0], struct.unpack_from("=I", head, 128)[0])
    return 32 + frames * (24 + (struct.unpack(">H", page)[0] or 65536)) if frames else 0


class Campaign:
    def __init__(self, options, folder):
        self.programs, self.source, self.folder = os.path.abspath(options.programs), options.source, folder
        self.random = random.Random(options.seed)
        self.counts = collections.Counter()
        self.chapters = 0
        self.reference = Reference(self.programs, folder, options.steps, options.seeds)
        say(f"an undisturbed run: {self.reference.trials} trials, {self.reference.seconds:.1f} s, "
            f"digest {self.reference.digest[:16]}")

    def cluster(self, **more):
        self.chapters += 1
        return Cluster(self.programs, os.path.join(self.folder, f"chapter-{self.chapters}"),
                       self.reference.spec, **more)

    def pause(self, most):
        time.sleep(self.random.uniform(0, most))

    def chapter(self, kind, wanted, fault, workers=2, **more):
        """Runs sweeps under repeated calls of `fault`, until `wanted` faults of the `kind` have happened."""
        began, before = time.monotonic(), self.counts.copy()
        while self.counts[kind] - before[kind] < wanted:
            with self.cluster(**more) as cluster:
                cluster.start_server()
                cluster.submit()
                for _ in range(workers):
                    cluster.start_worker()
                while self.counts[kind] - before[kind] < wanted and not cluster.complete():
                    self.pause(0.6)
                    fault(cluster)
                    cluster.look()
                cluster.finish()
                self.reference.check(cluster.db)
                lost = cluster.query("SELECT COUNT(*) FROM attempts WHERE outcome='lost'")[0][0]
                self.counts["lost attempts"] += int(lost)
                self.counts["sweeps"] += 1
            for part in ("", "-wal", "-shm"):
                if os.path.exists(cluster.db + part):
                    os.remove(cluster.db + part)
            shutil.rmtree(cluster.folder)
        if wanted > 0:
            told = ", ".join(f"{self.counts[name] - before[name]} {name}" for name in self.counts
                             if self.counts[name] > before[name])
            say(f"{kind}: {told}; all results kept, bit-equal, audits clean ({time.monotonic() - began:.0f} s)")

    def kill(self, cluster):
        self.counts["kills"] += 1
        at_server = self.random.random() < 0.4
        cluster.look()
        if at_server:
            self.counts["kills of the server"] += 1
            cluster.kill_server()
            self.pause(0.5)
            cluster.start_server()
        else:
            cluster.kill_worker(self.random.choice(cluster.workers))
            self.pause(0.3)
            cluster.start_worker()

    def stop(self, cluster):
        """Stops processes by SIGSTOP for longer than the lease TTL, and continues them."""
        self.counts["stops"] += 1
        victims = [cluster.server] if self.random.random() < 0.3 else self.random.sample(
            cluster.workers, self.random.randint(1, len(cluster.workers)))
        for victim in victims:
            victim.send_signal(signal.SIGSTOP)
        time.sleep(TTL * self.random.uniform(1.3, 3))
        for victim in victims:
            victim.send_signal(signal.SIGCONT)

    def saturate(self, _):
        """Only counts a look: the fault is that many more threads compute than there are cores."""
        self.counts["looks at saturated cores"] += 1

    def saturated(self, options):
        before = self.counts["lost attempts"]
        self.chapter("looks at saturated cores", options.saturations, self.saturate, slots=8 * os.cpu_count(),
                     ttl=2 * TTL)
        if self.counts["lost attempts"] != before:
            raise Failure("heartbeats came too late on saturated cores")

    def partition(self, options):
        if options.partitions == 0:
            return
        tag = f"fathom{os.getpid()}"
        server, worker = tag + "s", tag + "w"

        def ip(*args):
            subprocess.run(["ip", *args], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

        try:
            ip("netns", "add", server)
        except (OSError, subprocess.CalledProcessError) as error:
            say(f"partitions: skipped, no network namespaces here ({error})")
            return
        try:
            ip("netns", "add", worker)
            # The names veth0 and veth1 are short because interfaces have at most 15 characters.
            ip("-n", server, "link", "add", "veth0", "type", "veth", "peer", "name", "veth1", "netns", worker)
            for name, device, address in ((server, "veth0", "10.73.73.1/30"), (worker, "veth1", "10.73.73.2/30")):
                ip("-n", name, "address", "add", address, "dev", device)
                ip("-n", name, "link", "set", device, "up")
                ip("-n", name, "link", "set", "lo", "up")

            def cut(_):
                self.counts["partitions"] += 1
                name, device = self.random.choice(((server, "veth0"), (worker, "veth1")))
                ip("-n", name, "link", "set", device, "down")
                time.sleep(TTL * self.random.uniform(0.2, 3))
                ip("-n", name, "link", "set", device, "up")

            self.chapter("partitions", options.partitions, cut, **self.keys(),
                         listen="10.73.73.1", server_in=("ip", "netns", "exec", server),
                         worker_in=("ip", "netns", "exec", worker))
        finally:
            for name in (server, worker):
                subprocess.run(["ip", "netns", "delete", name], check=False, stderr=subprocess.DEVNULL)

    def keys(self):
        """Returns flags for TLS and tokens, which are required outside of loopback."""
        keys = os.path.join(self.folder, "keys")
        subprocess.run(["bash", os.path.join(self.source, "deploy/make-keys.sh"), keys, "server", "10.73.73.1"],
                       check=True, stdout=subprocess.DEVNULL)
        with open(os.path.join(keys, "tokens"), "wb") as tokens:
            for role in ("worker", "submit"):
                made = subprocess.run([os.path.join(self.programs, "fathom"), "token", "new", "--role", role,
                                       "--name", role, "--out", os.path.join(keys, role)],
                                      check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
                tokens.write(made.stdout)

        def client(role):
            return ("--tls-ca", f"{keys}/ca.pem", "--token-file", f"{keys}/{role}")
        return {"server_flags": ("--tls-cert", f"{keys}/server.pem", "--tls-key", f"{keys}/server.key",
                                 "--tokens", f"{keys}/tokens"),
                "worker_flags": client("worker"), "client_flags": client("submit")}

    def full_disk(self, options):
        if options.full_disks == 0:
            return
        disk = os.path.join(self.folder, "disk")
        os.mkdir(disk)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "fathom", disk], check=False,
                                 stderr=subprocess.PIPE)
        if mounted.returncode != 0:
            say(f"full disks: skipped, no mounts here ({mounted.stderr.decode().strip()})")
            return
        try:
            def fill(cluster):
                ballast = os.path.join(disk, "ballast")
                with open(ballast, "wb", buffering=0) as file:
                    space = os.statvfs(disk)
                    left = self.random.randrange(1 << self.random.randint(12, 19))
                    try:
                        size = max(0, space.f_bavail * space.f_frsize - left)
                        os.posix_fallocate(file.fileno(), 0, max(1, size))
                    except OSError:
                        pass
                until("the server ends on a full disk or the sweep does", PATIENCE,
                      lambda: cluster.server.poll() is not None or cluster.complete())
                full = cluster.server.poll() is not None
                if full and cluster.server.returncode != 5:
                    raise Failure(f"on a full disk the server ends with {cluster.server.returncode}")
                os.remove(ballast)
                if full:
                    self.counts["full disks"] += 1
                    cluster.look()
                    cluster.start_server()

            self.chapter("full disks", options.full_disks, fill, db=os.path.join(disk, "ledger.db"))
        finally:
            subprocess.run(["umount", disk], check=False)

    def cut_wal(self, cluster):
        """Cuts the WAL at a random byte. Commits may be lost after that, but the audit must be clean."""
        cluster.kill_server()
        fresh = self.random.random() < 0.5
        if fresh:  # Otherwise they hold leases and acknowledgements that the ledger has lost.
            for worker in list(cluster.workers):
                cluster.kill_worker(worker)
        wal = cluster.db + "-wal"
        size = os.path.getsize(wal) if os.path.exists(wal) else 0
        if (least := moved_bytes(cluster.db)) < size:
            self.counts["WAL cuts"] += 1
            os.truncate(wal, self.random.randrange(least, size))
            if self.random.random() < 0.5 and os.path.exists(cluster.db + "-shm"):
                os.remove(cluster.db + "-shm")
        cluster.seen = {}
        cluster.start_server()
        code, _, text = audit(self.programs, cluster.db)
        if code != 0:
            raise Failure(f"after a cut of the WAL: {text}")
        cluster.submit()  # Creates the sweep again if it is lost.
        while len(cluster.workers) < 2:
            cluster.start_worker()

    def copy_live(self, cluster):
        """Copies files that change: the audit must call the copy sound or damaged. A backup must be sound."""
        self.counts["live copies"] += 1
        parts = [part for part in ("", "-wal", "-shm") if part != "-shm" or self.random.random() < 0.3]
        self.random.shuffle(parts)
        copy = os.path.join(cluster.folder, f"copy-{self.counts['live copies']}.db")
        for part in parts:
            if os.path.exists(cluster.db + part):
                shutil.copyfile(cluster.db + part, copy + part)
            self.pause(0.5)
        code, _, text = audit(self.programs, copy)
        if code == 0:
            self.counts["live copies that are sound"] += 1
            self.reference.run(copy)
            self.reference.check(copy)
        elif not any(word in text for word in ("problem:", "damaged", "malformed", "not a database", "ledger")):
            raise Failure(f"audit of a torn copy: {text}")
        else:  # A program that opens the copy all the same may fail but not crash.
            cluster.fathom("run", self.reference.spec, "--db", copy, "--no-plot", "--quiet", check=False)
        backup = os.path.join(cluster.folder, f"backup-{self.counts['live copies']}.db")
        cluster.fathom("backup", backup, "--server", cluster.address)
        code, _, text = audit(self.programs, backup)
        if code != 0:
            raise Failure(f"a backup: {text}")

    def run(self, options):
        self.chapter("kills", options.kills, self.kill)
        self.chapter("stops", options.stops, self.stop)
        self.saturated(options)
        self.partition(options)
        self.full_disk(options)
        self.chapter("WAL cuts", options.wal_cuts, self.cut_wal)
        self.chapter("live copies", options.live_copies, self.copy_live)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs")
    parser.add_argument("source")
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"))
    for kind, default in (("kills", 12), ("stops", 2), ("saturations", 3),
                          ("partitions", 2), ("full-disks", 2), ("wal-cuts", 3),
                          ("live-copies", 2)):
        parser.add_argument(f"--{kind}", type=int, default=default)
    parser.add_argument("--steps", type=int, default=8000, help="of a trial")
    parser.add_argument("--seeds", type=int, default=60, help="trials of the sweep, over 12")
    options = parser.parse_args()
    say(f"seed {options.seed}")
    # SIGTERM must unwind the stack, so that processes are ended and disks unmounted.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(2))
    folder = tempfile.mkdtemp(prefix="fathom-faults-")
    try:
        Campaign(options, folder).run(options)
    except (Failure, subprocess.SubprocessError) as failure:
        say(f"FAILED with seed {options.seed}: {failure}\nwhat is left of it: {folder}")
        return 1
    shutil.rmtree(folder)
    say("all passed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
