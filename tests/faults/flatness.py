"""Says of what is measured over time whether it is flat, and draws it.

A series is a list of (seconds, value). The rule for what must be flat: the first
quarter of the time does not count, as caches fill then and heaps find their
size. Of the rest, the median of the last third may exceed that of the first
third by the allowance of the series and no more. Medians, as single samples
jump: a backup takes memory for a moment. A leak grows in every third, however
slow it is; the allowance over the time is the smallest that is found."""

import statistics


class Rule:
    """What must be flat. `allowance` is absolute, `share` a part of the first median; the larger one counts.

    Up to `usual` it may grow by design, as a log that is brought into its file when it has that size.
    """

    def __init__(self, name, unit, allowance, share=0.0, usual=0.0):
        self.name, self.unit, self.allowance, self.share, self.usual = name, unit, allowance, share, usual


class Told(Rule):
    """What is only told, and may grow."""

    def __init__(self, name, unit):
        super().__init__(name, unit, float("inf"))


class Verdict:
    def __init__(self, rule, series):
        self.rule, self.series = rule, series
        end = series[-1][0] if series else 0
        counted = [(at, value) for at, value in series if at >= end / 4]
        self.fits = len(counted) >= 9
        if not self.fits:
            self.first = self.last = self.most = self.slope = self.allowed = 0
            return
        begin = counted[0][0]
        third = (counted[-1][0] - begin) / 3
        self.first = statistics.median(value for at, value in counted if at <= begin + third)
        self.last = statistics.median(value for at, value in counted if at >= begin + 2 * third)
        self.most = max(value for _, value in series)
        self.slope = slope_of(counted) * 3600
        self.allowed = max(rule.allowance, rule.share * self.first)

    def is_flat(self):
        return self.fits and self.last - max(self.first, self.rule.usual) <= self.allowed


def slope_of(series):
    """Returns the slope of the line with the least squares, per second."""
    mean_at = statistics.fmean(at for at, _ in series)
    mean = statistics.fmean(value for _, value in series)
    spread = sum((at - mean_at) ** 2 for at, _ in series)
    if spread == 0:
        return 0.0
    return sum((at - mean_at) * (value - mean) for at, value in series) / spread


def table_of(verdicts):
    """Returns the verdicts as a table in Markdown."""
    lines = ["| what | first third | last third | most | per hour, fitted | may grow by | |",
             "|---|---|---|---|---|---|---|"]
    for verdict in verdicts:
        rule = verdict.rule
        word = "flat" if verdict.is_flat() else "GROWS" if verdict.fits else "too few samples"
        allowed = f"{verdict.allowed:.3g}"
        if isinstance(rule, Told):
            word, allowed = "told", ""
        lines.append(f"| {rule.name}, {rule.unit} | {verdict.first:.4g} | {verdict.last:.4g} | {verdict.most:.4g} | "
                     f"{verdict.slope:+.3g} | {allowed} | {word} |")
    return "\n".join(lines) + "\n"


def picture_of(verdicts, width=720, height=110):
    """Returns the series as an SVG, one panel above the other."""
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height * len(verdicts)}" '
             'font-family="sans-serif" font-size="12">', '<rect width="100%" height="100%" fill="white"/>']
    for row, verdict in enumerate(verdicts):
        top = row * height
        highest = max((value for _, value in verdict.series), default=0) or 1
        end = (verdict.series[-1][0] if verdict.series else 0) or 1
        points = " ".join(f"{60 + (width - 80) * at / end:.1f},{top + height - 20 - (height - 45) * value / highest:.1f}"
                          for at, value in verdict.series)
        parts.append(f'<text x="60" y="{top + 16}">{verdict.rule.name}, {verdict.rule.unit}</text>')
        parts.append(f'<text x="4" y="{top + 30}">{highest:.4g}</text><text x="4" y="{top + height - 18}">0</text>')
        parts.append(f'<path d="M60 {top + height - 20}H{width - 20}" stroke="#999"/>')
        parts.append(f'<polyline points="{points}" fill="none" '
                     f'stroke="{"#1f77b4" if verdict.is_flat() else "#d62728"}" stroke-width="1.5"/>')
    parts.append("</svg>")
    return "\n".join(parts) + "\n"
