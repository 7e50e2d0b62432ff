"""The page on a ledger file: every view, and that it shows what the ledger holds."""

import json
import pathlib

from selenium.webdriver.common.actions.action_builder import ActionBuilder

from harness import WORK, PageTest, columns, fetch, query, run, until

LEDGER = WORK / "browser.db"
SPEC = """
name: depth <b>&amp; rate</b>
data: {synthetic: {rows: 200, columns: 8, noise: 0.1}, standardize: true}
loss: {lp: 4}
model: {init: {scheme: balanced, norm: 0.1}}
optimizer: {learning_rate: 1e-3}
steps: 400
axes: {depth: [1, 2, 3], learning_rate: [1e-4, 1e-3, 1e-2, 1e-1, 1], seed: [1, 2]}
record: {metrics: [loss, weight_norm], points: 40}
summarize: {metric: loss, over: learning_rate, by: depth}
"""


def ledger():
    """A ledger with one sweep of thirty trials, some of which diverge; made once."""
    if not LEDGER.exists():
        spec = WORK / "browser.yaml"
        spec.write_text(SPEC, encoding="utf-8")
        run("fathom", "run", spec, "--db", LEDGER, "--slots", "2", "--quiet")
    return LEDGER


class FileTest(PageTest):
    def setUp(self):
        super().setUp()
        self.db = ledger()
        _, self.address = self.serve("--db", self.db)

    def rows(self, sql):
        return query(sql, "--db", self.db)

    def test_sweeps_shows_names_as_text_and_no_trouble(self):
        self.browser.go(self.address)
        self.browser.wait_for("depth <b>&amp; rate</b>")
        self.browser.wait_for("completed")
        self.assertEqual(self.browser.find("b b, td b"), [])
        self.assertEqual(self.browser.find(".banner.bad"), [], self.browser.text())
        self.browser.click("a", "depth <b>")
        self.browser.wait_for("Heat map")
        self.assertIn("/sweeps/1", self.browser.driver.current_url)

    def test_curves_have_the_values_of_the_ledger(self):
        self.browser.go(f"{self.address}/sweeps/1")
        drawn = self.curves_drawn()
        self.assertEqual(drawn["curves"], 30)
        points = {}
        for row in self.rows("SELECT trial, step, value FROM metric_points WHERE sweep = 1 AND metric = 'loss'"):
            points[(row["trial"], row["step"])] = row["value"]
        seen = 0
        for at, trial in enumerate(drawn["trial"]):
            for i in range(drawn["start"][at], drawn["start"][at + 1]):
                value = points[(trial, drawn["steps"][i])]
                if value is not None:
                    self.assertEqual(drawn["values"][i], value)
                    seen += 1
        self.assertGreater(seen, 500)
        # Every trial that diverged ends in a mark, and none stretches the axis.
        diverged = {row["trial"] for row in self.rows("SELECT trial FROM results WHERE sweep = 1 AND state = 'diverged'")}
        self.assertGreater(len(diverged), 0)
        marked = {drawn["trial"][mark["curve"]] for mark in drawn["marks"] if mark["kind"] == "diverged"}
        self.assertEqual(marked, diverged)
        # Something is on the canvas: many colours besides the background.
        colours = self.browser.run(
            """const canvas = [...document.querySelectorAll('canvas')].sort((a, b) => b.width * b.height - a.width * a.height)[0];
            const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
            const seen = new Set();
            for (let i = 0; i < pixels.length; i += 4) if (pixels[i + 3] > 200) seen.add(pixels[i] << 16 | pixels[i + 1] << 8 | pixels[i + 2]);
            return seen.size;"""
        )
        self.assertGreater(colours, 20)

    def test_a_filter_is_in_the_address_and_an_address_is_a_filter(self):
        self.browser.go(f"{self.address}/sweeps/1?where=depth:2")
        drawn = self.curves_drawn()
        _, _, body = fetch(f"{self.address}/api/sweeps/1/curves?metric=loss&where=depth:2")
        header, found = columns(body)
        self.assertEqual(header["matching"], 10)
        self.assertEqual(drawn["trial"], found["trial"])
        self.browser.click("button", "depth")
        self.browser.click("label, [role=menuitemcheckbox], [role=option], .popover *", "3")
        until("another filter in the address", lambda: "depth:2" in self.browser.driver.current_url
              and "3" in self.browser.driver.current_url.split("where=", 1)[-1])
        until("twenty curves", lambda: self.browser.run("return window.__fathom?.charts?.curves?.curves") == 20)
        self.browser.driver.back()
        until("ten curves again", lambda: self.browser.run("return window.__fathom?.charts?.curves?.curves") == 10)

    def test_best_says_what_the_program_says(self):
        summary = json.loads(run("fathom", "summary", "1", "--db", self.db, "--json"))
        self.browser.go(f"{self.address}/sweeps/1?tab=best")
        best = until("the best of each group", lambda: self.browser.run(
            "const best = window.__fathom?.charts?.best; return best ? {rows: best.rows, sentences: best.sentences} : null"))
        self.assertEqual(len(best["rows"]), 3)
        _, _, body = fetch(f"{self.address}/api/sweeps/1/summary?by=depth")
        answer = json.loads(body)
        for key, value in summary.items():
            if key in answer and key != "sweep":
                self.assertEqual(answer[key], value, key)

    def test_heat_map_has_a_cell_for_every_pair(self):
        self.browser.go(f"{self.address}/sweeps/1?tab=heat")
        heat = until("the heat map", lambda: self.browser.run("return window.__fathom?.charts?.heat?.labels ?? null"))
        self.assertIsNotNone(heat)
        _, _, body = fetch(f"{self.address}/api/sweeps/1/heat?x=learning_rate&y=depth&value=diverged")
        answer = json.loads(body)
        self.assertEqual(len(answer["cells"]), 3)
        self.assertEqual([len(row) for row in answer["cells"]], [5, 5, 5])
        self.assertTrue(all(n == 2 for row in answer["trials"] for n in row))

    def test_parallel_coordinates_brush_into_the_address(self):
        self.browser.go(f"{self.address}/sweeps/1?tab=parallel")
        layout = until("parallel coordinates", lambda: self.browser.run(
            """const chart = window.__fathom?.charts?.parallel;
            const canvas = document.querySelector('canvas');
            if (!chart || !canvas || !chart.all) return null;
            const box = canvas.getBoundingClientRect();
            return {xs: [...chart.layout.xs], top: chart.layout.top, bottom: chart.layout.bottom, left: box.left, y: box.top,
              all: chart.all, axes: chart.axes.map(({name}) => name)};"""))
        self.assertEqual(layout["all"], 30)
        at = layout["axes"].index("final_loss")
        x = layout["left"] + layout["xs"][at]
        middle = layout["y"] + (layout["top"] + layout["bottom"]) / 2
        actions = ActionBuilder(self.browser.driver)
        actions.pointer_action.move_to_location(int(x), int(middle))
        actions.pointer_action.pointer_down()
        actions.pointer_action.move_to_location(int(x), int(layout["y"] + layout["bottom"] - 2))
        actions.pointer_action.pointer_up()
        actions.perform()
        until(f"a brush in the address {self.browser.driver.current_url}",
              lambda: "where=final_loss" in self.browser.driver.current_url)
        chosen = until("fewer lines", lambda: self.browser.run("return window.__fathom.charts.parallel.chosen"))
        self.assertLess(chosen, 30)
        self.assertGreater(chosen, 0)

    def test_a_trial_says_everything_about_itself(self):
        self.browser.go(f"{self.address}/sweeps/1/trials/7")
        for text in ("fathom run 1/7", "learning rate", "depth"):
            self.browser.wait_for(text)
        row = self.rows("SELECT state FROM results WHERE sweep = 1 AND trial = 7")[0]
        self.browser.wait_for(row["state"])
        self.browser.go(f"{self.address}/sweeps/1/trials/999")
        self.browser.wait_for("999")
        self.assertEqual(self.browser.find("canvas"), [])

    def test_trials_scroll_from_first_to_last(self):
        self.browser.go(f"{self.address}/sweeps/1?tab=trials")
        self.browser.wait_for("final loss")
        until("rows", lambda: len(self.browser.find("[role=row], tbody tr")) > 10)

    def test_sql_answers_and_refuses(self):
        self.browser.go(f"{self.address}/sql?sql=SELECT%20COUNT(*)%20AS%20n%20FROM%20results")
        self.browser.wait_for("30")
        self.browser.go(f"{self.address}/sql?sql=DELETE%20FROM%20results")
        self.browser.wait_for("SQLite does not take this")
        self.assertEqual(len(self.rows("SELECT * FROM results")), 30)
        self.browser.go(f"{self.address}/sql?sql=SELECT%20los%20FROM%20results")
        self.browser.wait_for("no such column")

    def test_addresses_that_lead_nowhere_say_so(self):
        for path in ("/sweeps/99", "/nothing", "/sweeps/x"):
            self.browser.go(self.address + path)
            until(f"words on {path}", lambda: any(self.browser.has(word) for word in ("no sweep", "no such", "not found", "nothing here", "not there", "no page")))

    def test_phone_width_has_no_sideways_scrolling(self):
        self.browser.size(360, 740)
        for path in ("/", "/sweeps/1", "/sweeps/1?tab=best", "/sweeps/1?tab=heat", "/sweeps/1/trials/3", "/sql", "/workers", "/compare"):
            self.browser.go(self.address + path)
            until("the page", lambda: len(self.browser.text()) > 40)
            wide = self.browser.run("return document.documentElement.scrollWidth - document.documentElement.clientWidth")
            self.assertLessEqual(wide, 0, path)


class LedgerGoesTest(PageTest):
    def test_a_file_that_goes_and_comes_back(self):
        copy = WORK / "going.db"
        copy.write_bytes(ledger().read_bytes())
        _, address = self.serve("--db", copy)
        self.browser.go(address)
        self.browser.wait_for("completed")
        away = pathlib.Path(f"{copy}.away")
        copy.rename(away)
        until("a banner", lambda: self.browser.find(".banner.bad"))
        away.rename(copy)
        until("the banner to go", lambda: not self.browser.find(".banner.bad"))
        self.browser.wait_for("completed")
