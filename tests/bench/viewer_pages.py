#!/usr/bin/env python3
"""Behaves as the pages of `fathom ui` that some people have open, without browsers.

Each page keeps its stream of events, and asks again for what it shows when it hears of
a change, or when the program has said that there is something newer: see
client/ui/page/src/lib/resource.js. They look in turns of some seconds, and are stopped
for as many, with the program: what the coordinator has done in each turn is printed
when it ends, and how many answers came.

Usage: viewer_pages.py PID_OF_COORDINATOR FATHOM [PAGES]
"""

import collections
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time

SHOWN = ("/api/sweeps", "/api/sweeps/1", "/api/sweeps/1/curves?metric=loss&limit=2000")
LEAST_PAUSE_S = 1.0  # As in resource.js.
TURN_S = float(os.environ.get("VIEWERS_TURN", "24"))
counts = collections.Counter()
looking = threading.Event()


def is_alive(process):
    try:
        os.kill(process, 0)
    except OSError:
        return False
    return True


def processor_time(process):
    """Returns that of a coordinator, with the queries that it has waited for."""
    with open(f"/proc/{process}/stat", encoding="utf-8") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


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
            looking.wait()
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


class Turns:
    """What a coordinator does with viewers, and without."""

    def __init__(self, coordinator, fathom, address):
        self.coordinator = coordinator
        self.count = [fathom, "list", "--json", "--server", address]
        self.turns = []
        self.last = None

    def begin(self, viewers):
        """Ends a turn, and begins the next one; returns False when the coordinator has ended."""
        before = time.monotonic()
        said = subprocess.run(self.count, capture_output=True, text=True, check=False)
        now = (before + time.monotonic()) / 2
        try:
            trials, cpu = json.loads(said.stdout)[0]["progress"]["succeeded"], processor_time(self.coordinator)
        except (OSError, ValueError, LookupError):
            return False
        if self.last is not None:
            self.turns.append({"viewers": not viewers, "seconds": now - self.last[0], "trials": trials - self.last[1],
                               "cpu_s": cpu - self.last[2]})
        self.last = (now, trials, cpu)
        return True


def take_turns(turns, program):
    viewers = False
    while turns.begin(viewers):
        if viewers:
            program.send_signal(signal.SIGCONT)
            looking.set()
        else:
            looking.clear()
            program.send_signal(signal.SIGSTOP)
        end = time.monotonic() + TURN_S
        while time.monotonic() < end:
            if not is_alive(turns.coordinator):
                return
            time.sleep(0.1)
        viewers = not viewers


def main():
    coordinator, fathom = int(sys.argv[1]), sys.argv[2]
    os.nice(int(os.environ.get("VIEWERS_NICE", "19")))
    address = address_of(coordinator)
    program = subprocess.Popen([fathom, "ui", "--server", address, "--listen", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
    host = program.stdout.readline().split("//")[1].strip()
    for _ in range(int(sys.argv[3]) if len(sys.argv) > 3 else 5):
        page = Page(host)
        for work in (page.listen, page.show):
            threading.Thread(target=tolerant, args=(work,), daemon=True).start()
    turns = Turns(coordinator, fathom, address)
    take_turns(turns, program)
    program.send_signal(signal.SIGCONT)
    program.terminate()
    program.wait()
    print(json.dumps({"turns": turns.turns,
                      "answers": {f"{path} {status}": count for (path, status), count in sorted(counts.items(), key=str)}}),
          flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
