"""How much faster depth is at a goal, with intervals: the rules of docs/statistics.md, sections 3, 4, 6 and 7."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

from fathom.best import Groups, Setting, selection
from fathom.errors import QueryError
from fathom.metrics import facts_of
from fathom.plan import Plan
from fathom.resampling import Resampler, plain_median
from fathom.source import Curve, Source
from fathom.table import Table

_TIE = 1.05  # Speed-ups nearer to 1 are ties.


@dataclasses.dataclass
class _Standing:
    """How a group stands at the goal: its complete settings, their times and last steps, and the chosen one."""

    settings: list[Setting]
    times: list[list[float]]
    lasts: list[list[int]]
    chosen: int | None
    missing: bool  # Some trial is not finished.
    stopped_above: bool  # A rule ended a trial before it arrived.
    repetition_keys: list[tuple[Any, ...]]

    def price(self) -> float:
        """Return the median of the times at the chosen setting, but at least one step."""
        assert self.chosen is not None
        return max(1.0, plain_median(self.times[self.chosen]))

    def arrived(self) -> int:
        """Return how many repetitions arrive at the chosen setting, or the most at any."""
        counts = [sum(map(math.isfinite, times)) for times in self.times]
        return counts[self.chosen] if self.chosen is not None else max(counts, default=0)

    def reached(self) -> float:
        """Return the largest last step of a trial."""
        return float(max((max(lasts) for lasts in self.lasts), default=0))


def first_step(curve: Curve, goal: float) -> float:
    """Return the first step at which a curve is at or below the goal, interpolated; infinite where it never is."""
    before: tuple[int, float] | None = None
    for step, value in zip(curve.steps, curve.values, strict=True):
        if not math.isfinite(value):
            continue
        if value <= goal:
            if before is None or value == goal or value <= 0:
                return float(step)
            start, above = before
            share = math.log(above / goal) / math.log(above / value)
            low = math.log1p(start)
            return math.expm1(low + share * (math.log1p(step) - low))
        before = (step, value)
    return math.inf


def race_of(source: Source, sweep: int, groups: Groups, goal: float, arrive: float) -> list[dict[str, Any]]:
    """Return an entry per family, with what ``best.races`` of `fathom best --json` has at one goal."""
    plan = groups.plan
    if facts_of(plan.metric).use != "raced":
        raise QueryError(f"race: found {plan.metric}, expected a metric that is raced, such as loss")
    if not (math.isfinite(goal) and goal > 0 and 0 < arrive <= 1):
        raise QueryError("race: found a goal or a share that is none, expected a goal above 0 and a share up to 1")
    curves = _read_curves(source, sweep, groups)
    families: dict[tuple[tuple[str, Any], ...], list[tuple[Any, tuple[int, ...]]]] = {}
    for key in groups.keys():
        by = groups.by(key)
        depth = by.pop("depth", None)
        rest = tuple(by.items()) if depth is not None else (*by.items(), ("", key))
        families.setdefault(rest, []).append((depth, key))
    entries = []
    for rest, members in families.items():
        members.sort(key=lambda member: (member[0] is not None, member[0]))
        by = {name: value for name, value in rest if name}
        entries.append({"by": by, **_race_family(groups, curves, members, goal, arrive)})
    return entries


def _race_family(
    groups: Groups,
    curves: Mapping[int, Curve],
    members: Sequence[tuple[Any, tuple[int, ...]]],
    goal: float,
    arrive: float,
) -> dict[str, Any]:
    standings = [_stand(groups, key, curves, goal, arrive) for _, key in members]
    firsts = [value for standing in standings for value in _firsts(standing, curves)]
    if firsts and goal >= min(firsts):
        raise QueryError(f"race: found the goal {goal:g}, expected one below the common start {min(firsts):g}")
    reference = standings[0]
    entries = []
    for place, ((depth, key), own) in enumerate(zip(members, standings, strict=True)):
        entry = {"depth": depth, "counts": groups.counts(key), **_entry(own, groups.plan)}
        speed = _speed_up(reference, own) if place else None
        interval = None
        if speed is not None and reference.chosen is not None and own.chosen is not None:
            interval = _interval(reference, own, place, speed["value"], arrive)
        entry |= {"speed_up": speed, "interval": interval, "verdict": _verdict(reference, own, speed, interval)}
        entries.append(entry)
    return {"reference": members[0][0], "goal": goal, "groups": entries}


def _read_curves(source: Source, sweep: int, groups: Groups) -> dict[int, Curve]:
    trials = [t.number for of in groups.settings.values() for s in of.values() if s.complete() for t in s.trials]
    wanted = set(trials)
    read = source.curves(sweep, groups.plan.metric, selection(sweep, sorted(trials))) if trials else iter(())
    return {curve.trial: _finite(curve) for curve in read if curve.trial in wanted}


def _finite(curve: Curve) -> Curve:
    points = [(s, v) for s, v in zip(curve.steps, curve.values, strict=True) if math.isfinite(v)]
    return Curve(curve.trial, [step for step, _ in points], [value for _, value in points])


def _firsts(standing: _Standing, curves: Mapping[int, Curve]) -> list[float]:
    trials = [trial.number for setting in standing.settings for trial in setting.trials]
    return [curves[number].values[0] for number in trials if number in curves and len(curves[number].values)]


def _stand(
    groups: Groups, key: tuple[int, ...], curves: Mapping[int, Curve], goal: float, arrive: float
) -> _Standing:
    of_group = groups.settings.get(key, {}).values()
    settings = [setting for setting in of_group if setting.complete()]
    nothing = Curve(0, [], [])
    of = [[curves.get(trial.number, nothing) for trial in setting.trials] for setting in settings]
    times = [[first_step(curve, goal) for curve in some] for some in of]
    lasts = [[curve.steps[-1] if len(curve.steps) else 0 for curve in some] for some in of]
    counts = groups.counts(key)
    stopped = any(
        trial.state == "stopped" and math.isinf(time)
        for setting, some in zip(settings, times, strict=True)
        for trial, time in zip(setting.trials, some, strict=True)
    )
    average = groups.plan.average
    example = settings[0].trials if settings else []
    keys = [tuple(groups.grid.value(axis, trial.number) for axis in average) for trial in example]
    missing = counts["finished"] < counts["expected"]
    return _Standing(settings, times, lasts, _choose(times, arrive), missing, stopped, keys)


def _choose(times: Sequence[Sequence[float]], arrive: float) -> int | None:
    """Return the setting with the least finite median among those where the share arrives, the first of equals."""
    best, chosen = math.inf, None
    for place, some in enumerate(times):
        if _arrives(some, arrive) and plain_median(some) < best:
            best, chosen = plain_median(some), place
    return chosen


def _arrives(times: Sequence[float], arrive: float) -> bool:
    count = sum(map(math.isfinite, times))
    return count >= 1 and count >= arrive * len(times)


def _entry(own: _Standing, plan: Plan) -> dict[str, Any]:
    entry: dict[str, Any] = {"arrived": own.arrived(), "setting": None, "trials": None, "times": None}
    entry |= {"median": None, "ert": None}
    if own.chosen is None:
        return entry
    setting, times = own.settings[own.chosen], own.times[own.chosen]
    spent = 0.0
    for time, last in zip(times, own.lasts[own.chosen], strict=True):
        spent += min(time, last)
    return entry | {
        "setting": dict(zip([axis.name for axis in plan.over], setting.values, strict=True)),
        "trials": [trial.number for trial in setting.trials],
        "times": [time if math.isfinite(time) else None for time in times],
        "median": plain_median(times),
        "ert": spent / own.arrived(),
    }


def _speed_up(reference: _Standing, own: _Standing) -> dict[str, Any] | None:
    if reference.chosen is not None and own.chosen is not None:
        bounds = {(False, False): "exact", (True, False): "at_most", (False, True): "at_least"}
        bound = bounds.get((reference.missing, own.missing))
        return None if bound is None else {"value": reference.price() / own.price(), "bound": bound}
    if reference.chosen is None and own.chosen is None:
        return None
    late = own if own.chosen is None else reference
    if late.arrived() or late.stopped_above or late.missing or not late.reached() > 0:
        return None
    if late is reference:
        return {"value": late.reached() / own.price(), "bound": "at_least"}
    return {"value": reference.price() / late.reached(), "bound": "at_most"}


def _interval(
    reference: _Standing, own: _Standing, place: int, speed_up: float, arrive: float
) -> list[float] | None:
    sides = [[times for times in side.times if _arrives(times, arrive)] for side in (reference, own)]
    sizes = {len(times) for side in sides for times in side}
    if len(sizes) != 1 or min(sizes) < 3:
        return None
    paired = reference.repetition_keys == own.repetition_keys
    resampler = Resampler(min(sizes))
    return resampler.speed_up_interval(sides[0], sides[1], 0 if paired else place, speed_up)


def _verdict(
    reference: _Standing, own: _Standing, speed: dict[str, Any] | None, interval: Sequence[float] | None
) -> str | None:
    if speed is None:
        return None
    if own.chosen is None:
        return "behind"
    if reference.chosen is None:
        return "ahead"
    if speed["bound"] != "at_most" and speed["value"] > _TIE and (interval is None or interval[0] > 1):
        return "faster"
    if speed["bound"] != "at_least" and speed["value"] < 1 / _TIE and (interval is None or interval[1] < 1):
        return "slower"
    return "tie" if speed["bound"] == "exact" else None


def as_table(families: Sequence[Mapping[str, Any]], plan: Plan) -> Table:
    """Return the groups as rows: axes, steps, settings and speed-up with its interval."""
    rows = []
    for family in families:
        for group in family["groups"]:
            low, high = group["interval"] or (None, None)
            speed = group["speed_up"] or {"value": None, "bound": None}
            rows.append(
                {
                    **family["by"],
                    **({"depth": group["depth"]} if group["depth"] is not None else {}),
                    "steps": group["median"],
                    "arrived": group["arrived"],
                    **{axis.name: (group["setting"] or {}).get(axis.name) for axis in plan.over},
                    "speed_up": speed["value"],
                    "bound": speed["bound"],
                    "low": low,
                    "high": high,
                    "verdict": group["verdict"],
                }
            )
    columns = list(rows[0]) if rows else []
    goal = families[0]["goal"] if families else math.nan
    return Table({name: [row[name] for row in rows] for name in columns}, f"race to {plan.metric} {goal:g}")
