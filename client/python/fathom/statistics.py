"""A sample in a few figures, by the rules of docs/statistics.md.

Sums are written as loops: `sum()` adds floats in another way since Python 3.12, and the
numbers are to be those of `fathom best` to the last digit.
"""

from __future__ import annotations

import functools
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


def incomplete_beta(x: float, a: float, b: float) -> float:
    """Return the regularized incomplete beta function I_x(a, b), by its continued fraction."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    logarithm = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    front = math.exp(logarithm)
    if x < (a + 1) / (a + b + 2):
        return front * _beta_fraction(x, a, b) / a
    return 1 - front * _beta_fraction(1 - x, b, a) / b


def _beta_fraction(x: float, a: float, b: float) -> float:
    def away(value: float) -> float:
        return 1e-300 if abs(value) < 1e-300 else value

    c = 1.0
    d = 1 / away(1 - (a + b) * x / (a + 1))
    fraction = d
    for m in range(1, 100_001):
        for factor in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / away(1 + factor * d)
            c = away(1 + factor / c)
            fraction *= d * c
        if abs(d * c - 1) < 2**-52:
            break
    return fraction


@functools.lru_cache(maxsize=256)
def student_quantile(freedom: float, level: float = 0.95) -> float:
    """Return the t between which and -t a Student variable lies with probability `level`."""

    def inside(t: float) -> float:
        return 1 - incomplete_beta(freedom / (freedom + t * t), freedom / 2, 0.5)

    low, high = 0.0, 1.0
    while inside(high) < level:
        high *= 2
    while True:
        middle = low + (high - low) / 2
        if middle <= low or middle >= high:
            return middle
        if inside(middle) < level:
            low = middle
        else:
            high = middle
