"""The best setting of each group of trials: the numbers of `fathom best`."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable
from typing import Any

from fathom.errors import QueryError
from fathom.grid import Axis, Grid
from fathom.metrics import facts_of
from fathom.plan import Plan
from fathom.source import Curve, Source, literal
from fathom.statistics import describe
from fathom.table import Table

_FINDINGS = ("succeeded", "diverged", "stopped")
_COUNTED = ("succeeded", "diverged", "stopped", "failed")


@dataclasses.dataclass
class _Trial:
    number: int
    state: str
    final_loss: float
    value: float | None = None  # At the compared step.
    last_step: int = 0


@dataclasses.dataclass
class _Setting:
    values: list[Any]
    expected: int
    trials: list[_Trial] = dataclasses.field(default_factory=list)

    def finished(self) -> int:
        return len([trial for trial in self.trials if trial.state in _FINDINGS])

    def mean_final_loss(self) -> float:
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
    """What a group of axes that move together adds to groups and settings."""

    def __init__(self, grid: Grid, number: int, plan: Plan) -> None:
        self.stride, self.length = grid.strides[number], grid.lengths[number]
        by = [axis for axis in plan.by if axis.group == number]
        over = [axis for axis in plan.over if axis.group == number]
        self.matters = bool(by or over)
        if not self.matters:
            return
        self.group = _numbered(by, self.length)
        self.setting = _numbered(over, self.length)
        self.example: dict[int, int] = {}
        self.size: dict[int, int] = {}
        self.shared: dict[tuple[int, int], int] = {}
        for place, pair in enumerate(zip(self.group, self.setting, strict=True)):
            self.example.setdefault(pair[0], place)
            self.size[pair[0]] = self.size.get(pair[0], 0) + 1
            self.shared[pair] = self.shared.get(pair, 0) + 1


def _numbered(axes: list[Axis], length: int) -> list[int]:
    """Number the places of a group of axes by what these axes are there, as it first appears."""
    known: dict[tuple[Any, ...], int] = {}
    return [known.setdefault(tuple(axis.values[i] for axis in axes), len(known)) for i in range(length)]


def best_of(source: Source, sweep: int, grid: Grid, plan: Plan) -> list[dict[str, Any]]:
    """Return an entry per group, as in ``best.groups`` of `fathom best --json`."""
    trials = _read_trials(source, sweep, plan)
    parts = [part for part in (_Part(grid, i, plan) for i in range(len(grid.lengths))) if part.matters]
    averaged = math.prod(grid.lengths) // math.prod(part.length for part in parts)
    groups: dict[tuple[int, ...], dict[tuple[int, ...], _Setting]] = {}
    for trial in trials:
        places = [trial.number // part.stride % part.length for part in parts]
        group = tuple(part.group[at] for part, at in zip(parts, places, strict=True))
        setting = tuple(part.setting[at] for part, at in zip(parts, places, strict=True))
        found = groups.setdefault(group, {}).get(setting)
        if found is None:
            shared = [part.shared[g, s] for part, g, s in zip(parts, group, setting, strict=True)]
            values = [grid.value(axis, trial.number) for axis in plan.over]
            found = groups[group][setting] = _Setting(values, averaged * math.prod(shared))
        found.trials.append(trial)
    return [_entry(key, groups.get(key, {}), parts, averaged, plan, grid) for key in _ordered(parts, plan, grid)]


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


def _entry(
    key: tuple[int, ...],
    settings: dict[tuple[int, ...], _Setting],
    parts: list[_Part],
    averaged: int,
    plan: Plan,
    grid: Grid,
) -> dict[str, Any]:
    trial = 0  # Any of the group.
    for part, number in zip(parts, key, strict=True):
        trial += part.example[number] * part.stride
    counts = {"expected": averaged * math.prod(part.size[n] for part, n in zip(parts, key, strict=True))}
    counts["finished"] = sum(setting.finished() for setting in settings.values())
    states = [trial.state for setting in settings.values() for trial in setting.trials]
    counts |= {state: states.count(state) for state in _COUNTED}
    distinct = [len({s for g, s in part.shared if g == n}) for part, n in zip(parts, key, strict=True)]
    counts["settings"] = math.prod(distinct)
    counts["complete_settings"] = sum(s.finished() == s.expected for s in settings.values())
    return {
        "by": {axis.name: grid.value(axis, trial) for axis in plan.by},
        "counts": counts,
        "best": _best_entry(_choose(settings.values(), plan), plan),
    }


def _choose(settings: Iterable[_Setting], plan: Plan) -> _Setting | None:
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


def _best_entry(setting: _Setting | None, plan: Plan) -> dict[str, Any] | None:
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


def _read_trials(source: Source, sweep: int, plan: Plan) -> list[_Trial]:
    _, rows = source.rows(f"SELECT trial, state, final_loss FROM results WHERE sweep={literal(sweep)} ORDER BY trial")
    trials = [_Trial(number, state, math.inf if loss is None else loss) for number, state, loss in rows]
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
        for curve in source.curves(sweep, plan.metric, _selection(sweep, whole)):
            if curve.trial in known:
                _take(known[curve.trial], curve, plan)
    return trials


def _selection(sweep: int, trials: list[int]) -> str:
    listed = f" AND trial IN ({','.join(map(str, trials))})" if len(trials) <= 20_000 else ""
    return f"SELECT trial FROM results WHERE sweep={literal(sweep)}{listed} ORDER BY trial"


def _take(trial: _Trial, curve: Curve, plan: Plan) -> None:
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


def as_table(groups: list[dict[str, Any]], plan: Plan) -> Table:
    """Return the groups as rows: axes, value, standard error, settings and counts."""
    rows: list[dict[str, Any]] = []
    for group in groups:
        best = group["best"]
        statistics = best["statistics"] if best else {}
        rows.append(
            {
                **group["by"],
                plan.metric: best["value"] if best else None,
                "standard_error": statistics.get("standard_error"),
                **{axis.name: best["settings"][axis.name] if best else None for axis in plan.over},
                **{key: statistics.get(key) for key in ("least", "p25", "median", "p75", "most")},
                "trials": best["trials"] if best else [],
                **{key: group["counts"][key] for key in ("expected", "finished", "diverged")},
            }
        )
    columns = list(rows[0]) if rows else []
    step = "at the end of each trial" if plan.step is None else f"at step {plan.step:,}"
    return Table({name: [row[name] for row in rows] for name in columns}, f"best {plan.metric} {step}")
