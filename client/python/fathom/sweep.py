"""A sweep: how far it is, its results, its curves, and what is best."""

from __future__ import annotations

import dataclasses
import html
import json
from collections.abc import Mapping, Sequence
from typing import Any

from fathom import best as best_module
from fathom import race as race_module
from fathom.curves import Curves, read_curves
from fathom.errors import LedgerError, QueryError, unknown
from fathom.grid import Axis, Grid
from fathom.metrics import plain
from fathom.plan import Plan, make_plan
from fathom.source import Curve, Source, literal
from fathom.table import Table

# What narrows the trials down: values of axes and columns, or a condition in SQL.
Where = Mapping[str, Any] | str | None

_STATES = ("pending", "leased", "succeeded", "diverged", "stopped", "failed", "cancelled")
# Axes take the places of these, which are set for every trial.
_HIDDEN = ("sweep", "parameters", "lp", "depth", "learning_rate", "seed", "hidden_width")


class Best(Table):
    """A row per group; `groups` has all that is known of them, as `fathom best --json`."""

    def __init__(self, table: Table, groups: list[dict[str, Any]]) -> None:
        """Take the rows and what they were made of."""
        super().__init__(table.data, table.title)
        self.groups = groups


class Race(Table):
    """A row per group; `families` has all that is known, as ``best.races`` of `fathom best --json`."""

    def __init__(self, table: Table, families: list[dict[str, Any]]) -> None:
        """Take the rows and what they were made of."""
        super().__init__(table.data, table.title)
        self.families = families


