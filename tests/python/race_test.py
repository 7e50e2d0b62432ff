#!/usr/bin/env python3
"""Holds races, summaries and conditions against the program, digit by digit where formulas are exact."""

from __future__ import annotations

import json
import unittest
from typing import Any

from support import SMALL, LedgerTest, changed, program

import fathom
from fathom.errors import QueryError, UnknownNameError
from fathom.resampling import draws, plain_median
from fathom.statistics import incomplete_beta, student_quantile

SPECS = (
    SMALL,
    # Two losses, of which each is a family; five seeds.
    changed(
        name="families",
        loss=None,
        axes={
            "lp": [2, 4],
            "depth": [1, 2],
            "learning_rate": {"log": {"from": 0.01, "to": 1, "per_decade": 2}},
            "seed": {"range": [0, 5]},
        },
        summarize={"by": ["lp", "depth"], "best_over": ["learning_rate"], "average_over": ["seed"]},
    ),
    # Too few repetitions for an interval, and rules that stop trials.
    changed(
        name="pairs",
        stop={"loss_below": 0.3},
        axes={"depth": [1, 2, 3], "learning_rate": [0.03, 0.1, 0.3], "seed": [1, 2]},
    ),
)
EXACT = ("arrived", "setting", "trials", "times", "median", "ert", "verdict")


