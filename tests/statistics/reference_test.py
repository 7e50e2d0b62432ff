#!/usr/bin/env python3
"""Tests the races of the reference on curves with closed forms, and what compare.py notices."""

from __future__ import annotations

import copy
import json
import math
import unittest
from typing import Any, Iterable

import compare
import ledger
import race
from made import GridTest, power, sample


class ReferenceTest(GridTest):
    def test_time_to_a_goal_of_a_power_law_is_its_closed_form(self) -> None:
        self.grid(lambda d, r, s: sample(power(2.0, 0.5, d)), [1, 3], [0.1], [0])
        one, three = self.at(0.7)
        self.assertAlmostEqual(one["median"], (2 / 0.7) ** 2 - 1, places=10)
        self.assertAlmostEqual(three["median"], (2 / 0.7) ** 6 - 1, delta=1e-9)
        self.assertAlmostEqual(three["speed_up"]["value"], one["median"] / three["median"], places=12)

    def test_time_is_the_recorded_step_where_the_goal_is_met_exactly_or_log_ends(self) -> None:
        self.grid(lambda d, r, s: [(0, 1.0), (4, 0.5 if d == 1 else 0.7), (9, -1e-17)], [1, 2], [0.1], [0])
        one, two = self.at(0.5)
        self.assertEqual((one["median"], two["median"]), (4, 9))

    def test_first_step_below_counts_though_the_curve_comes_back(self) -> None:
        self.grid(lambda d, r, s: [(0, 1.0), (1, 0.5), (2, 2.0), (9, 0.1)], [1], [0.1], [0])
        self.assertLess(self.at(0.6)[0]["median"], 1)

    def test_gaps_in_a_curve_are_bridged(self) -> None:
        curve = power(1.0, 1.0)
        self.grid(lambda d, r, s: [(0, 1.0), (1, None), (3, curve(3)), (7, None), (20, curve(20))], [1], [0.1], [0])
        self.assertAlmostEqual(self.at(0.4)[0]["median"], 1.5)

    def test_the_rate_is_chosen_per_goal_and_not_at_the_end(self) -> None:
        # Rate 0.1 is first at 0.5; rate 0.01 ends lower.
        def curve(d: int, r: float, s: int) -> list[tuple[int, float]]:
            quick = power(1.0, 1.0 / d)
            slow = power(1.0, 0.6)
            return sample((lambda t: max(quick(t), 0.3)) if r == 0.1 else slow)

        self.grid(curve, [1, 2], [0.01, 0.1], [0, 1])
        one, two = self.at(0.5)
        self.assertEqual(one["setting"], {"learning_rate": 0.1})
        self.assertAlmostEqual(one["median"], 1.0)
        self.assertEqual(two["setting"], {"learning_rate": 0.01})
        self.assertAlmostEqual(two["median"], 2 ** (1 / 0.6) - 1)
        self.assertEqual(two["verdict"], "slower")
        self.assertEqual([e["setting"]["learning_rate"] for e in self.at(0.2)], [0.01, 0.01])

    def test_of_equal_rates_the_first_is_chosen(self) -> None:
        self.grid(lambda d, r, s: sample(power(1.0, 1.0)), [1, 2], [0.3, 0.1, 0.2], [0, 1])
        self.assertEqual([e["trials"] for e in self.at(0.3)], [[0, 1], [6, 7]])

    def test_a_rate_at_which_a_repetition_is_censored_is_not_chosen_unless_asked(self) -> None:
        def curve(d: int, r: float, s: int) -> list[tuple[int, float]]:
            if r == 0.1:
                return sample(power(1.0, 2.0)) if s < 3 else [(0, 1.0), (1, 0.9), (2, 5.0)]
            return sample(power(1.0, 1.0))

        self.grid(
            curve, [1], [0.01, 0.1], [0, 1, 2, 3], lambda d, r, s: "diverged" if r == 0.1 and s == 3 else "succeeded"
        )
        alone = self.at(0.25)[0]
        self.assertEqual((alone["setting"], alone["arrived"]), ({"learning_rate": 0.01}, 4))
        most = self.at(0.25, arrive=0.75)[0]
        self.assertEqual((most["setting"], most["arrived"]), ({"learning_rate": 0.1}, 3))
        self.assertEqual(most["times"][3], None)
        self.assertAlmostEqual(most["median"], 1.0)
        self.assertAlmostEqual(most["ert"], (1 + 1 + 1 + 2) / 3)

    def test_a_setting_with_an_infinite_median_is_never_chosen(self) -> None:
        curve = lambda d, r, s: sample(power(1.0, 1.0), 987 if s < 2 else 3)
        self.grid(curve, [1], [0.1], [0, 1, 2, 3])
        entry = self.at(0.1, arrive=0.5)[0]
        self.assertEqual((entry["arrived"], entry["repetitions"], entry["setting"]), (2, 4, None))

    def test_who_never_arrives_gives_a_bound(self) -> None:
        def curve(d: int, r: float, s: int) -> list[tuple[int, float]]:
            return sample(power(1.0, 1.0 if d == 1 else 0.1), 610 if r == 0.1 else 987)

        self.grid(curve, [1, 2], [0.1, 0.2], [0, 1])
        speed = self.at(0.1)[1]
        self.assertEqual(speed["speed_up"]["bound"], "at_most")
        self.assertAlmostEqual(speed["speed_up"]["value"], 9 / 987)
        self.assertEqual(speed["verdict"], "behind")
        with_search = self.at(0.1, tuning=True)[1]
        self.assertAlmostEqual(with_search["speed_up"]["value"], 18 / (610 + 987))

    def test_who_arrives_alone_is_ahead_at_least_by_the_steps_of_the_others(self) -> None:
        self.grid(lambda d, r, s: sample(power(1.0, 0.1 if d == 1 else 1.0)), [1, 2], [0.1], [0, 1])
        speed = self.at(0.1)[1]
        self.assertEqual((speed["speed_up"]["bound"], speed["verdict"]), ("at_least", "ahead"))
        self.assertAlmostEqual(speed["speed_up"]["value"], 987 / 9)

    def test_arriving_in_part_or_being_stopped_gives_no_speed_up(self) -> None:
        self.grid(lambda d, r, s: sample(power(1.0, 1.0 if d == 1 or s else 0.1)), [1, 2], [0.1], [0, 1])
        self.assertEqual((self.at(0.1)[1]["speed_up"], self.at(0.1)[1]["verdict"]), (None, None))
        self.ledger.db.execute("UPDATE results SET state = 'stopped' WHERE trial = 2")
        self.ledger.db.execute("UPDATE metric_points SET value = MAX(value, 0.5) WHERE trial >= 2")
        self.assertEqual(self.at(0.1)[1]["speed_up"], None)

    def test_times_below_one_step_count_as_one(self) -> None:
        self.grid(lambda d, r, s: [(0, 1.0), (1, 0.01 / d), (9, 1e-3)], [1, 2], [0.1], [0])
        one, two = self.at(0.5)
        self.assertLess(two["median"], one["median"])
        self.assertEqual((two["speed_up"]["value"], two["verdict"]), (1.0, "tie"))

    def test_the_cost_of_the_search_is_what_all_rates_take_until_the_first_arrives(self) -> None:
        lasts = {0.1: 987, 0.2: 3}
        self.grid(lambda d, r, s: sample(power(1.0, 1.0 / d), lasts[r]), [1, 2], [0.1, 0.2], [0, 1])
        one, two = self.at(0.1, tuning=True)
        self.assertAlmostEqual(one["cost"], 9 + 3)
        self.assertAlmostEqual(two["cost"], 99 + 3)
        self.assertAlmostEqual(two["speed_up"]["value"], 12 / 102)

    def test_split_measures_on_the_other_half(self) -> None:
        # Each rate of depth 2 is quick for one half and slow for the other.
        def curve(d: int, r: float, s: int) -> list[tuple[int, float]]:
            lucky = (r == 0.1) == (s % 2 == 0)
            return sample(power(1.0, 1.0 if d == 1 else (1.0 if lucky else 0.5)))

        self.grid(curve, [1, 2], [0.1, 0.2], [0, 1, 2, 3])
        entry = self.at(0.1, split=True)[1]
        self.assertAlmostEqual(entry["split"], 9 / 99)

    def test_split_is_the_geometric_mean_of_both_ways(self) -> None:
        # Odd repetitions of depth 2 take 3 steps, even ones 99; depth 1 takes 9.
        self.grid(
            lambda d, r, s: sample(power(1.0, 1.0 if d == 1 else (0.5 if s % 2 else 2.0))), [1, 2], [0.1], [0, 1, 2]
        )
        middle = (math.sqrt(10) - 1 + math.sqrt(10) - 1) / 2
        self.assertAlmostEqual(self.at(0.1, split=True)[1]["split"], 9 / math.sqrt(99 * middle))

    def test_the_median_of_an_even_number_is_the_mean_of_the_middle_two(self) -> None:
        self.grid(lambda d, r, s: sample(power(1.0, 1 / (1 + s))), [1], [0.1], [0, 1])
        self.assertAlmostEqual(self.at(0.5)[0]["median"], (1 + 3) / 2)

    def test_the_shallowest_is_the_reference_wherever_it_stands(self) -> None:
        self.grid(lambda d, r, s: sample(power(1.0, 1 / d)), [3, 1, 2], [0.1], [0])
        entry = self.ledger.best()["races"][0]
        self.assertEqual((entry["reference"], [g["depth"] for g in entry["groups"]]), (1, [1, 2, 3]))

    def test_holes_take_their_setting_out_and_are_counted(self) -> None:
        states = {(1, 0.1, 0): "failed", (2, 0.2, 1): "", (2, 0.1, 1): "leased"}
        self.grid(
            lambda d, r, s: sample(power(1.0, 1.0)), [1, 2], [0.1, 0.2], [0, 1],
            lambda d, r, s: states.get((d, r, s), "succeeded"),
        )  # fmt: skip
        groups = self.ledger.best()["races"][0]["groups"]
        self.assertEqual(
            groups[0]["counts"],
            {"expected": 4, "finished": 3, "succeeded": 3, "diverged": 0, "stopped": 0, "failed": 1,
             "settings": 2, "complete_settings": 1},
        )  # fmt: skip
        self.assertEqual(groups[1]["counts"]["complete_settings"], 0)
        self.assertTrue(all(e["setting"] is None and e["speed_up"] is None for e in groups[1]["at"]))

    def test_a_ratio_over_something_missing_is_a_bound_and_allows_one_verdict(self) -> None:
        def told(quicker: int, missing: set[int]) -> tuple[Any, Any]:
            for view in ("sweep_overview", "results", "metric_points"):
                self.ledger.db.execute(f"DELETE FROM {view}")
            self.grid(
                lambda d, r, s: sample(power(1.0, 1.0 if d == quicker else 0.5)), [1, 2], [0.1, 0.2], [0],
                lambda d, r, s: "leased" if r == 0.2 and d in missing else "succeeded",
            )  # fmt: skip
            entry = self.at(0.1)[1]
            return entry["speed_up"] and entry["speed_up"]["bound"], entry["verdict"]

        self.assertEqual(told(1, set()), ("exact", "slower"))
        self.assertEqual(told(1, {1}), ("at_most", "slower"))
        self.assertEqual(told(1, {2}), ("at_least", None))
        self.assertEqual(told(2, {1}), ("at_most", None))
        self.assertEqual(told(2, {2}), ("at_least", "faster"))
        self.assertEqual(told(2, {1, 2}), (None, None))

    def test_the_profile_goes_from_below_the_common_start_to_where_the_reference_ends(self) -> None:
        self.grid(lambda d, r, s: sample(power(d * 1.0, 1.0)), [1, 2], [0.1], [0, 1])
        entry = self.ledger.best()["races"][0]
        self.assertEqual((entry["start"], entry["largest_start"]), (1.0, 2.0))
        self.assertAlmostEqual(entry["end"], 1 / 988)
        self.assertEqual(len(entry["goals"]), math.ceil(5 * math.log10(988)) + 1)
        self.assertEqual(entry["goals"][-1], 0.00102)
        self.assertEqual(entry["goals"][0], 0.631)
        self.assertEqual(entry["groups"][1]["quoted"], 0.00203)

    def test_goals_neither_repeat_nor_leave_the_range(self) -> None:
        self.assertEqual(race.profile(1.0004, 1.0002, False), [])
        close = race.profile(1.0, 0.9, False)
        self.assertEqual(close[-1], 0.9)
        self.assertTrue(all(a > b for a, b in zip(close, close[1:])))
        self.assertEqual(race.profile(1.0, 0.0, False), [])
        self.assertLess(race.profile(10.0, 9.98, False)[0], 10)
        self.assertEqual(len(race.profile(1.0, 1e-30, False)), 40)
        self.assertEqual(race.profile(1.0, 0.012345, True)[-1], 0.012345)

    def test_the_last_goal_is_rounded_upwards(self) -> None:
        for x, up in ((0.0125, 0.0125), (0.012501, 0.0126), (9.991, 10.0), (1e-30, 1e-30), (1234.0, 1240.0)):
            self.assertEqual(race.round3_up(x), up)

    def test_floor_of_the_excess_adds_gap_rounding_and_residuals(self) -> None:
        self.ledger.trial = {
            "data": {"synthetic": {"rows": "4", "columns": 2}},
            "loss": {"kind": "LOSS_KIND_LP", "lp": 4, "factor": "LOSS_FACTOR_ONE"},
            "precision": "PRECISION_FLOAT",
        }
        data = json.dumps({"synthetic": {"rows": 4, "columns": 2, "noise": 0}})
        for lp, value in ((3.0, 7.0), (4.0, 0.5)):
            row = ("lp", lp, "one", data, value, 1e-9, "")
            self.ledger.db.execute("INSERT INTO optima VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        self.grid(lambda d, r, s: sample(power(3.0, 1.0)), [1], [0.1], [0], metric="excess_loss")
        floor = self.ledger.best()["races"][0]["floor"]
        u = 2.0**-24
        self.assertEqual(floor["gap"], 1e-9)
        self.assertAlmostEqual(floor["difference"], 64 * u * 0.5, delta=1e-20)
        self.assertAlmostEqual(floor["residuals"], 3 * (64 * u) ** 4, delta=1e-30)
        self.assertAlmostEqual(floor["value"], 1e-9 + 32 * u + 3 * (64 * u) ** 4, delta=1e-18)

    def test_goals_below_the_floor_or_above_the_start_are_not_raced(self) -> None:
        self.grid(lambda d, r, s: sample(power(1.0, 1.0)), [1, 2], [0.1], [0])
        for goal in (1.0, 2.0, 1e-40):
            self.assertEqual(self.ledger.best(epsilon=goal)["races"][0]["goals"], [])

    def test_a_cut_takes_everything_after_it_away(self) -> None:
        self.grid(lambda d, r, s: sample(power(1.0, 1.0)), [1, 2], [0.1], [0])
        entry = self.ledger.best(at=21)["races"][0]
        self.assertAlmostEqual(entry["end"], 1 / 22)
        self.assertEqual(self.at(0.04, at=21)[0]["arrived"], 0)

    def test_who_never_left_the_start_is_named(self) -> None:
        self.grid(lambda d, r, s: sample(power(1.0, 1.0 if d == 1 else 1e-5)), [1, 4], [0.1, 0.2], [0])
        groups = self.ledger.best()["races"][0]["groups"]
        self.assertEqual([g["never_left"] for g in groups], [False, True])
        self.ledger.db.execute("UPDATE results SET state = 'diverged' WHERE trial = 2")
        self.assertTrue(self.ledger.best()["races"][0]["groups"][1]["never_left"])
        self.ledger.db.execute("UPDATE results SET state = 'diverged' WHERE trial = 3")
        self.assertFalse(self.ledger.best()["races"][0]["groups"][1]["never_left"])

    def test_grids_are_expanded_with_the_first_group_slowest(self) -> None:
        self.ledger.sweep(
            [{"model.depth": [1, 2], "model.init.std": [0.1, 0.2]}, {"optimizer.learning_rate": [0.1, 0.2, 0.3]}],
            by=["depth"],
        )
        self.ledger.add(4, {"depth": 2, "std": 0.2, "learning_rate": 0.2}, sample(power(1.0, 1.0)))
        self.ledger.db.commit()
        sweep = ledger.read_sweep(self.ledger.db, "made")
        self.assertEqual(sweep.value(4, "model.init.std"), 0.2)
        self.assertEqual(sweep.value(5, "optimizer.learning_rate"), 0.3)
        self.ledger.db.execute("UPDATE results SET trial = 3")
        with self.assertRaisesRegex(ValueError, "trial 3, axis optimizer.learning_rate: found 0.2, expected 0.1"):
            ledger.read_sweep(self.ledger.db, "made")

    def test_axis_values_are_those_that_the_spec_means(self) -> None:
        expand = ledger._expand  # pylint: disable=protected-access
        self.assertEqual(expand({"log": {"from": 1e-3, "to": 1, "per_decade": 1}}), [0.001, 0.01, 0.1, 1.0])
        self.assertEqual(expand({"log": {"from": 1e-5, "to": 1, "count": "3"}}), [1e-5, 0.00316227766016838, 1.0])
        self.assertEqual(expand({"range": {"from": "2", "to": "9", "step": "3"}}), [2, 5, 8])
        self.assertEqual(expand({"linspace": {"to": 0.3, "count": "4"}}), [0.0, 0.1, 0.2, 0.3])

    def test_every_kind_of_difference_is_found(self) -> None:
        self.grid(lambda d, r, s: sample(power(1.0, (1.0 + 0.01 * s) / d)), [1, 2], [0.1, 0.2], [0, 1, 2])
        own = json.loads(json.dumps({"best": self.ledger.best(split=True, tuning=True)}))
        told = copy.deepcopy(own)
        told["best"]["races"][0]["sentence"] = "Words."
        self.assertEqual(compare.differences(told, own), [])
        for path, change in _leaves(told["best"]["races"][0]):
            changed = copy.deepcopy(told)
            node = changed["best"]["races"][0]
            for part in path[:-1]:
                node = node[part]
            node[path[-1]] = change
            self.assertEqual(len(compare.differences(changed, own)), 1, f"{path} -> {change!r}")


def _leaves(node: Any, path: tuple[Any, ...] = ()) -> Iterable[tuple[tuple[Any, ...], Any]]:
    """Yields every path in a document, with a value that is wrong there."""
    if path and path[0] == "by":
        return
    if isinstance(node, (dict, list)) and len(node):
        for key, value in node.items() if isinstance(node, dict) else enumerate(node):
            yield from _leaves(value, (*path, key))
    elif path[-1] == "sentence":
        yield path, ""
    elif isinstance(node, bool):
        yield path, not node
    elif isinstance(node, int):
        yield path, node + 1
    elif isinstance(node, float):
        yield path, node * (1 + 3e-9) + 1e-300
    elif isinstance(node, str):
        yield path, node + "x"
    elif node is None:
        yield path, 1.0


if __name__ == "__main__":
    unittest.main()
