#!/usr/bin/env python3
"""Behaves as the pages of `fathom ui` that some people have open, without browsers.

Each page keeps its stream of events, and asks again for what it shows when it hears of
a change, or when the program has said that there is something newer: see
client/ui/page/src/lib/resource.js. Prints how many answers came when it ends, with the
program's processor time.

Usage: viewer_pages.py PID_OF_COORDINATOR FATHOM [PAGES]
"""

import collections
import http.client
import json
import os
import re
import subprocess
import sys
import threading
import time

SHOWN = ("/api/sweeps", "/api/sweeps/1", "/api/sweeps/1/curves?metric=loss&limit=2000")
LEAST_PAUSE_S = 1.0  # As in resource.js.
counts = collections.Counter()


def is_alive(process):
    try:
        os.kill(process, 0)
    except OSError:
        return False
    return True


def time_of_children(process):
    """Returns the processor time of the queries that a coordinator has waited for."""
    with open(f"/proc/{process}/stat", encoding="utf-8") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")


def address_of(process):
    """Returns where a coordinator listens, once it does."""
    while is_alive(process):
        listening = subprocess.run(["ss", "-ltnp"], capture_output=True, text=True, check=False).stdout
        for line in listening.splitlines():
            found = re.search(r"(127\.0\.0\.1:\d+)", line)
            if f"pid={process}," in line and found:
                return found.group(1)
        time.sleep(0.05)
    sys.exit(0)


class Page:
    """What one person has open."""

    def __init__(self, host):
        self.host = host
        self.changed = threading.Event()
        self.tags = {}
        self.due = {path: 0.0 for path in SHOWN}  # When each is to be asked for.
        self.lock = threading.Lock()

    def listen(self):
        stream = http.client.HTTPConnection(self.host)
        stream.request("GET", "/api/events?sweep=1")
        for line in stream.getresponse():
            if line.startswith(b"event: change"):
                with self.lock:
                    self.due = {path: min(due, time.monotonic()) for path, due in self.due.items()}
                self.changed.set()

    def show(self):
        asks = http.client.HTTPConnection(self.host)
        last = dict.fromkeys(SHOWN, 0.0)
        while True:
            self.changed.clear()
            for path in SHOWN:
                if time.monotonic() < max(self.due[path], last[path] + LEAST_PAUSE_S):
                    continue
                last[path] = time.monotonic()
                with self.lock:
                    self.due[path] = float("inf")
                asks.request("GET", path, headers={"If-None-Match": self.tags.get(path, "")})
                answer = asks.getresponse()
                answer.read()
                counts[path, "held" if answer.headers["Fathom-Next"] else answer.status] += 1
                self.tags[path] = answer.headers["ETag"] or self.tags.get(path, "")
                if answer.headers["Fathom-Next"]:
                    with self.lock:
                        self.due[path] = time.monotonic() + 0.1 + float(answer.headers["Fathom-Next"])
            now = time.monotonic()
            next_due = min(max(self.due[path], last[path] + LEAST_PAUSE_S) for path in SHOWN)
            self.changed.wait(min(5.0, max(0.01, next_due - now)))


def tolerant(work):
    try:
        work()
    except (OSError, http.client.HTTPException):
        pass  # The coordinator has ended, and fathom ui with it.


def main():
    coordinator, fathom = int(sys.argv[1]), sys.argv[2]
    os.nice(int(os.environ.get("VIEWERS_NICE", "19")))
    begin = time.monotonic()
    program = subprocess.Popen(
        [fathom, "ui", "--server", address_of(coordinator), "--listen", "127.0.0.1:0"],
        stdout=subprocess.PIPE, text=True)
    host = program.stdout.readline().split("//")[1].strip()
    for _ in range(int(sys.argv[3]) if len(sys.argv) > 3 else 5):
        page = Page(host)
        for work in (page.listen, page.show):
            threading.Thread(target=tolerant, args=(work,), daemon=True).start()
    queries = 0.0
    while is_alive(coordinator):
        try:
            queries = time_of_children(coordinator)
        except (OSError, IndexError):
            pass  # It has just ended.
        time.sleep(0.2)
    program.terminate()
    _, _, usage = os.wait4(program.pid, 0)
    print(json.dumps({
        "seconds": round(time.monotonic() - begin, 1),
        "queries_cpu_s": queries,
        "ui_cpu_s": round(usage.ru_utime + usage.ru_stime, 2),
        "answers": {f"{path} {status}": count for (path, status), count in sorted(counts.items(), key=str)},
    }), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
