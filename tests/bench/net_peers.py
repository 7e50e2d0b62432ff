"""Measures the training of convolutional nets beside PyTorch and JAX. peers.sh runs it.

    net_peers.py run CACHE BUILD [--quick]    results into CACHE/nets.json
    net_peers.py write CACHE ROOT             a section of ROOT/docs/performance.md

All take turns on one core, and times are processor time: what else the machine does
hits all of them alike.
"""

import datetime
import json
import os
import statistics
import subprocess
import sys

import report

NETS = ["plain", "factors", "product"]
WAYS = {"torch": ["default", "channels_last", "compiled", "compiled channels_last"],
        "jax": ["jit"]}
BATCH = 64


class Peer:
    """A program that answers a line of JSON to every line it is sent."""

    def __init__(self, python, framework, cpu):
        here = os.path.dirname(os.path.abspath(__file__))
        environment = dict(os.environ, OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")
        self.process = subprocess.Popen(
            [python, os.path.join(here, "net_peer_engines.py"), framework],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            stderr=subprocess.DEVNULL, env=environment,
            preexec_fn=lambda: os.sched_setaffinity(0, [cpu]))
        self.version = self.read().get("version")

    def read(self):
        line = self.process.stdout.readline()
        return json.loads(line) if line else {"error": "ended"}

    def ask(self, **request):
        try:
            print(json.dumps(request), file=self.process.stdin, flush=True)
        except BrokenPipeError:
            return {"error": "ended"}
        return self.read()

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def run(cache, build, quick):
    rounds, steps = (1, 3) if quick else (7, 12)
    cpu = max(os.sched_getaffinity(0))
    peers = {}
    for framework in WAYS:
        link = os.path.join(cache, f"python-{framework}")
        if os.path.exists(link):
            peer = Peer(open(link).read().strip(), framework, cpu)
            if peer.version:
                peers[framework] = peer
    result = {"machine": report.machine(), "commit": report.commit(),
              "date": datetime.datetime.now(datetime.timezone.utc)
              .strftime("%Y-%m-%d %H:%M UTC"), "rounds": rounds, "steps": steps,
              "versions": [peer.version for peer in peers.values()], "seconds": {}}
    turns = [(framework, way, net) for framework in peers
             for way in WAYS[framework] for net in NETS]
    for turn in list(turns):  # Compiles what is to be compiled.
        answer = peers[turn[0]].ask(way=turn[1], net=turn[2], steps=1)
        if "seconds" not in answer:
            print(f"{turn} is left out: {answer}", file=sys.stderr)
            turns.remove(turn)
    peaks = []
    for _ in range(rounds):
        ours = json.loads(subprocess.run(
            [os.path.join(build, "tests/net_bench"), "--json", str(steps)],
            check=True, capture_output=True, text=True,
            preexec_fn=lambda: os.sched_setaffinity(0, [cpu])).stdout)
        peaks.append(ours["peak"])
        result["flops"], result["isa"] = ours["flops"], ours["isa"]
        for net in NETS:
            result["seconds"].setdefault(f"fathom::{net}", []).append(ours[net])
        for framework, way, net in turns:
            answer = peers[framework].ask(way=way, net=net, steps=steps)
            result["seconds"].setdefault(f"{framework}:{way}:{net}", []).append(
                answer["seconds"])
    result["peak"] = statistics.median(peaks)
    for peer in peers.values():
        peer.close()
    path = os.path.join(cache, f"nets{'-quick' if quick else ''}.json")
    with open(path, "w") as file:
        json.dump(result, file, indent=1)
    print(f"nets: {path}", file=sys.stderr)
    if quick:
        print(table(result))


def median(result, *key):
    values = result["seconds"].get(":".join(key))
    return statistics.median(values) if values else None


def table(result):
    """Returns images per second by peer and net, and the share of the peak."""
    names = {("fathom", ""): "**fathom**",
             **{("torch", way): f"PyTorch, {way}" for way in WAYS["torch"]},
             ("jax", "jit"): "JAX, jit"}
    rows = []
    for (framework, way), name in names.items():
        times = [median(result, framework, way, net) for net in NETS]
        if times[0] is None:
            continue
        share = result["flops"] / times[0] / result["peak"]
        rows.append([name, *("-" if t is None else f"{BATCH / t:,.0f}" for t in times),
                     f"{100 * share:.0f} %",
                     *("-" if t is None else f"{t / times[0]:.2f}" for t in times[1:])])
    return report.table(
        ["images/s", "plain", "products, l<sub>2</sub> on factors",
         "products, l<sub>2</sub> on the product", "plain, of the peak",
         "on factors, time", "on the product, time"], rows)


def best(result, framework):
    times = [median(result, framework, way, "plain") for way in WAYS[framework]]
    return min((t for t in times if t is not None), default=None)


def write(cache, root):
    path = os.path.join(cache, "nets.json")
    if not os.path.exists(path):
        return
    result = json.load(open(path))
    ours = median(result, "fathom", "", "plain")
    ratios = [f"{best(result, framework) / ours:.2f} times as fast as {name}"
              for framework, name in (("torch", "the fastest PyTorch"), ("jax", "JAX"))
              if best(result, framework)]
    page = os.path.join(root, "docs", "performance.md")
    report.write_section(page, "nets", f"""\
## Training: convolutional nets

{result['machine']}. Commit {result['commit']}, {result['date']}. {', '.join(result['versions'])}. Medians of
{result['rounds']} rounds of {result['steps']} steps, in which all take turns on one core; processor time, one thread.

What is trained: the net of TensorFlow's tutorial for MNIST (5x5 to 32 channels, pool, 5x5 to 64, pool, dense 512, dropout 0.5,
dense 10), batch 64, momentum, l<sub>2</sub> on the dense layers, as it is and with both dense matrices as products of two. fathom also
computes the regularizer's value, which the weight decay of PyTorch does not. Flops are counted the direct way, {result['flops'] / BATCH / 1e6:.1f} M
per image, against a peak of {result['peak'] / 1e9:.0f} GF/s ({result['isa']}, float): Winograd's convolutions compute fewer, so that a share
may exceed 100 %. The last two columns are the time of a step over that of the plain net.

{table(result)}

{'fathom trains the plain net ' + ' and '.join(ratios) + '.' if ratios else 'No peer was there.'}

`bash tests/bench/peers.sh --part nets`, then `--write`, measures it again and writes this.
""")
    print(page)


def main():
    command, *rest = sys.argv[1:]
    if command == "write":
        write(*rest)
    else:
        run(*[word for word in rest if word != "--quick"], "--quick" in rest)


if __name__ == "__main__":
    main()
