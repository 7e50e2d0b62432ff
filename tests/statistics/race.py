"""Computes times, choices, speed-ups, goals and verdicts of a race (sections 3 to 8)."""

from __future__ import annotations

import dataclasses
import math
import sqlite3
from typing import Any, Sequence

import numpy as np

import groups as grouping
import ledger
import resampling

RACED = ("loss", "lp_error", "excess_loss")
TIE = 1.05


@dataclasses.dataclass(frozen=True)
class Standing:
    """How a group stands at a goal.

    `times` has, for each complete setting, an array over its repetitions, and
    `lasts` has the last recorded steps C in the same shape. `chosen` is the place
    of the chosen setting, or None where the group does not arrive.
    """

    group: grouping.Group
    times: list[np.ndarray]
    lasts: list[np.ndarray]
    chosen: int | None
    stopped_above: bool

    def repetitions(self) -> int:
        """Returns the number of repetitions of the chosen setting, or the most of any setting."""
        return self.group.repetitions if self.chosen is None else len(self.times[self.chosen])

    def arrived(self) -> int:
        """Returns how many repetitions arrive at the chosen setting, or the most at any setting."""
        counts = [int(np.isfinite(t).sum()) for t in self.times]
        return counts[self.chosen] if self.chosen is not None else max(counts, default=0)


def time_to(curves: ledger.Curves, trials: np.ndarray, goal: float) -> np.ndarray:
    """Returns T of every trial: the first step at or below the goal, infinite where there is none.

    T = exp(log(1+t0) + log(v0/e) / log(v0/v1) (log(1+t1) - log(1+t0))) - 1, and
    T = t1 where v1 = e or v1 <= 0.
    """
    below = curves.values[trials] <= goal
    at = below.argmax(axis=1)
    hit = below[np.arange(len(trials)), at]
    times = np.full(len(trials), np.inf)
    rows, at = trials[hit], at[hit]
    before = np.maximum(at - 1, 0)
    t0, t1 = curves.steps[rows, before], curves.steps[rows, at]
    v0, v1 = curves.values[rows, before], curves.values[rows, at]
    exact = (at == 0) | (v1 == goal) | (v1 <= 0)
    with np.errstate(all="ignore"):
        share = np.log(v0 / goal) / np.log(v0 / v1)
        between = np.exp(np.log1p(t0) + share * (np.log1p(t1) - np.log1p(t0))) - 1
    times[hit] = np.where(exact, t1, between)
    return times