class RaceTest(LedgerTest):
    """The numbers of `fathom best --epsilon`."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        for spec in SPECS:
            cls.db = cls.run_sweep(spec)
        cls.lab = fathom.open(cls.db)

    def ask(self, sweep: str, *options: str) -> dict[str, Any]:
        return json.loads(program("best", sweep, "--db", str(self.db), "--json", *options))["best"]

    def compare(self, sweep: str, goal: float, arrive: float = 1.0) -> int:
        """Compare a race; returns how many intervals there were."""
        theirs = self.ask(sweep, f"--epsilon={goal!r}", f"--arrive={arrive!r}")["races"]
        ours = self.lab[sweep].race(goal, arrive=arrive).families
        self.assertEqual([race["by"] for race in ours], [race["by"] for race in theirs])
        intervals = 0
        for mine, race in zip(ours, theirs, strict=True):
            self.assertEqual(race["goals"], [goal])
            self.assertEqual(mine["reference"], race["reference"])
            for own, group in zip(mine["groups"], race["groups"], strict=True):
                at = group["at"][0]
                self.assertEqual(own["counts"], group["counts"])
                self.assertEqual({key: own[key] for key in EXACT}, {key: at[key] for key in EXACT})
                self.assertEqual(own["speed_up"], at["speed_up"])
                self.assertEqual(own["interval"] is None, at["interval"] is None)
                for end, their_end in zip(own["interval"] or (), at["interval"] or (), strict=True):
                    self.assertAlmostEqual(end / their_end, 1, delta=1e-9)
                    intervals += 1
        return intervals

    def goals(self, sweep: str, count: int = 3) -> list[float]:
        """Return goals that the program races to in every family."""
        races = self.ask(sweep)["races"]
        low = max(race["end"] for race in races)
        high = min(race["start"] for race in races)
        return [float(f"{high * (low / high) ** ((k + 1) / (count + 1)):.3g}") for k in range(count)]

    def test_races_have_the_numbers_of_the_program(self) -> None:
        for spec in SPECS:
            found = 0
            for goal in self.goals(spec["name"]):
                with self.subTest(sweep=spec["name"], goal=goal):
                    found += self.compare(spec["name"], goal)
            self.assertEqual(found > 0, spec["name"] != "pairs")

    def test_a_share_of_the_repetitions_may_be_enough(self) -> None:
        for goal in self.goals("small"):
            with self.subTest(goal=goal):
                self.compare("small", goal, arrive=0.5)

    def test_the_table_has_a_row_per_group(self) -> None:
        goal = self.goals("families")[1]
        race = self.lab["families"].race(goal)
        self.assertEqual(race["lp"], [2, 2, 4, 4])
        self.assertEqual(race["depth"], [1, 2, 1, 2])
        self.assertEqual(race["steps"][0], race.families[0]["groups"][0]["median"])
        self.assertIsNone(race["speed_up"][0])

    def test_conditions_are_those_of_the_program(self) -> None:
        where = {"lp": 4, "learning_rate": [0.01, 0.1, 1.0], "seed": [0, 2, 3]}
        options = ["--where=lp=4", "--where=learning_rate=0.01,0.1,1", "--where=seed=0,2,3"]
        theirs = self.ask("families", *options)["groups"]
        for group in theirs:
            del group["band"]
            if group["best"]:
                del group["best"]["edges"]
        self.assertEqual(json.loads(json.dumps(self.lab["families"].best(where=where).groups)), theirs)
        goal = self.goals("families")[1]
        races = self.ask("families", f"--epsilon={goal!r}", *options)["races"]
        ours = self.lab["families"].race(goal, where=where).families
        self.assertEqual(len(ours), 1)
        self.assertEqual(ours[0]["groups"][1]["speed_up"], races[0]["groups"][1]["at"][0]["speed_up"])

    def test_a_summary_has_every_step_of_the_spec(self) -> None:
        text = program("summary", "small", "--db", str(self.db), "--json")
        theirs = json.loads(text)["summary"]
        summary = self.lab["small"].summary()
        self.assertEqual(summary["step"], [100] * 3 + [300] * 3)
        expected = [
            (step["step"], row["by"]["depth"], step["value"])
            for place in range(2)
            for row in theirs["rows"]
            for step in [row["best"][place]]
        ]
        self.assertEqual(list(zip(summary["step"], summary["depth"], summary["loss"], strict=True)), expected)

    def test_an_interval_lies_around_its_mean(self) -> None:
        best = self.lab["small"].best(interval=True)
        for low, mean, high, error in zip(
            best["low"], best["loss"], best["high"], best["standard_error"], strict=True
        ):
            # 3.182446 is the quantile for three degrees of freedom in every table.
            self.assertAlmostEqual((high - low) / 2 / error, 3.182446, delta=1e-6)
            self.assertAlmostEqual((high + low) / 2, mean)
        self.assertNotIn("low", self.lab["small"].best().columns)

    def test_mistakes_are_errors(self) -> None:
        sweep = self.lab["small"]
        for goal in (0.0, -1.0, float("nan"), 1e9):
            with self.assertRaises(QueryError):
                sweep.race(goal)
        with self.assertRaises(QueryError):
            sweep.race(0.1, metric="weight_norm")
        with self.assertRaises(UnknownNameError):
            sweep.best(where={"depth": 9})
        with self.assertRaises(UnknownNameError):
            sweep.best(where={"dept": 1})
        with self.assertRaises(QueryError):
            sweep.best(where="depth = 1")  # type: ignore[arg-type]


class FormulaTest(unittest.TestCase):
    """Numbers by hand."""

    def test_quantiles_and_the_beta_function(self) -> None:
        self.assertAlmostEqual(student_quantile(1), 12.7062047, delta=1e-6)
        self.assertAlmostEqual(student_quantile(10), 2.2281389, delta=1e-6)
        # I_x(1, 1) = x, and I_x(2, 2) = x^2 (3 - 2 x).
        self.assertAlmostEqual(incomplete_beta(0.3, 1, 1), 0.3)
        self.assertAlmostEqual(incomplete_beta(0.3, 2, 2), 0.09 * 2.4)
        self.assertEqual(incomplete_beta(0, 3, 4), 0)
        self.assertEqual(incomplete_beta(1, 3, 4), 1)

    def test_medians_are_infinite_where_a_middle_value_is(self) -> None:
        self.assertEqual(plain_median([3, 1, 2]), 2)
        self.assertEqual(plain_median([1, 2, float("inf")]), 2)
        self.assertEqual(plain_median([1, float("inf")]), float("inf"))

    def test_a_resample_draws_as_often_as_there_are_repetitions(self) -> None:
        self.assertEqual({sum(times) for times in draws(7, 0)}, {7})
        self.assertEqual(len(draws(7, 0)), 2000)
        self.assertEqual(len(draws(1000, 0)), 200)
        self.assertNotEqual(draws(7, 0), draws(7, 1))


if __name__ == "__main__":
    unittest.main()
