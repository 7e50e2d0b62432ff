"""Measures fathom beside its peers. peers.sh runs it and says how.

    peers.py run CACHE BUILD PART... [--quick]    results into CACHE/PART.json
    peers.py write CACHE ROOT                     ROOT/docs/performance.md

In each setting the peers take turns, so that a slow spell of the machine hits
all of them, and what is kept is the median over the rounds.
"""

import datetime
import json
import os
import statistics
import subprocess
import sys
import tempfile

import peers_report
import report

ROWS, COLUMNS = peers_report.ROWS, peers_report.COLUMNS
NETS = [(1, 1), (2, 1), (3, 1), (2, 128), (3, 128)]
TRIALS = [1, 4, 16, 64, 256]
PEERS = ["torch layers", "torch vmap", "torch stacked", "torch moments",
         "numpy stacked", "numpy moments", "jax vmap"]
# Each part has (p, precision, threads, numbers of trials), measured in this order.
PARTS = {
    "double-p4": [(4, "double", 1, TRIALS)],
    "double-p2": [(2, "double", 1, TRIALS)],
    "float": [(4, "float", 1, TRIALS), (2, "float", 1, [64])],
    "threads": [(4, "double", 2, TRIALS), (2, "double", 2, [64]),
                (4, "float", 2, [64])],
    "shapes": [],
}
SHAPES = [(1000, 32), (2565, 128), (2565, 783), (10000, 64), (10000, 256),
          (60000, 100), (60000, 784)]


class Process:
    """A program that answers a line of JSON to every line it is sent."""

    def __init__(self, command, cpus, threads):
        environment = dict(os.environ)
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
            environment[name] = str(threads)
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            stderr=subprocess.DEVNULL, env=environment,
            preexec_fn=lambda: os.sched_setaffinity(0, cpus))

    def ask(self, request):
        if not isinstance(request, str):
            request = json.dumps(request)
        try:
            print(request, file=self.process.stdin, flush=True)
            answer = self.process.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            return {"error": f"ended with {self.process.wait()}"}
        return json.loads(answer)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Session:
    """Runs all peers, with `threads` threads each."""

    def __init__(self, cache, build, threads, scratch):
        # The last processors are taken, because the first ones handle the interrupts.
        cpus = sorted(os.sched_getaffinity(0))[-threads:]
        self.threads, self.scratch = threads, scratch
        self.ours = Process([os.path.join(build, "tests/rate_bench")], cpus, threads)
        data = os.path.join(scratch, "data")
        self.ours.ask(f"data {data}")
        self.others, self.versions = {}, []
        here = os.path.dirname(os.path.abspath(__file__))
        for framework in ("numpy", "torch", "jax"):
            link = os.path.join(cache, f"python-{framework}")
            if not os.path.exists(link):
                continue
            python = open(link).read().strip()
            process = Process([python, os.path.join(here, "peer_engines.py"),
                               framework, str(threads)], cpus, threads)
            answer = process.ask({"data": data, "rows": ROWS, "columns": COLUMNS})
            if "error" in answer:
                print(f"{framework} is left out: {answer['error']}", file=sys.stderr)
                continue
            self.others[framework] = process
            self.versions.append(answer["version"])

    def ask(self, peer, net, p, precision, trials, **what):
        depth, width = net
        if peer == "fathom":
            end = (f"{self.threads} {what['seconds']}" if "seconds" in what
                   else f"{what['steps']}")
            kind = "rate" if "seconds" in what else "losses"
            return self.ours.ask(
                f"{kind} {depth} {width} {p} {precision} {trials} {end}")
        return self.others[peer.split()[0]].ask(
            {"peer": peer, "depth": depth, "width": width, "p": p,
             "precision": precision, "trials": trials, "starts": self.starts,
             **what})

    def write_starts(self, net, trials):
        self.starts = os.path.join(self.scratch, "starts")
        answer = self.ours.ask(
            f"starts {net[0]} {net[1]} 4 {trials} {self.starts}")
        assert "written" in answer, answer

    def peers(self, p):
        return [peer for peer in PEERS if peer.split()[0] in self.others
                and (p == 2 or not peer.endswith("moments"))]

    def close(self):
        for process in (self.ours, *self.others.values()):
            process.close()


