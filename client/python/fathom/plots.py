"""The figures of the papers, drawn with matplotlib; takes the extra ``plots``.

Every function returns the figure, and shows or saves nothing itself. Diverged trials never
stretch an axis: they end in a mark at the upper rim.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from fathom.errors import QueryError, UnavailableError
from fathom.metrics import facts_of, plain
from fathom.sweep import Best, Sweep

# The colours of Okabe and Ito, which colour-blind people tell apart, without the yellow.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
_STYLES = ("-", "--", "-.", ":")


def depth_curves(
    sweep: Sweep,
    metric: str | None = None,
    *,
    by: str | Sequence[str] | None = None,
    over: str | Sequence[str] | None = None,
    average: str | Sequence[str] | None = None,
    at: int | None = None,
) -> Any:
    """Draw a metric against steps, for each depth the setting that is best at the end.

    What is asked is as in `Sweep.best`. Each family, that is each value of the other axes
    in `by`, has a panel. Of several repetitions the mean is drawn, and a band from the
    least to the largest, at the steps that all of them recorded.
    """
    best = sweep.best(by, over, average, metric, at)
    name = _metric_of(sweep, metric)
    families = _families(best)
    figure, axes = _panels(len(families))
    for panel, (title, groups) in zip(axes, families.items(), strict=True):
        for number, (label, group) in enumerate(groups):
            if group["best"] is None:
                continue
            steps, least, middle, most = _band(sweep, name, group["best"]["trials"])
            colour, style = _look(number)
            setting = ", ".join(f"{key} {_text(value)}" for key, value in group["best"]["settings"].items())
            panel.plot(steps, middle, color=colour, linestyle=style, label=f"{label} ({setting})" if setting else label)
            if len(group["best"]["trials"]) > 1:
                panel.fill_between(steps, least, most, color=colour, alpha=0.2, linewidth=0)
        _finish(panel, title, "step", facts_of(name).label, log_x=True)
    return figure


def rate_outcomes(sweep: Sweep, metric: str | None = None, rate: str = "learning_rate") -> Any:
    """Draw the end of every trial against its learning rate, a colour for each depth.

    A line goes through the means over the repetitions that all ended well. A diverged
    trial is a cross at the upper rim: where the crosses begin is the edge of stability.
    """
    axis = sweep.grid.axis(rate)
    name = _metric_of(sweep, metric)
    groups = [axis for axis in sweep.grid.axes if axis.field == "model.depth"]
    ends = _ends(sweep, name)
    figure, (panel,) = _panels(1)
    results = sweep.results()
    labels = results[groups[0].name] if groups else [None] * len(results)
    for number, label in enumerate(sorted(set(labels), key=str)):
        colour, style = _look(number)
        points: dict[float, list[float]] = {}
        diverged: list[float] = []
        for place, own in enumerate(labels):
            if own != label:
                continue
            x, state = results[axis.name][place], results["state"][place]
            if state == "diverged":
                diverged.append(x)
            end = ends.get(results["trial"][place]) if state in ("succeeded", "stopped") else None
            if state != "leased":
                points.setdefault(x, []).append(math.nan if end is None else end)
        rim = [1 - 0.02 * number] * len(diverged)
        panel.plot(diverged, rim, "x", color=colour, transform=panel.get_xaxis_transform(), clip_on=False)
        xs = sorted(points)
        means = [math.fsum(points[x]) / len(points[x]) for x in xs]
        panel.plot(
            xs,
            means,
            color=colour,
            linestyle=style,
            marker="o",
            markersize=4,
            label=name if label is None else f"{groups[0].name} {label}",
        )
    _finish(panel, "", axis.name.replace("_", " "), f"{facts_of(name).label} at the end", log_x=True)
    return figure


def heat(sweep: Sweep, x: str, y: str, metric: str | None = None) -> Any:
    """Draw the best end over all other axes as a map of two axes; diverged is grey.

    A cell is the least value (for accuracies the largest) of the trials that ended well.
    """
    from_x, from_y = sweep.grid.axis(x), sweep.grid.axis(y)
    name = _metric_of(sweep, metric)
    ends = _ends(sweep, name)
    results = sweep.results()
    better = max if facts_of(name).larger_is_better else min
    cells: dict[tuple[Any, Any], float] = {}
    for trial, a, b, state in zip(
        results["trial"], results[from_x.name], results[from_y.name], results["state"], strict=True
    ):
        if state in ("succeeded", "stopped") and trial in ends:
            cells[a, b] = better(cells.get((a, b), ends[trial]), ends[trial])
    if not cells:
        raise QueryError(f"sweep {sweep.number}: found no trial that ended well, expected some to draw")
    rows = [[cells.get((a, b), math.nan) for a in from_x.values] for b in from_y.values]
    figure, (panel,) = _panels(1)
    positive = all(value > 0 for value in cells.values())
    colours = _pyplot().get_cmap("viridis").with_extremes(bad="#bbbbbb")
    picture = panel.imshow(rows, origin="lower", aspect="auto", cmap=colours, norm="log" if positive else "linear")
    panel.set_xticks(range(len(from_x.values)), [_text(value) for value in from_x.values], rotation=45, ha="right")
    panel.set_yticks(range(len(from_y.values)), [_text(value) for value in from_y.values])
    panel.set_xlabel(from_x.name.replace("_", " "))
    panel.set_ylabel(from_y.name.replace("_", " "))
    figure.colorbar(picture, ax=panel, label=f"{facts_of(name).label} at the end")
    return figure


def _metric_of(sweep: Sweep, metric: str | None) -> str:
    return metric or plain(sweep.spec.get("summarize", {}).get("metric", "")) or sweep.metrics[0]


def _families(best: Best) -> dict[str, list[tuple[str, dict[str, Any]]]]:
    """Return the groups by family; the label of a group is its depth, or all that it is."""
    families: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for group in best.groups:
        by = group["by"]
        rest = {name: value for name, value in by.items() if name != "depth"}
        if "depth" in by:
            title, label = _named(rest), f"depth {by['depth']}"
        else:
            title, label = "", _named(rest) or "all trials"
        families.setdefault(title, []).append((label, group))
    return families


def _named(values: dict[str, Any]) -> str:
    return ", ".join(f"{name} = {_text(value)}" for name, value in values.items())


def _band(sweep: Sweep, metric: str, trials: list[int]) -> tuple[list[int], list[float], list[float], list[float]]:
    """Return the steps that all trials recorded, with the least, mean and largest value there."""
    curves = sweep.curves(metric, where=f"trial IN ({','.join(map(str, trials))})", by=[])
    by_step: dict[int, list[float]] = {}
    for step, value in zip(curves["step"], curves["value"], strict=True):
        if math.isfinite(value):
            by_step.setdefault(step, []).append(value)
    steps = sorted(step for step, values in by_step.items() if len(values) == len(trials))
    middle = [math.fsum(by_step[step]) / len(trials) for step in steps]
    return steps, [min(by_step[step]) for step in steps], middle, [max(by_step[step]) for step in steps]


def _ends(sweep: Sweep, metric: str) -> dict[int, float]:
    """Return the last finite value of each trial."""
    return {end.trial: end.values[-1] for end in sweep.last_points(metric) if math.isfinite(end.values[-1])}


def _look(number: int) -> tuple[str, str]:
    return _COLOURS[number % len(_COLOURS)], _STYLES[number // len(_COLOURS) % len(_STYLES)]


def _text(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _pyplot() -> Any:
    try:
        import matplotlib.pyplot
    except ImportError as error:
        raise UnavailableError(
            "matplotlib is not installed; install it, or this package with the extra 'plots'"
        ) from error
    return matplotlib.pyplot


def _panels(count: int) -> tuple[Any, list[Any]]:
    if not 1 <= count <= 24:
        raise QueryError(f"found {count} panels, expected 1 to 24; name fewer axes in `by`")
    figure, axes = _pyplot().subplots(
        1, count, figsize=(1.5 + 4.5 * count, 4), squeeze=False, sharey=False, layout="constrained"
    )
    return figure, list(axes[0])


def _finish(panel: Any, title: str, x: str, y: str, log_x: bool) -> None:
    """Set scales and words; an axis is logarithmic where all that it shows is above zero."""
    shown = [value for line in panel.get_lines() for value in line.get_ydata() if math.isfinite(value)]
    if shown and min(shown) > 0:
        panel.set_yscale("log")
    if log_x:
        panel.set_xscale("symlog" if x == "step" else "log", **({"linthresh": 1} if x == "step" else {}))
        if x == "step":
            panel.set_xlim(left=0)
    panel.set_title(title)
    panel.set_xlabel(x)
    panel.set_ylabel(y)
    panel.grid(True, alpha=0.25)
    if panel.get_legend_handles_labels()[0]:
        panel.legend(frameon=False, fontsize="small")
