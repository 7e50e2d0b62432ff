"""Where sweeps are read from: a file, or a coordinator. Both answer the same questions."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from fathom.errors import QueryError


@dataclasses.dataclass(frozen=True)
class Curve:
    """The points of one metric of one trial; NaN where a value was not finite."""

    trial: int
    steps: Sequence[int]
    values: Sequence[float]


class Source(Protocol):
    """What the package needs to know of a ledger."""

    def rows(self, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Return the names of the columns and all rows of a SELECT."""

    def columns(self, view: str) -> list[str]:
        """Return the columns of a stable view; an older ledger has fewer."""

    def curves(self, sweep: int, metric: str, trials: str) -> Iterator[Curve]:
        """Go through the curves of the trials that the SQL `trials` selects, in ascending order."""

    def last_points(self, sweep: int, metric: str) -> Iterator[Curve]:
        """Go through the last points alone, one or none for each trial that recorded something.

        A last point may be NaN.
        """

    def title(self) -> str:
        """Return where it is, for messages."""


def literal(value: Any) -> str:
    """Return a value as SQL; texts are quoted, so that no text is taken for a statement."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        if value != value or value in (float("inf"), float("-inf")):
            raise QueryError(f"found {value} in a condition, expected a finite number")
        return repr(value)
    if isinstance(value, str):
        if "\0" in value:
            raise QueryError("found a text with a zero character in a condition")
        return "'" + value.replace("'", "''") + "'"
    raise QueryError(f"found a {type(value).__name__} in a condition, expected a number or a text")
