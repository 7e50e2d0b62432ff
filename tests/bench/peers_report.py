"""Writes the sections of docs/performance.md that peers.py measured."""

import json
import os
import statistics
import subprocess

import report

ROWS, COLUMNS = 2565, 128
FUSED = ["torch vmap", "torch stacked", "torch moments", "numpy stacked",
         "numpy moments", "jax vmap"]
NAMES = {
    "fathom": "**fathom**",
    "torch layers": "PyTorch, layer by layer",
    "torch vmap": "PyTorch, vmap of grad",
    "torch stacked": "PyTorch, stacked by hand",
    "torch moments": "PyTorch, stacked, second moments",
    "numpy stacked": "NumPy, stacked by hand",
    "numpy moments": "NumPy, stacked, second moments",
    "jax vmap": "JAX, vmap of grad + jit",
}


class Rates:
    """The measured rates, by setting."""

    def __init__(self, results):
        self.entries = [entry for result in results.values()
                        for entry in result["rates"]]

    def get(self, peer, net, p, precision, threads, trials):
        for e in self.entries:
            if ((e["peer"], e["depth"], e["width"], e["p"], e["precision"],
                 e["threads"], e["trials"])
                    == (peer, *net, p, precision, threads, trials)):
                return e["rate"]
        return None

    def best_fused(self, *setting):
        """Returns the fastest peer that trains all trials at once, with its rate."""
        found = [(self.get(peer, *setting), peer) for peer in FUSED]
        found = [(rate, peer) for rate, peer in found if rate is not None]
        return max(found) if found else (None, None)

    def settings(self):
        return {(e["p"], e["precision"], e["threads"]) for e in self.entries}

    def nets(self):
        return sorted({(e["depth"], e["width"]) for e in self.entries},
                      key=lambda net: (net[1], net[0]))

    def trials(self, *setting):
        return sorted({e["trials"] for e in self.entries
                       if (e["p"], e["precision"], e["threads"]) == setting})


def net_name(net):
    return f"depth {net[0]}" + (f", width {net[1]}" if net[0] > 1 else "")


def number(rate):
    if rate is None:
        return "-"
    if rate < 1000:
        return f"{rate:.0f}"
    return f"{float(f'{rate:.3g}'):,.0f}"


def ratio(a, b):
    if a is None or b is None:
        return "-"
    return f"{a / b:.0f}x" if a >= 10 * b else f"{a / b:.1f}x"


def rate_table(rates, p, precision, threads):
    trials = rates.trials(p, precision, threads)
    rows = []
    for net in rates.nets():
        for peer in ("fathom", *[name for name in NAMES if name != "fathom"]):
            cells = [rates.get(peer, net, p, precision, threads, k) for k in trials]
            if any(cell is not None for cell in cells):
                rows.append([f"{net_name(net)}: {NAMES[peer]}",
                             *[number(cell) for cell in cells]])
    return report.table(["steps x trials/s with so many trials",
                         *[str(k) for k in trials]], rows)


def ratio_table(rates, setting):
    p, precision, threads = setting
    trials = rates.trials(*setting)
    rows = []
    for net in rates.nets():
        layers = rates.get("torch layers", net, *setting, 1)
        largest = max((rates.get("fathom", net, *setting, k) or 0)
                      for k in trials)
        row = [net_name(net), ratio(largest, layers)]
        for k in trials:
            best, _ = rates.best_fused(net, *setting, k)
            row.append(ratio(rates.get("fathom", net, *setting, k), best))
        rows.append(row)
    return report.table(
        ["fathom against", "layer by layer", *[f"best fused, {k}" for k in trials]],
        rows)


