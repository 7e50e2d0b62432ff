"""Which axes tell groups apart, which are chosen over, and which are averaged."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from fathom.errors import LedgerError, QueryError
from fathom.grid import Axis, Grid
from fathom.metrics import facts_of, plain

_LOSS_FIELDS = ("loss.kind", "loss.lp", "loss.factor")
_FILE, _TARGET, _DIGEST = "data.import.file", "data.import.target", "data.digest"
_LISTS = {"by": "by", "over": "best_over", "average": "average_over"}


@dataclasses.dataclass(frozen=True)
class Plan:
    """What `best` asks, complete. `step` is unset for the end of each trial."""

    by: list[Axis]
    over: list[Axis]
    average: list[Axis]
    metric: str
    step: int | None
    cut: int | None  # Curves end after this step.


def make_plan(
    spec: Mapping[str, Any],
    grid: Grid,
    by: Sequence[str] | None,
    over: Sequence[str] | None,
    average: Sequence[str] | None,
    metric: str | None,
    at: int | None,
) -> Plan:
    """Complete what is asked by the sweep's `summarize`.

    A list that is given takes the place of the sweep's own, and its axes leave the other
    lists, just as with the options of `fathom best`.
    """
    summary = spec.get("summarize", {})
    chosen = _lists_of_spec(summary, grid)
    asked = {key: value for key, value in (("by", by), ("over", over), ("average", average)) if value}
    for key, names in asked.items():
        names = [names] if isinstance(names, str) else names
        chosen[key] = [grid.axis(name) for name in names]
    taken = [axis for key in asked for axis in chosen[key]]
    for key in chosen:
        if key not in asked:
            chosen[key] = [axis for axis in chosen[key] if axis not in taken]
    _check(chosen, grid)
    if metric is None:
        recorded = spec.get("trial", {}).get("record", {}).get("metrics", [])
        metric = plain(summary.get("metric") or (recorded[0] if recorded else "loss"))
    facts_of(metric)
    steps = [int(step) for step in summary.get("at", [])]
    if at is not None:
        steps = [at]
    elif not steps and not grid.has_axis("steps"):
        written = spec.get("trial", {}).get("steps")
        if written is None:
            raise LedgerError("found no steps in the spec, expected them; a newer fathom may have written it")
        steps = [int(written)]
    return Plan(chosen["by"], chosen["over"], chosen["average"], metric, max(steps) if steps else None, at)


def _check(chosen: Mapping[str, list[Axis]], grid: Grid) -> None:
    places: dict[str, str] = {}
    for key, axes in chosen.items():
        for axis in axes:
            if axis.name in places:
                raise QueryError(f"found axis {axis.name!r} in {places[axis.name]!r} and in {key!r}, expected it once")
            places[axis.name] = key
    left = [axis.name for axis in grid.axes if axis.name not in places]
    if left:
        raise QueryError(f"axis {left[0]!r} is in none of by, over and average; name it in one of them")


def _lists_of_spec(summary: Mapping[str, Any], grid: Grid) -> dict[str, list[Axis]]:
    chosen: dict[str, list[Axis]] = {
        key: [grid.axis(name) for name in summary.get(word, [])] for key, word in _LISTS.items()
    }
    says_nothing = not any(chosen.values())
    fields = [axis.field for axis in grid.axes]
    named = _FILE in fields or _TARGET in fields
    for axis in grid.axes:
        if says_nothing and axis.field in (*_LOSS_FIELDS, "model.depth"):
            chosen["by"].append(axis)
        elif not any(axis in axes for axes in chosen.values()):
            if axis.field == "seed":
                chosen["average"].append(axis)
            elif not _is_of_data(axis.field):
                chosen["over"].append(axis)
            elif axis.field != _DIGEST or not named:
                chosen["by"].append(axis)
    return chosen


def _is_of_data(field: str) -> bool:
    """Return whether results of different values of this field cannot be compared."""
    return field in (_FILE, _TARGET, _DIGEST) or field.startswith(("data.test.", "data.validation."))
