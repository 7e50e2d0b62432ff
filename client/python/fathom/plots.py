"""The figures of the papers, drawn with matplotlib; takes the extra ``plots``.

Every function returns the figure, and shows or saves nothing itself. Diverged trials never
stretch an axis: they end in a mark at the upper rim.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
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
    where: Mapping[str, Any] | None = None,
) -> Any:
    """Draw a metric against steps, for each depth the setting that is best at the end.

    What is asked is as in `Sweep.best`. Each family, that is each value of the other axes
    in `by`, has a panel. Of several repetitions the mean is drawn, and a band from the
    least to the largest, at the steps that all of them recorded.
    """
    best = sweep.best(by, over, average, metric, at, where)
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


def against(
    sweep: Sweep,
    x: str,
    *,
    value: str = "final",
    by: str | Sequence[str] = (),
    over: str | Sequence[str] | None = None,
    average: str | Sequence[str] | None = None,
    metric: str | None = None,
    where: Mapping[str, Any] | None = None,
) -> Any:
    """Draw a number of the best setting against the values of an axis, a line for each group in `by`.

    `value` is as in `fathom plot --value`: final, diverged or steps-to:GOAL. Around a mean
    lies a band from the least to the largest repetition; crosses are groups that have no
    value because trials diverged.
    """
    names = [by] if isinstance(by, str) else list(by)
    axis = sweep.grid.axis(x)
    cells = _cells(sweep, [*names, x], value, over, average, metric, where)
    lines: dict[str, list[_Cell]] = {}
    for cell in cells:
        lines.setdefault(_named({name: cell.by[sweep.grid.axis(name).name] for name in names}), []).append(cell)
    figure, (panel,) = _panels(1)
    for number, (label, some) in enumerate(lines.items()):
        colour, style = _look(number)
        some.sort(key=lambda cell: axis.values.index(cell.by[axis.name]))
        places = [cell.by[axis.name] for cell in some]
        middle = [math.nan if cell.value is None else cell.value for cell in some]
        panel.plot(places, middle, color=colour, linestyle=style, marker="o", markersize=4, label=label or None)
        if any(len(cell.sample) > 1 for cell in some):
            least = [min(cell.sample, default=math.nan) for cell in some]
            most = [max(cell.sample, default=math.nan) for cell in some]
            panel.fill_between(places, least, most, color=colour, alpha=0.2, linewidth=0)
        lost = [place for cell, place in zip(some, places, strict=True) if cell.value is None and cell.diverged]
        rim = [1 - 0.02 * number] * len(lost)
        panel.plot(lost, rim, "x", color=colour, transform=panel.get_xaxis_transform(), clip_on=False)
    numbers = all(isinstance(place, int | float) and place > 0 for place in axis.values)
    wide = numbers and max(axis.values) >= 10 * min(axis.values)
    _finish(panel, "", axis.name.replace("_", " "), _value_label(sweep, value, metric), log_x=wide)
    return figure


def compared(
    first: Sweep,
    second: Sweep,
    metric: str | None = None,
    *,
    by: str | Sequence[str] | None = None,
    over: str | Sequence[str] | None = None,
    average: str | Sequence[str] | None = None,
    where: Mapping[str, Any] | None = None,
) -> Any:
    """Draw the best curves of two sweeps together; those of the second are dashed.

    Groups of the same values have the same colour. Each family has a panel, as in
    `depth_curves`.
    """
    name = _metric_of(first, metric)
    sides = [(sweep, _families(sweep.best(by, over, average, metric, None, where))) for sweep in (first, second)]
    titles = list(dict.fromkeys(title for _, families in sides for title in families))
    figure, axes = _panels(len(titles))
    names = [sweep.name if first.name != second.name else f"sweep {sweep.number}" for sweep, _ in sides]
    for panel, title in zip(axes, titles, strict=True):
        colours: dict[str, int] = {}
        for (sweep, families), side, style in zip(sides, names, ("-", "--"), strict=True):
            for label, group in families.get(title, []):
                if group["best"] is None:
                    continue
                colour, _ = _look(colours.setdefault(label, len(colours)))
                steps, _, middle, _ = _band(sweep, name, group["best"]["trials"])
                panel.plot(steps, middle, color=colour, linestyle=style, label=f"{side}: {label}")
        _finish(panel, title, "step", facts_of(name).label, log_x=True)
    return figure


def rate_outcomes(
    sweep: Sweep,
    metric: str | None = None,
    rate: str = "learning_rate",
    where: Mapping[str, Any] | None = None,
) -> Any:
    """Draw the end of every trial against its learning rate, a colour for each depth.

    A line goes through the means over the repetitions that all ended well. A diverged
    trial is a cross at the upper rim: where the crosses begin is the edge of stability.
    """
    axis = sweep.grid.axis(rate)
    name = _metric_of(sweep, metric)
    groups = [axis for axis in sweep.grid.axes if axis.field == "model.depth"]
    ends = _ends(sweep, name)
    figure, (panel,) = _panels(1)
    results = sweep.results(where)
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


def heat(
    sweep: Sweep,
    x: str,
    y: str,
    metric: str | None = None,
    *,
    value: str = "final",
    over: str | Sequence[str] | None = None,
    average: str | Sequence[str] | None = None,
    where: Mapping[str, Any] | None = None,
) -> Any:
    """Draw a number of the best setting as a map of two axes, as `fathom plot --heat x,y`.

    `value` is final, diverged or steps-to:GOAL. A cell without a value is grey; a cross
    says that trials of it diverged.
    """
    from_x, from_y = sweep.grid.axis(x), sweep.grid.axis(y)
    by_place = {
        (cell.by[from_x.name], cell.by[from_y.name]): cell
        for cell in _cells(sweep, [x, y], value, over, average, metric, where)
    }
    found = [cell.value for cell in by_place.values() if cell.value is not None]
    if not found:
        raise QueryError(f"sweep {sweep.number}: found no group with a value, expected some to draw")
    columns = [a for a in dict.fromkeys(from_x.values) if any(place[0] == a for place in by_place)]
    lines = [b for b in dict.fromkeys(from_y.values) if any(place[1] == b for place in by_place)]
    rows = [[_value_at(by_place, a, b) for a in columns] for b in lines]
    figure, (panel,) = _panels(1)
    positive = min(found) > 0 and value != "diverged"
    colours = _pyplot().get_cmap("viridis").with_extremes(bad="#bbbbbb")
    limits = {"vmin": 0, "vmax": 1} if value == "diverged" else {"norm": "log" if positive else "linear"}
    picture = panel.imshow(rows, origin="lower", aspect="auto", cmap=colours, **limits)
    if value != "diverged":
        crosses = [
            (i, j)
            for i, a in enumerate(columns)
            for j, b in enumerate(lines)
            if (a, b) in by_place and by_place[a, b].diverged
        ]
        panel.plot([i for i, _ in crosses], [j for _, j in crosses], "x", color="#D55E00", markersize=5)
    panel.set_xticks(range(len(columns)), [_text(one) for one in columns], rotation=45, ha="right")
    panel.set_yticks(range(len(lines)), [_text(one) for one in lines])
    panel.set_xlabel(from_x.name.replace("_", " "))
    panel.set_ylabel(from_y.name.replace("_", " "))
    figure.colorbar(picture, ax=panel, label=_value_label(sweep, value, metric))
    return figure


@dataclasses.dataclass(frozen=True)
class _Cell:
    """A group with its number, as `fathom plot --x` and `--heat` have it."""

    by: dict[str, Any]
    value: float | None
    sample: list[float]
    diverged: int


def _cells(
    sweep: Sweep,
    by: list[str],
    value: str,
    over: str | Sequence[str] | None,
    average: str | Sequence[str] | None,
    metric: str | None,
    where: Mapping[str, Any] | None,
) -> list[_Cell]:
    groups = sweep.best(by, over, average, metric, None, where).groups
    if value == "diverged":
        counts = [group["counts"] for group in groups]
        shares = [count["diverged"] / count["finished"] if count["finished"] else None for count in counts]
        return [
            _Cell(group["by"], share, [], group["counts"]["diverged"])
            for group, share in zip(groups, shares, strict=True)
        ]
    if value.startswith("steps-to:"):
        try:
            goal = float(value.removeprefix("steps-to:"))
        except ValueError as error:
            raise QueryError(f"value: found {value!r}, expected a number, as in steps-to:0.01") from error
        families = sweep.race(goal, by, over, average, metric, where).families
        medians = [(family["by"], group) for family in families for group in family["groups"]]
        return [
            _Cell(
                {**by, **({} if group["depth"] is None else {"depth": group["depth"]})},
                group["median"],
                [time for time in group["times"] or [] if time is not None],
                group["counts"]["diverged"],
            )
            for by, group in medians
        ]
    if value != "final":
        raise QueryError(f"value: found {value!r}, expected final, diverged or steps-to:GOAL")
    return [
        _Cell(
            group["by"],
            group["best"]["value"] if group["best"] else None,
            group["best"]["values"] if group["best"] else [],
            group["counts"]["diverged"],
        )
        for group in groups
    ]


def _value_at(cells: Mapping[tuple[Any, Any], _Cell], a: Any, b: Any) -> float:
    cell = cells.get((a, b))
    return math.nan if cell is None or cell.value is None else cell.value


def _value_label(sweep: Sweep, value: str, metric: str | None) -> str:
    label = facts_of(_metric_of(sweep, metric)).label
    if value == "diverged":
        return "share that diverged"
    if value.startswith("steps-to:"):
        return f"steps to {label} {value.removeprefix('steps-to:')}"
    return f"{label} at the end"


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