def goals(rates):
    """Returns the goals, with what was measured."""
    rows = []

    def layers(net, least):
        ours = max((rates.get("fathom", net, 4, "double", 1, k) or 0, k)
                   for k in rates.trials(4, "double", 1))
        theirs = rates.get("torch layers", net, 4, "double", 1, 1)
        if theirs:
            rows.append([f"PyTorch layer by layer, {net_name(net)}, p = 4",
                         f">= {least}x",
                         f"{ratio(ours[0], theirs)} ({ours[1]} trials)",
                         "yes" if ours[0] >= least * theirs else "no"])

    layers((1, 1), 15)
    layers((3, 128), 300)
    for p in (4, 2):
        for net in rates.nets():
            pairs = []
            for k in rates.trials(p, "double", 1):
                best, peer = rates.best_fused(net, p, "double", 1, k)
                ours = rates.get("fathom", net, p, "double", 1, k)
                if ours and best:
                    pairs.append((ours / best, k, peer))
            if not pairs:
                continue
            low, k, peer = min(pairs)
            rows.append([f"best fused peer at equal K, {net_name(net)}, p = {p}",
                         ">= 2.5x",
                         f"{ratio(low, 1)} to {ratio(max(pairs)[0], 1)} "
                         f"(least at K = {k}: {NAMES[peer]})",
                         "yes" if low >= 2.5 else "no"])
    return report.table(["goal, double, one thread", "wanted", "measured", "reached"],
                        rows)


def bound_text(rates, bound):
    """Returns how near to the peak fathom and the best peer are, at depth 1."""
    setting = (4, "double", 1)
    best, peer, k = max((*rates.best_fused((1, 1), *setting, k), k)
                        for k in rates.trials(*setting)
                        if rates.best_fused((1, 1), *setting, k)[0])
    ours = max(rates.get("fathom", (1, 1), *setting, k) or 0
               for k in rates.trials(*setting))
    return (f"The peak of the core allows {number(bound)} steps x trials/s where all samples are gone through in double "
            f"(4 m d flops each).\nAt depth 1 fathom gets {100 * ours / bound:.0f} % of it and the best peer ({NAMES[peer]}, "
            f"{k} trials) {100 * best / bound:.0f} %, so\nno more than {bound / best:.1f}x that peer is possible there, for any program.\n")


def threads_table(rates, threads):
    rows = []
    for p, precision in ((4, "double"), (4, "float"), (2, "double")):
        for net in rates.nets():
            k = 64
            one = rates.get("fathom", net, p, precision, 1, k)
            more = rates.get("fathom", net, p, precision, threads, k)
            if not one or not more:
                continue
            best_one, _ = rates.best_fused(net, p, precision, 1, k)
            best_more, _ = rates.best_fused(net, p, precision, threads, k)
            rows.append([f"{net_name(net)}, p = {p}, {precision}", number(one),
                         number(more), ratio(more, one), ratio(best_more, best_one),
                         ratio(more, best_more)])
    return report.table(
        ["64 trials", "1 thread", f"{threads} threads", "speedup",
         "of the best fused peer", "fathom against it"], rows)


def shape_table(result):
    rows = [[f"{s['rows']} x {s['columns']}", number(s["rate"]),
             f"{4 * s['rows'] * s['columns'] * s['rate'] / 1e9:.1f}",
             f"{400 * s['rows'] * s['columns'] * s['rate'] / s['peak']:.0f} %"]
            for s in result["shapes"]]
    return report.table(["data, m x d", "steps x trials/s", "GF/s",
                         "of the FMA peak"], rows)


def plain(result):
    """Returns the results of a part, for the terminal."""
    rates = Rates({"only": result})
    out = [f"losses agree to {worst:.0e} ({precision})"
           for precision, worst in result["checked"].items()]
    for setting in sorted(rates.settings()):
        p, precision, threads = setting
        out += [f"p = {p}, {precision}, {threads} thread(s)",
                rate_table(rates, *setting), ratio_table(rates, setting)]
    return "\n\n".join(out)


def plot(path, size, body):
    script = (f"set terminal svg size {size} font 'sans-serif,12' background "
              f"'white'\nset output '{path}'\nset grid lw 0.3\n"
              "set logscale xy\nset format y '%.0s%c'\n" + body)
    subprocess.run(["gnuplot"], input=script, text=True, check=True)


