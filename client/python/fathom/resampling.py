"""Bootstrap intervals of a speed-up (docs/statistics.md, section 6), with the draws of `fathom best`."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence

from fathom.statistics import incomplete_beta, student_quantile

_START = 0x66617468_6F6D2121
_WORD = 2**64
_FEWEST_UNCORRECTED = 5


def plain_median(values: Sequence[float]) -> float:
    """Return the middle value, or the mean of the middle two, which is infinite when one of them is."""
    ordered = sorted(values)
    count = len(ordered)
    return ordered[count // 2] if count % 2 else (ordered[count // 2 - 1] + ordered[count // 2]) / 2


@functools.lru_cache(maxsize=16)
def draws(count: int, stream: int) -> list[list[int]]:
    """Return for each resample how often each of `count` repetitions is drawn."""
    state, most = (_START + stream) % _WORD, _WORD - 1
    limit = most - most % count
    resamples = min(max(200_000 // count, 200), 2000)
    all_draws = []
    for _ in range(resamples):
        times = [0] * count
        for _ in range(count):
            while True:
                state = (state + 0x9E3779B97F4A7C15) % _WORD
                z = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9 % _WORD
                z = (z ^ (z >> 27)) * 0x94D049BB133111EB % _WORD
                z ^= z >> 31
                if z < limit:
                    break
            times[z % count] += 1
        all_draws.append(times)
    return all_draws


@functools.lru_cache(maxsize=16)
def _shares(count: int) -> list[float]:
    shape = (count + 1) / 2
    return [incomplete_beta(k / count, shape, shape) for k in range(count + 1)]


class Resampler:
    """Resamples of `count` repetitions."""

    def __init__(self, count: int) -> None:
        """Take the number of repetitions of every setting."""
        self._count = count

    def speed_up_interval(
        self,
        reference: Sequence[Sequence[float]],
        other: Sequence[Sequence[float]],
        stream: int,
        speed_up: float,
    ) -> list[float] | None:
        """Return the interval of the speed-up of `other`; both have the times of their candidates.

        In every resample each side takes the candidate with the least median again. None
        where a resample does not arrive.
        """
        count = self._count
        once = [[1] * count]
        first = self._log_times(reference, once + draws(count, 0))
        second = self._log_times(other, once + draws(count, stream))
        if not all(map(math.isfinite, first + second)):
            return None
        logs = [a - b for a, b in zip(first, second, strict=True)]
        middle = 0.0
        for value in logs[1:]:
            middle += value / (len(logs) - 1)
        squares = 0.0
        for value in logs[1:]:
            squares += (value - middle) * (value - middle)
        reach = student_quantile(count - 1) * math.sqrt(squares / (len(logs) - 2))
        if count < _FEWEST_UNCORRECTED:
            reach *= math.sqrt(count / (count - 1))
        return [min(math.exp(logs[0] - reach), speed_up), max(math.exp(logs[0] + reach), speed_up)]

    def _log_times(self, candidates: Sequence[Sequence[float]], weights: Sequence[Sequence[int]]) -> list[float]:
        """Return for each resample the least median of log max(T, 1)."""
        smooth = all(math.isfinite(time) for times in candidates for time in times)
        least = [math.inf] * len(weights)
        for times in candidates:
            logs = [math.log(max(time, 1.0)) for time in times]
            order = sorted(range(len(logs)), key=logs.__getitem__)
            median = self._smooth_median if smooth else self._weighted_median
            for place, counts in enumerate(weights):
                least[place] = min(least[place], median(logs, order, counts))
        return least

    def _smooth_median(self, values: Sequence[float], order: Sequence[int], counts: Sequence[int]) -> float:
        """Return the median of Harrell and Davis."""
        shares = _shares(self._count)
        median, before = 0.0, 0
        for place in order:
            if counts[place]:
                after = before + counts[place]
                median += (shares[after] - shares[before]) * values[place]
                before = after
        return median

    def _weighted_median(self, values: Sequence[float], order: Sequence[int], counts: Sequence[int]) -> float:
        drawn = [values[place] for place in order for _ in range(counts[place])]
        return plain_median(drawn)