def check(session, net, p, precision):
    """Checks that all peers compute the same. Returns the largest difference between them."""
    steps = 20
    session.write_starts(net, 3)

    def losses(peer, precision, steps):
        answer = session.ask(peer, net, p, precision, 3, steps=steps)
        if "losses" not in answer:
            sys.exit(f"{peer}, net {net}, p = {p}: {answer}")
        return answer["losses"]

    ours = losses("fathom", precision, steps)
    before = losses("fathom", precision, 0)
    assert all(abs(a / b - 1) > 1e-4 for a, b in zip(ours, before)), "no progress"
    if precision == "float" and ours == losses("fathom", "double", steps):
        sys.exit("fathom computed in double where float was asked for")
    worst = 0.0
    for peer in session.peers(p):
        found = max(abs(a / b - 1)
                    for a, b in zip(losses(peer, precision, steps), ours))
        if not found < (1e-9 if precision == "double" else 1e-4):
            sys.exit(f"{peer}, net {net}, p = {p}, {precision}: after {steps} "
                     f"steps the loss is off by {found:.1e}")
        worst = max(worst, found)
    return worst


def measure(session, net, p, precision, trials, rounds, seconds, result):
    session.write_starts(net, trials)
    peers = ["fathom"] + session.peers(p)
    if trials > 1:
        # This peer trains one trial after the other, so that its rate is that of one trial.
        peers.remove("torch layers")
    rates = {peer: [] for peer in peers}
    for _ in range(rounds):
        for peer in list(rates):
            answer = session.ask(peer, net, p, precision, trials, seconds=seconds)
            if "rate" not in answer:
                print(f"{peer}, {net}, {trials} trials: {answer}", file=sys.stderr)
                rates.pop(peer)
                continue
            rates[peer].append(answer["rate"])
    for peer, values in rates.items():
        result["rates"].append(
            {"peer": peer, "depth": net[0], "width": net[1], "p": p,
             "precision": precision, "threads": session.threads,
             "trials": trials, "rate": statistics.median(values),
             "rounds": values})


def run_shapes(session, rounds, seconds, result):
    result["shapes"] = []
    for rows, columns in SHAPES:
        answer = session.ours.ask(f"shape {rows} {columns}")
        assert "rows" in answer, answer
        rates, peaks = [], []
        for _ in range(rounds):
            rates.append(session.ask("fathom", (1, 1), 4, "double", 64,
                                     seconds=seconds)["rate"])
            peaks.append(session.ours.ask("peak")["peak"])
        result["shapes"].append(
            {"rows": rows, "columns": columns, "rate": statistics.median(rates),
             "peak": statistics.median(peaks)})


def run_part(part, cache, build, quick):
    rounds, seconds = (1, 0.03) if quick else (3, 0.1)
    result = {"part": part, "machine": report.machine(), "commit": report.commit(),
              "date": datetime.datetime.now(datetime.timezone.utc)
              .strftime("%Y-%m-%d %H:%M UTC"),
              "rates": [], "checked": {}, "rounds": rounds, "seconds": seconds}
    with tempfile.TemporaryDirectory() as scratch:
        sessions = {}
        for p, precision, threads, counts in PARTS[part]:
            if threads not in sessions:
                sessions[threads] = Session(cache, build, threads, scratch)
            session = sessions[threads]
            result["versions"] = session.versions
            for net in NETS if not quick else [(1, 1), (3, 128)]:
                worst = check(session, net, p, precision)
                known = result["checked"].get(precision, 0.0)
                result["checked"][precision] = max(known, worst)
                for trials in counts if not quick else [1, 16]:
                    measure(session, net, p, precision, trials, rounds, seconds,
                            result)
        if part == "shapes":
            sessions[1] = Session("", build, 1, scratch)
            run_shapes(sessions[1], rounds, seconds, result)
            both = len(os.sched_getaffinity(0))
            sessions[both] = sessions.get(both) or Session("", build, both, scratch)
            result["limits"] = sessions[both].ours.ask(f"machine {both}")
        for session in sessions.values():
            session.close()
    path = os.path.join(cache, f"{part}{'-quick' if quick else ''}.json")
    with open(path, "w") as file:
        json.dump(result, file, indent=1)
    print(f"{part}: {path}", file=sys.stderr)
    if quick:
        print(peers_report.plain(result))


def main():
    command, *rest = sys.argv[1:]
    if command == "write":
        peers_report.write(*rest)
        return
    quick = "--quick" in rest
    cache, build, *parts = [word for word in rest if word != "--quick"]
    for part in parts or (["double-p4"] if quick else list(PARTS)):
        run_part(part, cache, build, quick)


if __name__ == "__main__":
    main()
