"""A ledger file, read with nothing but SQLite; it is never written to.

Every question opens the file anew and closes it again: nothing is held between them,
so that a writer is never in the way of a reader nor the other way round, and a process
may fork at any time.
"""

from __future__ import annotations

import json
import math
import os
import sqlite3
import stat
import urllib.parse
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from fathom.errors import LedgerError, QueryError
from fathom.source import Curve, literal

_APPLICATION = 0x6674686D  # "fthm"
_NEWEST = 11  # The version of the tables that the current programs write.
_TRIES = 3
_BATCH = 2_000  # Trials whose points are in memory as texts at a time.

_T = TypeVar("_T")

# The attempt that counts, chunk after chunk.
_CHUNKS = (
    "FROM trials AS t CROSS JOIN metric_chunks AS c ON c.sweep_id=t.sweep_id"
    " AND c.trial_index=t.trial_index AND c.attempt=t.attempt"
)


class LedgerFile:
    """The source that reads a file."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Look whether there is a ledger at `path` that this package can read."""
        self.path = os.fspath(path)
        self._read(lambda db: None)

    def title(self) -> str:
        """Return the path."""
        return self.path

    def rows(self, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Return the names of the columns and all rows of a SELECT."""

        def ask(db: sqlite3.Connection) -> tuple[list[str], list[tuple[Any, ...]]]:
            cursor = db.execute(sql)
            if cursor.description is None:
                raise QueryError(f"{self.path}: found no statement that has rows, expected a SELECT")
            return [column[0] for column in cursor.description], cursor.fetchall()

        return self._read(ask)

    def columns(self, view: str) -> list[str]:
        """Return the columns of a stable view; an older ledger has fewer."""
        return self.rows(f"SELECT * FROM {view} LIMIT 0")[0]

    def curves(self, sweep: int, metric: str, trials: str) -> Iterator[Curve]:
        """Go through the curves of the trials that the SQL `trials` selects."""
        wanted = [row[0] for row in self.rows(trials)[1]]
        for at in range(0, len(wanted), _BATCH):
            batch = wanted[at : at + _BATCH]
            listed = ",".join(map(str, batch))
            sql = (
                f"SELECT t.trial_index, c.metrics, c.points {_CHUNKS} WHERE t.sweep_id={literal(sweep)}"
                f" AND t.trial_index IN ({listed}) ORDER BY t.trial_index, c.chunk"
            )
            yield from _curves_of(self.rows(sql)[1], metric, self.path)

    def last_points(self, sweep: int, metric: str) -> Iterator[Curve]:
        """Go through the last points alone; SQLite takes them out of the chunks.

        Metrics that are recorded more rarely than others have chunks of their own.
        """
        sql = (
            "SELECT t.trial_index, c.metrics, json_array(json_extract(c.points,'$[#-1]'))"
            f" {_CHUNKS} WHERE t.sweep_id={literal(sweep)} AND c.chunk=("
            "SELECT MAX(l.chunk) FROM metric_chunks AS l WHERE l.sweep_id=t.sweep_id"
            " AND l.trial_index=t.trial_index AND l.attempt=t.attempt"
            f" AND instr(l.metrics,{literal(json.dumps(metric))})) ORDER BY t.trial_index"
        )
        yield from _curves_of(self.rows(sql)[1], metric, self.path)

    def _read(self, ask: Callable[[sqlite3.Connection], _T]) -> _T:
        """Ask a question; once more where a file at rest was changed beneath it."""
        for _ in range(_TRIES):
            before = self._facts()
            at_rest = self._is_at_rest()
            if not at_rest:
                self._check_leaves_nothing()
            try:
                db = self._open(at_rest)
                try:
                    self._check(db)
                    db.set_authorizer(_only_reads)
                    answer = ask(db)
                finally:
                    db.close()
            except (sqlite3.ProgrammingError, sqlite3.Warning) as error:
                raise QueryError(f"{self.path}: {error}") from error
            except sqlite3.DatabaseError as error:
                if at_rest and before != self._facts():
                    continue
                raise self._error_of(error) from error
            if not at_rest or before == self._facts():
                return answer
        raise LedgerError(f"{self.path} was changed {_TRIES} times while it was read; try again")

    def _facts(self) -> tuple[int, int, int]:
        try:
            found = os.stat(self.path)
        except OSError as error:
            raise LedgerError(f"cannot open {self.path}: {error.strerror}") from error
        if not stat.S_ISREG(found.st_mode):
            raise LedgerError(f"{self.path} is not a fathom ledger: it is no regular file")
        return found.st_ino, found.st_size, found.st_mtime_ns

    def _is_at_rest(self) -> bool:
        """Return whether no program has the file open and all rows are in it.

        SQLite can then read it without the files that it else puts beside it.
        """
        real = os.path.realpath(self.path)
        try:
            pending = os.path.getsize(real + "-wal") > 0
        except OSError:
            pending = False
        in_use = os.path.exists(real + "-shm") and os.path.exists(real + "-wal")
        return not pending and not in_use and not os.path.exists(real + "-journal")

    def _check_leaves_nothing(self) -> None:
        """Refuse a file whose newest rows are beside it, where SQLite would leave files of this user there.

        Its owner could not open it with them any more.
        """
        real = os.path.realpath(self.path)
        mine = os.geteuid() in (0, os.stat(real).st_uid)
        if mine or os.path.exists(real + "-shm"):
            return
        if os.access(os.path.dirname(real), os.W_OK, effective_ids=True):
            raise LedgerError(
                f"cannot read {self.path}: its newest rows are in {self.path}-wal, and reading that would leave files "
                "of this user beside it. Ask its owner to start fathom with it once, or copy both files to a directory "
                "of your own"
            )

    def _open(self, at_rest: bool) -> sqlite3.Connection:
        name = urllib.parse.quote(os.path.realpath(self.path))
        uri = f"file:{name}?mode=ro" + ("&immutable=1" if at_rest else "")
        db = sqlite3.connect(uri, uri=True, timeout=5)
        db.execute("PRAGMA query_only=ON")
        db.execute("PRAGMA trusted_schema=OFF")
        db.execute("PRAGMA temp_store=MEMORY")
        return db

    def _check(self, db: sqlite3.Connection) -> None:
        application = db.execute("PRAGMA application_id").fetchone()[0]
        version = db.execute("PRAGMA user_version").fetchone()[0]
        objects = db.execute("SELECT COUNT(*) FROM sqlite_schema").fetchone()[0]
        if not objects:
            raise LedgerError(f"{self.path} is not a fathom ledger: it is empty")
        if application != _APPLICATION:
            raise LedgerError(f"{self.path} is an SQLite database of another application, not a fathom ledger")
        if version > _NEWEST:
            raise LedgerError(
                f"{self.path} has ledger version {version}, and this package knows versions up to {_NEWEST}; "
                "install the package of a newer fathom"
            )

    def _error_of(self, error: sqlite3.DatabaseError) -> Exception:
        if any(word in str(error) for word in ("authoriz", "prohibited")):
            return QueryError(f"{self.path}: {error}; expected a SELECT that reads the ledger")
        if isinstance(error, sqlite3.OperationalError):
            text = str(error)
            if any(word in text for word in ("no such", "syntax", "near", "incomplete", "readonly", "ambiguous")):
                return QueryError(f"{self.path}: {text}")
            return LedgerError(f"cannot read {self.path}: {text}")
        if "not a database" in str(error):
            return LedgerError(f"{self.path} is not a fathom ledger: it is no SQLite database")
        return LedgerError(f"{self.path} is damaged: {error}")


def _only_reads(action: int, *_: str | None) -> int:
    """Let statements read and compute; ATTACH and VACUUM INTO would make other files."""
    reads = (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE)
    return sqlite3.SQLITE_OK if action in reads else sqlite3.SQLITE_DENY


def _curves_of(rows: list[tuple[Any, ...]], metric: str, path: str) -> Iterator[Curve]:
    """Put the chunks of each trial together; rows ascend by trial and chunk."""
    trial, steps, values = -1, list[int](), list[float]()
    columns: dict[str, int] = {}
    for number, metrics, text in rows:
        if number != trial:
            if steps:
                yield Curve(trial, steps, values)
            trial, steps, values = number, [], []
        if metrics not in columns:
            names = json.loads(metrics)
            columns[metrics] = names.index(metric) + 1 if metric in names else 0
        column = columns[metrics]
        if not column:
            continue
        try:
            points = json.loads(text)
            steps.extend(point[0] for point in points if point is not None)
            values.extend(number_of(point[column]) for point in points if point is not None)
        except (ValueError, TypeError, IndexError) as error:
            raise LedgerError(f"{path} is damaged: trial {number} has points that are none ({error})") from error
    if steps:
        yield Curve(trial, steps, values)


def number_of(written: Any) -> float:
    """Return a number of the ledger: null is NaN, and the tiniest are texts as ``4.1e-110*2^-600``."""
    if written is None:
        return math.nan
    if isinstance(written, str):
        digits, _, power = written.partition("*2^")
        return math.ldexp(float(digits), int(power or 0))
    return float(written)
