"""Reads one sweep out of a ledger with plain SQL.

Everything comes from the stable views (`sweep_overview`, `results`,
`metric_points`, `optima`). The grid is expanded from the spec, so that trials
that were never given out are counted as missing.
"""

from __future__ import annotations

import dataclasses
import json
import math
import sqlite3
from typing import Any

import numpy as np
import pandas as pd

FINISHED = ("succeeded", "diverged", "stopped")

# Axes whose names are not the last part of their field.
NAMES = {"optimizer.name": "optimizer"}


@dataclasses.dataclass(frozen=True)
class Axis:
    """One varied field: `values[codes[i]]` is its value in trial i.

    Equal values have equal codes, so trials are grouped by value.
    """

    name: str
    field: str
    values: list[Any]
    codes: np.ndarray

    def answers_to(self, name: str) -> bool:
        """Returns whether `name` means this axis: it is the name, the field, or a last part of the field."""
        return name in (self.field, self.name, NAMES.get(self.field)) or self.field.endswith("." + name)


@dataclasses.dataclass(frozen=True)
class Curves:
    """The finite values of one metric, a row per trial of the grid.

    Row i holds `lengths[i]` points; the rest is padded with step 0 and value
    infinity, which is below no goal.
    """

    steps: np.ndarray
    values: np.ndarray
    lengths: np.ndarray

    def first(self, trials: np.ndarray) -> np.ndarray:
        """Returns the first values, infinite where a curve is empty."""
        return self.values[trials, 0]

    def last(self, trials: np.ndarray) -> np.ndarray:
        """Returns the last values, infinite where a curve is empty."""
        return self.values[trials, np.maximum(self.lengths[trials] - 1, 0)]

    def last_step(self, trials: np.ndarray) -> np.ndarray:
        """Returns the last steps (C on the page), 0 where a curve is empty."""
        return self.steps[trials, np.maximum(self.lengths[trials] - 1, 0)]


@dataclasses.dataclass(frozen=True)
class Sweep:
    """A sweep: its spec, the axes of its grid, and the state of every trial.

    A trial that was never given out has the state "" and no final loss; a final
    loss that the ledger does not have is infinite.
    """

    number: int
    spec: dict[str, Any]
    axes: list[Axis]
    states: np.ndarray
    final_losses: np.ndarray

    def finished(self) -> np.ndarray:
        """Returns, for each trial, whether its result counts."""
        return np.isin(self.states, FINISHED)

    def axis(self, name: str) -> Axis:
        """Returns the axis that `name` means."""
        for axis in self.axes:
            if axis.answers_to(name):
                return axis
        known = ", ".join(a.name for a in self.axes)
        raise ValueError(f"found axis {name!r}, expected one of {known}")

    def value(self, trial: int, field: str, default: Any = None) -> Any:
        """Returns the value of `field` in a trial, from its axes or the spec; enums are as people write them."""
        for axis in self.axes:
            if axis.field == field:
                return axis.values[axis.codes[trial]]
        node: Any = self.spec["trial"]
        for part in field.split("."):
            if not isinstance(node, dict) or part not in node:
                return default
            node = node[part]
        return plain(field, node)


def open_ledger(path: str) -> sqlite3.Connection:
    """Opens a ledger for reading only."""
    return sqlite3.connect(f"file:{path}?mode=ro", uri=True)


def read_sweep(db: sqlite3.Connection, sweep: str) -> Sweep:
    """Reads the sweep with this number, or the newest sweep with this name."""
    row = db.execute(
        "SELECT sweep, spec FROM sweep_overview"
        " WHERE CAST(sweep AS TEXT) = ? OR name = ? ORDER BY sweep DESC LIMIT 1",
        (sweep, sweep),
    ).fetchone()
    if row is None:
        raise ValueError(f"found no sweep {sweep!r} in the ledger, expected its number or name")
    number, spec = int(row[0]), json.loads(row[1])
    results = db.execute(
        "SELECT trial, state, final_loss, parameters FROM results WHERE sweep = ? ORDER BY trial", (number,)
    ).fetchall()
    fields, positions = _positions(spec)
    states = np.full(len(positions), "", dtype="U9")
    losses = np.full(len(positions), np.inf)
    seen: dict[int, dict[str, Any]] = {}
    for trial, state, loss, parameters in results:
        states[trial] = state
        losses[trial] = np.inf if loss is None else loss
        seen[trial] = json.loads(parameters)
    return Sweep(number, spec, _axes(fields, positions, seen), states, losses)