class Sweep:
    """One sweep of a ledger. Every question reads it as it is at that moment."""

    def __init__(self, source: Source, number: int) -> None:
        """Take the sweep of this number, which must exist."""
        self._source = source
        self.number = number
        row = self._overview()
        self.name: str = row["name"]
        try:
            self.spec: dict[str, Any] = json.loads(row["spec"] or "{}")
        except ValueError as error:
            raise LedgerError(f"{source.title()} is damaged: sweep {number} has a spec that is none") from error
        self._grid: Grid | None = None

    @property
    def state(self) -> str:
        """The state: running, completed or cancelled."""
        return str(self._overview()["state"])

    @property
    def progress(self) -> dict[str, Any]:
        """The trials by state, and the share of all steps that are done."""
        row = self._overview()
        return {key: row[key] for key in ("trials", *_STATES, "fraction")}

    @property
    def grid(self) -> Grid:
        """The axes and their values."""
        if self._grid is None:
            _, rows = self._source.rows(f"SELECT parameters FROM results WHERE sweep={self.number} LIMIT 1")
            self._grid = Grid(self.spec, json.loads(rows[0][0]) if rows and rows[0][0] else None)
        return self._grid

    @property
    def axes(self) -> dict[str, list[Any]]:
        """The values of each axis, by its short name."""
        return {axis.name: list(axis.values) for axis in self.grid.axes}

    @property
    def metrics(self) -> list[str]:
        """The metrics that its trials record."""
        recorded = self.spec.get("trial", {}).get("record", {}).get("metrics", ["loss"])
        return [plain(name) for name in recorded]

    def results(self, where: Where = None) -> Table:
        """Return a row for each trial that was given out, with its axes and how it ended.

        `where` is a map from axes or columns to a value or a list of values, or a
        condition in SQL on the columns of the view `results`.
        """
        known = self._source.columns("results")
        columns = [name for name in known if name not in _HIDDEN]
        names, rows = self._source.rows(f"SELECT {', '.join(columns)} {self._from(where)}")
        by_column = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in names]
        data = dict(zip(names, by_column, strict=True))
        trials = data["trial"]
        axes = {axis.name: self.grid.column(axis, trials) for axis in self.grid.axes}
        rest = {name: column for name, column in data.items() if name != "trial" and name not in axes}
        return Table({"trial": trials, **axes, **rest}, f"results of sweep {self.number}, {self.name}")

    def curves(
        self,
        metric: str | None = None,
        where: Where = None,
        by: str | Sequence[str] | None = None,
        most_points: int = 20_000_000,
    ) -> Curves:
        """Return every recorded point of a metric, with the values of the axes in `by` beside it.

        Without `by` all axes stand there. Nothing is sampled: more points than
        `most_points` are an error. A value that was not finite is NaN.
        """
        metric = self._metric(metric)
        names = [by] if isinstance(by, str) else by
        axes = self.grid.axes if names is None else [self.grid.axis(name) for name in names]
        selected = f"SELECT trial {self._from(where)}"
        return read_curves(self._source, self.number, self.grid, metric, selected, axes, most_points)

    def best(
        self,
        by: str | Sequence[str] | None = None,
        over: str | Sequence[str] | None = None,
        average: str | Sequence[str] | None = None,
        metric: str | None = None,
        at: int | None = None,
        where: Mapping[str, Any] | None = None,
        interval: bool = False,
    ) -> Best:
        """Return the best setting of each group, with the numbers of `fathom best`.

        `by` tells groups apart, the best values of `over` are chosen, and `average` are
        repetitions. What is not asked for is taken from the sweep's `summarize`. `where`, a
        map from axes to a value or a list of values, is `--where`. With `interval` the table
        has the ends of a 95 % interval of each mean, by Student's distribution.
        """
        if metric is not None:
            metric = self._metric(metric)
        plan = make_plan(self.spec, self.grid, by, over, average, metric, at)
        groups = best_module.best_of(self._groups(plan, where))
        if at is not None and any(g["counts"]["finished"] for g in groups) and not any(g["best"] for g in groups):
            raise QueryError(f"at: no setting has values of {plan.metric} at step {at}, expected a recorded step")
        return Best(best_module.as_table(groups, plan, interval), groups)

    def race(
        self,
        goal: float,
        by: str | Sequence[str] | None = None,
        over: str | Sequence[str] | None = None,
        average: str | Sequence[str] | None = None,
        metric: str | None = None,
        where: Mapping[str, Any] | None = None,
        arrive: float = 1.0,
    ) -> Race:
        """Return how fast each depth gets to a goal, as `fathom best --epsilon GOAL` has it.

        A row per group: the median steps at the rate that is best for this goal, and the
        speed-up against the shallowest depth with its 95 % interval.
        """
        if metric is not None:
            metric = self._metric(metric)
        plan = make_plan(self.spec, self.grid, by, over, average, metric, None)
        families = race_module.race_of(self._source, self.number, self._groups(plan, where), goal, arrive)
        return Race(race_module.as_table(families, plan), families)

    def summary(self, where: Mapping[str, Any] | None = None) -> Table:
        """Return the best setting of each group at each step of `summarize.at`: `fathom summary`."""
        steps = [int(step) for step in self.spec.get("summarize", {}).get("at", [])] or [None]
        tables = []
        for step in sorted(set(steps), key=lambda step: -1 if step is None else step):
            plan = make_plan(self.spec, self.grid, None, None, None, None, None)
            plan = dataclasses.replace(plan, step=plan.step if step is None else step)
            groups = best_module.best_of(self._groups(plan, where))
            tables.append((plan.step, best_module.as_table(groups, plan, False)))
        columns = ["step", *tables[0][1].columns]
        data: dict[str, list[Any]] = {name: [] for name in columns}
        for step, table in tables:
            data["step"] += [step] * len(table)
            for name in table.columns:
                data[name] += table[name]
        return Table(data, f"summary of sweep {self.number}, {self.name}")

    def last_points(self, metric: str | None = None) -> list[Curve]:
        """Return the last recorded point of each trial; it may be NaN where a trial diverged."""
        return list(self._source.last_points(self.number, self._metric(metric)))

    def _groups(self, plan: Plan, where: Mapping[str, Any] | None) -> best_module.Groups:
        if where is not None and not isinstance(where, Mapping):
            raise QueryError(f"where: found a {type(where).__name__}, expected a map from axes to values")
        taken: dict[int, set[int]] = {}
        for name, wanted in (where or {}).items():
            axis = self.grid.axis(name)
            places = set(self._places(axis, wanted))
            taken[axis.group] = taken.get(axis.group, places) & places
        if any(not places for places in taken.values()):
            raise QueryError("where: found no trial that meets all conditions")
        return best_module.Groups(self._source, self.number, self.grid, plan, taken)

    @staticmethod
    def _places(axis: Axis, wanted: Any) -> list[int]:
        """Return the places of the wanted values of an axis."""
        values = list(wanted) if isinstance(wanted, list | tuple | set | range) else [wanted]
        for value in values:
            if value not in axis.values:
                raise unknown(f"value of {axis.name}", value, map(str, axis.values), "where")
        return [i for i, value in enumerate(axis.values) if value in values]

    def _metric(self, name: str | None) -> str:
        if name is None:
            return plain(self.spec.get("summarize", {}).get("metric", "")) or self.metrics[0]
        if name not in self.metrics:
            raise unknown("metric", name, self.metrics, f"sweep {self.number}, {self.name}")
        return name

    def _from(self, where: Where) -> str:
        return f"FROM results WHERE sweep={self.number}{self._condition(where)} ORDER BY trial"

    def _condition(self, where: Where) -> str:
        """Return the condition in SQL. Axes are found by the places of their values in the grid."""
        if not where:
            return ""
        if isinstance(where, str):
            return f" AND ({where})"
        if not isinstance(where, Mapping):
            raise QueryError(f"where: found a {type(where).__name__}, expected a map or a text")
        columns = self._source.columns("results")
        parts = []
        for name, wanted in where.items():
            values = list(wanted) if isinstance(wanted, list | tuple | set | range) else [wanted]
            if self.grid.has_axis(name):
                axis = self.grid.axis(name)
                places = self._places(axis, values)
                stride, length = self.grid.strides[axis.group], self.grid.lengths[axis.group]
                parts.append(f"trial/{stride}%{length} IN ({','.join(map(str, places))})")
            elif name in columns:
                empty = f" OR {name} IS NULL" if None in values else ""
                parts.append(f"({name} IN ({','.join(map(literal, values))}){empty})")
            else:
                names = [axis.name for axis in self.grid.axes]
                raise unknown("axis or column", name, names + [c for c in columns if c not in names], "where")
        return "".join(f" AND {part}" for part in parts)

    def _overview(self) -> dict[str, Any]:
        names, rows = self._source.rows(f"SELECT * FROM sweep_overview WHERE sweep={literal(self.number)}")
        if not rows:
            raise unknown("sweep", self.number, [], self._source.title())
        return dict(zip(names, rows[0], strict=True))

    def __repr__(self) -> str:
        """Name the sweep and how far it is."""
        row = self._overview()
        return f"<Sweep {self.number} {self.name!r}: {row['state']}, {row['fraction']:.0%} of {row['trials']} trials>"

    def _repr_html_(self) -> str:
        row = self._overview()
        states = ", ".join(f"{row[state]:,} {state}" for state in _STATES if row[state])
        axes = "".join(
            f"<tr><td>{html.escape(axis.name)}</td><td>{len(axis.values):,} values, "
            f"{html.escape(str(axis.values[0]))} to {html.escape(str(axis.values[-1]))}</td></tr>"
            for axis in self.grid.axes
        )
        return (
            f"<p><b>{html.escape(self.name)}</b> (sweep {self.number}): {html.escape(str(row['state']))}</p>"
            f'<progress value="{row["fraction"]:.4f}" max="1"></progress> {row["fraction"]:.0%}; {states}'
            f"<table>{axes}</table>"
        )
