"""Compares curves of a ledger with the published ones, for the tables of docs/science.md.

  bash tests/bench/figures.sh --scale paper --data DIR paper/l2-depth paper/l4-depth paper/adaptive
  python3 tests/bench/figure_errors.py figures/figures.db [--at 20000,100000,500000,1000000] [--all]

Prints a Markdown table for each preset with published values (client/presets/**/*.csv, whose
columns `fathom plot --help` explains) of which the ledger has a sweep: per curve and published
iteration the published value with the offset of the file added, our value, and by how much our
value is off. Our step is the iteration times the updates per iteration, and between two recorded
steps the logarithm is interpolated. --all adds the largest error over all published points.
The newest completed sweep of a preset counts. The script needs only the standard library and opens
the ledger read-only.
"""

import argparse
import bisect
import csv
import json
import math
import os
import sqlite3
import sys
from urllib.parse import quote

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PRESETS = os.path.join(ROOT, "client", "presets")
OWN = ("curve", "iteration", "value", "updates_per_iteration", "offset")


def published(path):
    """Returns the curves of an overlay: name -> settings, updates, points with the offset added."""
    curves = {}
    with open(path, encoding="utf-8") as file:
        for row in csv.DictReader(line for line in file if not line.startswith("#")):
            curve = curves.setdefault(row["curve"], {
                "settings": {k: v for k, v in row.items() if k not in OWN and v},
                "updates": float(row.get("updates_per_iteration") or 1),
                "points": {},
            })
            offset = float(row.get("offset") or 0)
            curve["points"][int(row["iteration"])] = float(row["value"]) + offset
    return curves


def names_of(column):
    """Returns what a ledger may call the axis of a column: its last part, or the name of its message."""
    parts = column.split(".")
    return [column, parts[-1]] + ([parts[-2]] if parts[-1] == "name" else [])


def trial_of(ledger, sweep, settings):
    """Returns number and last step of the only trial that agrees, or None."""
    found = []
    for trial, depth, steps, parameters in ledger.execute(
            "SELECT trial, depth, steps, parameters FROM results WHERE sweep = ?", (sweep,)):
        values = {"depth": depth, **json.loads(parameters)}
        if all(any(str(values.get(name)) == value for name in names_of(column))
               for column, value in settings.items()):
            found.append((trial, steps))
    return found[0] if len(found) == 1 else None


def curve_of(ledger, sweep, trial):
    points = ledger.execute(
        "SELECT step, value FROM metric_points WHERE sweep = ? AND trial = ? "
        "AND metric = 'excess_loss' AND value > 0 ORDER BY step", (sweep, trial)).fetchall()
    return [step for step, _ in points], [value for _, value in points]


def value_at(steps, values, step):
    """Interpolates log(value) at `step`. Returns None outside of the recorded steps."""
    if not steps or not steps[0] <= step <= steps[-1]:
        return None
    i = bisect.bisect_left(steps, step)
    if steps[i] == step:
        return values[i]
    part = (step - steps[i - 1]) / (steps[i] - steps[i - 1])
    return math.exp(math.log(values[i - 1]) * (1 - part) + math.log(values[i]) * part)


def newest_sweep(ledger, name, curves):
    """Returns sweep -> trials by curve of the newest sweep that has a trial for each curve."""
    for (sweep,) in ledger.execute(
            "SELECT sweep FROM sweep_overview WHERE name = ? AND state = 'completed' "
            "ORDER BY sweep DESC", (name,)).fetchall():
        trials = {curve: trial_of(ledger, sweep, of["settings"]) for curve, of in curves.items()}
        if all(trials.values()):
            return sweep, trials
    return None


def number(value):
    return f"{value:#.4g}"


def print_table(ledger, name, curves, at, with_all):
    found = newest_sweep(ledger, name, curves)
    if found is None:
        return False
    sweep, trials = found
    print(f"{name} (sweep {sweep})\n")
    print("| curve | iteration | published | ours | error |")
    print("|---|---:|---:|---:|---:|")
    for curve, of in curves.items():
        steps, values = curve_of(ledger, sweep, trials[curve][0])
        worst = (0.0, None)
        for iteration, value in sorted(of["points"].items()):
            ours = value_at(steps, values, iteration * of["updates"])
            error = None if ours is None else 100 * (ours / value - 1)
            if error is not None and abs(error) >= abs(worst[0]):
                worst = (error, iteration)
            if iteration in at:
                print(f"| {curve} | {iteration:,} | {number(value)} | "
                      + (f"{number(ours)} | {error:+.1f} % |" if ours is not None
                         else f"diverged at {trials[curve][1] / of['updates']:,.0f} | |"))
        if with_all and worst[1] is not None:
            print(f"| {curve} | largest of {len(of['points'])} points | | at {worst[1]:,} | {worst[0]:+.1f} % |")
    print()
    return True


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ledger")
    parser.add_argument("--at", default="20000,100000,500000,1000000")
    parser.add_argument("--all", action="store_true")
    options = parser.parse_args()
    at = {int(iteration) for iteration in options.at.split(",")}
    ledger = sqlite3.connect(f"file:{quote(os.path.abspath(options.ledger))}?mode=ro", uri=True)
    printed = False
    for folder, _, files in sorted(os.walk(PRESETS)):
        for file in sorted(files):
            if not file.endswith(".csv"):
                continue
            path = os.path.join(folder, file)
            name = os.path.relpath(path, PRESETS)[:-len(".csv")].replace(os.sep, "/")
            printed |= print_table(ledger, name, published(path), at, options.all)
    if not printed:
        sys.exit(f"{options.ledger} has no sweep with the trials of a published figure; run figures.sh as above")


if __name__ == "__main__":
    main()
