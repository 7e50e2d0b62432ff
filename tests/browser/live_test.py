"""The page on a live coordinator: what changes appears by itself, and what goes away comes back."""

import json
import signal

from harness import AXE, WORK, PageTest, fetch, free_port, run, until
from file_test import ledger

SLOW = """
name: live
data: {synthetic: {rows: 2000, columns: 32, noise: 0.1}, standardize: true}
loss: {lp: 4}
model: {init: {scheme: balanced, norm: 0.1}}
optimizer: {learning_rate: 1e-5}
steps: 3000
axes: {depth: [1, 2], seed: {range: {from: 0, to: 100}}}
record: {points: 20}
"""


class LiveTest(PageTest):
    def setUp(self):
        super().setUp()
        self.port = free_port()
        self.db = WORK / f"live-{self.port}.db"
        self.server = self.start_server()
        self.source = ("--server", f"127.0.0.1:{self.port}")
        spec = WORK / "live.yaml"
        spec.write_text(SLOW, encoding="utf-8")
        run("fathom", "submit", spec, *self.source)
        self.ui, self.address = self.serve(*self.source)

    def start_server(self):
        return self.start("fathom-server", "--db", self.db, "--listen", f"127.0.0.1:{self.port}", says="listening on")

    def start_worker(self):
        return self.start("fathom-worker", *self.source, "--slots", "1", "--name", "w<i>1</i>")

    def test_results_appear_by_themselves(self):
        self.browser.go(f"{self.address}/sweeps/1")
        self.browser.wait_for("live")
        self.start_worker()
        until("curves", lambda: (self.browser.run("return window.__fathom?.charts?.curves?.curves") or 0) > 0)
        first = self.browser.run("return window.__fathom.charts.curves.curves")
        until("more curves", lambda: self.browser.run("return window.__fathom.charts.curves.curves") > first)
        self.browser.go(f"{self.address}/workers")
        self.browser.wait_for("w<i>1</i>")
        # One stream of events, and no more.
        streams = self.browser.run(
            "return performance.getEntriesByType('resource').filter(({name}) => name.includes('/api/events')).length")
        self.assertLessEqual(streams, 1)

    def test_the_coordinator_goes_and_comes_back(self):
        self.browser.go(self.address)
        self.browser.wait_for("live")
        self.server.stop(signal.SIGKILL)
        until("a banner", lambda: self.browser.find(".banner.bad"))
        self.server = self.start_server()
        until("the banner to go", lambda: not self.browser.find(".banner.bad"))
        self.browser.wait_for("live")

    def test_fathom_ui_goes_and_comes_back(self):
        self.browser.go(self.address)
        self.browser.wait_for("live")
        port = int(self.address.rsplit(":", 1)[1])
        self.ui.stop(signal.SIGKILL)
        until("a banner", lambda: self.browser.find(".banner.bad"))
        self.ui, _ = self.serve(*self.source, port=port)
        until("the banner to go", lambda: not self.browser.find(".banner.bad"))

    def test_pause_asks_and_pauses(self):
        self.browser.go(f"{self.address}/sweeps/1")
        self.browser.click("button", "pause")
        until("the dialog or the state", lambda: self.browser.find("dialog[open], [role=dialog], [role=alertdialog]") or self.browser.has("paused"))
        for button in self.browser.find("dialog[open] button, [role=dialog] button, [role=alertdialog] button"):
            if "pause" in button.text.lower():
                button.click()
                break
        until("the sweep to be paused", lambda: json.loads(run("fathom", "show", "1", *self.source, "--json"))["paused"])
        self.browser.wait_for("paused")


class LoginTest(PageTest):
    def test_a_token_lets_in_and_its_end_lets_out(self):
        port, tokens = free_port(), WORK / "tokens"
        lines = run("fathom", "token", "new", "--role", "read", "--name", "eve", "--out", WORK / "eve.token")
        tokens.write_text(lines, encoding="utf-8")
        server = self.start("fathom-server", "--db", WORK / f"login-{port}.db", "--listen", f"127.0.0.1:{port}", "--tokens", tokens,
                            says="listening on")
        _, address = self.serve("--server", f"127.0.0.1:{port}", "--login")
        self.browser.go(address)
        field = until("a field for the token", lambda: self.browser.find("input[type=password]"))[0]
        self.assertEqual(fetch(f"{address}/api/sweeps")[0], 401)
        field.send_keys("fathom_wrong")
        self.browser.click("button[type=submit], form button")
        until("a refusal", lambda: self.browser.find("[role=alert]"))
        field = self.browser.find("input[type=password]")[0]
        field.clear()
        field.send_keys((WORK / "eve.token").read_text(encoding="utf-8").strip())
        self.browser.click("button[type=submit], form button")
        self.browser.wait_for("No sweeps yet")
        cookie = self.browser.driver.get_cookie("fathom")
        self.assertTrue(cookie["httpOnly"])
        self.assertEqual(cookie["sameSite"], "Strict")
        self.assertEqual(self.browser.run("return document.cookie"), "")
        # A reader is offered nothing that changes anything.
        self.assertFalse(self.browser.has("cancel"))
        other = run("fathom", "token", "new", "--role", "read", "--name", "ada", "--out", WORK / "ada.token")
        tokens.write_text(other, encoding="utf-8")
        server.process.send_signal(signal.SIGHUP)
        until("the login again", lambda: self.browser.find("input[type=password]"))


class AccessTest(PageTest):
    """No serious finding of axe-core on any view, in both themes."""

    def test_axe(self):
        if not AXE.exists():
            self.skipTest(f"axe-core is not there ({AXE})")
        axe = AXE.read_text(encoding="utf-8")
        _, address = self.serve("--db", ledger())
        found = []
        for theme in ("light", "dark"):
            self.browser.theme(theme)
            for path in ("/", "/sweeps/1", "/sweeps/1?tab=best", "/sweeps/1?tab=heat", "/sweeps/1?tab=parallel", "/sweeps/1?tab=trials",
                         "/sweeps/1?tab=spec", "/sweeps/1/trials/3", "/workers", "/sql", "/compare", "/login", "/nothing"):
                self.browser.go(address + path)
                until("the page", lambda: len(self.browser.text()) > 40 and not self.browser.find(".waiting-bar"))
                self.browser.driver.execute_script(axe)
                result = self.browser.driver.execute_async_script(
                    "const done = arguments[0]; axe.run(document, {resultTypes: ['violations']}).then((r) => done(r.violations.map("
                    "({id, impact, help, nodes}) => ({id, impact, help, where: nodes.slice(0, 3).map((n) => n.html.slice(0, 160))}))),"
                    " (e) => done([{id: 'error', impact: 'serious', help: String(e), where: []}]))")
                found += [f"{theme} {path}: {one}" for one in result if one["impact"] in ("serious", "critical")]
        self.assertEqual(found, [])


class HeadersTest(PageTest):
    def test_every_answer_is_guarded(self):
        _, address = self.serve("--db", ledger())
        for path in ("/", "/api/sweeps", "/api/caller", "/nothing-there"):
            _, headers, _ = fetch(address + path)
            headers = {name.lower(): value for name, value in headers.items()}
            self.assertIn("default-src 'self'", headers["content-security-policy"], path)
            self.assertNotIn("unsafe", headers["content-security-policy"], path)
            self.assertEqual(headers["x-content-type-options"], "nosniff", path)
            self.assertNotIn("access-control-allow-origin", headers, path)
