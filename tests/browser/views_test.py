"""Every view of the page on a ledger file: what it says, what it refuses, and that
everybody can use it."""

import json
import os
import unittest

import support
from support import fetch, run, until

SPEC = """
name: views
data: {synthetic: {rows: 60, columns: 6, condition: 30, noise: 0.1}}
model: {family: linear_net, init: {scheme: balanced, norm: 0.1}}
optimizer: {name: gd}
steps: 200
axes: {depth: [1, 2, 3], learning_rate: [0.001, 0.01, 0.1, 3], seed: [0, 1]}
record: {metrics: [loss, weight_norm], points: 40}
summarize: {by: [depth], best_over: [learning_rate], average_over: [seed], metric: loss}
"""
VIEWS = ("/", "/sweeps/1", "/sweeps/1?tab=best", "/sweeps/1?tab=heat", "/sweeps/1?tab=parallel", "/sweeps/1?tab=trials",
         "/sweeps/1?tab=spec", "/sweeps/1/trials/3", "/workers", "/sql", "/compare", "/nothing")


class ViewsTest(support.BrowserTest):
    spec = SPEC

    def stands(self, path):
        self.browser.go(path)
        until(f"words on {path}", lambda: len(self.browser.text()) > 40 and self.browser.count(".waiting-bar") == 0)

    def test_a_sweep_is_a_link(self):
        self.browser.go("/")
        self.browser.says("completed")
        self.browser.press("a", "views")
        self.browser.says("Heat map")
        self.assertIn("/sweeps/1", self.browser.driver.current_url)

    def test_a_file_that_is_fine_has_no_banner(self):
        for path in VIEWS:
            self.stands(path)
            self.assertEqual(self.browser.count(".banner.bad"), 0, self.browser.text()[:500])

    def test_a_trial_says_all_about_itself(self):
        self.browser.go("/sweeps/1/trials/7")
        for text in ("fathom run 1/7", "learning rate", "depth", "attempt"):
            self.browser.says(text)
        ((state,),) = self.rows("SELECT state FROM results WHERE sweep = 1 AND trial = 7")
        self.browser.says(state)

    def test_trials_are_all_there(self):
        self.browser.go("/sweeps/1?tab=trials&sort=-trial")
        self.browser.says("23")
        self.browser.says("final loss")

    def test_sql_answers_and_refuses(self):
        self.browser.go("/sql?sql=SELECT%20COUNT(*)%20*%201000%20AS%20n%20FROM%20results")
        self.browser.says("24,000")
        self.browser.go("/sql?sql=DELETE%20FROM%20results")
        self.browser.is_there("[role=alert]")
        self.browser.go("/sql?sql=SELECT%20los%20FROM%20results")
        self.browser.says("no such column")
        self.assertEqual(self.rows("SELECT COUNT(*) FROM results"), [(24,)])

    def test_what_is_not_there_is_said(self):
        for path in ("/sweeps/99", "/sweeps/1/trials/999", "/nothing", "/sweeps/x"):
            self.stands(path)
            self.assertEqual(self.browser.count("canvas"), 0, path)
            self.assertGreater(self.browser.count("[role=alert], .note"), 0, f"{path}: {self.browser.text()}")

    def test_nothing_is_wider_than_a_phone(self):
        self.addCleanup(self.browser.size, 1200, 1400)
        self.browser.size(360, 740)
        for path in VIEWS:
            self.stands(path)
            wide = self.browser.js("return document.documentElement.scrollWidth - document.documentElement.clientWidth")
            self.assertLessEqual(wide, 0, path)

    def test_axe_finds_nothing_serious(self):
        axe = os.environ.get("FATHOM_AXE", "")
        if not os.path.exists(axe):
            self.skipTest(f"axe-core is not there: {axe}")
        with open(axe, encoding="utf-8") as file:
            script = file.read()
        found = []
        self.addCleanup(self.browser.theme, "light")
        for theme in ("light", "dark"):
            self.browser.theme(theme)
            for path in VIEWS:
                self.stands(path)
                self.browser.js(script)
                found += [f"{theme} {path}: {one}" for one in self.browser.driver.execute_async_script(
                    "const done = arguments[0]; axe.run(document, {resultTypes: ['violations']}).then(({violations}) => done(violations"
                    ".filter(({impact}) => impact === 'serious' || impact === 'critical').map(({id, help, nodes}) => ({id, help,"
                    " where: nodes.slice(0, 3).map(({html}) => html.slice(0, 200))}))), (error) => done([{id: String(error)}]))")]
        self.assertEqual(found, [])

    def test_every_answer_is_guarded(self):
        for path in ("/", "/api/sweeps", "/api/caller", "/nothing-there"):
            _, headers, _ = fetch(self.site.url + path)
            self.assertIn("default-src 'self'", headers["content-security-policy"], path)
            self.assertNotIn("unsafe", headers["content-security-policy"], path)
            self.assertEqual(headers["x-content-type-options"], "nosniff", path)
            self.assertNotIn("access-control-allow-origin", headers, path)

    def test_the_summary_is_that_of_the_program(self):
        said = json.loads(run("summary", "1", "--db", self.ledger, "--json", folder=self.folder))
        answer = json.loads(fetch(f"{self.site.url}/api/sweeps/1/summary?by=depth")[2])
        common = [key for key in said if key in answer and key != "sweep"]
        self.assertGreater(len(common), 0)
        for key in common:
            self.assertEqual(answer[key], said[key], key)

    def test_a_file_that_goes_comes_back(self):
        other = os.path.join(self.folder, "going.db")
        run("backup", "--db", self.ledger, other, folder=self.folder)
        site = support.Site("--db", other)
        self.addCleanup(site.close)
        self.browser.driver.get(site.url)
        self.browser.says("completed")
        os.rename(other, other + ".away")
        self.browser.is_there(".banner.bad")
        os.rename(other + ".away", other)
        self.browser.is_there(".banner.bad", False)
        self.browser.says("completed")


if __name__ == "__main__":
    support.needs_browser()
    unittest.main(verbosity=2)
