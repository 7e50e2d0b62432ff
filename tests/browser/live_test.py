"""The page on a live coordinator: what changes appears by itself, what goes away
comes back, and who may see and change what."""

import json
import os
import shutil
import signal
import tempfile
import threading
import unittest

import support
from support import Browser, Program, Site, fetch, free_port, run, until

SPEC = """
name: live
data: {synthetic: {rows: 2000, columns: 32, noise: 0.1}, standardize: true}
loss: {lp: 4}
model: {init: {scheme: balanced, norm: 0.1}}
optimizer: {learning_rate: 1e-5}
steps: 2000
axes: {depth: [1, 2], seed: {range: {from: 0, to: 4000}}}
record: {points: 20}
"""


class Monitor:
    """Scrapes /metrics all the time, as something that watches does."""

    def __init__(self, site):
        self.site = site
        self.last = ""
        self.errors = []
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.scrape)
        self.thread.start()

    def scrape(self):
        while not self.ended.wait(0.2):
            status, headers, body = fetch(f"{self.site.url}/metrics")
            self.last = body.decode()
            if status != 200 or not headers["content-type"].startswith("text/plain; version=0.0.4"):
                self.errors.append((status, self.last[:200]))

    def sees(self, line):
        until(lambda: f"{line}; the last scrape says {self.last[:2000]}", lambda: line in self.last.splitlines())

    def close(self):
        self.ended.set()
        self.thread.join()


class LiveTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="fathom-live-")
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.port = free_port()
        self.source = ("--server", f"127.0.0.1:{self.port}")
        self.arguments = []

    def start_server(self, *arguments):
        self.arguments = arguments or self.arguments
        server = Program("fathom-server", "--db", "lab.db", "--listen", f"127.0.0.1:{self.port}", *self.arguments,
                         folder=self.folder, says="listening on")
        self.addCleanup(server.close)
        return server

    def submit(self):
        with open(os.path.join(self.folder, "spec.yaml"), "w", encoding="utf-8") as file:
            file.write(SPEC)
        run("submit", "spec.yaml", *self.source, folder=self.folder)

    def open_page(self, *arguments, port=0):
        site = Site(*self.source, *arguments, port=port)
        self.addCleanup(site.close)
        if not site.has_page:
            raise unittest.SkipTest("fathom was built without its page")
        return site

    def browse(self, site):
        browser = Browser(site)
        self.addCleanup(browser.close)
        return browser

    def test_results_appear_by_themselves_and_a_pause_is_asked_for(self):
        self.start_server()
        self.submit()
        browser = self.browse(self.open_page())
        browser.go("/sweeps/1")
        browser.says("live")
        worker = Program("fathom-worker", *self.source, "--slots", "1", "--name", "w<i>1</i>", folder=self.folder)
        self.addCleanup(worker.close)
        browser.chart("curves", "m.curves > 0")
        first = browser.js("return window.__fathom.charts.curves.curves")
        browser.chart("curves", f"m.curves > {first}")
        browser.press("button", "pause")
        browser.press("dialog button, [role=dialog] button, [role=alertdialog] button", "pause")
        until("the sweep to be paused", lambda: json.loads(run("show", "1", *self.source, "--json", folder=self.folder))["paused"])
        browser.says("paused")
        browser.go("/workers")
        browser.says("w<i>1</i>")
        streams = "return performance.getEntriesByType('resource').filter(({name}) => name.includes('/api/events')).length"
        self.assertLessEqual(browser.js(streams), 1)
        self.assertEqual(browser.wrong(), [])

    def test_each_side_goes_and_comes_back(self):
        server = self.start_server()
        self.submit()
        site = self.open_page()
        browser = self.browse(site)
        browser.go("/")
        browser.says("live")
        server.close(signal.SIGKILL)
        browser.is_there(".banner.bad")
        self.start_server()
        browser.is_there(".banner.bad", False)
        browser.says("live")
        port = int(site.url.rsplit(":", 1)[1])
        site.close(signal.SIGKILL)
        browser.is_there(".banner.bad")
        self.open_page(port=port)
        browser.is_there(".banner.bad", False)
        browser.says("live")
        self.assertEqual(browser.wrong(), [])

    def test_two_browsers_and_a_monitor_live_through_a_coordinator_that_dies(self):
        server = self.start_server()
        self.submit()
        worker = Program("fathom-worker", *self.source, "--slots", "1", folder=self.folder)
        self.addCleanup(worker.close)
        site = self.open_page()
        monitor = Monitor(site)
        self.addCleanup(monitor.close)
        one, two = self.browse(site), self.browse(site)
        one.go("/sweeps/1")
        two.go("/")
        one.chart("curves", "m.curves > 0")
        two.says("live")
        monitor.sees("fathom_up 1")
        server.close(signal.SIGKILL)
        for browser in (one, two):
            browser.is_there(".banner.bad")
        monitor.sees("fathom_up 0")
        status, _, body = fetch(f"{site.url}/api/sweeps")
        self.assertEqual(status, 503)
        said = json.loads(body)["error"]["message"]
        self.assertRegex(said, "coordinator")
        # What gRPC says helps nobody.
        self.assertNotRegex(said, "ipv4|UNKNOWN|Socket|remote host|metadata")
        before = one.js("return window.__fathom.charts.curves.curves")
        self.assertGreater(before, 0)  # What was seen stays.
        self.start_server()
        for browser in (one, two):
            browser.is_there(".banner.bad", False)
        one.chart("curves", f"m.curves > {before}")
        monitor.sees("fathom_up 1")
        self.assertEqual(monitor.errors, [])
        for browser in (one, two):
            self.assertEqual(browser.wrong(), [])

    def token(self, name):
        return run("token", "new", "--role", "read", "--name", name, "--out", f"{name}.token", folder=self.folder)

    def test_a_token_lets_in_and_its_end_lets_out(self):
        tokens = os.path.join(self.folder, "tokens")
        with open(tokens, "w", encoding="utf-8") as file:
            file.write(self.token("eve"))
        server = self.start_server("--tokens", tokens)
        site = self.open_page("--login")
        browser = self.browse(site)
        browser.go("/")
        browser.is_there("input[type=password]")
        self.assertEqual(fetch(f"{site.url}/api/sweeps")[0], 401)

        def log_in(token):
            field = browser.driver.find_element("css selector", "input[type=password]")
            field.clear()
            field.send_keys(token)
            browser.press("form button")

        log_in("fathom_wrong")
        browser.is_there("[role=alert]")
        with open(os.path.join(self.folder, "eve.token"), encoding="utf-8") as file:
            log_in(file.read().strip())
        browser.says("No sweeps yet")
        cookie = browser.driver.get_cookie("fathom")
        self.assertTrue(cookie["httpOnly"])
        self.assertEqual(cookie["sameSite"], "Strict")
        self.assertEqual(browser.js("return document.cookie"), "")
        with open(tokens, "w", encoding="utf-8") as file:
            file.write(self.token("ada"))
        server.process.send_signal(signal.SIGHUP)
        browser.is_there("input[type=password]")
        self.assertEqual(browser.wrong(), [])


if __name__ == "__main__":
    support.needs_browser()
    unittest.main(verbosity=2)
