"""The charts of a sweep's page show what is in the ledger: numbers are read back
from what the charts drew, dots from their canvases."""

import json
import math
import unittest
from urllib.parse import parse_qs, urlsplit

import support

SPEC = """
name: charts
data: {synthetic: {rows: 60, columns: 6, condition: 30, noise: 0.1}}
model: {family: linear_net, init: {scheme: balanced, norm: 0.1}}
optimizer: {name: gd}
steps: 200
axes:
  depth: [1, 2, 3]
  learning_rate: [0.001, 0.01, 0.1, 0.3, 3]
  seed: [0, 1, 2]
record: {metrics: [loss, weight_norm], points: 40}
summarize: {by: [depth], best_over: [learning_rate], average_over: [seed], metric: loss}
"""

# Returns all curves as they were drawn; NaN and infinity have no JSON, so that values are text.
CURVE = """const m = window.__fathom.charts.curves.model; const found = [];
for (let c = 0; c < m.n; ++c) found.push({trial: m.trial[c], state: m.state[c],
  points: Array.from(m.steps.slice(m.start[c], m.start[c + 1]), (step, i) => [step, String(m.values[m.start[c] + i])])});
return found"""


class ChartsTest(support.BrowserTest):
    spec = SPEC

    def show(self, query, chart, condition="true"):
        self.browser.go(f"/sweeps/1{query}")
        self.browser.chart(chart, condition)

    def where(self):
        return parse_qs(urlsplit(self.browser.driver.current_url).query).get("where", [])

    def test_curves_are_those_of_the_ledger(self):
        self.show("", "curves", "m.curves === 45")
        drawn = {curve["trial"]: curve for curve in self.browser.js(CURVE)}
        points = {}
        for trial, step, value in self.rows(
                "SELECT trial, step, value FROM metric_points WHERE sweep = 1 AND metric = 'loss' ORDER BY trial, step"):
            points.setdefault(trial, []).append([step, value])
        self.assertEqual(set(drawn), set(points))
        for trial, expected in points.items():
            got = drawn[trial]["points"]
            self.assertEqual([step for step, _ in got], [step for step, _ in expected])
            for (_, text), (_, value) in zip(got, expected):
                if value is not None and math.isfinite(value):
                    self.assertEqual(float(text), value)

    def test_nothing_is_drawn_twice(self):
        self.show("", "curves", "m.curves === 45")
        counts = self.browser.js("return window.__fathom.charts.curves.counts")
        self.assertGreater(counts["paints"], 0)
        self.assertLessEqual(counts["paints"], counts["shows"])

    def test_what_diverged_has_marks_and_does_not_stretch_the_axis(self):
        self.show("", "curves", "m.curves === 45")
        ended = dict(self.rows("SELECT trial, steps FROM results WHERE sweep = 1 AND state = 'diverged'"))
        self.assertGreater(len(ended), 0)
        marks = self.browser.js("const {marks, model} = window.__fathom.charts.curves; return marks.filter("
                                "({kind}) => kind === 'diverged').map(({curve, step}) => [model.trial[curve], step])")
        self.assertEqual(dict(marks), ended)
        top = self.browser.js("return window.__fathom.charts.curves.view.y[1]")
        highest, = self.rows("SELECT max(value) FROM metric_points JOIN results USING (sweep, trial) "
                             "WHERE metric = 'loss' AND state = 'succeeded'")[0]
        self.assertLess(top, math.log10(highest) + 1)

    def test_there_is_ink_where_a_curve_runs(self):
        self.show("?where=depth:1&where=learning_rate:0.01&where=seed:0", "curves", "m.curves === 1")
        ink = """const {model, maps} = window.__fathom.charts.curves;
            const canvas = document.querySelector('.uplot canvas'); const over = document.querySelector('.u-over').getBoundingClientRect();
            const own = canvas.getBoundingClientRect(); const context = canvas.getContext('2d');
            return Array.from(model.x, (x, i) => { const px = over.left - own.left + x * maps.x.factor + maps.x.offset;
              const py = over.top - own.top + model.y[i] * maps.y.factor + maps.y.offset + arguments[0];
              const dots = context.getImageData(Math.round(px) - 1, Math.round(py) - 1, 3, 3).data;
              let least = 255; for (let k = 0; k < dots.length; k += 4) if (dots[k + 3] > 128) least = Math.min(least, dots[k]);
              return least; })"""
        on = self.browser.js(ink, 0)
        off = self.browser.js(ink, 40)
        self.assertTrue(all(red < 120 for red in on[1:-1]), on)
        self.assertTrue(all(red > 150 for red in off[1:-1]), off)

    def test_a_curve_is_lit_under_the_pointer(self):
        self.show("", "curves", "m.curves === 45")
        place = self.browser.js("""const {model, maps} = window.__fathom.charts.curves;
            const c = Array.from(model.trial).indexOf(2); const i = model.start[c] + 20;
            return [model.x[i] * maps.x.factor + maps.x.offset, model.y[i] * maps.y.factor + maps.y.offset]""")
        self.browser.move(".u-over", *place)
        self.browser.chart("curves", "m.tip")
        self.assertLess(self.browser.js("return window.__fathom.charts.curves.milliseconds.hover"), 50)
        self.browser.until("return document.querySelector('.tip')?.innerText.includes('learning rate')")

    def test_dragging_looks_closer_and_a_double_click_takes_it_back(self):
        self.show("", "curves", "m.curves === 45")
        whole = self.browser.js("return window.__fathom.charts.curves.view")
        self.browser.drag(".u-over", (100, 60), (300, 200))
        self.browser.until("return new URLSearchParams(location.search).get('zoom')")
        part = self.browser.js("return window.__fathom.charts.curves.view")
        self.assertLess(part["x"][1] - part["x"][0], 0.5 * (whole["x"][1] - whole["x"][0]))
        self.browser.js("document.querySelector('.u-over').dispatchEvent(new MouseEvent('dblclick', {bubbles: true}))")
        self.browser.until("return !new URLSearchParams(location.search).has('zoom')")

    def test_a_filter_leaves_the_curves_that_it_names(self):
        self.show("?where=depth:2|3&where=learning_rate:0.01..0.1", "curves", "m.curves > 0")
        self.browser.chart("curves", "m.curves === 12")
        expected = self.rows("SELECT trial FROM results WHERE sweep = 1 AND depth IN (2, 3) AND learning_rate BETWEEN 0.01 AND 0.1")
        self.assertEqual(sorted(curve["trial"] for curve in self.browser.js(CURVE)), sorted(trial for trial, in expected))

    def test_a_density_counts_all_curves(self):
        self.show("?show=density&by=depth", "curves", "m.bands.length === 3")
        trials = self.browser.js("return window.__fathom.charts.curves.bands.map(({label, trials, diverged}) => [label, trials, diverged])")
        expected = self.rows("SELECT depth, count(*), sum(state = 'diverged') FROM results WHERE sweep = 1 GROUP BY 1")
        self.assertEqual([[str(depth), count, lost] for depth, count, lost in expected], trials)

    def test_a_heat_map_has_the_means_of_the_ledger(self):
        self.show("?tab=heat&x=learning_rate&y=depth&value=final", "heat", "m.model.trials.some((n) => n > 0)")
        model = self.browser.js("const {model} = window.__fathom.charts.heat; return {columns: model.columns, "
                                "value: Array.from(model.value, String), diverged: Array.from(model.diverged), trials: Array.from(model.trials)}")
        cells = {}
        for depth, rate, state, loss in self.rows("SELECT depth, learning_rate, state, final_loss FROM results WHERE sweep = 1"):
            cells.setdefault((depth, rate), []).append((state, loss))
        rates = sorted({rate for _, rate in cells})
        for y, depth in enumerate((1, 2, 3)):
            for x, rate in enumerate(rates):
                at = y * model["columns"] + x
                trials = cells[depth, rate]
                good = [loss for state, loss in trials if state == "succeeded"]
                self.assertEqual(model["trials"][at], len(trials))
                self.assertAlmostEqual(model["diverged"][at], 1 - len(good) / len(trials))
                if good:
                    mean = math.exp(sum(math.log(loss) for loss in good) / len(good))
                    self.assertAlmostEqual(float(model["value"][at]) / mean, 1, 9)

    def test_a_cell_leads_to_its_curves(self):
        self.show("?tab=heat&x=learning_rate&y=depth", "heat", "m.model.trials.some((n) => n > 0)")
        layout = self.browser.js("return window.__fathom.charts.heat.layout")
        self.browser.click(".heat", layout["left"] + 1.5 * layout["cellWidth"], layout["bottom"] - 2.5 * layout["cellHeight"])
        self.browser.chart("curves", "m.curves === 3")
        self.assertEqual(sorted(self.where()), ["depth:3", "learning_rate:0.01"])

    def test_a_brush_becomes_a_filter(self):
        self.show("?tab=parallel", "parallel", "m.lines === 45")
        at = self.browser.js("const {layout, axes} = window.__fathom.charts.parallel; "
                             "return [layout.xs[axes.findIndex(({name}) => name === 'depth')], layout.top, layout.bottom]")
        x, top, bottom = at
        self.browser.drag(".parallel", (x, top - 8), (x, (top + bottom) / 2 + 10))
        self.browser.chart("parallel", "m.chosen !== m.all && m.lines === 30")
        name, low = self.where()[0].split(":")
        self.assertEqual(name, "depth")
        self.assertTrue(1 < float(low.split("..")[0]) <= 2)
        self.browser.click(".parallel", x, bottom - 20)
        self.browser.chart("parallel", "m.chosen === m.all && m.lines === 45")
        self.assertEqual(self.where(), [])

    def test_the_best_is_that_of_the_terminal(self):
        self.show("?tab=best", "best", "m.rows.length === 3")
        rows = self.browser.js("return window.__fathom.charts.best.rows.map(({value, error, trials}) => [value, error, trials])")
        said = json.loads(support.run("summary", "1", "--db", self.ledger, "--json", folder=self.folder))
        expected = [row["best"][-1] for row in said["summary"]["rows"]]
        self.assertEqual(rows, [[best["value"], best["standard_error"], best["trials"]] for best in expected])
        shown = self.browser.js("return document.querySelector('.sentences').innerText")
        sentence = said["summary"]["races"][0]["sentence"]
        self.assertIn(sentence.split("\n")[1].strip(), shown)


if __name__ == "__main__":
    support.needs_browser()
    unittest.main()
