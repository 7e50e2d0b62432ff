"""What tests in a real browser need: a page of `fathom ui`, and a browser that
tells everything that goes wrong in it. Debian's chromium, chromium-driver and
python3-selenium; a test skips itself where one of them is not there."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import unittest

PROGRAM = os.path.join(os.environ["FATHOM_PROGRAMS"], "fathom")
PATIENCE = 30  # Seconds; machines that test are busy.

try:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.support.ui import WebDriverWait
except ImportError:
    webdriver = None

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")
DRIVER = shutil.which("chromedriver")

# Runs before anything of the page: what its policy forbids is an error, too.
WATCH = """
window.__wrong = [];
addEventListener('securitypolicyviolation', (event) => window.__wrong.push('policy: ' + event.violatedDirective + ' ' + event.blockedURI));
addEventListener('error', (event) => window.__wrong.push('error: ' + event.message));
addEventListener('unhandledrejection', (event) => window.__wrong.push('rejection: ' + event.reason));
"""


def needs_browser():
    """Ends the test as skipped where there is no browser or no page."""
    if webdriver is None or BROWSER is None or DRIVER is None:
        print("skipped: chromium, chromium-driver or python3-selenium is not there")
        sys.exit(77)


def run(*arguments, folder):
    return subprocess.run([PROGRAM, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


def query(ledger, sql):
    """Returns the rows of a query to a ledger file."""
    with sqlite3.connect(f"file:{ledger}?mode=ro", uri=True) as connection:
        return connection.execute(sql).fetchall()


class Site:
    """A `fathom ui` that serves a ledger."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [PROGRAM, "ui", "--listen", "127.0.0.1:0", "--json", *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        text = ""
        while True:
            line = self.process.stdout.readline()
            if not line:
                raise AssertionError(f"fathom ui ended and had said: {text}")
            text += line
            try:
                said = json.loads(text)
                break
            except ValueError:
                continue
        self.url = said["url"].rstrip("/")
        self.has_page = said["page"]

    def close(self):
        self.process.terminate()
        self.process.wait(PATIENCE)
        self.process.stdout.close()


class Browser:
    """A browser of so many pixels, and what it shows."""

    def __init__(self, site, width=1200, height=1400):
        self.site = site
        self.profile = tempfile.mkdtemp(prefix="fathom-browser-")
        options = webdriver.ChromeOptions()
        options.binary_location = BROWSER
        for flag in ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                     "--disable-background-networking", "--disable-component-update", "--disable-sync",
                     "--force-device-scale-factor=1", f"--user-data-dir={self.profile}", f"--window-size={width},{height}"):
            options.add_argument(flag)
        self.driver = webdriver.Chrome(options=options, service=Service(DRIVER))
        self.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": WATCH})

    def close(self):
        self.driver.quit()
        shutil.rmtree(self.profile, ignore_errors=True)

    def js(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def go(self, path):
        self.driver.get(self.site.url + path)

    def until(self, script, *arguments):
        """Waits until a script returns something, and returns that."""
        return WebDriverWait(self.driver, PATIENCE, 0.05).until(
            lambda _: self.js(script, *arguments), f"never true: {script}")

    def chart(self, name, condition="true"):
        """Waits for a chart of which the condition on its model `m` holds."""
        return self.until(f"const m = window.__fathom?.charts?.{name}; return m && ({condition}) ? true : null")

    def pointer(self, kind, selector, x, y, buttons=0):
        """Sends the pointer to a place of an element, as the system would."""
        box = self.js("const b = document.querySelector(arguments[0]).getBoundingClientRect(); return [b.left, b.top]", selector)
        self.driver.execute_cdp_cmd("Input.dispatchMouseEvent", {
            "type": kind, "x": box[0] + x, "y": box[1] + y, "button": "left" if kind != "mouseMoved" or buttons else "none",
            "buttons": buttons, "clickCount": 0 if kind == "mouseMoved" else 1})

    def move(self, selector, x, y):
        self.pointer("mouseMoved", selector, x - 3, y)
        self.pointer("mouseMoved", selector, x, y)

    def click(self, selector, x, y):
        self.move(selector, x, y)
        self.pointer("mousePressed", selector, x, y, 1)
        self.pointer("mouseReleased", selector, x, y)

    def drag(self, selector, start, end):
        self.move(selector, *start)
        self.pointer("mousePressed", selector, *start, 1)
        for share in (0.3, 0.7, 1):
            self.pointer("mouseMoved", selector, *(a + (b - a) * share for a, b in zip(start, end)), 1)
        self.pointer("mouseReleased", selector, *end)

    def wrong(self):
        return self.js("return window.__wrong")


class BrowserTest(unittest.TestCase):
    """A test with a page of its own ledger (`spec` in YAML, run once per class)."""

    spec = ""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="fathom-page-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        with open(os.path.join(cls.folder, "spec.yaml"), "w", encoding="utf-8") as file:
            file.write(cls.spec)
        run("run", "spec.yaml", "--db", "lab.db", folder=cls.folder)
        cls.ledger = os.path.join(cls.folder, "lab.db")
        cls.site = Site("--db", cls.ledger)
        cls.addClassCleanup(cls.site.close)
        if not cls.site.has_page:
            raise unittest.SkipTest("fathom was built without its page")
        cls.browser = Browser(cls.site)
        cls.addClassCleanup(cls.browser.close)

    def tearDown(self):
        self.assertEqual(self.browser.wrong(), [])

    def rows(self, sql):
        return query(self.ledger, sql)
