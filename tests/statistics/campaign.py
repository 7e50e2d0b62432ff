#!/usr/bin/env python3
"""Compares the statistics of races on real data, program beside reference. Run by hand.

    campaign.py FATHOM [--folder DIR] [--quick] [--only NAME ...]

Trains l_3, l_4 and l_6 regression with gradient descent, momentum and Adam at
depths 1 to 6, 12 rates and 20 seeds, on the diabetes data of scikit-learn
(needs python3-sklearn, and is skipped without it) and on made data that look
like housing in California: few correlated features with heavy tails. Then runs
every preset at its quick scale, and the quickstart. Prints for each family what the program
says beside what the reference finds, and every difference; exits with 1 when
there is one. Ledgers stay in the folder, and finished sweeps are not run again.
`--quick` cuts depths, rates, seeds and steps down.
"""

from __future__ import annotations

import argparse
import pathlib
import sys
from typing import Any, Iterator

import numpy as np

import compare
import reference
import sweeps

SIZES = {
    False: {"depth": "[1, 2, 3, 4, 5, 6]", "count": 12, "seeds": 20, "steps": 5000},
    True: {"depth": "[1, 2, 4]", "count": 6, "seeds": 5, "steps": 1000},
}

SWEEP = """name: {name}
data: {{file: {file}, target: target, standardize: true}}
loss: {{lp: {lp}}}
model: {{init: {{scheme: balanced, norm: 1e-3}}}}
optimizer: {{name: {optimizer}}}
steps: {steps}
axes:
  depth: {depth}
  learning_rate: {{log: {{from: 1e-5, to: 1, count: {count}}}}}
  seed: {{range: [0, {seeds}]}}
record: {{metrics: [loss, excess_loss]}}
summarize: {{by: [depth], best_over: [learning_rate], average_over: [seed], metric: excess_loss}}
"""


def write_table(path: pathlib.Path, x: np.ndarray, y: np.ndarray) -> None:
    """Writes a csv with the columns x0, x1, ... and target."""
    header = ",".join([*(f"x{j}" for j in range(x.shape[1])), "target"])
    np.savetxt(path, np.column_stack([x, y]), delimiter=",", header=header, comments="", fmt="%.17g")


def diabetes(path: pathlib.Path) -> bool:
    """Writes the data of 442 patients with 10 features. Returns False without scikit-learn."""
    try:
        from sklearn.datasets import load_diabetes  # pylint: disable=import-outside-toplevel
    except ImportError:
        return False
    write_table(path, *load_diabetes(return_X_y=True))
    return True


def housing(path: pathlib.Path, rows: int = 2000) -> bool:
    """Writes 8 features of lognormal blocks: incomes, ages, rooms and places. Two of them are almost equal.

    z is Gaussian and correlated, rooms are exp(z), and bedrooms are rooms times
    noise. The target is a product of powers with noise, cut off above as house
    prices are.
    """
    stream = np.random.default_rng(5)
    z = stream.standard_normal((rows, 6)) @ (np.eye(6) + 0.4 * np.tri(6)).T
    rooms, people = np.exp(0.6 * z[:, 0]), np.exp(0.9 * z[:, 1])
    bedrooms = rooms * np.exp(0.1 * stream.standard_normal(rows))
    income, age = np.exp(0.5 * z[:, 2]), np.abs(z[:, 3])
    x = np.column_stack([income, age, rooms, bedrooms, people, people / rooms, z[:, 4], z[:, 5] - z[:, 4]])
    price = income**0.8 * np.exp(0.3 * z[:, 4] + 0.4 * stream.standard_t(5, rows))
    write_table(path, x, np.minimum(price, 5.0))
    return True


def grids(folder: pathlib.Path, quick: bool) -> Iterator[tuple[str, str]]:
    """Yields the name and spec of every sweep on the tables."""
    for table, make in (("diabetes", diabetes), ("housing", housing)):
        path = folder / f"{table}.csv"
        if not path.exists() and not make(path):
            print(f"skipped {table}: scikit-learn is not there")
            continue
        for lp in (3, 4, 6):
            for optimizer in ("gd", "momentum", "adam"):
                name = f"{table}-l{lp}-{optimizer}{'-quick' if quick else ''}"
                yield name, SWEEP.format(name=name, file=path.name, lp=lp, optimizer=optimizer, **SIZES[quick])


def describe(entry: dict[str, Any]) -> Iterator[str]:
    """Yields what the reference finds in a family, a line per group."""
    for group in entry["groups"][1:]:
        if "at" not in group:
            comparison = group["comparison"] or {}
            yield f"depth {group['depth']}: {group['verdict']} {comparison.get('value')} {comparison.get('interval')}"
            continue
        last = next((a for a in reversed(group["at"]) if a["goal"] == group["quoted"]), None)
        signs = " ".join((a["verdict"] or "-")[0] for a in group["at"])
        if last is None:
            yield f"depth {group['depth']}: no goal at which both arrive; {signs}"
        else:
            yield (
                f"depth {group['depth']}: {last['verdict']} at {group['quoted']:g}, S = {last['speed_up']['value']:.4g}"
                f" {last['interval']}, rate {last['setting']}; from the start downwards: {signs}"
            )


def look(fathom: str, name: str, path: pathlib.Path, asks: tuple[str, ...]) -> list[str]:
    """Compares all answers about a sweep, and prints both sides of the first. Returns the differences."""
    found = []
    for number, ask in enumerate(asks):
        arguments = [name, "--db", str(path), *ask.split()]
        own = reference.analyse(**reference.parse(arguments))
        program = compare.program_says(fathom, arguments)
        found += [f"{name} {ask}: {line}" for line in compare.differences(program, own)]
        if number:
            continue
        for kind in ("races", "levels"):
            said = program["best"].get(kind) or [{}] * len(own["best"][kind])
            for theirs, entry in zip(said, own["best"][kind]):
                print(f"{name} {entry['by'] or ''}\n  program:   {theirs.get('sentence')}")
                for line in describe(entry):
                    print(f"  reference: {line}")
    return found


def main(arguments: list[str]) -> int:
    """Runs and compares all sweeps."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("fathom")
    parser.add_argument("--folder", type=pathlib.Path, default=pathlib.Path("statistics-campaign"))
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", nargs="*", default=[])
    choices = parser.parse_args(arguments)
    choices.folder.mkdir(parents=True, exist_ok=True)
    work: list[tuple[str, list[str]]] = []
    for name, text in grids(choices.folder, choices.quick):
        path = choices.folder / f"{name}.yaml"
        path.write_text(text, encoding="utf-8")
        work.append((name, [str(path)]))
    presets = sweeps.run(choices.fathom, "presets").splitlines()[2:]
    for name in (line.split()[0] for line in presets):
        work.append((name, [name] if name == "quickstart" else [name, "--scale", "quick"]))
    found: list[str] = []
    for name, what in work:
        if choices.only and not any(part in name for part in choices.only):
            continue
        path = choices.folder / (name.replace("/", "-") + ".db")
        sweeps.run(choices.fathom, "run", *what, "--db", str(path), "--no-plot", "--quiet", allowed=(0, 4))
        found += look(choices.fathom, name, path, ("", "--split --tuning", "--epsilon 1e-6", "--arrive 0.5"))
    for line in found[:200]:
        print(line)
    print(f"{len(found)} differences")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