def plot_trials(path, rates, bound):
    """Plots rates against the number of trials, for three nets side by side.

    `bound` is the rate that the peak of the core allows, if it is known.
    """
    nets = [net for net in ((1, 1), (3, 1), (3, 128)) if net in rates.nets()]
    body = (f"set multiplot layout 1,{len(nets)}\nset key bottom right\n"
            "set key font ',10'\nset xlabel 'trials at once'\n"
            "set xtics (1, 4, 16, 64, 256)\nset xrange [0.8:330]\n"
            "set yrange [60:120000]\n")
    peers = [peer for peer in NAMES if not peer.endswith("moments")]
    for i, net in enumerate(nets):
        curves = [f"{bound} with lines lw 1 dt 2 lc 'black' title "
                  f"'{'peak of the core' if i == 0 else ''}'"] if bound else []
        for color, peer in enumerate(peers):
            points = [(k, rates.get(peer, net, 4, "double", 1, k))
                      for k in rates.trials(4, "double", 1)]
            if peer == "torch layers":  # It trains trials one by one, so that the rate stays the same.
                points = [(k, points[0][1]) for k, _ in points]
            points = [(k, rate) for k, rate in points if rate is not None]
            if not points:
                continue
            name = f"$p{i}_{color}"
            body += (f"{name} << EOD\n" + "\n".join(f"{k} {r}" for k, r in points)
                     + "\nEOD\n")
            title = NAMES[peer].strip("*")
            width = 3 if peer == "fathom" else 1.5
            curves.append(f"{name} with linespoints lw {width} lc {color + 1} "
                          f"pt 7 ps 0.4 title '{title if i == 0 else ''}'")
        label = "set ylabel 'steps x trials per second'" if i == 0 else "unset ylabel"
        body += (f"set title '{net_name(net)}'\n{label}\n"
                 f"plot {', '.join(curves)}\n")
    plot(path, f"{330 * len(nets)},380", body)


def plot_shapes(path, shapes):
    points = sorted((s["rows"] * s["columns"], s["rate"],
                     400 * s["rows"] * s["columns"] * s["rate"] / s["peak"],
                     f"{s['rows']}x{s['columns']}") for s in shapes)
    body = "$rates << EOD\n" + "\n".join(
        f"{size} {rate} \"{name} ({share:.0f} %)\""
        for size, rate, share, name in points) + "\nEOD\n"
    # This is the rate at the peak of the core.
    flops = statistics.median(shape["peak"] for shape in shapes)
    body += (f"set xlabel 'm x d'\nset ylabel 'steps x trials per second'\n"
             f"set format x '%.0s%c'\nset xrange [2e4:3e8]\n"
             f"plot {flops}/(4*x) with lines lw 1 dt 2 lc 2 title 'FMA peak', "
             "$rates using 1:2 with linespoints lw 2 lc 1 pt 7 ps 0.5 title "
             "'fathom, 64 trials, p = 4, one thread', "
             "$rates every 2 using 1:2:3 with labels left offset 0.6,0.5 font ',10' "
             "notitle, $rates every 2::1 using 1:2:3 with labels right offset "
             "-0.6,-0.5 font ',10' notitle\n")
    plot(path, "640,380", body)


def median_peak(result):
    """Returns the median of the peaks measured beside each shape, in flops per second."""
    return statistics.median(shape["peak"] for shape in result["shapes"])


def provenance(results):
    first = next(iter(results.values()))
    commits = ", ".join(sorted({r["commit"] for r in results.values()}))
    dates = sorted(r["date"] for r in results.values())
    versions = next((r["versions"] for r in results.values() if r.get("versions")),
                    [])
    return (f"{first['machine']}. Commit {commits}, {dates[0]} to {dates[-1]}. "
            f"{', '.join(versions)}. Medians of {first['rounds']} rounds of about "
            f"{first['seconds']} s each, in which all take turns.")