def read_curves(db: sqlite3.Connection, sweep: Sweep, metric: str, at: int | None) -> Curves:
    """Reads the curves of a metric, cut off after step `at` if that is given."""
    points = pd.read_sql(
        "SELECT trial, step, value FROM metric_points"
        " WHERE sweep = ? AND metric = ? AND value IS NOT NULL AND step <= ?"
        " ORDER BY trial, step",
        db,
        params=(sweep.number, metric, 2**62 if at is None else at),
    )
    points = points[np.isfinite(points["value"].to_numpy(dtype=float))]
    trials = points["trial"].to_numpy(dtype=int)
    lengths = np.bincount(trials, minlength=len(sweep.states))
    starts = np.cumsum(lengths) - lengths
    columns = np.arange(len(trials)) - starts[trials]
    shape = (len(lengths), max(1, int(lengths.max(initial=0))))
    steps, values = np.zeros(shape), np.full(shape, np.inf)
    steps[trials, columns] = points["step"]
    values[trials, columns] = points["value"]
    return Curves(steps, values, lengths)


def read_optimum(db: sqlite3.Connection, sweep: Sweep, trial: int) -> tuple[float, float] | None:
    """Returns the least value and the gap of the loss of a trial on its data, or None if the ledger has none.

    The data are compared as JSON, without the fields that say where they came
    from. Where the ledger has a single optimum of this loss, that one is taken.
    """
    kind = sweep.value(trial, "loss.kind", "lp")
    p, scale = float(sweep.value(trial, "loss.lp", 2)), sweep.value(trial, "loss.factor", "one_over_p")
    data = canonical(trial_data(sweep, trial))
    same_loss, same = [], []
    for loss, lp, factor, text, value, gap in db.execute(
        "SELECT loss, lp, factor, data, value, gap FROM optima ORDER BY time"
    ):
        if loss != kind or (kind == "lp" and (float(lp), factor) != (p, scale)):
            continue
        same_loss.append((float(value), float(gap)))
        if canonical(json.loads(text)) == data:
            same.append((float(value), float(gap)))
    if same:
        return same[-1]
    return same_loss[0] if len(same_loss) == 1 else None


def trial_data(sweep: Sweep, trial: int) -> dict[str, Any]:
    """Returns the `data` of a trial, with the values of its axes."""
    data = json.loads(json.dumps(sweep.spec["trial"].get("data", {})))
    for axis in sweep.axes:
        path = axis.field.split(".")
        if path[0] == "data":
            node = data
            for part in path[1:-1]:
                node = node.setdefault(part, {})
            node[path[-1]] = axis.values[axis.codes[trial]]
    return data


def canonical(node: Any) -> Any:
    """Returns the JSON of a message in a canonical form: floats, no zeros, no `import`, plain enums."""
    if isinstance(node, dict):
        items = {k: canonical(plain(k, v)) for k, v in node.items() if k != "import"}
        return {k: v for k, v in items.items() if v not in (0, 0.0, "", False, None, {}, [])}
    if isinstance(node, list):
        return [canonical(v) for v in node]
    if isinstance(node, bool):
        return node
    try:
        return float(node)
    except (TypeError, ValueError):
        return node


def plain(field: str, value: Any) -> Any:
    """Returns an enum value as people write it: ledgers of older programs have LOSS_KIND_LP for lp."""
    prefixes = {
        "factor": "LOSS_FACTOR_",
        "kind": "LOSS_KIND_",
        "precision": "PRECISION_",
        "name": "OPTIMIZER_NAME_",
        "family": "MODEL_FAMILY_",
        "spectrum": "SPECTRUM_SHAPE_",
        "metric": "METRIC_",
    }
    prefix = prefixes.get(field.split(".")[-1], None)
    if prefix and isinstance(value, str) and value.startswith(prefix):
        return value[len(prefix) :].lower()
    return value


