"""The grid of a sweep: which trial has which value of which axis.

The first group of axes varies slowest. With lengths n_1 ... n_k, trial i is at place
``i // (n_{j+1} ... n_k) % n_j`` of group j, so that a value is found without the ledger.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from decimal import Context, Decimal
from typing import Any

from fathom.errors import LedgerError, unknown

# Names that are not the last part of their field. Those of other fields are read from
# the ledger, which writes them beside every result.
_SHORT = {"optimizer.name": "optimizer"}

# Enough digits that the 15 that are kept are right.
_EXACT = Context(prec=40)


@dataclasses.dataclass(frozen=True)
class Axis:
    """An axis of a sweep, with its value at each place of its group."""

    name: str
    field: str
    values: Sequence[Any]
    group: int

    def answers_to(self, name: str) -> bool:
        """Return whether `name` is its short name, its field, or a last part of that."""
        return name in (self.name, self.field) or self.field.endswith("." + name)


class Grid:
    """The axes of a sweep and the places of its trials."""

    def __init__(self, spec: Mapping[str, Any], parameters: Mapping[str, Any] | None = None) -> None:
        """Expand the axes of a stored spec.

        `parameters` are those of any trial, as the ledger writes them: they tell the
        short names of the axes, in the order of the spec.
        """
        self.axes: list[Axis] = []
        self.lengths: list[int] = []
        names = list(parameters or {})
        for number, group in enumerate(spec.get("axes", [])):
            for written in group["axes"]:
                field = written["field"]
                at = len(self.axes)
                name = _SHORT.get(field) or (names[at] if at < len(names) else field.rpartition(".")[2])
                self.axes.append(Axis(name, field, expand(written), number))
            self.lengths.append(len(self.axes[-1].values))
        self.strides = [1] * len(self.lengths)
        for number in range(len(self.lengths) - 2, -1, -1):
            self.strides[number] = self.strides[number + 1] * self.lengths[number + 1]

    def axis(self, name: str) -> Axis:
        """Return the axis that `name` means; exact names come first."""
        for axis in self.axes:
            if name in (axis.name, axis.field):
                return axis
        for axis in self.axes:
            if axis.answers_to(name):
                return axis
        raise unknown("axis", name, [axis.name for axis in self.axes])

    def has_axis(self, name: str) -> bool:
        """Return whether `name` means an axis."""
        return any(axis.answers_to(name) for axis in self.axes)

    def place(self, axis: Axis, trial: int) -> int:
        """Return the place of a trial in the group of an axis."""
        return trial // self.strides[axis.group] % self.lengths[axis.group]

    def value(self, axis: Axis, trial: int) -> Any:
        """Return the value of an axis in a trial."""
        return axis.values[self.place(axis, trial)]

    def column(self, axis: Axis, trials: Iterable[int]) -> list[Any]:
        """Return the values of an axis in some trials."""
        values, stride, length = axis.values, self.strides[axis.group], self.lengths[axis.group]
        return [values[trial // stride % length] for trial in trials]


def expand(axis: Mapping[str, Any]) -> Sequence[Any]:
    """Return the values of an axis of a stored spec, as the programs compute them."""
    if "list" in axis:
        return [_listed(value) for value in axis["list"]["values"]]
    if "range" in axis:
        span = axis["range"]
        return range(int(span.get("from", 0)), int(span["to"]), int(span.get("step", 1)))
    if "log" in axis:
        return _log_values(axis["log"])
    if "linspace" in axis:
        return _linspace_values(axis["linspace"])
    known = ", ".join(key for key in axis if key != "field")
    raise LedgerError(
        f"axis {axis.get('field')}: found {known or 'no values'}, expected list, range, log or linspace; "
        "a newer fathom may have written the spec"
    )


def _rounded(number: Decimal) -> float:
    return float(f"{float(number):.15g}")


def _log_values(span: Mapping[str, Any]) -> list[float]:
    start, end = Decimal(float(span["from"])), Decimal(float(span["to"]))
    per_decade = int(span.get("per_decade", 0))
    if per_decade:
        values: list[float] = []
        last = _rounded(end)
        while True:
            power = _EXACT.power(Decimal(10), _EXACT.divide(Decimal(len(values)), Decimal(per_decade)))
            value = _rounded(_EXACT.multiply(start, power))
            if value > last:
                return values
            values.append(value)
    count = int(span["count"])
    ratio = _EXACT.divide(end, start)
    parts = [_EXACT.divide(Decimal(i), Decimal(max(count - 1, 1))) for i in range(count)]
    inner = [_rounded(_EXACT.multiply(start, _EXACT.power(ratio, part))) for part in parts[1:-1]]
    return [_rounded(start), *inner, _rounded(end)][:count]


def _linspace_values(span: Mapping[str, Any]) -> list[float]:
    start, end = Decimal(float(span.get("from", 0))), Decimal(float(span.get("to", 0)))
    count = int(span["count"])
    width = _EXACT.subtract(end, start)
    return [
        _rounded(_EXACT.add(start, _EXACT.divide(_EXACT.multiply(width, Decimal(i)), Decimal(max(count - 1, 1)))))
        for i in range(count)
    ]


def _listed(value: Any) -> Any:
    """Return a value of a list, which ledgers of older programs wrap by its type."""
    if not isinstance(value, Mapping):
        return value
    if "integer" in value:
        return int(value["integer"])
    if "number" in value:
        number = value["number"]
        return float(number) if not isinstance(number, str) else math.nan
    return value.get("text", value.get("flag"))
