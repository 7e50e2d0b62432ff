#!/usr/bin/python3
"""Measures what a coordinator takes while many workers fetch one large dataset.

  dataset_crowd.py FOLDER_OF_THE_PROGRAMS [--workers N] [--mbit N] [--seconds N] [--gib N]

A dataset of N GiB is uploaded to a new coordinator, and as many clients as there are
workers fetch it over connections of their own, each at the rate of its slow line: it
reads no more than that, so that the coordinator is held up as by the line. Every ten
seconds each breaks its connection off and goes on from the byte where it was. At the
same time one client fetches all of it as fast as it comes, and its digest is compared.
A coordinator serves so many transfers at a time, and tells others to wait.
Told are the resident memory of the coordinator before and its most while they fetch,
what they got in all, the least that one got, and the coordinator's processor time.
Debian's python3-grpcio and python3-numpy are needed.
"""

import argparse
import hashlib
import os
import re
import subprocess
import sys
import tempfile
import threading
import time

import grpc
import numpy

PIECE = 1 << 20
SPEC = """\
name: crowd
data: {{file: {file}, target: column_64}}
axes: {{learning_rate: [0.001]}}
steps: 1
"""


def varint(number):
    out = b""
    while number >= 128:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def request_of(digest, offset):
    """Returns a GetDatasetRequest."""
    return b"\x0a" + varint(len(digest)) + digest.encode() + (b"\x10" + varint(offset) if offset else b"")


def data_of(chunk):
    """Returns the bytes of a DatasetChunk, whose first field they are."""
    size, shift, at = 0, 0, 1
    while True:
        size |= (chunk[at] & 127) << shift
        shift, at = shift + 7, at + 1
        if chunk[at - 1] < 128:
            return chunk[at:at + size]


def pieces(address, digest, offset):
    options = [("grpc.max_receive_message_length", 4 * PIECE), ("grpc.use_local_subchannel_pool", 1)]
    with grpc.insecure_channel(address, options=options) as channel:
        call = channel.unary_stream("/fathom.v1.WorkerService/GetDataset")
        for chunk in call(request_of(digest, offset), timeout=3600):
            yield data_of(chunk)


class SlowWorker:
    def __init__(self, address, digest, rate, end):
        self.address, self.digest, self.rate, self.end = address, digest, rate, end
        self.got, self.connections, self.refused, self.problem = 0, 0, 0, None

    def fetch(self):
        while time.monotonic() < self.end:
            began, before = time.monotonic(), self.got
            try:
                for piece in pieces(self.address, self.digest, self.got):
                    self.got += len(piece)
                    time.sleep(max(0, (self.got - before) / self.rate - (time.monotonic() - began)))
                    if time.monotonic() > min(self.end, began + 10):
                        break
                self.connections += 1
            except grpc.RpcError as error:
                if error.code() != grpc.StatusCode.RESOURCE_EXHAUSTED:
                    self.problem = error
                    return
                self.refused += 1  # A worker waits, too, and longer.
                time.sleep(1)


def status_of(pid, name):
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
        return next(int(line.split()[1]) / 1024 for line in file if line.startswith(name))


def time_of(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def upload(options, folder, address):
    """Uploads a dataset; returns its digest and its bytes."""
    path = os.path.join(folder, "big.npy")
    rows, columns = int(options.gib * 2**30 / 8 / 64), 64
    array = numpy.lib.format.open_memmap(path, mode="w+", dtype=numpy.float64, shape=(rows, columns))
    random = numpy.random.default_rng(1)
    for at in range(0, rows, 1 << 16):
        array[at:at + (1 << 16)] = random.standard_normal((min(1 << 16, rows - at), columns))
    array.flush()
    del array
    spec = os.path.join(folder, "crowd.yaml")
    with open(spec, "w", encoding="ascii") as file:
        file.write(SPEC.format(file=path))
    fathom = os.path.join(options.programs, "fathom")
    subprocess.run([fathom, "submit", spec, "--server", address], check=True, stdout=subprocess.DEVNULL)
    os.remove(path)
    answer = subprocess.run([fathom, "query", "SELECT digest, size_bytes FROM datasets", "--format", "csv", "--server", address],
                            check=True, capture_output=True, text=True).stdout
    digest, size = answer.splitlines()[1].split(",")
    return digest, int(size)


def measure(options, server, address, folder):
    digest, size = upload(options, folder, address)
    before, spent = status_of(server.pid, "VmRSS"), time_of(server.pid)
    end = time.monotonic() + options.seconds
    workers = [SlowWorker(address, digest, options.mbit * 1e6 / 8, end) for _ in range(options.workers)]
    threads = [threading.Thread(target=worker.fetch) for worker in workers]
    most, whole = before, hashlib.sha256()
    began = time.monotonic()
    for piece in pieces(address, digest, 0):
        if threads[0].ident is None:  # This one has its place first.
            for thread in threads:
                thread.start()
        whole.update(piece)
        most = max(most, status_of(server.pid, "VmRSS"))
    alone = time.monotonic() - began
    while time.monotonic() < end:
        most = max(most, status_of(server.pid, "VmRSS"))
        time.sleep(0.2)
    for thread in threads:
        thread.join()
    right = f"sha256:{whole.hexdigest()}" == digest
    problems = [worker.problem for worker in workers if worker.problem]
    got = [worker.got for worker in workers]
    print(f"dataset of {size / 2**20:,.0f} MiB; {options.workers} workers at {options.mbit:g} Mbit/s for {options.seconds:g} s: "
          f"{sum(got) / 2**20:,.0f} MiB in all, {min(got) / 2**20:.1f} to {max(got) / 2**20:.1f} MiB each, "
          f"{sum(worker.connections for worker in workers)} connections, {sum(worker.refused for worker in workers)} told to wait, "
          f"{len(problems)} errors")
    print(f"one without a limit: all of it in {alone:.1f} s, digest {'right' if right else 'WRONG'}")
    print(f"coordinator: {before:.0f} MiB before, at most {most:.0f} MiB, {time_of(server.pid) - spent:.1f} s of processor time")
    for problem in problems[:3]:
        print(problem)
    return 0 if not problems and right else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs")
    parser.add_argument("--workers", type=int, default=100)
    parser.add_argument("--mbit", type=float, default=10)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--gib", type=float, default=1.9)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        log = os.path.join(folder, "log")
        with open(log, "wb") as file:
            server = subprocess.Popen([os.path.join(options.programs, "fathom-server"), "--db", os.path.join(folder, "lab.db"),
                                       "--listen", "127.0.0.1:0"], stderr=file)
        try:
            address = None
            while address is None and server.poll() is None:
                time.sleep(0.05)
                with open(log, encoding="utf-8") as file:
                    found = re.search(r"listening on (\S+),", file.read())
                address = found and found.group(1)
            return measure(options, server, address, folder)
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    sys.exit(main())
