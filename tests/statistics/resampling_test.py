#!/usr/bin/env python3
"""Tests the intervals and the levels of the reference."""

from __future__ import annotations

import dataclasses
import math
import unittest
import unittest.mock

import numpy as np
from scipy import integrate, stats

import groups as grouping
import race
import resampling
from made import GridTest, power, sample


class ResamplingTest(GridTest):
    def test_levels_compare_means_at_the_best_setting(self) -> None:
        def curve(d: int, r: float, s: int) -> list[tuple[int, float]]:
            return [(0, 1.0), (10, 0.1 * d * (1 + s) if r == 0.1 else 0.01 if d == 1 else 0.5)]

        self.grid(
            curve, [1, 2], [0.1, 0.2], [0, 1],
            lambda d, r, s: "diverged" if r == 0.2 and d == 1 else "succeeded", "reconstruction_error",
        )  # fmt: skip
        entry = self.ledger.best()["levels"][0]
        self.assertAlmostEqual(entry["groups"][0]["value"], 0.15)
        self.assertAlmostEqual(entry["groups"][1]["comparison"]["value"], 2.0)
        self.assertEqual(entry["groups"][1]["setting"], {"learning_rate": 0.1})
        self.assertEqual(entry["groups"][1]["verdict"], "worse")
        self.assertEqual(self.ledger.best(at=0)["levels"][0]["groups"][1]["verdict"], "tie")
        self.assertEqual(self.ledger.best(at=5)["levels"][0]["groups"][1]["value"], None)

    def test_of_accuracy_the_largest_is_best(self) -> None:
        self.grid(lambda d, r, s: [(0, 0.5), (9, min(1.0, d * r))], [1, 2], [0.2, 0.4], [0, 1], metric="accuracy")
        groups = self.ledger.best()["levels"][0]["groups"]
        self.assertEqual([g["value"] for g in groups], [0.4, 0.8])
        self.assertEqual(groups[1]["comparison"]["kind"], "difference")
        self.assertEqual(groups[1]["verdict"], "better")
        self.ledger.db.execute("UPDATE results SET state = 'failed' WHERE trial = 4")
        self.assertEqual(self.ledger.best()["levels"][0]["groups"][1]["verdict"], "better")
        self.ledger.db.execute("UPDATE results SET state = 'failed' WHERE trial = 0")
        self.assertEqual(self.ledger.best()["levels"][0]["groups"][1]["verdict"], None)

    def test_the_stream_is_split_mix(self) -> None:
        known = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431]
        self.assertEqual(resampling.split_mix(1234567, 0, 4).tolist(), known)
        self.assertEqual(resampling.split_mix(1234567, 2, 2).tolist(), known[2:])
        counts = resampling.draw_counts(3, resampling.START)
        self.assertEqual([resampling.resamples(n) for n in (3, 100, 101, 150, 5000)], [2000, 2000, 1980, 1333, 200])
        self.assertEqual((len(counts), counts[0].tolist(), set(counts.sum(axis=1))), (2001, [1, 1, 1], {3}))

    def test_numbers_that_would_favour_some_repetitions_are_drawn_again(self) -> None:
        with unittest.mock.patch.object(resampling, "LARGEST", 2**63 + 1):
            counts = resampling.draw_counts.__wrapped__(3, 1)[1:]
        limit = 2**63 + 1 - (2**63 + 1) % 3
        drawn = [x % 3 for x in resampling.split_mix(1, 0, 20000).tolist() if x < limit][:6000]
        expected = [[drawn[i : i + 3].count(s) for s in range(3)] for i in range(0, 6000, 3)]
        self.assertEqual(counts.tolist(), expected)

    def test_plain_medians_are_those_of_the_drawn_repetitions(self) -> None:
        for values in ([3.0, 1.0, 2.0], [4.0, 9.0, math.inf, 1.0]):
            n = len(values)
            counts = resampling.draw_counts(n, 5)
            medians = resampling.plain_medians(np.array(values), counts)
            for row, middle in zip(counts[:50], medians):
                drawn = sorted(v for v, times in zip(values, row) for _ in range(times))
                self.assertEqual(middle, (drawn[(n - 1) // 2] + drawn[n // 2]) / 2)

    def test_with_tuning_the_interval_is_that_of_the_costs_at_the_quickest_candidate(self) -> None:
        # Setting 1 is the quickest, and its cost is what both settings take until then.
        one, two = {1: [8.0, 8.0, 8.0], 2: [50.0, 60.0, 70.0]}, {1: [32.0, 32.0, 32.0], 2: [90.0, 80.0, 70.0]}
        ends = resampling.race_interval(*_standings(one, two), 1, 0.25, _options(tuning=True)) or []
        self.assertAlmostEqual(ends[0], 16 / 64)
        self.assertAlmostEqual(ends[1], 16 / 64)
        equal = {1: [8.0, 8.0, 8.0], 2: [8.0, 8.0, 8.0]}
        first, second = _standings(equal, equal)
        second = dataclasses.replace(second, lasts=[np.array([4.0] * 3), np.array([1.0] * 3)])
        ends = resampling.race_interval(first, second, 1, 3.2, _options(tuning=True)) or []
        self.assertAlmostEqual(ends[0], 16 / 5)

    def test_of_candidates_below_one_step_the_cheapest_counts(self) -> None:
        quick = {1: [0.9, 0.9, 0.9], 2: [0.1, 0.1, 0.1], 3: [0.5, 0.5, 0.5]}
        standing = dataclasses.replace(_standings(quick, quick)[0], lasts=[np.array([400.0] * 3)] * 30)
        found = resampling.log_prices(standing, resampling.draw_counts(3, 1), _options(tuning=True))
        self.assertAlmostEqual(found[7], math.log(3))

    def test_a_wide_interval_makes_a_tie(self) -> None:
        def told(spread: float) -> str:
            for view in ("sweep_overview", "results", "metric_points"):
                self.ledger.db.execute(f"DELETE FROM {view}")
            self.grid(
                lambda d, r, s: sample(power(1.0, 1.0 if d == 1 else 1.5 + spread * (s % 3 - 1))),
                [1, 2], [0.1], [0, 1, 2, 3, 4],
            )  # fmt: skip
            return str(self.at(0.01)[1]["verdict"])

        self.assertEqual([told(0.01), told(0.8)], ["faster", "tie"])

    def test_the_interval_is_that_of_the_recipe_step_by_step(self) -> None:
        for n in (3, 4, 7):
            one = {r: [r * 1.2 * (1 + 0.3 * ((5 * s + r) % 7)) for s in range(n)] for r in (1, 2)}
            two = {r: [(3 - r) * 9 * (1 + 0.2 * ((3 * s + r) % 5)) for s in range(n)] for r in (1, 2)}
            expected = _interval_by_hand(one, two, n)
            got = resampling.race_interval(*_standings(one, two), 1, 1.0, _options())
            for a, b in zip(got or [], expected):
                self.assertAlmostEqual(a / b, 1, delta=1e-9)
            self.assertEqual(len(got or []), 2)

    def test_what_repetitions_share_does_not_widen_the_interval(self) -> None:
        shared = {1: [3.0, 50.0, 7.0, 900.0, 20.0]}
        twice = {1: [2 * t for t in shared[1]]}
        low, high = resampling.race_interval(*_standings(shared, twice), 1, 0.5, _options()) or (0, 0)
        self.assertAlmostEqual(low, 0.5)
        self.assertAlmostEqual(high, 0.5)
        first, second = _standings(shared, twice)
        second = dataclasses.replace(second, group=dataclasses.replace(second.group, averaged=[(9,)]))
        low, high = resampling.race_interval(first, second, 1, 0.5, _options()) or (0, 0)
        self.assertLess(low, 0.1)
        self.assertGreater(high, 2)

    def test_there_is_no_interval_of_two_repetitions_or_where_a_resample_does_not_arrive(self) -> None:
        some = {1: [5.0, 6.0, 7.0]}
        part = {1: [5.0, 6.0, math.inf]}
        self.assertIsNone(resampling.race_interval(*_standings({1: [1.0, 2.0]}, {1: [1.0, 2.0]}), 1, 1.0, _options()))
        self.assertIsNone(resampling.race_interval(*_standings(some, part), 1, 1.0, _options(arrive=0.5)))
        most = {1: [5.0] * 40 + [math.inf]}
        full = {1: [5.0] * 41}
        self.assertIsNone(resampling.race_interval(*_standings(some, {1: [5.0] * 4}), 1, 1.0, _options()))
        ends = resampling.race_interval(*_standings(full, most), 1, 1.1, _options(arrive=0.5)) or []
        self.assertAlmostEqual(ends[0], 1.0)
        self.assertAlmostEqual(ends[1], 1.1)

    def test_levels_have_an_interval_around_the_comparison(self) -> None:
        self.grid(
            lambda d, r, s: [(0, 1.0), (9, d * 0.1 * (1 + 0.01 * s * d))], [1, 2], [0.1], [0, 1, 2, 3],
            metric="reconstruction_error",
        )  # fmt: skip
        comparison = self.ledger.best()["levels"][0]["groups"][1]["comparison"]
        low, high = comparison["interval"]
        self.assertAlmostEqual(low * high, comparison["value"] ** 2, places=12)
        counts = resampling.draw_counts(4, resampling.START)[1:]
        logs = np.log(counts @ np.array([2, 2.04, 2.08, 2.12]) / (counts @ np.array([1, 1.01, 1.02, 1.03])))
        half = stats.t.ppf(0.975, 3) * logs.std(ddof=1) * math.sqrt(4 / 3)
        self.assertAlmostEqual(math.log(high / comparison["value"]), half, places=10)

    def test_a_metric_that_is_only_shown_is_that_of_the_least_final_loss(self) -> None:
        self.grid(lambda d, r, s: [(0, 9.0), (5, 10 * r + s)], [1, 2], [0.2, 0.1], [0, 1], metric="weight_norm")
        self.ledger.db.execute("UPDATE results SET final_loss = -1 WHERE trial = 4")
        groups = self.ledger.best()["levels"][0]["groups"]
        self.assertEqual([g["value"] for g in groups], [1.5, 2.5])
        self.assertEqual(self.ledger.best()["levels"][0]["step"], 987)
        self.assertEqual([g["comparison"] for g in groups], [None, None])


def _options(arrive: float = 1.0, tuning: bool = False) -> grouping.Options:
    return grouping.Options([], [], [], "loss", None, None, None, arrive, tuning, False)


def _standings(one: dict[int, list[float]], two: dict[int, list[float]]) -> tuple[race.Standing, race.Standing]:
    """Returns two groups with these times, a list per setting."""
    made = []
    for group_times in (one, two):
        arrays = [np.array(t) for t in group_times.values()]
        group = grouping.Group({}, 1, np.arange(3), [], 1, len(arrays[0]), [], {})
        made.append(race.Standing(group, arrays, arrays, 0, False))
    return made[0], made[1]


def _interval_by_hand(one: dict[int, list[float]], two: dict[int, list[float]], n: int) -> tuple[float, float]:
    """Follows the recipe of section 6 in plain loops, with whole numbers and an integral."""
    a = (n + 1) / 2
    scale = math.gamma(2 * a) / math.gamma(a) ** 2

    def share(u: float) -> float:
        return scale * integrate.quad(lambda x: x ** (a - 1) * (1 - x) ** (a - 1), 0, u, epsabs=1e-14)[0]

    table = [share(k / n) for k in range(n + 1)]

    def smooth(values: list[float], drawn: list[int]) -> float:
        total, before = 0.0, 0
        for place in sorted(range(n), key=lambda s: values[s]):
            upto = before + drawn.count(place)
            total += (table[upto] - table[before]) * math.log(max(values[place], 1))
            before = upto
        return total

    def difference(drawn: list[int]) -> float:
        return min(smooth(t, drawn) for t in one.values()) - min(smooth(t, drawn) for t in two.values())

    state, word, found = 0x66617468_6F6D2121, 2**64, []
    for _ in range(2000):
        drawn: list[int] = []
        while len(drawn) < n:
            state = (state + 0x9E3779B97F4A7C15) % word
            z = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9 % word
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB % word
            z ^= z >> 31
            if z < word - 1 - (word - 1) % n:
                drawn.append(z % n)
        found.append(difference(drawn))
    middle = sum(found) / len(found)
    s = math.sqrt(sum((d - middle) ** 2 for d in found) / (len(found) - 1))
    half = stats.t.ppf(0.975, n - 1) * s * (math.sqrt(n / (n - 1)) if n < 5 else 1)
    center = difference(list(range(n)))
    return min(1.0, math.exp(center - half)), max(1.0, math.exp(center + half))


if __name__ == "__main__":
    unittest.main()
