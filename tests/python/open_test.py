#!/usr/bin/env python3
"""Tests what the package reads from a ledger file, and what it says of bad ones."""

from __future__ import annotations

import contextlib
import gzip
import json
import math
import os
import pathlib
import shutil
import sqlite3
import tempfile
import unittest

from support import ROOT, SMALL, LedgerTest, program

import fathom
from fathom.ledger_file import number_of


class OpenTest(LedgerTest):
    """One ledger of one sweep."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.db = cls.run_sweep(SMALL)
        cls.lab = fathom.open(cls.db)
        cls.sweep = cls.lab["small"]

    def direct(self, sql: str) -> list[tuple[object, ...]]:
        with contextlib.closing(sqlite3.connect(f"file:{self.db}?mode=ro", uri=True)) as db:
            return db.execute(sql).fetchall()

    def test_sweep_says_its_state_and_progress(self) -> None:
        self.assertEqual(self.sweep.state, "completed")
        self.assertEqual(self.sweep.progress["trials"], 84)
        self.assertEqual(self.sweep.progress["succeeded"] + self.sweep.progress["diverged"], 84)
        self.assertEqual(self.sweep.spec["trial"]["steps"], 300)
        self.assertEqual(self.lab["1"].name, self.lab[1].name)
        self.assertEqual(self.lab["+1"].number, 1)

    def test_results_have_the_axes_of_the_ledger(self) -> None:
        results = self.sweep.results()
        self.assertEqual(len(results), 84)
        rows = self.direct("SELECT trial, parameters, final_loss, state FROM results ORDER BY trial")
        for row, (trial, parameters, loss, state) in zip(results, rows, strict=True):
            self.assertEqual({name: row[name] for name in self.sweep.axes}, json.loads(str(parameters)))
            self.assertEqual((row["trial"], row["final_loss"], row["state"]), (trial, loss, state))

    def test_where_narrows_by_axes_columns_and_sql(self) -> None:
        chosen = self.sweep.results(where={"depth": [1, 3], "seed": 2, "state": "succeeded"})
        self.assertTrue(chosen["trial"])
        self.assertEqual(
            {(d, s, w) for d, s, w in zip(chosen["depth"], chosen["seed"], chosen["state"], strict=True)},
            {(1, 2, "succeeded"), (3, 2, "succeeded")},
        )
        by_sql = self.sweep.results(where="depth <> 2 AND seed = 2 AND state = 'succeeded' OR 0")
        self.assertEqual(chosen["trial"], by_sql["trial"])

    def test_curves_are_the_points_of_the_ledger(self) -> None:
        curves = self.sweep.curves("loss", where={"depth": 2})
        rows = self.direct(
            "SELECT trial, step, value FROM metric_points WHERE metric='loss'"
            " AND trial IN (SELECT trial FROM results WHERE depth=2) ORDER BY trial, step"
        )
        self.assertEqual(curves["trial"], [row[0] for row in rows])
        self.assertEqual(curves["step"], [row[1] for row in rows])
        for found, (_, _, value) in zip(curves["value"], rows, strict=True):
            self.assertTrue(found == value or (value is None and math.isnan(found)))

    def test_wide_curves_average_what_is_not_told_apart(self) -> None:
        one = self.sweep.curves("loss", where={"learning_rate": 0.1}, by="depth")
        wide = one.wide()
        self.assertEqual(wide.columns, ["step", "depth=1", "depth=2", "depth=3"])
        at = wide["step"].index(100)
        values = [row["value"] for row in one if row["depth"] == 2 and row["step"] == 100]
        self.assertEqual(len(values), 4)
        self.assertAlmostEqual(wide["depth=2"][at], sum(values) / 4, places=15)

    def test_wide_curves_are_empty_where_a_trial_is_missing(self) -> None:
        data = {
            "trial": [0, 0, 0, 1, 1, 1, 2],
            "step": [0, 1, 2, 0, 1, 3, 0],
            "depth": [1, 1, 1, 1, 1, 1, 2],
            "value": [1.0, math.nan, 5.0, 3.0, 4.0, 6.0, 9.0],
        }
        wide = fathom.Curves(data, ["depth"], "loss", "").wide()
        self.assertEqual(wide["step"], [0, 1, 2, 3])
        self.assertEqual(wide["depth=1"], [2.0, None, None, None])
        self.assertEqual(wide["depth=2"], [9.0, None, None, None])

    def test_too_many_points_are_refused(self) -> None:
        with self.assertRaisesRegex(fathom.QueryError, "more than 100 points"):
            self.sweep.curves("loss", most_points=100)

    def test_names_that_do_not_exist_are_answered_by_those_that_do(self) -> None:
        for ask, words in (
            (lambda: self.lab["smal"], "unknown sweep 'smal'.*did you mean small"),
            (lambda: self.lab[7], "unknown sweep 7"),
            (lambda: self.sweep.curves("los"), "unknown metric 'los'.*weight_norm.*did you mean loss"),
            (lambda: self.sweep.best(by="dpeth"), "unknown axis 'dpeth'.*did you mean depth"),
            (lambda: self.sweep.results(where={"sed": 1}), "unknown axis or column 'sed'.*did you mean seed"),
            (lambda: self.sweep.results(where={"depth": 9}), "unknown value of depth 9, expected one of 1, 2, 3"),
            (lambda: self.sweep.results()["final"], "unknown column 'final'"),
        ):
            with self.assertRaisesRegex(fathom.UnknownNameError, words):
                ask()
        with self.assertRaisesRegex(fathom.QueryError, "no such column: nonsense"):
            self.sweep.results(where="nonsense = 1")
        with self.assertRaisesRegex(fathom.QueryError, "no setting has values of loss at step 7"):
            self.sweep.best(at=7)

    def test_only_reading_statements_run(self) -> None:
        other = self.folder / "other.db"
        for sql, words in (
            ("DELETE FROM sweeps", "authoriz.*expected a SELECT"),
            (f"ATTACH '{other}' AS o", "authoriz.*expected a SELECT"),
            (f"VACUUM INTO '{other}'", "authoriz.*expected a SELECT"),
            ("PRAGMA journal_mode=DELETE", "authoriz.*expected a SELECT"),
            ("SELECT load_extension('x')", "authoriz.*expected a SELECT"),
            ("SELECT 1; SELECT 2", "one statement"),
            ("-- nothing", "expected a SELECT"),
        ):
            with self.subTest(sql=sql), self.assertRaisesRegex(fathom.QueryError, words):
                self.lab.query(sql)
        self.assertFalse(other.exists())
        nasty = "x' OR 1=1 --"
        self.assertEqual(len(self.sweep.results(where={"state": nasty})), 0)
        self.assertEqual(len(self.sweep.results(where={"error": [None]})), 84)

    def test_texts_are_shown_as_text(self) -> None:
        page = fathom.Table({"<b>": ["<script>", None, math.inf, math.nan]})._repr_html_()
        self.assertNotIn("<script>", page)
        self.assertIn("infinity", page)
        self.assertIn("NaN", page)
        self.assertIn("<b>small</b> (sweep 1): completed", self.sweep._repr_html_())
        self.assertIn("small", self.lab._repr_html_())

    def test_nothing_is_written_beside_the_file(self) -> None:
        folder = self.folder / "alone"
        folder.mkdir()
        copy = folder / "lab.db"
        shutil.copy(self.db, copy)
        before = copy.read_bytes()
        sweep = fathom.open(copy)["small"]
        sweep.results(), sweep.best(), sweep.curves()
        self.assertEqual(os.listdir(folder), ["lab.db"])
        self.assertEqual(copy.read_bytes(), before)

    def test_a_reader_sees_new_rows_and_holds_no_writer_up(self) -> None:
        copy = self.folder / "written.db"
        shutil.copy(self.db, copy)
        lab = fathom.open(copy)
        with contextlib.closing(sqlite3.connect(copy, timeout=0)) as writer:
            writer.execute("PRAGMA journal_mode=WAL")
            writer.execute("BEGIN IMMEDIATE")
            writer.execute("UPDATE sweeps SET name='other'")
            self.assertEqual(lab.sweeps()["name"], ["small"])  # Not committed.
            writer.commit()
            self.assertEqual(lab.sweeps()["name"], ["other"])
            writer.execute("UPDATE sweeps SET name='third'")
            writer.commit()
        self.assertEqual(lab.sweeps()["name"], ["third"])

    @unittest.skipIf(os.geteuid() != 0, "takes root, to be somebody else")
    def test_no_files_of_others_are_left_beside_a_ledger(self) -> None:
        theirs = self.folder / "theirs.db"
        shutil.copy(self.db, theirs)
        folder = self.folder / "shared"
        folder.mkdir()
        with contextlib.closing(sqlite3.connect(theirs)) as writer:
            writer.execute("PRAGMA journal_mode=WAL")
            writer.execute("UPDATE sweeps SET name='newer'")
            writer.commit()
            for end in ("", "-wal"):  # As after a crash.
                shutil.copy(f"{theirs}{end}", folder / f"lab.db{end}")
        self.folder.chmod(0o755)
        folder.chmod(0o777)
        os.seteuid(65534)
        try:
            with self.assertRaisesRegex(fathom.LedgerError, "would leave files of this user beside it"):
                fathom.open(folder / "lab.db")
        finally:
            os.seteuid(0)
        self.assertEqual(sorted(os.listdir(folder)), ["lab.db", "lab.db-wal"])
        self.assertEqual(fathom.open(folder / "lab.db").sweeps()["name"], ["newer"])

    def test_frames_hold_the_same(self) -> None:
        try:
            import pandas
        except ImportError:
            self.skipTest("pandas is not installed")
        frame = self.sweep.results().to_pandas()
        self.assertIsInstance(frame, pandas.DataFrame)
        self.assertEqual(list(frame["depth"]), self.sweep.results()["depth"])
        self.assertEqual(frame["final_loss"].isna().sum(), 0)


class PolarsTest(unittest.TestCase):
    def test_frames_of_polars_and_parquet(self) -> None:
        try:
            import polars
            import pyarrow  # noqa: F401
        except ImportError:
            self.skipTest("polars or pyarrow is not installed")
        table = fathom.Table({"a": [1, 2], "b": [0.5, None]})
        self.assertEqual(table.to_polars().rows(), [(1, 0.5), (2, None)])
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "t.parquet"
            table.to_parquet(str(path))
            self.assertEqual(polars.read_parquet(path).rows(), [(1, 0.5), (2, None)])


class BadFileTest(LedgerTest):
    """Files that are no ledgers, or not those of today."""

    def refused(self, path: pathlib.Path, words: str) -> None:
        with self.assertRaisesRegex(fathom.LedgerError, words):
            fathom.open(path)["x"]

    def test_files_that_are_none(self) -> None:
        self.refused(self.folder / "gone.db", "cannot open .*gone.db: No such file")
        self.refused(self.folder, "no regular file")
        text = self.folder / "text.db"
        text.write_text("not a database " * 100)
        self.refused(text, "is not a fathom ledger: it is no SQLite database")
        (self.folder / "empty.db").touch()
        self.refused(self.folder / "empty.db", "it is empty")
        with contextlib.closing(sqlite3.connect(self.folder / "other.db")) as db:
            db.execute("CREATE TABLE t(x)")
        self.refused(self.folder / "other.db", "another application")

    def test_a_newer_ledger(self) -> None:
        db = self.run_sweep(SMALL, "newer.db")
        with contextlib.closing(sqlite3.connect(db)) as writer:
            writer.execute("PRAGMA user_version=99")
        self.refused(db, "version 99, and this package knows versions up to")

    def test_this_package_knows_what_the_programs_write(self) -> None:
        db = self.run_sweep(SMALL, "today.db")
        with contextlib.closing(sqlite3.connect(f"file:{db}?mode=ro", uri=True)) as reader:
            version = reader.execute("PRAGMA user_version").fetchone()[0]
        from fathom import ledger_file

        self.assertEqual(ledger_file._NEWEST, version)

    def test_a_damaged_ledger(self) -> None:
        db = self.run_sweep(SMALL, "damaged.db")
        content = bytearray(db.read_bytes())
        for at in range(4096, len(content), 4096):
            content[at : at + 4000] = os.urandom(1) * 4000
        db.write_bytes(content)
        self.refused(db, "damaged")

    def test_points_that_are_none(self) -> None:
        db = self.run_sweep(SMALL, "points.db")
        with contextlib.closing(sqlite3.connect(db)) as writer:
            writer.execute("UPDATE metric_chunks SET points='[[0' WHERE trial_index=5")
            writer.commit()
        with self.assertRaisesRegex(fathom.LedgerError, "trial 5 has points that are none"):
            fathom.open(db)["small"].curves()

    def test_ledgers_of_every_release_are_read(self) -> None:
        for file in sorted((ROOT / "tests" / "upgrade" / "golden").glob("*.db.gz")):
            with self.subTest(file=file.name):
                path = self.folder / file.stem
                path.write_bytes(gzip.decompress(file.read_bytes()))
                lab = fathom.open(path)
                self.assertTrue(len(lab.sweeps()))
                for name in lab.sweeps()["sweep"]:
                    sweep = lab[name]
                    results = sweep.results()
                    self.assertEqual(len(results), len(set(results["trial"])))
                    if sweep.axes:
                        self.same_best(path, sweep)

    def same_best(self, path: pathlib.Path, sweep: fathom.Sweep) -> None:
        theirs = json.loads(program("best", f"+{sweep.number}", "--db", str(path), "--json"))["best"]["groups"]
        ours = sweep.best().groups
        self.assertEqual([g["by"] for g in ours], [g["by"] for g in theirs])
        self.assertEqual([g["counts"] for g in ours], [g["counts"] for g in theirs])
        self.assertEqual(
            [g["best"] and g["best"]["value"] for g in ours], [g["best"] and g["best"]["value"] for g in theirs]
        )


class NumberTest(unittest.TestCase):
    def test_tiny_numbers_are_read_exactly(self) -> None:
        self.assertEqual(number_of("4.0*2^-600"), 4.0 * 2.0**-600)
        self.assertTrue(math.isnan(number_of(None)))


if __name__ == "__main__":
    unittest.main()