def median(values: np.ndarray) -> float:
    """Returns the middle value, or the mean of the middle two, which is infinite when one of them is."""
    ordered = np.sort(values)
    n = len(ordered)
    return float((ordered[(n - 1) // 2] + ordered[n // 2]) / 2)


def choose(times: Sequence[np.ndarray], arrive: float) -> int | None:
    """Returns the setting with the least finite median among those where the share arrives, the first of equals."""
    best, place = math.inf, None
    for number, t in enumerate(times):
        if np.isfinite(t).sum() / len(t) >= arrive and median(t) < best:
            best, place = median(t), number
    return place


def search_cost(times: Sequence[np.ndarray], lasts: Sequence[np.ndarray], chosen: int) -> float:
    """Returns the median over the repetitions s of sum_a min(T(g, a*, s), C(g, a, s))."""
    return median(resampling.search_costs(times[chosen], lasts))


def stand(sweep: ledger.Sweep, curves: ledger.Curves, group: grouping.Group, goal: float, arrive: float) -> Standing:
    """Finds the times of a group at a goal, and chooses its setting."""
    times = [time_to(curves, s.trials, goal) for s in group.settings]
    lasts = [curves.last_step(s.trials) for s in group.settings]
    stopped = any(((sweep.states[s.trials] == "stopped") & np.isinf(t)).any() for s, t in zip(group.settings, times))
    return Standing(group, times, lasts, choose(times, arrive), stopped)


def price(standing: Standing, tuning: bool) -> float:
    """Returns what S is a ratio of: the median of T or the cost of the search, but at least one step."""
    chosen = standing.chosen
    assert chosen is not None
    if tuning:
        return max(1.0, search_cost(standing.times, standing.lasts, chosen))
    return max(1.0, median(standing.times[chosen]))


def reached_without(standing: Standing, tuning: bool) -> float:
    """Returns C of a group that does not arrive: its largest last step, or the cost of its whole search."""
    if tuning:
        return median(np.sum(standing.lasts, axis=0))
    return max(float(last.max()) for last in standing.lasts)


def speed_up(reference: Standing, group: Standing, tuning: bool) -> dict[str, Any] | None:
    """Returns S and whether it is exact, at least or at most; None where there is no S.

    A missing setting could only have made its group faster. So S is at most the
    ratio when the reference lacks a setting, and at least the ratio when the group
    does. A missing setting would also have added to the cost of a search, so that
    there is no S of searches that lack one.
    """
    if tuning and (reference.group.missing() or group.group.missing()):
        return None
    if reference.chosen is not None and group.chosen is not None:
        bounds = {(False, False): "exact", (True, False): "at_most", (False, True): "at_least"}
        bound = bounds.get((reference.group.missing(), group.group.missing()))
        if bound is None:
            return None
        return {"value": price(reference, tuning) / price(group, tuning), "bound": bound}
    if reference.chosen is None and group.chosen is None:
        return None
    late = group if group.chosen is None else reference
    if late.arrived() or late.stopped_above or late.group.missing():
        return None
    if late is reference:
        return {"value": reached_without(late, tuning) / price(group, tuning), "bound": "at_least"}
    limit = reached_without(late, tuning)
    return {"value": price(reference, tuning) / limit, "bound": "at_most"} if limit > 0 else None


def verdict(
    reference: Standing, group: Standing, speed: dict[str, Any] | None, interval: list[float] | None
) -> str | None:
    """Returns faster, slower, tie, ahead or behind (section 7), or None.

    Where both groups arrive and a setting is missing, only the verdict that the
    bound allows is given.
    """
    if speed is None:
        return None
    if group.chosen is None:
        return "behind"
    if reference.chosen is None:
        return "ahead"
    if speed["bound"] != "at_most" and speed["value"] > TIE and (interval is None or interval[0] > 1):
        return "faster"
    if speed["bound"] != "at_least" and speed["value"] < 1 / TIE and (interval is None or interval[1] < 1):
        return "slower"
    return "tie" if speed["bound"] == "exact" else None


def split_speed_up(reference: Standing, group: Standing, options: grouping.Options) -> float | None:
    """Returns the geometric mean of S chosen on odd and measured on even repetitions, and of the reverse."""
    logs = []
    for choice, measure in ((slice(0, None, 2), slice(1, None, 2)), (slice(1, None, 2), slice(0, None, 2))):
        prices = []
        for standing in (reference, group):
            if any(len(t) < 2 for t in standing.times):
                return None
            chosen = choose([t[choice] for t in standing.times], options.arrive)
            half = dataclasses.replace(
                standing,
                times=[t[measure] for t in standing.times],
                lasts=[c[measure] for c in standing.lasts],
                chosen=chosen,
            )
            if chosen is None or math.isinf(median(half.times[chosen])):
                return None
            prices.append(price(half, options.tuning))
        logs.append(math.log(prices[0] / prices[1]))
    return math.exp(sum(logs) / 2)


def floors(
    db: sqlite3.Connection, sweep: ledger.Sweep, family: grouping.Family, metric: str, largest: float
) -> dict[str, float]:
    """Returns the largest floor over the losses, data and precisions of the family.

    It is, for excess_loss, gap + 64 u max(L*, 0) + A (64 u)^p; for loss and lp_error, A (64 u)^p.
    """
    wanted = ("loss.", "data.", "precision")
    axes = [a for a in sweep.axes if a.field.startswith(wanted)]
    seen: dict[tuple[int, ...], dict[str, float]] = {}
    for trial in family.complete().tolist():
        key = tuple(int(a.codes[trial]) for a in axes)
        if key in seen:
            continue
        kind = sweep.value(trial, "loss.kind", "lp")
        p = float(sweep.value(trial, "loss.lp", 2)) if kind == "lp" else 1.0
        u = 2.0**-24 if sweep.value(trial, "precision", "double") == "float" else 2.0**-53
        gap = difference = 0.0
        if metric == "excess_loss":
            optimum, gap = ledger.read_optimum(db, sweep, trial) or (largest, 0.0)
            difference = 64 * u * max(optimum, 0.0)
        residuals = largest * (64 * u) ** p
        seen[key] = {
            "value": gap + difference + residuals,
            "gap": gap,
            "difference": difference,
            "residuals": residuals,
        }
    return max(seen.values(), key=lambda f: f["value"])


def group_end(curves: ledger.Curves, group: grouping.Group) -> float:
    """Returns the least, over complete settings, of the largest last value of the repetitions."""
    return min((float(curves.last(s.trials).max()) for s in group.settings), default=math.inf)


def round3(x: float) -> float:
    """Returns x rounded to three significant decimal digits."""
    return float(f"{x:.2e}")


def round3_up(x: float) -> float:
    """Returns the least number of three significant decimal digits that is not below x."""
    rounded = round3(x)
    if rounded >= x:
        return rounded
    mantissa, exponent = f"{x:.2e}".split("e")
    return float(f"{int(mantissa.replace('.', '')) + 1}e{int(exponent) - 2}")


def profile(high: float, low: float, exact_end: bool, other_ends: Sequence[float] = ()) -> list[float]:
    """Returns the goals from below `high` down to `low` on a log grid, as section 5 rounds them.

    The ends of the other groups, rounded upwards, are goals too, so that the lowest
    goal at which two groups arrive is where one of them ends.
    """
    if not 0 < low < high or math.isinf(high):
        return []
    count = min(40, max(10, math.ceil(5 * math.log10(high / low))))
    shares = [k / count for k in range(1, count)]
    goals = {round3(high ** (1 - share) * low**share) for share in shares}
    goals.add(low if exact_end else round3_up(low))
    goals.update(round3_up(end) for end in other_ends if 0 < end < math.inf)
    return sorted((g for g in goals if low <= g < high), reverse=True)


def loss_below(sweep: ledger.Sweep, family: grouping.Family) -> float:
    """Returns the largest `stop.loss_below` of the family, or 0 where none is set."""
    values = (sweep.value(t, "stop.loss_below", 0.0) for t in family.complete().tolist())
    return max((float(v) for v in values), default=0.0)


def run_family(
    db: sqlite3.Connection,
    sweep: ledger.Sweep,
    curves: ledger.Curves,
    family: grouping.Family,
    options: grouping.Options,
) -> dict[str, Any]:
    """Returns an entry of `best.races`."""
    firsts = curves.first(family.complete())
    firsts = firsts[np.isfinite(firsts)]
    race: dict[str, Any] = {
        "by": family.by,
        "reference": family.groups[0].depth,
        "start": None,
        "largest_start": None,
        "floor": None,
        "end": None,
        "goals": [],
    }
    if len(firsts):
        high, largest = float(firsts.min()), float(firsts.max())
        floor = floors(db, sweep, family, options.metric, largest)
        race.update(start=high, largest_start=largest, floor=floor)
        end, *others = (group_end(curves, g) for g in family.groups)
        if math.isfinite(end):
            stop = loss_below(sweep, family) if options.metric == "loss" else 0.0
            race["end"] = max(floor["value"], end, stop)
            race["goals"] = profile(high, race["end"], stop == race["end"], others)
        if options.epsilon is not None:
            raced = floor["value"] <= options.epsilon < high
            race["goals"] = [options.epsilon] if raced else []
    race["groups"] = run_groups(sweep, curves, family, race["goals"], options)
    return race


def never_left(sweep: ledger.Sweep, curves: ledger.Curves, trials: np.ndarray) -> bool:
    """Returns whether no trial ends below 0.999 of its start, and some trial did not diverge."""
    stayed = (curves.last(trials) >= 0.999 * curves.first(trials)).all()
    return bool(stayed and (sweep.states[trials] != "diverged").any())


def run_groups(
    sweep: ledger.Sweep,
    curves: ledger.Curves,
    family: grouping.Family,
    goals: list[float],
    options: grouping.Options,
) -> list[dict[str, Any]]:
    """Returns the entries of the groups of a race, the reference first."""
    entries = []
    reference = [stand(sweep, curves, family.groups[0], e, options.arrive) for e in goals]
    for number, group in enumerate(family.groups):
        trials = group.complete()
        firsts = curves.first(trials)
        known = firsts[np.isfinite(firsts)]
        end = group_end(curves, group)
        at, quoted = [], None
        for goal, base in zip(goals, reference):
            own = stand(sweep, curves, group, goal, options.arrive) if number else base
            at.append(goal_entry(goal, base if number else None, own, number, options))
            if number and own.chosen is not None and base.chosen is not None:
                quoted = goal
        entries.append(
            {
                "depth": group.depth,
                "counts": group.counts,
                "first": {"least": float(known.min()), "largest": float(known.max())} if len(known) else None,
                "end": end if math.isfinite(end) else None,
                "never_left": never_left(sweep, curves, trials),
                "at": at,
                "quoted": quoted,
            }
        )
    return entries


def goal_entry(
    goal: float, reference: Standing | None, own: Standing, place: int, options: grouping.Options
) -> dict[str, Any]:
    """Returns the entry of a group at a goal. It is `place` groups after `reference`, which is None for itself."""
    entry: dict[str, Any] = {
        "goal": goal,
        "arrived": own.arrived(),
        "repetitions": own.repetitions(),
        "setting": None,
        "trials": None,
        "times": None,
        "median": None,
        "ert": None,
        "cost": None,
        "speed_up": None,
        "interval": None,
        "verdict": None,
        "split": None,
    }
    if own.chosen is not None:
        setting, times = own.group.settings[own.chosen], own.times[own.chosen]
        entry["setting"] = setting.values
        entry["trials"] = setting.trials.tolist()
        entry["times"] = [t if math.isfinite(t) else None for t in times.tolist()]
        entry["median"] = median(times)
        entry["ert"] = float(np.minimum(times, own.lasts[own.chosen]).sum()) / own.arrived()
        if options.tuning:
            entry["cost"] = search_cost(own.times, own.lasts, own.chosen)
    if reference is None:
        return entry
    speed = speed_up(reference, own, options.tuning)
    entry["speed_up"] = speed
    interval = None
    if speed is not None and reference.chosen is not None and own.chosen is not None:
        interval = resampling.race_interval(reference, own, place, speed["value"], options)
        if options.split:
            entry["split"] = split_speed_up(reference, own, options)
    entry["interval"] = resampling.printable(interval)
    entry["verdict"] = verdict(reference, own, speed, interval)
    return entry
