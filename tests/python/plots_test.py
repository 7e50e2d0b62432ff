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
        self.assertAlmostEqual(picture[1][2], min(results["final_loss"]), delta=1e-12)
        self.draw(figure)

    def draw(self, figure: object) -> None:
        """Draw to a file: what cannot be drawn fails here."""
        figure.savefig(self.folder / "figure.svg")  # type: ignore[attr-defined]
        self.assertGreater((self.folder / "figure.svg").stat().st_size, 10_000)
        matplotlib.pyplot.close(figure)


if __name__ == "__main__":
    unittest.main()
