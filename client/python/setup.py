"""Builds the package; the stubs of the coordinator's protocol are made where protoc is there.

Without protoc the package is installed all the same: it reads files, and `connect` says
what is missing.
"""

from __future__ import annotations

import pathlib
import re
import sys

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import stubs  # noqa: E402


class BuildWithStubs(build_py):
    """Copies the modules and adds the stubs beside them."""

    def run(self) -> None:
        """Build, then generate."""
        super().run()
        message = stubs.generate(pathlib.Path(self.build_lib))
        if message:
            self.announce(f"no stubs for coordinators: {message}", level=3)


def version() -> str:
    """Return the version of the project, which is said in one place."""
    text = (HERE.parent.parent / "CMakeLists.txt").read_text(encoding="utf-8")
    found = re.search(r"project\(\s*fathom\s+VERSION\s+([0-9.]+)", text)
    if not found:
        raise SystemExit("CMakeLists.txt: found no `project(fathom VERSION ...)`, expected the version there")
    return found.group(1)


setup(version=version(), cmdclass={"build_py": BuildWithStubs})
