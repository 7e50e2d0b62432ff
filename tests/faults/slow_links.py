#!/usr/bin/env python3
"""Workers behind a slow line: 200 ms, 1 % loss, 10 Mbit/s.

Usage: slow_links.py FOLDER_OF_THE_PROGRAMS SOURCE_DIR [--megabytes N] [--workers N]

Runs the real programs on both ends of a line (slow_line.py), on a sweep whose
data the workers fetch. Holds that nothing is lost, that bits and audit are
those of an undisturbed run, that a dataset comes over the line once however
many workers of the machine want it, also when the one that fetches is killed,
and that neither side takes much memory. Prints how long things took. Skips, and
says so, where there are no rights for namespaces and TUN devices.
"""

import argparse
import os
import random
import re
import subprocess
import sys
import tempfile
import time

import slow_line
from cluster import Cluster, Failure, Reference, say, until

SPEC = """\
name: slow
data: {{file: data.csv, target: y, standardize: true}}
loss: {{lp: 4}}
model: {{init: {{scheme: balanced, norm: 0.1}}}}
steps: {steps}
axes:
  depth: [1, 2, 3]
  learning_rate: [0.0001, 0.0003, 0.001, 0.003]
  seed: {{range: [0, {seeds}]}}
record: {{points: 8, metrics: [loss, weight_norm]}}
"""
COLUMNS = 20
# Of what a dataset has, that comes over the line at most: packets have headers,
# and what was lost comes again.
MOST_FOR_ONCE = 1.25
# What was on its way to a worker that was killed, in the buffers of both ends and of the line.
MOST_IN_FLIGHT = 1.5e6
MOST_MEMORY = 400 << 20


def write_data(folder, megabytes):
    rows = int(megabytes * 1e6 / 8 / (COLUMNS + 1))
    draw = random.Random(5)
    with open(os.path.join(folder, "data.csv"), "w", encoding="ascii") as file:
        file.write(",".join([f"x{i}" for i in range(COLUMNS)] + ["y"]) + "\n")
        for _ in range(rows):
            row = [draw.gauss(0, 1) for _ in range(COLUMNS)]
            file.write(",".join(f"{value:.6f}" for value in [*row, sum(row)]) + "\n")
    return 32 + 8 * rows * (COLUMNS + 1)


def peak(process):
    with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
        return int(re.search(r"VmHWM:\s+(\d+)", status.read()).group(1)) << 10


def keys(programs, source, folder):
    """Returns the flags for TLS and tokens of server, workers and clients."""
    made = os.path.join(folder, "keys")
    subprocess.run(["bash", os.path.join(source, "deploy/make-keys.sh"), made, "server", slow_line.SERVER],
                   check=True, stdout=subprocess.DEVNULL)
    with open(os.path.join(made, "tokens"), "wb") as tokens:
        for role in ("worker", "submit"):
            done = subprocess.run([os.path.join(programs, "fathom"), "token", "new", "--role", role, "--name", role,
                                   "--out", os.path.join(made, role)],
                                  check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            tokens.write(done.stdout)
    ca = ("--tls-ca", os.path.join(made, "ca.pem"))
    return {
        "server_flags": ("--tls-cert", os.path.join(made, "server.pem"), "--tls-key", os.path.join(made, "server.key"),
                         "--tokens", os.path.join(made, "tokens")),
        "worker_flags": (*ca, "--token-file", os.path.join(made, "worker")),
        "client_flags": (*ca, "--token-file", os.path.join(made, "submit")),
    }


def kill_who_fetches(cluster, cache, size):
    """Kills workers until only one is left, once a quarter of the dataset is there."""
    def arrived():
        parts = [name for name in os.listdir(cache) if name.endswith(".part")] if os.path.isdir(cache) else []
        return parts and os.path.getsize(os.path.join(cache, parts[0])) > size / 4
    until("a quarter of the dataset is there", 600, arrived)
    for worker in cluster.workers[:-1]:
        cluster.kill_worker(worker)


def run(reference, line, size, options, folder, killing):
    name = "killed" if killing else "undisturbed"
    cache = os.path.join(folder, name + ".cache")
    down = line.down.bytes
    began = time.monotonic()
    # TLS and all, and with the time of a lease that the programs have.
    with Cluster(options.programs, os.path.join(folder, name), reference.spec, listen=slow_line.SERVER, slots=2,
                 server_in=line.server_in, worker_in=line.worker_in, ttl=30, cache=cache,
                 **keys(options.programs, options.source, folder + "/" + name)) as cluster:
        cluster.start_server()
        cluster.submit()
        for _ in range(options.workers):
            cluster.start_worker()
        if killing:
            kill_who_fetches(cluster, cache, size)
        until("the dataset is there", 600,
              lambda: os.path.isdir(cache) and any(re.fullmatch("[0-9a-f]{64}", x) for x in os.listdir(cache)))
        fetched = time.monotonic() - began
        until("the sweep ends", 600, cluster.complete)
        took = time.monotonic() - began
        peaks = [peak(cluster.server), *map(peak, cluster.workers)]
        cluster.finish()
        reference.check(cluster.db)
        lost = int(cluster.query("SELECT count(*) FROM attempts WHERE outcome='lost'")[0][0])
    share = (line.down.bytes - down) / size
    say(f"{name}: dataset of {size / 1e6:.1f} MB there after {fetched:.1f} s "
        f"({8 * size / fetched / 1e6:.2f} Mbit/s), sweep done after {took:.1f} s, {lost} attempts lost; over the line "
        f"came {share:.2f} times the dataset; most memory {peaks[0] >> 20} MiB server, {max(peaks[1:]) >> 20} MiB "
        "worker; bits, audit and digest as undisturbed")
    if share > MOST_FOR_ONCE + (MOST_IN_FLIGHT / size if killing else 0):
        raise Failure(f"{share:.2f} times the dataset came over the line, expected it once")
    if max(peaks) > MOST_MEMORY:
        raise Failure(f"{max(peaks) >> 20} MiB of memory, expected at most {MOST_MEMORY >> 20}")
    if not killing and lost:
        raise Failure(f"{lost} attempts were lost, expected none")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs")
    parser.add_argument("source")
    parser.add_argument("--megabytes", type=float, default=1.5)
    parser.add_argument("--workers", type=int, default=3)
    options = parser.parse_args()
    options.programs = os.path.abspath(options.programs)
    with tempfile.TemporaryDirectory() as folder:
        size = write_data(folder, options.megabytes)
        reference = Reference(options.programs, folder, steps=200, seeds=10, spec=SPEC)
        try:
            with slow_line.SlowLine() as line:
                for killing in (False, True):
                    run(reference, line, size, options, folder, killing)
                say(f"line: {line.down.packets} packets to the workers, {line.down.lost} lost; "
                    f"{line.up.packets} to the server, {line.up.lost} lost")
        except slow_line.NoRights as error:
            say(f"skipped: no network namespaces or TUN devices here ({error})")


if __name__ == "__main__":
    try:
        main()
    except Failure as failure:
        sys.exit(f"FAILED: {failure}")
