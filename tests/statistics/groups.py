"""Splits a sweep into groups, settings and repetitions (section 1)."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

import ledger


@dataclasses.dataclass(frozen=True)
class Options:
    """The options of `fathom best`, with missing ones taken from the sweep's `summarize`."""

    by: list[str]
    over: list[str]
    average: list[str]
    metric: str
    at: int | None  # --at, which cuts curves
    level_at: int | None  # --at or summarize.at: the step at which levels are compared
    epsilon: float | None
    arrive: float
    tuning: bool
    split: bool


@dataclasses.dataclass(frozen=True)
class Setting:
    """A choice of values of the axes in `over`, with its trials, by index."""

    values: dict[str, Any]
    trials: np.ndarray


@dataclasses.dataclass(frozen=True)
class Group:
    """The trials that agree in the axes of `by`. `settings` has the complete ones, ordered by first trial."""

    by: dict[str, Any]
    depth: Any
    trials: np.ndarray
    settings: list[Setting]
    settings_expected: int
    repetitions: int
    averaged: list[tuple[Any, ...]]  # the values in which the repetitions of a setting differ
    counts: dict[str, int]

    def missing(self) -> bool:
        """Returns whether some trial of the group is not finished."""
        return self.counts["finished"] < self.counts["expected"]

    def complete(self) -> np.ndarray:
        """Returns all trials of the complete settings."""
        return np.concatenate([s.trials for s in self.settings] or [np.zeros(0, dtype=int)])


@dataclasses.dataclass(frozen=True)
class Family:
    """The groups that agree in all axes of `by` but depth. The shallowest comes first and is the reference."""

    by: dict[str, Any]
    groups: list[Group]

    def complete(self) -> np.ndarray:
        """Returns all trials of the complete settings of all groups."""
        return np.concatenate([g.complete() for g in self.groups])


def make_options(
    sweep: ledger.Sweep,
    by: list[str] | None = None,
    over: list[str] | None = None,
    average: list[str] | None = None,
    metric: str | None = None,
    at: int | None = None,
    epsilon: float | None = None,
    arrive: float = 1.0,
    tuning: bool = False,
    split: bool = False,
) -> Options:
    """Returns the options, filled in from `summarize`.

    A list that is given replaces the list of the spec, and its axes leave the
    other lists. Axes that no list names join `over`. In a sweep without any list,
    lp and depth tell groups apart and the seed is averaged.
    """
    summary = sweep.spec.get("summarize", {})
    lists = {"by": "by", "over": "best_over", "average": "average_over"}
    defaults = {key: summary.get(name, []) for key, name in lists.items()}
    if not any(defaults.values()):
        defaults = {"by": ["loss.kind", "loss.lp", "loss.factor", "model.depth"], "over": [], "average": ["seed"]}
    given = {"by": by, "over": over, "average": average}
    chosen = {k: [sweep.axis(n).field for n in v] for k, v in given.items() if v is not None}
    taken = {f for names in chosen.values() for f in names}
    for key, names in defaults.items():
        if key not in chosen:
            resolved = [a.field for n in names for a in sweep.axes if a.answers_to(n)]
            chosen[key] = [f for f in resolved if f not in taken]
    named = {f for names in chosen.values() for f in names}
    chosen["over"] = chosen["over"] + [a.field for a in sweep.axes if a.field not in named]
    steps = [int(s) for s in summary.get("at", [])]
    if epsilon is None and "epsilon" in summary:
        epsilon = float(summary["epsilon"])
    if metric is None:
        metric = ledger.plain("metric", summary.get("metric", "METRIC_LOSS"))
    return Options(
        chosen["by"],
        chosen["over"],
        chosen["average"],
        metric,
        at,
        at if at is not None else max(steps, default=None),
        epsilon,
        arrive,
        tuning,
        split,
    )


def make_families(sweep: ledger.Sweep, options: Options) -> list[Family]:
    """Returns all families of the grid, in the order of their first trials."""
    by = [sweep.axis(f) for f in options.by]
    rest = [a for a in by if a.field != "model.depth"]
    depth = next((a for a in by if a.field == "model.depth"), None)
    families = []
    everything = np.arange(len(sweep.states))
    for trials in _partition(everything, rest):
        parts = _partition(trials, [depth] if depth else [])
        groups = [_make_group(sweep, part, by, depth, options) for part in parts]
        if depth:
            groups.sort(key=lambda g: g.depth)
        families.append(Family(_values(rest, trials[0]), groups))
    return families


def _make_group(
    sweep: ledger.Sweep,
    trials: np.ndarray,
    by: list[ledger.Axis],
    depth: ledger.Axis | None,
    options: Options,
) -> Group:
    over = [sweep.axis(f) for f in options.over]
    average = [sweep.axis(f) for f in options.average]
    finished = sweep.finished()
    parts = _partition(trials, over)
    complete = [Setting(_values(over, p[0]), p) for p in parts if finished[p].all()]
    states = sweep.states[trials]
    counts = {"expected": len(trials), "finished": int(finished[trials].sum())}
    for state in ("succeeded", "diverged", "stopped", "failed"):
        counts[state] = int((states == state).sum())
    counts["settings"] = len(parts)
    counts["complete_settings"] = len(complete)
    return Group(
        _values(by, trials[0]),
        depth.values[depth.codes[trials[0]]] if depth else None,
        trials,
        complete,
        len(parts),
        max(len(p) for p in parts),
        [tuple(_values(average, t).values()) for t in parts[0]],
        counts,
    )


def _partition(trials: np.ndarray, axes: list[ledger.Axis]) -> list[np.ndarray]:
    """Returns the parts of `trials` that agree in all axes, in the order of their first trials."""
    parts: dict[tuple[int, ...], list[int]] = {}
    codes = np.stack([a.codes[trials] for a in axes], axis=1) if axes else np.zeros((len(trials), 0))
    for trial, key in zip(trials.tolist(), map(tuple, codes.tolist())):
        parts.setdefault(key, []).append(trial)
    return [np.array(p) for p in parts.values()]


def _values(axes: list[ledger.Axis], trial: int) -> dict[str, Any]:
    return {a.name: a.values[a.codes[trial]] for a in axes}