def _expand(axis: dict[str, Any]) -> list[Any]:
    """Returns the values of an axis of the spec, in order."""
    if "list" in axis:
        return [_value(v) for v in axis["list"]["values"]]
    if "range" in axis:
        spec = axis["range"]
        return list(range(int(spec.get("from", 0)), int(spec["to"]), int(spec.get("step", 1))))
    if "log" in axis:
        return _log_values(axis["log"])
    spec = axis["linspace"]
    start, end, count = float(spec.get("from", 0)), float(spec.get("to", 0)), int(spec["count"])
    return [_round15(start + (end - start) * i / max(count - 1, 1)) for i in range(count)]


def _log_values(spec: dict[str, Any]) -> list[float]:
    """Returns from (to/from)^(i/(count-1)), or from 10^(i/per_decade) up to `to`, rounded to 15 digits."""
    start, end = float(spec["from"]), float(spec["to"])
    per_decade = int(spec.get("per_decade", 0))
    if per_decade:
        count = math.floor(per_decade * math.log10(end / start) + 1e-9) + 1
        return [_round15(start * 10 ** (i / per_decade)) for i in range(count)]
    count = int(spec["count"])
    return [_round15(start * (end / start) ** (i / max(count - 1, 1))) for i in range(count)]


def _round15(x: float) -> float:
    return float(f"{x:.15g}")


def _value(value: Any) -> Any:
    """Returns a value of a list, which in ledgers of older programs is a Value message."""
    if not isinstance(value, dict):
        return value
    if "integer" in value:
        return int(value["integer"])
    if "number" in value:
        return float(value["number"])
    return value.get("text", value.get("flag"))


def _positions(spec: dict[str, Any]) -> tuple[list[tuple[str, list[Any], int]], np.ndarray]:
    """Returns the axes as (field, values, group), and the position of each trial in each group.

    The first group varies slowest: with lengths n_1 ... n_k trial i is at
    position floor(i / (n_{j+1} ... n_k)) mod n_j of group j.
    """
    fields, lengths = [], []
    for number, group in enumerate(spec.get("axes", [])):
        for axis in group["axes"]:
            fields.append((axis["field"], _expand(axis), number))
        lengths.append(len(fields[-1][1]))
    total = math.prod(lengths)
    index = np.arange(total)
    positions = np.zeros((total, len(lengths)), dtype=int)
    for j in reversed(range(len(lengths))):
        positions[:, j] = index % lengths[j]
        index = index // lengths[j]
    return fields, positions


def _axes(
    fields: list[tuple[str, list[Any], int]], positions: np.ndarray, seen: dict[int, dict[str, Any]]
) -> list[Axis]:
    """Returns the axes with the values that the ledger names, where it names them.

    `parameters` has the axes in the order of the spec; a value there that is
    far from the expanded one means that the grid was read wrongly.
    """
    axes = []
    for number, (field, values, group) in enumerate(fields):
        name, values = NAMES.get(field, field.split(".")[-1]), list(values)
        for trial, parameters in seen.items():
            at = positions[trial, group]
            name, found = list(parameters.items())[number]
            if not _same_value(found, values[at]):
                raise ValueError(f"trial {trial}, axis {field}: found {found!r}, expected {values[at]!r}")
            values[at] = found
        unique: list[Any] = []
        for value in values:
            if value not in unique:
                unique.append(value)
        codes = np.array([unique.index(v) for v in values])[positions[:, group]]
        axes.append(Axis(name, field, unique, codes))
    return axes


def _same_value(found: Any, expanded: Any) -> bool:
    if isinstance(expanded, float) and isinstance(found, (int, float)):
        return math.isclose(found, expanded, rel_tol=1e-13)
    return found == expanded
