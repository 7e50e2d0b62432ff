"""Computes intervals from resampled repetitions (sections 6 and 9)."""

from __future__ import annotations

import dataclasses
import functools
import math
from typing import TYPE_CHECKING, Any, Sequence

import numpy as np
from scipy import special, stats

import groups as grouping

if TYPE_CHECKING:
    from race import Standing

START = 0x66617468_6F6D2121
LARGEST = 2**64 - 1


@dataclasses.dataclass(frozen=True)
class Levels:
    """The comparable settings of a group, with their values per repetition, and which of them is best."""

    group: grouping.Group
    settings: list[grouping.Setting]
    values: list[np.ndarray]
    chosen: int | None

    def mean(self) -> float:
        """Returns the mean at the chosen setting."""
        assert self.chosen is not None
        values = self.values[self.chosen].tolist()
        return sum(values) / len(values)


def resamples(n: int) -> int:
    """Returns the number of resamples of n repetitions: 2,000 for n up to 100, then fewer, but at least 200."""
    return 2000 if n <= 100 else max(200, 200_000 // n)


@functools.lru_cache(maxsize=64)
def draw_counts(n: int, start: int) -> np.ndarray:
    """Returns how often each of n repetitions is drawn: a row of ones, then a row per resample."""
    accepted: list[int] = []
    limit = LARGEST - LARGEST % n
    taken, wanted = 0, resamples(n) * n
    while len(accepted) < wanted:
        numbers = split_mix(start, taken, wanted - len(accepted))
        taken += len(numbers)
        accepted += (numbers[numbers < np.uint64(limit)] % np.uint64(n)).tolist()
    draws = np.array(accepted).reshape(resamples(n), n)
    counts = np.stack([(draws == s).sum(axis=1) for s in range(n)], axis=1)
    return np.concatenate([np.ones((1, n), dtype=int), counts])


def split_mix(start: int, taken: int, count: int) -> np.ndarray:
    """Returns `count` numbers of SplitMix64 from the state `start`, after the first `taken` numbers.

    The k-th state is start + k 0x9e3779b97f4a7c15. All arithmetic is modulo 2^64.
    """
    steps = np.arange(taken + 1, taken + count + 1, dtype=np.uint64)
    z = np.uint64(start) + steps * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@functools.lru_cache(maxsize=64)
def median_weights(n: int) -> np.ndarray:
    """Returns I(k/n), k = 0 ... n, the regularized incomplete beta function of (n+1)/2, (n+1)/2."""
    return special.betainc((n + 1) / 2, (n + 1) / 2, np.arange(n + 1) / n)


def smooth_medians(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Returns the Harrell-Davis median of every resample: sum_k (I(F_k/n) - I(F_(k-1)/n)) x_(k)."""
    n = len(values)
    order = np.argsort(values, kind="stable")
    upto = np.cumsum(counts[:, order], axis=1)
    below = np.concatenate([np.zeros((len(counts), 1), dtype=int), upto[:, :-1]], axis=1)
    table = median_weights(n)
    return (table[upto] - table[below]) @ values[order]


def plain_medians(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Returns the mean of the middle two values of every resample, infinite when one of them is."""
    n = len(values)
    order = np.argsort(values, kind="stable")
    upto = np.cumsum(counts[:, order], axis=1)
    low = values[order][(upto > (n - 1) // 2).argmax(axis=1)]
    high = values[order][(upto > n // 2).argmax(axis=1)]
    return (low + high) / 2


def candidates(standing: Standing, arrive: float) -> list[np.ndarray]:
    """Returns the times of the settings at which the share arrives."""
    return [t for t in standing.times if np.isfinite(t).sum() / len(t) >= arrive]


def search_costs(chosen_times: np.ndarray, lasts: Sequence[np.ndarray]) -> np.ndarray:
    """Returns, for each repetition s, sum_a min(T(g, a*, s), C(g, a, s))."""
    return np.sum([np.minimum(chosen_times, last) for last in lasts], axis=0)


def log_prices(standing: Standing, counts: np.ndarray, options: grouping.Options) -> np.ndarray:
    """Returns the log time of a group per row of `counts`: the least of its candidates' medians.

    With `--tuning` it is the median of log max(cost, 1) at that candidate, or at the
    cheapest of the candidates within 1e-9 of the least median. Plain medians are
    taken where some candidate has a repetition that does not arrive.
    """
    choice = candidates(standing, options.arrive)
    medians = smooth_medians if all(np.isfinite(t).all() for t in choice) else plain_medians
    times = np.array([medians(np.log(np.maximum(t, 1)), counts) for t in choice])
    if not options.tuning:
        return times.min(axis=0)
    costs = [search_costs(t, standing.lasts) for t in choice]
    paid = np.array([medians(np.log(np.maximum(c, 1)), counts) for c in costs])
    return np.where(times <= times.min(axis=0) + 1e-9, paid, np.inf).min(axis=0)


def race_interval(
    reference: Standing, group: Standing, place: int, speed_up: float, options: grouping.Options
) -> list[float] | None:
    """Returns exp(D0 +- t s), widened to hold S; None where a resample does not arrive.

    The group is `place` groups behind the reference.
    """
    choices = candidates(reference, options.arrive) + candidates(group, options.arrive)
    counts = _paired_counts(reference.group, group.group, choices, place)
    if counts is None:
        return None
    logs = log_prices(reference, counts[0], options) - log_prices(group, counts[1], options)
    if not np.isfinite(logs).all():
        return None
    n = counts[0].shape[1]
    half = _half_width(logs[1:], n) * (math.sqrt(n / (n - 1)) if n < 5 else 1.0)
    low, high = math.exp(logs[0] - half), math.exp(logs[0] + half)
    return [min(low, speed_up), max(high, speed_up)]


def level_interval(base: Levels, levels: Levels, place: int, larger: bool) -> list[float] | None:
    """Returns the comparison (of a ratio: its log) +- t s sqrt(n/(n-1)), with the setting chosen per resample."""
    counts = _paired_counts(base.group, levels.group, base.values + levels.values, place)
    if counts is None:
        return None
    means = [_best_means(v.values, c, larger) for v, c in ((base, counts[0]), (levels, counts[1]))]
    if larger:
        values, center = means[1] - means[0], levels.mean() - base.mean()
    elif min(means[0].min(), means[1].min()) <= 0:
        return None
    else:
        values, center = np.log(means[1] / means[0]), math.log(levels.mean() / base.mean())
    n = counts[0].shape[1]
    half = _half_width(values[1:], n) * math.sqrt(n / (n - 1))
    ends = [center - half, center + half]
    return ends if larger else [math.exp(end) for end in ends]


def _best_means(values: Sequence[np.ndarray], counts: np.ndarray, larger: bool) -> np.ndarray:
    means = np.array([counts @ v / len(v) for v in values])
    return means.max(axis=0) if larger else means.min(axis=0)


def _paired_counts(
    reference: grouping.Group, group: grouping.Group, choices: Sequence[np.ndarray], place: int
) -> tuple[np.ndarray, np.ndarray] | None:
    """Returns the draws of both groups, which are the same if their repetitions are the same.

    Returns None where candidates have different numbers of repetitions, or fewer than three.
    """
    sizes = {len(values) for values in choices}
    if len(sizes) != 1 or min(sizes) < 3:
        return None
    own = 0 if group.averaged == reference.averaged else place
    return draw_counts(min(sizes), START), draw_counts(min(sizes), START + own)


def _half_width(values: np.ndarray, n: int) -> float:
    """Returns t s, with t the 97.5 % quantile of Student's distribution with n - 1 degrees of freedom."""
    # The quantile of scipy is accurate to 1e-9 only, but its distribution is accurate to rounding.
    quantile = float(stats.t.ppf(0.975, n - 1))
    for _ in range(3):
        quantile -= float((stats.t.cdf(quantile, n - 1) - 0.975) / stats.t.pdf(quantile, n - 1))
    return quantile * float(np.std(values, ddof=1))


def printable(interval: list[float] | None) -> list[Any] | None:
    """Returns the interval for JSON, where an infinite end is "infinity"."""
    if interval is None:
        return None
    return ["infinity" if math.isinf(x) else x for x in interval]
