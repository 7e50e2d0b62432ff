#!/usr/bin/env python3
"""Installs the package as people do, and runs its tests with that: with Debian's runtime and with the newest.

The newest comes from a package registry; where none is reachable that part skips itself.
"""

from __future__ import annotations

import importlib.util
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

from support import ROOT, LedgerTest

HERE = pathlib.Path(__file__).resolve().parent
# A registry that does not answer is soon given up.
PIP = ("-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--timeout=10", "--retries=0")


def run(*command: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program to its end."""
    return subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
        cwd="/",
    )


class InstallTest(LedgerTest):
    """A copy of what the package is built from, and environments to install it into."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        missing = [name for name in ("ensurepip", "wheel", "setuptools") if not importlib.util.find_spec(name)]
        if missing:
            raise unittest.SkipTest(f"python3-{missing[0]} is not installed (ensurepip is in python3-venv)")
        # Builds leave files behind, which do not belong into the checkout.
        cls.source = cls.folder / "source"
        ignored = shutil.ignore_patterns("build", "*.egg-info", "__pycache__")
        shutil.copytree(ROOT / "client" / "python", cls.source / "client" / "python", ignore=ignored)
        shutil.copytree(ROOT / "proto" / "fathom", cls.source / "proto" / "fathom")
        shutil.copy(ROOT / "CMakeLists.txt", cls.source)

    def install(self, name: str) -> pathlib.Path:
        """Make an environment that has the package and Debian's packages; returns its Python."""
        python = self.folder / name / "bin" / "python"
        made = run(sys.executable, "-m", "venv", "--system-site-packages", self.folder / name)
        self.assertEqual(made.returncode, 0, made.stderr)
        package = self.source / "client" / "python"
        done = run(python, *PIP, "--no-index", "--no-build-isolation", "--no-deps", package)
        self.assertEqual(done.returncode, 0, done.stderr)
        return python

    def passes(self, python: pathlib.Path, name: str) -> str:
        """Run a test with an environment; returns what it says."""
        done = run(python, "-B", HERE / f"{name}_test.py", FATHOM_INSTALLED="1")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def test_with_the_packages_of_the_system(self) -> None:
        python = self.install("system")
        where = run(python, "-c", "import fathom; print(fathom.__file__)")
        self.assertTrue(where.stdout.startswith(str(self.folder / "system")), where.stdout + where.stderr)
        print("system:", self.passes(python, "connect").splitlines()[0])

    def test_with_the_newest_packages(self) -> None:
        python = self.install("newest")
        fetched = run(python, *PIP, "--ignore-installed", "grpcio", "protobuf")
        if fetched.returncode:
            self.skipTest(f"no registry has the newest packages for us: {fetched.stderr.strip().splitlines()[-1]}")
        print("newest:", self.passes(python, "connect").splitlines()[0])


if __name__ == "__main__":
    unittest.main()
