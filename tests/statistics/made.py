"""Makes ledgers by hand for the tests of the reference, with curves that have closed forms."""

from __future__ import annotations

import itertools
import json
import pathlib
import sqlite3
import tempfile
import unittest
from typing import Any, Callable, Iterable

import reference

STEPS = [0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610, 987]

Curve = Callable[[float], float]


def power(start: float, exponent: float, delay: float = 1.0) -> Curve:
    """Returns L(t) = start (1 + t)^(-exponent / delay), a line in log(1+t) and log L.

    So T(e) = (start / e)^(delay / exponent) - 1, without an error of interpolation.
    """
    return lambda t: start * (1 + t) ** (-exponent / delay)


class Ledger:
    """A ledger that has the views that the reference reads, as tables."""

    def __init__(self, folder: str, trial: dict[str, Any] | None = None) -> None:
        self.path = str(pathlib.Path(folder) / "ledger.db")
        self.trial = trial or {}
        self.db = sqlite3.connect(self.path)
        self.db.executescript("""
            PRAGMA synchronous = OFF;
            CREATE TABLE sweep_overview (sweep INTEGER, name TEXT, spec TEXT);
            CREATE TABLE results (sweep INTEGER, trial INTEGER, state TEXT, final_loss REAL, parameters TEXT);
            CREATE TABLE metric_points (sweep INTEGER, trial INTEGER, metric TEXT, step INTEGER, value REAL);
            CREATE TABLE optima (loss TEXT, lp REAL, factor TEXT, data TEXT, value REAL, gap REAL, time TEXT);
        """)

    def sweep(self, axes: list[dict[str, list[Any]]], **summarize: Any) -> None:
        """Adds the sweep over groups of axes, each of which maps fields to values."""
        spec = {
            "name": "made",
            "trial": {"steps": str(STEPS[-1]), **self.trial},
            "axes": [{"axes": [_axis(f, v) for f, v in group.items()]} for group in axes],
            "summarize": summarize,
        }
        self.db.execute("INSERT INTO sweep_overview VALUES (1, 'made', ?)", (json.dumps(spec),))

    def add(
        self,
        trial: int,
        parameters: dict[str, Any],
        points: Iterable[tuple[int, float | None]],
        state: str = "succeeded",
        metric: str = "loss",
    ) -> None:
        """Adds a trial with its curve."""
        points = list(points)
        self.db.execute(
            "INSERT INTO results VALUES (1, ?, ?, ?, ?)", (trial, state, points[-1][1], json.dumps(parameters))
        )
        self.db.executemany(
            "INSERT INTO metric_points VALUES (1, ?, ?, ?, ?)", [(trial, metric, s, v) for s, v in points]
        )

    def best(self, **choices: Any) -> dict[str, Any]:
        """Returns the results of the reference."""
        self.db.commit()
        return reference.analyse(self.path, "1", **choices)["best"]


def _axis(field: str, values: list[Any]) -> dict[str, Any]:
    kinds = {int: "integer", float: "number", str: "text"}
    return {"field": field, "list": {"values": [{kinds[type(v)]: v} for v in values]}}


def sample(curve: Curve, until: int = STEPS[-1]) -> list[tuple[int, float]]:
    return [(s, curve(s)) for s in STEPS if s <= until]


class GridTest(unittest.TestCase):
    """A test with a ledger of one sweep over depth, rate and seed."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.ledger = Ledger(folder.name)
        self.addCleanup(lambda: self.ledger.db.close())

    def grid(
        self,
        curve: Callable[[int, float, int], Iterable[tuple[int, float | None]]],
        depths: list[int],
        rates: list[float],
        seeds: list[int],
        state: Callable[[int, float, int], str] = lambda d, r, s: "succeeded",
        metric: str = "loss",
    ) -> None:
        """Adds a sweep over depth, rate and seed, which is summarized as usual."""
        self.ledger.sweep(
            [{"model.depth": depths}, {"optimizer.learning_rate": rates}, {"seed": seeds}],
            by=["model.depth"],
            best_over=["optimizer.learning_rate"],
            average_over=["seed"],
            metric=f"METRIC_{metric.upper()}",
        )
        for trial, (d, r, s) in enumerate(itertools.product(depths, rates, seeds)):
            given = state(d, r, s)
            if given:
                parameters = {"depth": d, "learning_rate": r, "seed": s}
                self.ledger.add(trial, parameters, curve(d, r, s), given, metric)

    def at(self, goal: float, **choices: Any) -> list[dict[str, Any]]:
        """Returns the entries of all groups at one goal."""
        race_entry = self.ledger.best(epsilon=goal, **choices)["races"][0]
        self.assertEqual(race_entry["goals"], [goal])
        return [group["at"][0] for group in race_entry["groups"]]
