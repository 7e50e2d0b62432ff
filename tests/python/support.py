"""What the tests of the Python package share: programs, specs and ledgers to read."""

from __future__ import annotations

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
from typing import Any

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
os.environ["FATHOM_CONFIG"] = os.devnull  # No configuration of whoever runs the tests.
PROGRAMS = pathlib.Path(os.environ.get("FATHOM_PROGRAMS", ROOT / "build" / "release" / "bin"))
INSTALLED = "FATHOM_INSTALLED" in os.environ  # The package is that of this Python, not of the checkout.
if not INSTALLED:
    sys.path.insert(0, str(ROOT / "client" / "python"))

# Depth, rate and seed; the largest rates diverge, and some trials are stopped.
SMALL: dict[str, Any] = {
    "name": "small",
    "data": {"synthetic": {"rows": 60, "columns": 4, "noise": 0.1}},
    "loss": {"lp": 4},
    "model": {"family": "linear_net", "hidden_width": 1, "init": {"scheme": "gaussian", "std": 0.1}},
    "optimizer": {"name": "gd"},
    "steps": 300,
    "axes": {
        "depth": [1, 2, 3],
        "learning_rate": {"log": {"from": 0.01, "to": 30, "per_decade": 2}},
        "seed": {"range": [0, 4]},
    },
    "record": {"points": 30, "spacing": "log", "at": [100], "metrics": ["loss", "weight_norm", "e2e_deviation"]},
    "summarize": {"by": ["depth"], "best_over": ["learning_rate"], "average_over": ["seed"], "at": [100, 300]},
}


def changed(**changes: Any) -> dict[str, Any]:
    """Return SMALL with other top-level keys; None takes one away."""
    spec = {**SMALL, **changes}
    return {key: value for key, value in spec.items() if value is not None}


def program(*arguments: str) -> str:
    """Run `fathom` and return what it prints; its code may say that a sweep was cancelled."""
    done = subprocess.run([PROGRAMS / "fathom", *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0 and done.stderr:
        raise AssertionError(f"fathom {' '.join(arguments)}: {done.stderr}")
    return done.stdout


class LedgerTest(unittest.TestCase):
    """Tests that have a folder of their own, for ledgers among others."""

    folder: pathlib.Path
    coordinator: subprocess.Popen[str]

    @classmethod
    def setUpClass(cls) -> None:
        """Make the folder."""
        holder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(holder.cleanup)
        cls.folder = pathlib.Path(holder.name)

    @classmethod
    def run_sweep(cls, spec: dict[str, Any], db: str = "lab.db") -> pathlib.Path:
        """Run a sweep into a ledger of the folder."""
        path = cls.folder / f"{spec['name']}.yaml"
        path.write_text(json.dumps(spec), encoding="utf-8")
        program("run", str(path), "--db", str(cls.folder / db), "--quiet", "--no-plot")
        return cls.folder / db

    @classmethod
    def make_stubs(cls) -> None:
        """Give the package of the checkout its stubs, or skip the tests where they cannot be made."""
        if INSTALLED:
            return
        import stubs

        import fathom

        missing = stubs.generate(cls.folder / "stubs")
        if missing:
            raise unittest.SkipTest(missing)
        fathom.__path__.append(str(cls.folder / "stubs" / "fathom"))

    @classmethod
    def start(cls, command: list[object], **options: object) -> subprocess.Popen[str]:
        process = subprocess.Popen([str(part) for part in command], text=True, **options)  # type: ignore[call-overload]
        cls.addClassCleanup(process.wait)
        cls.addClassCleanup(process.kill)
        return process

    @classmethod
    def start_server(cls, db: pathlib.Path, *options: str, listen: str = "127.0.0.1:0") -> str:
        """Start a coordinator, which is `coordinator` then; returns its address."""
        command = [PROGRAMS / "fathom-server", "--db", db, "--listen", listen, *options]
        process = cls.start(command, stderr=subprocess.PIPE)
        assert process.stderr is not None
        cls.coordinator = process
        cls.addClassCleanup(process.stderr.close)
        for line in process.stderr:
            found = re.search(r"listening on (127\.0\.0\.1:\d+)", line)
            if found:
                return found.group(1)
        raise AssertionError("the server does not say where it listens")
