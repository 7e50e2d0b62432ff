"""A sample in a few figures, by the rules of docs/statistics.md.

Sums are written as loops: `sum()` adds floats in another way since Python 3.12, and the
numbers are to be those of `fathom best` to the last digit.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any


def mean(sample: Iterable[float]) -> float:
    """Return the mean, summed in the given order."""
    total, count = 0.0, 0
    for value in sample:
        total += value
        count += 1
    return total / count


def quantile(ascending: Sequence[float], share: float) -> float:
    """Return the quantile of an ascending sample, linear between its values (type 7)."""
    at = share * (len(ascending) - 1)
    low = int(at)
    if low + 1 >= len(ascending):
        return ascending[-1]
    return ascending[low] + (at - low) * (ascending[low + 1] - ascending[low])


def describe(sample: Iterable[float]) -> dict[str, Any]:
    """Describe finite values: count, mean, standard error, extremes and quantiles."""
    ascending = sorted(sample)
    count, middle = len(ascending), mean(ascending)
    squares = 0.0
    for value in ascending:
        squares += (value - middle) * (value - middle)
    return {
        "count": count,
        "mean": middle,
        "standard_error": math.sqrt(squares / (count - 1) / count) if count > 1 else None,
        "least": ascending[0],
        "p5": quantile(ascending, 0.05),
        "p25": quantile(ascending, 0.25),
        "median": quantile(ascending, 0.5),
        "p75": quantile(ascending, 0.75),
        "p95": quantile(ascending, 0.95),
        "most": ascending[-1],
    }
