"""What tests in a real browser need: a page of `fathom ui`, and a browser that
tells everything that goes wrong in it. Debian's chromium, chromium-driver and
python3-selenium; a test skips itself where one of them is not there."""

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

PROGRAMS = os.environ["FATHOM_PROGRAMS"]
PROGRAM = os.path.join(PROGRAMS, "fathom")
PATIENCE = 60  # Seconds; machines that test are busy.

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


def until(what, condition):
    """Polls until `condition()` returns something, and returns that. `what` may be a
    function that tells what was waited for."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"waited in vain for {what() if callable(what) else what}")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def fetch(address):
    """Returns status, headers by small name, and body of a request without a browser."""
    try:
        with urllib.request.urlopen(address, timeout=PATIENCE) as answer:
            status, headers, body = answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        status, headers, body = error.code, error.headers, error.read()
    return status, {name.lower(): value for name, value in headers.items()}, body


class Program:
    """A program that runs until it is closed."""

    def __init__(self, name, *arguments, folder, says=""):
        self.log = tempfile.NamedTemporaryFile("w+", dir=folder, suffix=".log")
        self.process = subprocess.Popen([os.path.join(PROGRAMS, name), *arguments], cwd=folder, stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=subprocess.STDOUT)
        until(lambda: f"{name} to say {says!r}; it said {self.text()}",
              lambda: self.process.poll() is not None or says in self.text())
        if self.process.poll() is not None:
            raise AssertionError(f"{name} has ended: {self.text()}")

    def text(self):
        with open(self.log.name, encoding="utf-8", errors="replace") as file:
            return file.read()

    def close(self, by=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(by)
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


class Site:
    """A `fathom ui` that serves a ledger or a coordinator."""

    def __init__(self, *arguments, port=0):
        self.process = subprocess.Popen(
            [PROGRAM, "ui", "--listen", f"127.0.0.1:{port}", "--json", *arguments],
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

    def close(self, by=signal.SIGTERM):
        self.process.send_signal(by)
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
                     "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
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

    def size(self, width, height):
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500})

    def theme(self, name):
        self.driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": name}]})

    def text(self):
        return self.js("return document.body?.innerText ?? ''")

    def says(self, text):
        """Waits until the page says this, in letters of either size."""
        until(lambda: f"{text!r}; the page says: {self.text()[:1500]}", lambda: text.lower() in self.text().lower())

    def count(self, selector):
        return self.js("return document.querySelectorAll(arguments[0]).length", selector)

    def is_there(self, selector, there=True):
        until(lambda: f"{selector} to be {'there' if there else 'gone'}; the page says: {self.text()[:1500]}",
              lambda: (self.count(selector) > 0) == there)

    def press(self, selector, text=""):
        """Clicks on what is like `selector` and has this text, once it is there."""
        until(lambda: f"{selector} with {text!r}; the page says: {self.text()[:1500]}", lambda: self.js(
            "const found = [...document.querySelectorAll(arguments[0])].find((e) => e.offsetParent !== null && !e.disabled &&"
            " e.innerText.toLowerCase().includes(arguments[1].toLowerCase())); found?.click(); return !!found", selector, text))

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
