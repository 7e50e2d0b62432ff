#!/usr/bin/python3
"""Measures in a real browser how soon `fathom ui` shows what is in a large ledger.

  page_speed.py FOLDER_OF_THE_BUILD [--trials N] [--points N] [--rounds N] [--ledger FILE]

The ledger is one of big_ledger.cc: a sweep of N trials among 300 small ones, made
here unless a file is named. Every view is opened N times (--rounds) by its address,
with the files of the page in the browser's cache as for everyone who comes a second
time. Told are medians, and the slowest, of

  paint    the first contentful paint, as the browser reports it, since navigation,
  content  the frame after which the view's own content was there, since navigation,

and for the curves of 2000 trials how long drawing took, what the pointer costs, and
how long it takes from a press on another tab's link to the drawn curves. The largest
resident memory of `fathom ui` comes last. Chromium, chromium-driver and
python3-selenium are needed.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))

# Looks once per frame whether the content is there, and notes when it was first.
NOTE = """
window.__until = null; window.__at = null;
const look = () => {
  if (window.__until && window.__at === null) {
    try { if (window.__until()) window.__at = performance.now(); } catch { /* Not there yet. */ }
  }
  requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""
CURVES = "(() => { const c = window.__fathom?.charts?.curves; return c?.counts.paints > 0 && c.model?.n === %d; })()"
TAB = "[...document.querySelectorAll('.tabs a')].find((tab) => tab.textContent === 'Curves')"


def views_of(sweep, curves):
    text = "document.body.innerText"
    chart = "window.__fathom?.charts?.%s?.model"
    return [
        ("sweeps", "/", f"{text}.includes('completed')"),
        ("sweep, as it opens", f"/sweeps/{sweep}", "window.__fathom?.charts?.curves?.counts.paints > 0"),
        (f"sweep, {curves} curves", f"/sweeps/{sweep}?show=curves", CURVES % curves),
        ("sweep, heat map", f"/sweeps/{sweep}?tab=heat&x=learning_rate&y=depth&value=final",
         f"{chart % 'heat'}?.trials.some((n) => n > 0)"),
        ("sweep, parallel", f"/sweeps/{sweep}?tab=parallel", "window.__fathom?.charts?.parallel"),
        ("sweep, trials", f"/sweeps/{sweep}?tab=trials", "document.querySelectorAll('[role=row]').length > 10"),
        ("trial", f"/sweeps/{sweep}/trials/1", "document.querySelector('canvas')"),
        ("workers", "/workers", f"{text}.length > 40 && !document.querySelector('.waiting-bar')"),
        ("sql", "/sql", "document.querySelector('.cm-content')"),
    ]


class Speed:
    def __init__(self, support, site):
        self.browser = support.Browser(site, 1400, 1000)
        self.support = support

    def open(self, path, condition):
        """Returns the seconds from navigation to the first paint and to the content."""
        script = NOTE.replace("window.__until = null", f"window.__until = () => {condition}")
        driver = self.browser.driver
        noted = driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": script})
        self.browser.go(path)
        content = self.browser.until("return window.__at")
        paint = self.browser.until("return performance.getEntriesByName('first-contentful-paint')[0]?.startTime")
        driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", {"identifier": noted["identifier"]})
        return paint / 1000, content / 1000

    def turn_to_curves(self, sweep, curves):
        """Returns the seconds from a press on the tab of the curves, from that of the spec,
        to the frame after which they are drawn, the milliseconds of drawing, and those
        that a move of the pointer takes."""
        self.open(f"/sweeps/{sweep}?tab=spec&show=curves", f"({TAB})")
        self.browser.js(
            "if (window.__fathom) window.__fathom.charts = {};"
            "window.__at = null; window.__began = performance.now(); window.__until = () => " + CURVES % curves + ";" +
            TAB + ".click()")
        at = self.browser.until("return window.__at")
        began = self.browser.js("return window.__began")
        hover = []
        for x in range(200, 700, 100):
            self.browser.move(".u-over", x, 150)
            hover.append(self.browser.until("return window.__fathom.charts.curves.milliseconds.hover"))
        drawing = self.browser.js("return window.__fathom.charts.curves.milliseconds")
        return (at - began) / 1000, drawing, max(hover)


def most_memory(pid):
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))


def measure(options, support, ledger):
    site = support.Site("--db", ledger)
    speed = None
    try:
        speed = Speed(support, site)
        sweep, = support.query(ledger, "SELECT sweep_id FROM sweeps ORDER BY trial_count - (trial_count > 5e7) * 1e12 DESC LIMIT 1")[0]
        curves = min(2000, options.trials)
        print(f"{'':24}{'paint':>18}{'content':>20}   [s, median and slowest of {options.rounds}]")
        for name, path, condition in views_of(sweep, curves):
            speed.open(path, condition)
            found = [speed.open(path, condition) for _ in range(options.rounds)]
            cells = "".join(f"{statistics.median(column):12.3f} {max(column):6.3f}" for column in zip(*found))
            print(f"{name:24}{cells}", flush=True)
        turns = [speed.turn_to_curves(sweep, curves) for _ in range(options.rounds)]
        print(f"{curves} curves after a press on their tab: {statistics.median(turn[0] for turn in turns):.3f} s, at most"
              f" {max(turn[0] for turn in turns):.3f} s; {json.dumps(turns[-1][1])} ms; pointer at most"
              f" {max(turn[2] for turn in turns):.1f} ms")
        print(f"fathom ui: at most {most_memory(site.process.pid):.0f} MiB")
    finally:
        if speed:
            speed.browser.close()
        site.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("--trials", type=int, default=1_000_000)
    parser.add_argument("--points", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--ledger")
    options = parser.parse_args()
    os.environ["FATHOM_PROGRAMS"] = os.path.abspath(os.path.join(options.build, "bin"))
    sys.path.insert(0, os.path.join(HERE, "..", "browser"))
    import support  # pylint: disable=import-outside-toplevel
    support.needs_browser()
    with tempfile.TemporaryDirectory() as folder:
        ledger = options.ledger or os.path.join(folder, "big.db")
        if not os.path.exists(ledger):
            subprocess.run([os.path.join(options.build, "tests", "big_ledger"), ledger, str(options.trials),
                            str(options.points)], check=True)
        measure(options, support, ledger)
    return 0


if __name__ == "__main__":
    sys.exit(main())
