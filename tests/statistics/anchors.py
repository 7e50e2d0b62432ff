#!/usr/bin/env python3
"""Compares hitting times, running times and intervals with the field's own tools. Run by hand.

    anchors.py FATHOM SWEEP --db FILE [options of best]

Needs what the reference needs, and any of these packages from PyPI: iohinspector,
cocopp (with six) and rliable (with pandas below 3). A check whose package is
missing is skipped with a message. For every goal at which `fathom best --json` chooses a setting:

* iohinspector finds the first recorded step at or below the goal from the
  curves in the ledger; the program's time must lie after the recorded step
  before that one and not after it, and it must miss in the same trials. The
  expected running time of iohinspector is compared with the program's formula
  on these recorded steps.
* cocopp makes the expected running time from the program's times and the last
  recorded steps; it must be the program's to a relative 1e-12.
* rliable makes an interval of the interquartile mean of log speed-ups at the
  chosen settings; it is printed beside the program's, for they differ by design.

On import, cocopp warns where its archives cannot be reached; nothing here needs
them. Exits with 1 when something that must agree does not, or when nothing was checked.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import math
import sys
from typing import Any, Iterator

import numpy as np

import compare
import ledger

RELATIVE = 1e-12


def load(package: str, *modules: str) -> list[Any] | None:
    """Returns the modules of a package, or None, with a message, where it is not installed."""
    try:
        found = [importlib.import_module(f"{package}.{module}") for module in modules]
    except ImportError as error:
        print(f"{package}: skipped: {error}")
        return None
    print(f"{package} {importlib.metadata.version(package)}")
    return found


def entries(races: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields every goal at which a group has a chosen setting, with words for both."""
    for family in races:
        for group in family["groups"]:
            for entry in group["at"]:
                if entry["times"] is not None:
                    yield f"{family['by']} depth {group['depth']} goal {entry['goal']:g}", entry


def program_times(entry: dict[str, Any]) -> np.ndarray:
    """Returns the program's times, infinite where a trial does not arrive."""
    return np.array([math.inf if t is None else t for t in entry["times"]])


def improvements(curves: ledger.Curves, trial: int) -> tuple[list[float], list[float]]:
    """Returns steps and values at which a curve is below all before, which IOHprofiler's logs keep."""
    length = curves.lengths[trial]
    steps, values = curves.steps[trial, :length], curves.values[trial, :length]
    before = np.concatenate([[np.inf], np.minimum.accumulate(values)[:-1]])
    kept = values < before
    return steps[kept].tolist(), values[kept].tolist()


class Iohinspector:
    """Checks first hitting times and their expectation, counted in recorded steps."""

    def __init__(self, curves: ledger.Curves) -> None:
        self.modules = load("iohinspector", "align", "metrics.fixed_target")
        self.curves = curves
        self.checked = self.missed = self.unequal = 0
        self.largest_gap = 0.0
        self.example = ""

    def frame(self, trials: list[int]) -> Any:
        """Returns the curves as the table that iohinspector's functions take."""
        polars = importlib.import_module("polars")
        rows: dict[str, list[Any]] = {"data_id": [], "algorithm_name": [], "evaluations": [], "raw_y": []}
        for trial in trials:
            steps, values = improvements(self.curves, trial)
            rows["data_id"] += [trial] * len(steps)
            rows["algorithm_name"] += ["chosen"] * len(steps)
            rows["evaluations"] += steps
            rows["raw_y"] += values
        return polars.DataFrame(rows)

    def check(self, where: str, entry: dict[str, Any]) -> Iterator[str]:
        """Yields the differences at one goal."""
        if self.modules is None:
            return
        align, fixed_target = self.modules
        goal, trials = entry["goal"], entry["trials"]
        frame = self.frame(trials)
        aligned = align.align_data(
            frame, [goal], group_cols=["data_id"], x_col="raw_y", y_col="evaluations", silence_warning=True
        )
        hits = dict(zip(aligned["data_id"].to_list(), aligned["evaluations"].to_list()))
        theirs = np.array([hits[trial] for trial in trials])
        for trial, own, hit in zip(trials, program_times(entry), theirs):
            yield from self.check_time(f"{where} trial {trial}", trial, own, hit)
        yield from self.check_mean(where, goal, fixed_target, frame, np.array(trials), theirs)

    def check_time(self, where: str, trial: int, own: float, hit: float) -> Iterator[str]:
        """Yields an error unless the program's time is in (recorded step before the hit, hit], or both are infinite."""
        self.checked += 1
        if math.isinf(hit) or math.isinf(own):
            self.missed += 1
            if hit != own:
                yield f"{where}: program {own}, iohinspector {hit}"
            return
        steps = self.curves.steps[trial, : self.curves.lengths[trial]]
        before = steps[steps < hit].max(initial=-1)
        slack = 1e-9 * hit
        self.largest_gap = max(self.largest_gap, hit / max(own, 1))
        if not before - slack <= own <= hit + slack:
            yield f"{where}: program {own}, expected it after {before} and not after iohinspector's {hit}"

    def check_mean(
        self, where: str, goal: float, fixed_target: Any, frame: Any, trials: np.ndarray, hits: np.ndarray
    ) -> Iterator[str]:
        """Checks its expected running time, in which all misses cost as much as the longest trial."""
        longest = float(self.curves.last_step(trials).max())
        table = fixed_target.aggregate_running_time(
            frame, f_min=goal, f_max=2 * goal, eval_max=longest, return_as_pandas=False
        )
        theirs = float(table["ERT"][0])
        arrived = np.isfinite(hits).sum()
        charged = np.where(np.isfinite(hits), hits, longest).sum() / arrived
        own = np.minimum(hits, self.curves.last_step(trials)).sum() / arrived
        if not math.isclose(theirs, charged, rel_tol=RELATIVE):
            yield f"{where}: iohinspector's ERT is {theirs}, expected {charged} from its hitting times"
        if not math.isclose(theirs, own, rel_tol=RELATIVE):
            self.unequal += 1
            self.example = f"{where}: {theirs:.4g}, with each trial's own last step {own:.4g}"

    def report(self) -> None:
        """Prints what was checked, in figures."""
        if self.modules is not None:
            print(f"  {self.checked} hitting times, {self.missed} of them misses; hit at most", end=" ")
            print(f"{self.largest_gap:.3f} times the interpolated time")
            print(f"  ERT differs by what a miss costs at {self.unequal} goals; last: {self.example}")


