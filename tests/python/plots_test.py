#!/usr/bin/env python3
"""Tests what the figures show, read back from matplotlib."""

from __future__ import annotations

import math
import sys
import unittest

from support import SMALL, LedgerTest, changed

import fathom

try:
    import matplotlib
except ImportError:
    sys.exit(print("skipped: python3-matplotlib is not installed"))
matplotlib.use("agg")

import fathom.plots


class PlotsTest(LedgerTest):
    """Figures of two sweeps."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.run_sweep(SMALL)
        axes = {"lp": [2, 4], **SMALL["axes"], "seed": [1]}
        db = cls.run_sweep(changed(name="families", axes=axes, summarize=None))
        cls.lab = fathom.open(db)

    def test_depth_curves_are_those_of_the_best_settings(self) -> None:
        sweep = self.lab["small"]
        figure = fathom.plots.depth_curves(sweep)
        (panel,) = figure.axes
        lines = panel.get_lines()
        self.assertEqual(len(lines), 3)
        for line, group in zip(lines, sweep.best().groups, strict=True):
            self.assertEqual(line.get_xdata()[-1], 300)
            self.assertAlmostEqual(line.get_ydata()[-1], group["best"]["value"], delta=1e-12)
        self.assertEqual((panel.get_yscale(), panel.get_ylabel()), ("log", "loss"))
        self.assertEqual(len(panel.get_legend().get_texts()), 3)
        self.draw(figure)

    def test_each_family_has_a_panel(self) -> None:
        figure = fathom.plots.depth_curves(self.lab["families"])
        self.assertEqual([panel.get_title() for panel in figure.axes], ["lp = 2", "lp = 4"])
        self.draw(figure)

    def test_diverged_trials_are_marks_at_the_rim(self) -> None:
        sweep = self.lab["small"]
        figure = fathom.plots.rate_outcomes(sweep)
        (panel,) = figure.axes
        crosses = [line for line in panel.get_lines() if line.get_marker() == "x"]
        marks = [x for line in crosses for x in line.get_xdata()]
        self.assertEqual(sorted(marks), sorted(sweep.results(where={"state": "diverged"})["learning_rate"]))
        self.assertGreater(len(marks), 0)
        self.assertLess(max(v for line in panel.get_lines() for v in line.get_ydata() if math.isfinite(v)), 10)
        self.draw(figure)

    def test_the_map_has_the_best_ends(self) -> None:
        sweep = self.lab["small"]
        figure = fathom.plots.heat(sweep, "learning_rate", "depth")
        picture = figure.axes[0].get_images()[0].get_array()
        self.assertEqual(picture.shape, (3, 7))
        results = sweep.results(where={"depth": 2, "learning_rate": 0.1})
        self.assertAlmostEqual(picture[1][2], sum(results["final_loss"]) / 4, delta=1e-12)
        # Where trials diverged there is a cross.
        (crosses,) = [line for line in figure.axes[0].get_lines() if line.get_marker() == "x"]
        lost = {group["by"]["learning_rate"] for group in self.groups(sweep) if group["counts"]["diverged"]}
        self.assertEqual({sweep.axes["learning_rate"][int(x)] for x in crosses.get_xdata()}, lost)
        self.draw(figure)

    @staticmethod
    def groups(sweep: fathom.Sweep) -> list[dict[str, object]]:
        return sweep.best(by=["learning_rate", "depth"]).groups

    def test_the_map_of_shares_and_of_steps(self) -> None:
        sweep = self.lab["small"]
        picture = fathom.plots.heat(sweep, "learning_rate", "depth", value="diverged").axes[0].get_images()[0]
        counts = self.groups(sweep)[-1]["counts"]
        self.assertEqual(picture.get_array()[2][6], counts["diverged"] / counts["finished"])
        self.assertEqual(picture.get_clim(), (0, 1))
        starts = sweep.curves("loss", where="steps > 0", by=[])
        goal = 0.5 * min(v for step, v in zip(starts["step"], starts["value"], strict=True) if step == 0)
        figure = fathom.plots.heat(sweep, "learning_rate", "depth", value=f"steps-to:{goal!r}", where={"depth": [1, 2]})
        steps = figure.axes[0].get_images()[0].get_array()
        self.assertEqual(steps.shape[0], 2)
        race = sweep.race(goal, by=["learning_rate", "depth"])
        self.assertEqual(steps[0][1], race.families[1]["groups"][0]["median"])
        self.draw(figure)

    def test_values_against_an_axis_have_a_line_per_group(self) -> None:
        sweep = self.lab["small"]
        figure = fathom.plots.against(sweep, "learning_rate", by="depth", where={"depth": [1, 3]})
        (panel,) = figure.axes
        lines = [line for line in panel.get_lines() if line.get_marker() == "o"]
        self.assertEqual([line.get_label() for line in lines], ["depth = 1", "depth = 3"])
        groups = sweep.best(by=["depth", "learning_rate"], where={"depth": 3}).groups
        for group, value in zip(groups, lines[1].get_ydata(), strict=True):
            if group["best"]:
                self.assertEqual(value, group["best"]["value"])
            else:
                self.assertTrue(math.isnan(value))
        crosses = [x for line in panel.get_lines() if line.get_marker() == "x" for x in line.get_xdata()]
        self.assertGreater(len(crosses), 0)
        self.assertEqual(panel.get_xscale(), "log")
        self.draw(figure)
        with self.assertRaises(fathom.QueryError):
            fathom.plots.against(sweep, "learning_rate", value="median")

    def test_two_sweeps_lie_over_each_other(self) -> None:
        figure = fathom.plots.compared(self.lab["small"], self.lab["small"])
        (panel,) = figure.axes
        lines = panel.get_lines()
        self.assertEqual(len(lines), 6)
        self.assertEqual([line.get_linestyle() for line in lines], ["-"] * 3 + ["--"] * 3)
        self.assertEqual(lines[0].get_color(), lines[3].get_color())
        self.assertEqual(list(lines[1].get_ydata()), list(lines[4].get_ydata()))
        self.draw(figure)

    def draw(self, figure: object) -> None:
        """Draw to a file: what cannot be drawn fails here."""
        figure.savefig(self.folder / "figure.svg")  # type: ignore[attr-defined]
        self.assertGreater((self.folder / "figure.svg").stat().st_size, 10_000)
        matplotlib.pyplot.close(figure)


if __name__ == "__main__":
    unittest.main()
