"""The best setting of each group of trials: the numbers of `fathom best`."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from typing import Any

from fathom.errors import QueryError
from fathom.grid import Axis, Grid
from fathom.metrics import facts_of
from fathom.plan import Plan
from fathom.source import Curve, Source, literal
from fathom.statistics import describe, student_quantile
from fathom.table import Table

_FINDINGS = ("succeeded", "diverged", "stopped")
_COUNTED = ("succeeded", "diverged", "stopped", "failed")


@dataclasses.dataclass
class Trial:
    """A trial that was given out."""

    number: int
    state: str
    final_loss: float
    value: float | None = None  # At the compared step.
    last_step: int = 0


@dataclasses.dataclass
class Setting:
    """The repetitions of one choice of the axes in `over`."""

    values: list[Any]
    expected: int
    trials: list[Trial] = dataclasses.field(default_factory=list)

    def finished(self) -> int:
        """Return how many repetitions have ended by themselves or by a rule."""
        return len([trial for trial in self.trials if trial.state in _FINDINGS])

    def complete(self) -> bool:
        """Return whether all repetitions are finished."""
        return self.finished() == self.expected

    def mean_final_loss(self) -> float:
        """Return the mean of the last losses, infinite where one has none."""
        total = 0.0
        for trial in self.trials:
            total += trial.final_loss
        return total / len(self.trials)

    def mean(self) -> float | None:
        """Return the mean value; nothing unless every repetition has one."""
        if len(self.trials) != self.expected:
            return None
        total = 0.0
        for trial in self.trials:
            if trial.value is None:
                return None
            total += trial.value
        return total / len(self.trials)


class _Part:
    """What a group of axes that move together adds to groups and settings.

    `taken` are the places that count, all where it is unset.
    """

    def __init__(self, grid: Grid, number: int, plan: Plan, taken: set[int] | None) -> None:
        self.stride, self.length = grid.strides[number], grid.lengths[number]
        self.taken = taken
        self.count = self.length if taken is None else len(taken)
        by = [axis for axis in plan.by if axis.group == number]
        over = [axis for axis in plan.over if axis.group == number]
        self.matters = bool(by or over)
        if not self.matters:
            return
        places = range(self.length) if taken is None else sorted(taken)
        self.group = _numbered(by, places)
        self.setting = _numbered(over, places)
        self.example: dict[int, int] = {}
        self.size: dict[int, int] = {}
        self.shared: dict[tuple[int, int], int] = {}
        for place in places:
            pair = (self.group[place], self.setting[place])
            self.example.setdefault(pair[0], place)
            self.size[pair[0]] = self.size.get(pair[0], 0) + 1
            self.shared[pair] = self.shared.get(pair, 0) + 1


def _numbered(axes: list[Axis], places: Iterable[int]) -> dict[int, int]:
    """Number the places of a group of axes by what these axes are there, as it first appears."""
    known: dict[tuple[Any, ...], int] = {}
    return {i: known.setdefault(tuple(axis.values[i] for axis in axes), len(known)) for i in places}


class Groups:
    """The trials of a sweep by group and setting; `taken` narrows them down by places of axes."""

    def __init__(self, source: Source, sweep: int, grid: Grid, plan: Plan, taken: Mapping[int, set[int]]) -> None:
        """Read the trials with their values at the compared step."""
        self.grid, self.plan = grid, plan
        parts = [_Part(grid, i, plan, taken.get(i)) for i in range(len(grid.lengths))]
        self.parts = [part for part in parts if part.matters]
        self.averaged = math.prod(part.count for part in parts if not part.matters)
        self.settings: dict[tuple[int, ...], dict[tuple[int, ...], Setting]] = {}
        narrow = [part for part in parts if part.taken is not None]
        for trial in _read_trials(source, sweep, plan):
            if all(trial.number // part.stride % part.length in (part.taken or ()) for part in narrow):
                self._add(trial)

    def _add(self, trial: Trial) -> None:
        places = [trial.number // part.stride % part.length for part in self.parts]
        group = tuple(part.group[at] for part, at in zip(self.parts, places, strict=True))
        setting = tuple(part.setting[at] for part, at in zip(self.parts, places, strict=True))
        found = self.settings.setdefault(group, {}).get(setting)
        if found is None:
            shared = [part.shared[g, s] for part, g, s in zip(self.parts, group, setting, strict=True)]
            values = [self.grid.value(axis, trial.number) for axis in self.plan.over]
            found = self.settings[group][setting] = Setting(values, self.averaged * math.prod(shared))
        found.trials.append(trial)

    def keys(self) -> list[tuple[int, ...]]:
        """Return all groups of the grid, ordered by the axes in `by` as their values come first."""
        return _ordered(self.parts, self.plan, self.grid)

    def counts(self, key: tuple[int, ...]) -> dict[str, int]:
        """Return how the trials of a group stand."""
        settings = self.settings.get(key, {}).values()
        sizes = [part.size[number] for part, number in zip(self.parts, key, strict=True)]
        counts = {"expected": self.averaged * math.prod(sizes)}
        counts["finished"] = sum(setting.finished() for setting in settings)
        states = [trial.state for setting in settings for trial in setting.trials]
        counts |= {state: states.count(state) for state in _COUNTED}
        distinct = [len({s for g, s in part.shared if g == n}) for part, n in zip(self.parts, key, strict=True)]
        counts["settings"] = math.prod(distinct)
        counts["complete_settings"] = sum(setting.complete() for setting in settings)
        return counts

    def by(self, key: tuple[int, ...]) -> dict[str, Any]:
        """Return the values of the axes in `by` in a group."""
        trial = 0  # Any of the group.
        for part, number in zip(self.parts, key, strict=True):
            trial += part.example[number] * part.stride
        return {axis.name: self.grid.value(axis, trial) for axis in self.plan.by}


def best_of(groups: Groups) -> list[dict[str, Any]]:
    """Return an entry per group, as in ``best.groups`` of `fathom best --json`."""
    plan = groups.plan
    return [
        {
            "by": groups.by(key),
            "counts": groups.counts(key),
            "best": _best_entry(_choose(groups.settings.get(key, {}).values(), plan), plan),
        }
        for key in groups.keys()
    ]


def _ordered(parts: list[_Part], plan: Plan, grid: Grid) -> list[tuple[int, ...]]:
    """Return all groups, ordered by the axes in `by` as their values come first."""
    keys: list[tuple[int, ...]] = [()]
    for part in parts:
        keys = [(*key, number) for key in keys for number in part.example]
        if len(keys) > 10_000:
            raise QueryError("found more than 10000 groups, expected fewer; name fewer axes in `by`")
    strides = [part.stride for part in parts]
    at = [strides.index(grid.strides[axis.group]) for axis in plan.by]
    return sorted(keys, key=lambda key: [key[i] for i in at])


def _choose(settings: Iterable[Setting], plan: Plan) -> Setting | None:
    """Return the setting of the best mean; of equal ones the first."""
    facts = facts_of(plan.metric)
    best, best_rank = None, math.nan
    for setting in settings:
        value = setting.mean()
        if value is None:
            continue
        rank = setting.mean_final_loss() if facts.use == "shown" else -value if facts.larger_is_better else value
        if best is None or rank < best_rank:
            best, best_rank = setting, rank
    return best


def _best_entry(setting: Setting | None, plan: Plan) -> dict[str, Any] | None:
    if setting is None:
        return None
    values = [trial.value for trial in setting.trials if trial.value is not None]
    states = {trial.state for trial in setting.trials}
    stopped = [t for t in setting.trials if t.state == "stopped" and plan.step is not None and t.last_step < plan.step]
    return {
        "value": setting.mean(),
        "settings": dict(zip([axis.name for axis in plan.over], setting.values, strict=True)),
        "trials": [trial.number for trial in setting.trials],
        "values": values,
        "statistics": describe(values),
        "diverged_later": "diverged" in states,
        "stopped_earlier": bool(stopped),
    }


def _read_trials(source: Source, sweep: int, plan: Plan) -> list[Trial]:
    _, rows = source.rows(f"SELECT trial, state, final_loss FROM results WHERE sweep={literal(sweep)} ORDER BY trial")
    trials = [Trial(number, state, math.inf if loss is None else loss) for number, state, loss in rows]
    known = {trial.number: trial for trial in trials}
    whole: list[int] = []
    for curve in source.last_points(sweep, plan.metric):
        trial = known.get(curve.trial)
        if trial is None:
            continue
        later = plan.step is not None and curve.steps[-1] > plan.step
        if later or not math.isfinite(curve.values[-1]):
            whole.append(curve.trial)
        else:
            _take(trial, curve, plan)
    if whole:
        for curve in source.curves(sweep, plan.metric, selection(sweep, whole)):
            if curve.trial in known:
                _take(known[curve.trial], curve, plan)
    return trials


def selection(sweep: int, trials: list[int]) -> str:
    """Return the SQL that selects these trials, or all where they are too many to be named."""
    listed = f" AND trial IN ({','.join(map(str, trials))})" if len(trials) <= 20_000 else ""
    return f"SELECT trial FROM results WHERE sweep={literal(sweep)}{listed} ORDER BY trial"


def _take(trial: Trial, curve: Curve, plan: Plan) -> None:
    """Keep what a curve says at the compared step; values that are not finite are gaps."""
    end = math.inf if plan.cut is None else plan.cut
    points = [(s, v) for s, v in zip(curve.steps, curve.values, strict=True) if math.isfinite(v) and s <= end]
    if not points:
        return
    trial.last_step = points[-1][0]
    if plan.step is None:
        trial.value = points[-1][1] if trial.state in ("stopped", "succeeded") else None
    elif trial.state == "stopped" and trial.last_step < plan.step:
        trial.value = points[-1][1]
    else:
        trial.value = next((value for step, value in points if step == plan.step), None)


def _ends(statistics: Mapping[str, Any]) -> dict[str, float | None]:
    """Return the ends of the interval of a mean: mean ± t standard error, at 95 %."""
    error = statistics.get("standard_error")
    if error is None:
        return {"low": None, "high": None}
    reach = student_quantile(statistics["count"] - 1) * error
    return {"low": statistics["mean"] - reach, "high": statistics["mean"] + reach}


def as_table(groups: list[dict[str, Any]], plan: Plan, interval: bool) -> Table:
    """Return the groups as rows: axes, value, standard error, its interval if asked, settings and counts."""
    rows: list[dict[str, Any]] = []
    for group in groups:
        best = group["best"]
        statistics = best["statistics"] if best else {}
        rows.append(
            {
                **group["by"],
                plan.metric: best["value"] if best else None,
                "standard_error": statistics.get("standard_error"),
                **(_ends(statistics) if interval else {}),
                **{axis.name: best["settings"][axis.name] if best else None for axis in plan.over},
                **{key: statistics.get(key) for key in ("least", "p25", "median", "p75", "most")},
                "trials": best["trials"] if best else [],
                **{key: group["counts"][key] for key in ("expected", "finished", "diverged")},
            }
        )
    columns = list(rows[0]) if rows else []
    step = "at the end of each trial" if plan.step is None else f"at step {plan.step:,}"
    return Table({name: [row[name] for row in rows] for name in columns}, f"best {plan.metric} {step}")
