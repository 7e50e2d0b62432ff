"""A ledger with its sweeps."""

from __future__ import annotations

from typing import Any

from fathom.errors import unknown
from fathom.source import Source, literal
from fathom.sweep import Sweep
from fathom.table import Table

_SHOWN = ("sweep", "name", "state", "trials", "succeeded", "diverged", "failed", "fraction", "create_time", "owner")


class Lab:
    """The sweeps of a ledger: ``lab.sweeps()`` lists them, ``lab["name or number"]`` is one."""

    def __init__(self, source: Source) -> None:
        """Take where the sweeps are read from."""
        self._source = source

    def sweeps(self) -> Table:
        """Return a row per sweep, the newest first."""
        known = self._source.columns("sweep_overview")
        columns = [name for name in _SHOWN if name in known]
        names, rows = self._source.rows(f"SELECT {', '.join(columns)} FROM sweep_overview ORDER BY sweep DESC")
        data: dict[str, list[Any]] = {name: [row[i] for row in rows] for i, name in enumerate(names)}
        return Table(data, f"sweeps of {self._source.title()}")

    def __getitem__(self, key: int | str) -> Sweep:
        """Return the sweep of a number, or the newest of a name. "+2" is always the number 2."""
        text = str(key)
        names = self._source.rows(
            f"SELECT sweep FROM sweep_overview WHERE name={literal(text)} ORDER BY sweep DESC LIMIT 1"
        )[1]
        if names and not isinstance(key, int):
            return Sweep(self._source, names[0][0])
        if text.removeprefix("+").isdecimal() and len(text) < 19:
            number = int(text.removeprefix("+"))
            if self._source.rows(f"SELECT 1 FROM sweep_overview WHERE sweep={number}")[1]:
                return Sweep(self._source, number)
        known = self._source.rows("SELECT DISTINCT name FROM sweep_overview ORDER BY sweep DESC LIMIT 1000")[1]
        raise unknown("sweep", key, [row[0] for row in known], self._source.title())

    def query(self, sql: str) -> Table:
        """Return the rows of a SELECT on the stable views, which the README lists."""
        names, rows = self._source.rows(sql)
        return Table({name: [row[i] for row in rows] for i, name in enumerate(names)})

    def __repr__(self) -> str:
        """Name the place."""
        return f"<{type(self).__name__} {self._source.title()}>"

    def _repr_html_(self) -> str:
        return self.sweeps()._repr_html_()
