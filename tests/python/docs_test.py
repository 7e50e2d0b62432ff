#!/usr/bin/env python3
"""Runs every snippet of docs/python.md and every cell of docs/fathom.ipynb, in their order."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import unittest
from typing import Any

from support import PROGRAMS, ROOT, SMALL, LedgerTest

import fathom

try:
    import google.protobuf  # noqa: F401
    import grpc  # noqa: F401
    import matplotlib
    import pandas  # noqa: F401
except ImportError as error:
    sys.exit(print(f"skipped: {error}"))
matplotlib.use("agg")


def snippets(name: str) -> list[tuple[str, str]]:
    """Return the Python of a page, or of a notebook, each with the place where it stands."""
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    if name.endswith(".ipynb"):
        cells = json.loads(text)["cells"]
        return [(f"{name}, cell {i}", "".join(c["source"])) for i, c in enumerate(cells) if c["cell_type"] == "code"]
    found = re.finditer(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [(f"{name}:{text.count(chr(10), 0, match.start()) + 2}", match.group(1)) for match in found]


class DocsTest(LedgerTest):
    """A folder with lab.db, and a coordinator with a worker."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.make_stubs()
        cls.run_sweep(SMALL)
        before = os.getcwd()
        os.chdir(cls.folder)
        cls.addClassCleanup(os.chdir, before)
        path = os.environ["PATH"]
        os.environ["PATH"] = f"{PROGRAMS}:{path}"
        cls.addClassCleanup(os.environ.__setitem__, "PATH", path)

    def run_all(self, name: str, replaced: str = "") -> dict[str, Any]:
        """Run the snippets in one namespace; what a line shows is shown as a notebook does."""
        names: dict[str, Any] = {}
        for place, text in snippets(name):
            with self.subTest(place=place):
                if replaced:
                    text = text.replace("127.0.0.1:7373", replaced)
                for statement in ast.parse(text, place).body:
                    if isinstance(statement, ast.Expr):
                        value = eval(compile(ast.Expression(statement.value), place, "eval"), names)
                        getattr(value, "_repr_html_", lambda: "")()
                    else:
                        exec(compile(ast.Module([statement], []), place, "exec"), names)
        return names

    def test_the_page(self) -> None:
        address = self.start_server(self.folder / "server.db")
        self.start(
            [PROGRAMS / "fathom-worker", "--server", address, "--slots", "1", "--cache", ""], stderr=subprocess.DEVNULL
        )
        names = self.run_all("python.md", address)
        self.assertEqual(names["sweep"].name, "from-python")
        self.assertEqual(len(names["few"]), 3 * 5)
        self.assertEqual(names["wide"].columns, ["step", "depth=1", "depth=2", "depth=3"])
        self.assertTrue((self.folder / "heat.svg").stat().st_size)

    def test_the_notebook(self) -> None:
        names = self.run_all("fathom.ipynb")
        self.assertEqual(len(names["frame"]), 84)

    def test_the_page_names_what_exists(self) -> None:
        text = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
        for error in re.findall(r"`(\w+Error)`", text):
            self.assertTrue(issubclass(getattr(fathom, error), fathom.FathomError))
        for name in ("results", "curves", "best", "spec"):
            self.assertIn(name, text)


if __name__ == "__main__":
    unittest.main()
