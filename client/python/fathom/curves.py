"""Curves: every recorded point of a metric, long or wide."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Any

from fathom.errors import QueryError
from fathom.grid import Axis, Grid
from fathom.source import Source
from fathom.statistics import mean
from fathom.table import Table


class Curves(Table):
    """A row per recorded point: trial, the axes asked for, step, value."""

    def __init__(self, data: dict[str, list[Any]], by: Sequence[str], metric: str, title: str) -> None:
        """Take the points and the names of the axes beside them."""
        super().__init__(data, title)
        self.by = list(by)
        self.metric = metric

    def wide(self) -> Table:
        """Return a row per step and a column per value of the axes asked for.

        Trials that these axes do not tell apart are averaged at the steps that all of them
        recorded; where one did not, or was not finite there, the cell is empty.
        """
        cells: dict[str, dict[int, list[float]]] = {}
        trials: dict[str, set[int]] = {}
        names = [self.data[name] for name in self.by]
        for i, (trial, step, value) in enumerate(
            zip(self.data["trial"], self.data["step"], self.data["value"], strict=True)
        ):
            label = ", ".join(f"{name}={column[i]}" for name, column in zip(self.by, names, strict=True)) or self.metric
            trials.setdefault(label, set()).add(trial)
            cells.setdefault(label, {}).setdefault(step, []).append(value)
        steps = sorted(set(self.data["step"]))
        data: dict[str, list[Any]] = {"step": steps}
        for label, by_step in cells.items():
            count = len(trials[label])
            column = []
            for step in steps:
                values = by_step.get(step, [])
                average = mean(values) if len(values) == count else None
                column.append(average if average == average else None)
            data[label] = column
        return Table(data, self.title)


def read_curves(
    source: Source,
    sweep: int,
    grid: Grid,
    metric: str,
    selected: str,
    axes: Sequence[Axis],
    most_points: int,
) -> Curves:
    """Read the curves of the trials that the SQL `selected` names."""
    trials, steps, values = array("q"), array("q"), array("d")
    for curve in source.curves(sweep, metric, selected):
        if len(values) + len(curve.values) > most_points:
            raise QueryError(
                f"found more than {most_points:,} points, expected fewer; narrow the trials down with `where`, "
                "or raise `most_points`"
            )
        trials.extend([curve.trial] * len(curve.values))
        steps.extend(curve.steps)
        values.extend(curve.values)
    data: dict[str, list[Any]] = {"trial": trials.tolist()}
    data |= {axis.name: grid.column(axis, trials) for axis in axes}
    data |= {"step": steps.tolist(), "value": values.tolist()}
    return Curves(data, [axis.name for axis in axes], metric, f"{metric} of sweep {sweep}")
