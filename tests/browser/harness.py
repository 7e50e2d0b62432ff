"""What the tests of the page share: programs that are started, and a browser that is driven."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request

from selenium import webdriver
from selenium.common.exceptions import JavascriptException, StaleElementReferenceException, WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

BIN = pathlib.Path(os.environ["FATHOM_BIN"])
WORK = pathlib.Path(os.environ["FATHOM_WORK"])
AXE = pathlib.Path(os.environ.get("FATHOM_AXE", "/nonexistent"))
PATIENCE = 60.0  # Seconds, for a machine that is busy.

# Runs before every page: remembers what the policy forbade and what went wrong.
WATCH = """
window.__violations = [];
window.__errors = [];
document.addEventListener('securitypolicyviolation',
  (event) => window.__violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
window.addEventListener('error', (event) => window.__errors.push(String(event.message)));
window.addEventListener('unhandledrejection', (event) => window.__errors.push(String(event.reason)));
"""


def until(what, condition, patience=PATIENCE):
    """Polls until `condition` is true, and returns what it returned."""
    end = time.monotonic() + patience
    last = None
    while time.monotonic() < end:
        try:
            found = condition()
        except (StaleElementReferenceException, JavascriptException, OSError) as error:
            found, last = None, error
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"waited in vain for {what}{f' ({last})' if last else ''}")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Program:
    """A program that runs until it is stopped."""

    def __init__(self, name, *arguments, says=None, patience=PATIENCE):
        self.log = tempfile.NamedTemporaryFile("w+", dir=WORK, prefix=f"{name}-", suffix=".log")
        self.process = subprocess.Popen(
            [str(BIN / name), *map(str, arguments)], stdout=self.log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL
        )
        if says is not None:
            until(f"{name} to say {says!r}: {self.text()}", lambda: self.process.poll() is not None or says in self.text(), patience)
            assert self.process.poll() is None, f"{name} has ended: {self.text()}"

    def text(self):
        return pathlib.Path(self.log.name).read_text(errors="replace")

    def stop(self, with_signal=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(with_signal)
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode


def run(name, *arguments):
    """Runs a program to its end and returns its output."""
    done = subprocess.run([str(BIN / name), *map(str, arguments)], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, f"{name} {arguments}: {done.stdout}{done.stderr}"
    return done.stdout


def query(sql, *source):
    """Returns the rows of a query as dictionaries."""
    return json.loads(run("fathom", "query", sql, *source, "--format", "json"))


def serve(*arguments, port=0):
    """Starts `fathom ui`; returns it and the address of its page."""
    program = Program("fathom", "ui", "--listen", f"127.0.0.1:{port or free_port()}", *arguments, says="open http")
    return program, program.text().split("open ", 1)[1].split()[0]


def fetch(address):
    """Returns status, headers and body of a plain request."""
    try:
        with urllib.request.urlopen(address, timeout=PATIENCE) as answer:
            return answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read()


def columns(body):
    """Reads an answer of columns: its header, and a list of numbers by name."""
    (length,) = struct.unpack_from("<I", body)
    header = json.loads(body[4 : 4 + length])
    at, found = 4 + length, {}
    for column in header["columns"]:
        code, size = {"f64": ("d", 8), "i32": ("i", 4), "u32": ("I", 4), "u8": ("B", 1)}[column["type"]]
        found[column["name"]] = list(struct.unpack_from(f"<{column['length']}{code}", body, at))
        at += (column["length"] * size + 7) // 8 * 8
    return header, found


class Browser:
    """A browser of its own, without a window."""

    def __init__(self, width=1280, height=900, theme="light"):
        self.profile = tempfile.mkdtemp(dir=WORK)
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium")
        for argument in (
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            f"--user-data-dir={self.profile}",
            f"--window-size={width},{height}",
        ):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
        self.driver.set_script_timeout(PATIENCE)
        self.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": WATCH})
        self.theme(theme)

    def theme(self, theme):
        self.driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": theme}]}
        )

    def size(self, width, height=900):
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500},
        )

    def go(self, address):
        self.driver.get(address)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def text(self):
        return self.run("return document.body ? document.body.innerText : ''")

    def find(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def has(self, text):
        return text.lower() in self.text().lower()

    def wait_for(self, text, patience=PATIENCE):
        until(f"{text!r} on the page, which says: {self.text()[:2000]}", lambda: self.has(text), patience)

    def wait_for_not(self, text):
        until(f"{text!r} to go from the page", lambda: not self.has(text))

    def click(self, selector, text=None):
        """Clicks on the element like `selector` with this text, once it is there."""

        def wanted():
            for element in self.find(selector):
                if text is None or text.lower() in element.text.lower():
                    element.click()
                    return True
            return False

        until(f"{selector} with {text!r}; the page says {self.text()[:1000]}", wanted)

    def violations(self):
        return self.run("return window.__violations")

    def errors(self):
        return self.run("return window.__errors")

    def close(self):
        with contextlib.suppress(WebDriverException):
            self.driver.quit()
        shutil.rmtree(self.profile, ignore_errors=True)


class PageTest(unittest.TestCase):
    """A test with a browser. Whatever it does, the policy holds and nothing goes wrong unseen."""

    width = 1280

    def setUp(self):
        self.programs = []
        self.browser = Browser(width=self.width)

    def tearDown(self):
        try:
            self.assertEqual(self.browser.violations(), [], "the content security policy was violated")
            self.assertEqual(self.browser.errors(), [], "scripts of the page failed")
        finally:
            self.browser.close()
            for program in reversed(self.programs):
                program.stop()

    def start(self, *arguments, **options):
        program = Program(*arguments, **options)
        self.programs.append(program)
        return program

    def serve(self, *arguments, **options):
        program, address = serve(*arguments, **options)
        self.programs.append(program)
        return program, address

    def curves_drawn(self):
        """Waits until the chart of curves stands, and returns what it has drawn."""
        return until(
            f"curves; the page says {self.browser.text()[:1000]}",
            lambda: self.browser.run(
                """const chart = window.__fathom?.charts?.curves;
                if (!chart?.model) return null;
                const {model} = chart;
                return {curves: chart.curves, trial: [...model.trial], state: [...(model.state ?? [])],
                  steps: [...model.steps], values: [...model.values].map((v) => (Number.isFinite(v) ? v : String(v))),
                  start: [...model.start], marks: chart.marks.map(({kind, curve}) => ({kind, curve})), view: chart.view,
                  paint: chart.milliseconds.paint};"""
            ),
        )