def write(cache, root):
    results = {}
    for part in ("double-p4", "double-p2", "float", "threads", "shapes"):
        path = os.path.join(cache, f"{part}.json")
        if os.path.exists(path):
            with open(path) as file:
                results[part] = json.load(file)
    if "double-p4" not in results:
        raise SystemExit("nothing was measured yet: run the part double-p4 first")
    rates = Rates(results)
    docs = os.path.join(root, "docs")
    page = os.path.join(docs, "performance.md")
    checked = {}
    for result in results.values():
        for precision, worst in result["checked"].items():
            checked[precision] = max(checked.get(precision, 0.0), worst)
    agree = " and ".join(f"to {worst:.0e} in {precision}"
                         for precision, worst in sorted(checked.items()))

    bound = None
    if "shapes" in results:
        bound = median_peak(results["shapes"]) / (4 * ROWS * COLUMNS)
    plot_trials(os.path.join(docs, "performance-peers.svg"), rates, bound)
    text = f"""## Training: fathom and its peers

{provenance(results)}

What is trained: linear nets with one output on generated data, {ROWS} x {COLUMNS}, by full-batch gradient descent on the
l<sub>p</sub> loss, every trial with its own start and learning rate. The unit is steps times trials per second. fathom also
computes the loss at every step, looks for divergence and records; the peers that are written by hand do not compute the
loss. Before anything was timed, the losses of all after 20 steps agreed {agree}. In fathom's single
precision the weights and their updates stay double; the peers are single throughout.

- *layer by layer*: a chain of `nn.Linear`, autograd, SGD, one trial.
- *vmap of grad*: `torch.func` and JAX; the layers are multiplied before they meet the data. JAX runs all steps in one jitted
  loop.
- *stacked by hand*: the end-to-end vectors of all trials in one matrix product, depth and gradients of rank one by hand.
- *second moments*: the same with X<sup>T</sup>X in place of the data, which p = 2 allows. fathom finds that by itself.

`bash tests/bench/peers.sh` measures it again and writes this.

### In short

{goals(rates)}

{bound_text(rates, bound) if bound else ""}
![Steps x trials per second against the number of trials](performance-peers.svg)

The largest rate of fathom against one trial layer by layer, and fathom against the best of the fused peers at equal numbers
of trials (p = 4, double, one thread):

{ratio_table(rates, (4, 'double', 1))}

"""
    for title, setting in (("p = 4, double, one thread", (4, "double", 1)),
                           ("p = 2, double, one thread", (2, "double", 1)),
                           ("p = 4, float, one thread", (4, "float", 1)),
                           ("p = 4, double, two threads", (4, "double", 2))):
        if setting in rates.settings():
            text += f"### {title}\n\n{rate_table(rates, *setting)}\n\n"
            if setting != (4, "double", 1):
                text += ratio_table(rates, setting) + "\n\n"
    if (4, "double", 2) in rates.settings():
        text += f"### One thread and two\n\n{threads_table(rates, 2)}\n\n"
    report.write_section(page, "peers", text)

    if "shapes" in results:
        result = results["shapes"]
        limits = result["limits"]
        plot_shapes(os.path.join(docs, "performance-shapes.svg"), result["shapes"])
        report.write_section(page, "shapes", f"""## Training: shapes of data

{result['machine']}. Commit {result['commit']}, {result['date']}. The fused multiply-adds of one core peak at
{median_peak(result) / 1e9:.1f} GF/s in double ({limits['isa']}, the median of those measured beside each shape), twice that in float. Memory gives one thread
{limits['read_one'] / 1e9:.1f} GB/s and {limits['threads']} threads {limits['read_all'] / 1e9:.1f} GB/s.

64 trials of depth 1, p = 4, double, one thread; counted are the 4 m d flops per step of a trial that the data need, over
wall time. The whole engine runs, recording and checks for divergence included.

{shape_table(result)}

![Steps x trials per second against m x d](performance-shapes.svg)
""")
    print(page)
