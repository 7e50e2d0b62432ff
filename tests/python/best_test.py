#!/usr/bin/env python3
"""Holds `Sweep.best` against `fathom best --json`, digit by digit."""

from __future__ import annotations

import contextlib
import json
import pathlib
import re
import sqlite3
import unittest
from typing import Any

from support import ROOT, SMALL, LedgerTest, changed, program

import fathom
from fathom.metrics import METRICS

SPECS = (
    SMALL,
    changed(name="plain", summarize=None),
    changed(name="reordered", summarize={"by": ["seed", "depth"], "best_over": ["learning_rate"]}),
    changed(
        name="zipped",
        axes={
            "zip": {"depth": [1, 2, 2, 3], "init.std": [0.1, 0.1, 0.2, 0.1]},
            "learning_rate": {"linspace": {"from": 0.01, "to": 1.5, "count": 7}},
            "seed": {"range": [0, 6, 2]},
        },
    ),
    changed(name="stopping", stop={"loss_below": 0.01}),
    changed(
        name="counted",
        axes={"lp": [2, 3.5], "learning_rate": {"log": {"from": 1e-3, "to": 7, "count": 6}}},
        summarize=None,
    ),
    changed(
        name="steps",
        axes={"steps": [100, 300], "learning_rate": [0.1, 0.3], "seed": [1, 2]},
        record={"points": 20, "metrics": ["loss"]},
        summarize=None,
    ),
    changed(
        name="optimizers",
        optimizer=None,
        record={"points": 20, "metrics": ["loss", "weight_norm"]},
        axes={"optimizer.name": ["gd", "adam"], "learning_rate": [0.01, 0.1], "seed": {"range": [0, 3]}},
        summarize={"by": ["optimizer.name"]},
    ),
    changed(name="single", axes=None, summarize=None, optimizer={"learning_rate": 0.1}),
    # Points of test_loss are in chunks of their own.
    changed(
        name="rarely",
        data={**SMALL["data"], "test": {"rows": 20}},
        record={"points": 30, "metrics": ["loss", "test_loss"], "evaluate": {"points": 4}},
    ),
)

QUESTIONS: tuple[dict[str, Any], ...] = (
    {},
    {"metric": "weight_norm"},
    {"metric": "e2e_deviation"},
    {"at": 100},
    {"by": ["learning_rate"], "over": ["depth"]},
    {"by": ["learning_rate", "depth"], "average": ["seed"]},
    {"over": ["seed", "learning_rate"], "by": ["depth"]},
)


def option(question: dict[str, Any]) -> list[str]:
    """Return a question as options of the program."""
    return [f"--{k}={','.join(v) if isinstance(v, list) else v}" for k, v in question.items()]


class BestTest(LedgerTest):
    """Many questions of a few sweeps, whole and in part."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        for spec in SPECS:
            cls.db = cls.run_sweep(spec)

    def compare(self, db: pathlib.Path, sweep: str, question: dict[str, Any]) -> int:
        """Compare the answers; returns how many groups have a best setting."""
        text = program("best", sweep, "--db", str(db), "--json", *option(question))
        theirs = json.loads(text)["best"]["groups"]
        for group in theirs:
            del group["band"]
            if group["best"]:
                del group["best"]["edges"]
        ours = fathom.open(db)[sweep].best(**question).groups
        self.assertEqual(json.loads(json.dumps(ours)), theirs)
        return len([group for group in theirs if group["best"]])

    def test_same_numbers_as_the_program(self) -> None:
        for question in QUESTIONS:
            with self.subTest(question=question):
                self.assertGreater(self.compare(self.db, "small", question), 0)

    def test_same_numbers_for_other_sweeps(self) -> None:
        for spec in SPECS[1:]:
            with self.subTest(sweep=spec["name"]):
                self.assertGreater(self.compare(self.db, spec["name"], {}), 0)
        self.assertGreater(self.compare(self.db, "rarely", {"metric": "test_loss"}), 0)
        self.assertGreater(self.compare(self.db, "stopping", {"at": 100}), 0)
        self.assertGreater(self.compare(self.db, "zipped", {"by": ["std"], "over": ["depth", "learning_rate"]}), 0)

    def test_same_numbers_of_a_part(self) -> None:
        part = self.folder / "part.db"
        program("backup", str(part), "--db", str(self.db))
        with contextlib.closing(sqlite3.connect(part)) as db:
            db.execute("DELETE FROM trials WHERE sweep_id=1 AND trial_index%11=3")
            db.execute("UPDATE trials SET state=6 WHERE sweep_id=1 AND trial_index%13=5")
            db.execute("UPDATE trials SET state=2, final_loss=NULL WHERE sweep_id=1 AND trial_index%17=7")
            db.execute("UPDATE trials SET state=5 WHERE sweep_id=1 AND trial_index%7=0 AND state=4")
            db.commit()
        for question in QUESTIONS:
            with self.subTest(question=question):
                self.compare(part, "1", question)

    def test_the_table_shows_the_groups(self) -> None:
        best = fathom.open(self.db)["small"].best()
        self.assertEqual(best["depth"], [1, 2, 3])
        self.assertEqual(best["loss"], [group["best"]["value"] for group in best.groups])
        self.assertIn("best loss at step 300", best._repr_html_())


class FactsTest(unittest.TestCase):
    """The table of metrics against the one that the programs have."""

    def test_metrics_are_those_of_the_programs(self) -> None:
        text = (ROOT / "proto" / "sweep" / "facts" / "metrics.cc").read_text(encoding="utf-8")
        rows = re.findall(
            r"METRIC_(\w+),\s*(?:\.use = )?Use::k(\w+),\s*(?:\.direction = )?Direction::k(\w+),"
            r"\s*(?:\.label = )?\"([^\"]+)\"",
            text,
        )
        theirs = {name.lower(): (use.lower(), direction == "Larger", label) for name, use, direction, label in rows}
        ours = {name: (facts.use, facts.larger_is_better, facts.label) for name, facts in METRICS.items()}
        self.assertEqual(ours, theirs)
        self.assertEqual(len(rows), text.count("v1::METRIC_"))


if __name__ == "__main__":
    unittest.main()
