"""Compares metrics by level, or shows them (section 9)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import groups as grouping
import ledger
import resampling

HELD_OUT = ("test_loss", "test_error", "validation_loss", "validation_error")
OF_A_BATCH = ("batch_loss", "batch_data_loss", "batch_error")
SMALLER = ("reconstruction_error", "e2e_deviation", "warmup_residual", *OF_A_BATCH, *HELD_OUT)
LARGER = ("accuracy",)


def values_at(sweep: ledger.Sweep, curves: ledger.Curves, trials: np.ndarray, step: int | None) -> np.ndarray:
    """Returns the compared value of every trial, NaN where a trial has none.

    With a step, it is the value that was recorded at the step, or the last value of
    a trial that a rule stopped before. Without a step, it is the last value of a
    trial that did not diverge.
    """
    last, states = curves.last(trials), sweep.states[trials]
    if step is None:
        return np.where((states != "diverged") & (curves.lengths[trials] > 0), last, np.nan)
    inside = np.arange(curves.steps.shape[1])[None, :] < curves.lengths[trials][:, None]
    match = (curves.steps[trials] == step) & inside
    exact = curves.values[trials, match.argmax(axis=1)]
    early = (states == "stopped") & (curves.last_step(trials) < step) & (curves.lengths[trials] > 0)
    return np.where(match.any(axis=1), exact, np.where(early, last, np.nan))


def run_family(
    sweep: ledger.Sweep, curves: ledger.Curves, family: grouping.Family, options: grouping.Options
) -> dict[str, Any]:
    """Returns an entry of `best.levels`. The curves are not cut; `options.level_at` is the compared step."""
    larger, compared = options.metric in LARGER, options.metric in SMALLER + LARGER
    entries: list[dict[str, Any]] = []
    base: resampling.Levels | None = None
    for number, group in enumerate(family.groups):
        levels = comparable(sweep, curves, group, options)
        entry: dict[str, Any] = {
            "depth": group.depth,
            "counts": group.counts,
            "value": None,
            "setting": None,
            "trials": None,
            "comparison": None,
            "verdict": None,
        }
        if levels.chosen is not None:
            setting = levels.settings[levels.chosen]
            entry["value"] = levels.mean()
            entry["setting"] = setting.values
            entry["trials"] = setting.trials.tolist()
        if number == 0:
            base = levels
        elif compared and base is not None and base.chosen is not None and levels.chosen is not None:
            entry.update(compare(base, levels, number, larger))
        entries.append(entry)
    return {
        "by": family.by,
        "reference": family.groups[0].depth,
        "step": options.level_at if options.level_at is not None else last_step(sweep),
        "groups": entries,
    }


def last_step(sweep: ledger.Sweep) -> int | None:
    """Returns the last step of all trials, or None where `steps` is an axis."""
    if any(axis.field == "steps" for axis in sweep.axes) or "steps" not in sweep.spec["trial"]:
        return None
    return int(sweep.spec["trial"]["steps"])


def comparable(
    sweep: ledger.Sweep, curves: ledger.Curves, group: grouping.Group, options: grouping.Options
) -> resampling.Levels:
    """Returns the complete settings with a value at every repetition, and which of them is best.

    The best setting has the best mean or, for a metric that is only shown, the
    least mean final loss.
    """
    settings, values = [], []
    for setting in group.settings:
        v = values_at(sweep, curves, setting.trials, options.level_at)
        if not np.isnan(v).any():
            settings.append(setting)
            values.append(v)
    if options.metric in SMALLER + LARGER:
        chosen = best_mean(values, options.metric in LARGER)
    else:
        chosen = best_mean([sweep.final_losses[s.trials] for s in settings], False)
    return resampling.Levels(group, settings, values, chosen)


def best_mean(values: list[np.ndarray], larger: bool) -> int | None:
    """Returns the setting with the best mean, the first of equals; None without settings."""
    if not values:
        return None
    means = [mean(v) for v in values]
    return means.index(max(means) if larger else min(means))


def mean(values: np.ndarray) -> float:
    """Returns the mean, where the values are summed in the order of the repetitions."""
    return float(sum(values.tolist()) / len(values))


def compare(base: resampling.Levels, levels: resampling.Levels, place: int, larger: bool) -> dict[str, Any]:
    """Returns the ratio or difference of the means, its interval, and the verdict."""
    own, other = levels.mean(), base.mean()
    if not larger and other == 0:
        return {"comparison": None, "verdict": None}
    value = own - other if larger else own / other
    interval = resampling.level_interval(base, levels, place, larger)
    return {
        "comparison": {
            "kind": "difference" if larger else "ratio",
            "value": value,
            "interval": resampling.printable(interval),
        },
        "verdict": verdict(base, levels, interval, larger),
    }


def verdict(
    base: resampling.Levels, levels: resampling.Levels, interval: list[float] | None, larger: bool
) -> str | None:
    """Returns better, worse, or tie, which means that the interval contains equality or four digits agree.

    A missing trial could only have made its group better. So worse is the only
    verdict when the reference lacks trials, and better when the group does.
    """
    own, other, neutral = levels.mean(), base.mean(), 0.0 if larger else 1.0
    inside = interval is not None and interval[0] <= neutral <= interval[1]
    if inside or f"{own:.4g}" == f"{other:.4g}":
        found = "tie"
    else:
        found = "better" if (own > other) == larger else "worse"
    if base.group.missing() and found != "worse" or levels.group.missing() and found != "better":
        return None
    return found