class Cocopp:
    """Checks the expected running time, computed from the program's times."""

    def __init__(self, curves: ledger.Curves) -> None:
        self.modules = load("cocopp", "toolsstats")
        self.curves = curves
        self.checked = self.missing = 0

    def check(self, where: str, entry: dict[str, Any]) -> Iterator[str]:
        """Yields the differences at one goal."""
        if self.modules is None:
            return
        times = program_times(entry)
        spent = np.minimum(times, self.curves.last_step(np.array(entry["trials"])))
        theirs = self.modules[0].sp(spent.tolist(), issuccessful=np.isfinite(times).tolist())[0]
        self.checked += 1
        self.missing += int(not np.isfinite(times).all())
        if not math.isclose(theirs, entry["ert"], rel_tol=RELATIVE):
            yield f"{where}: program's ERT is {entry['ert']}, cocopp's {theirs}"

    def report(self) -> None:
        """Prints what was checked, in figures."""
        if self.modules is not None:
            print(f"  {self.checked} expected running times, {self.missing} of them with misses")


def show_intervals(races: list[dict[str, Any]]) -> None:
    """Prints intervals of rliable beside the program's at the quoted goals."""
    modules = load("rliable", "library", "metrics")
    if modules is None:
        return
    library, metrics = modules
    for family in races:
        base = {entry["goal"]: entry for entry in family["groups"][0]["at"]}
        for group in family["groups"][1:]:
            own = next((entry for entry in group["at"] if entry["goal"] == group["quoted"]), None)
            if own is None or own["interval"] is None or "infinity" in own["interval"]:
                continue
            logs = [np.log(np.maximum(program_times(e), 1)) for e in (base[own["goal"]], own)]
            if not np.isfinite(logs).all():
                continue
            # rliable draws from numpy's global stream, whatever random_state is given.
            np.random.seed(0)
            points, ends = library.get_interval_estimates(
                {"it": (logs[0] - logs[1])[:, None]},
                lambda scores: np.array([metrics.aggregate_iqm(scores)]),
                reps=2000,
            )
            value, low, high = np.exp([points["it"][0], *ends["it"][:, 0]])
            print(f"  {family['by']} depth {group['depth']} to {own['goal']:g}, n = {len(logs[0])}:", end=" ")
            print(f"program {own['speed_up']['value']:.3f} ({own['interval'][0]:.3f} to", end=" ")
            print(f"{own['interval'][1]:.3f}), rliable {value:.3f} ({low:.3f} to {high:.3f})")


def main(arguments: list[str]) -> int:
    """Compares as the command line says. Returns 1 where something differs."""
    if len(arguments) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    parser = argparse.ArgumentParser()
    parser.add_argument("--db", required=True)
    parser.add_argument("--at", type=int)
    known, _ = parser.parse_known_args(arguments[2:])
    best = compare.program_says(arguments[0], arguments[1:])["best"]
    db = ledger.open_ledger(known.db)
    try:
        sweep = ledger.read_sweep(db, arguments[1])
        curves = ledger.read_curves(db, sweep, best["metric"], known.at)
    finally:
        db.close()
    tools = (Iohinspector(curves), Cocopp(curves))
    places = list(entries(best["races"]))
    found = [line for where, entry in places for tool in tools for line in tool.check(where, entry)]
    for tool in tools:
        tool.report()
    show_intervals(best["races"])
    for line in found:
        print(line)
    if not places or all(tool.modules is None for tool in tools):
        print("nothing was checked")
        return 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
