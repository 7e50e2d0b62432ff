#!/usr/bin/env python3
"""Holds the manifests against the schemas of Kubernetes, strictly.

kubernetes-validate has them; it comes from PyPI into a folder of the build. Where
it cannot be had the test is skipped, and says so.

Usage: schema_test.py FOLDER_FOR_PACKAGES SOURCE_DIR
"""

from __future__ import annotations

import copy
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

FOLDER, SOURCE = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
SKIPPED = 77
PACKAGE = "kubernetes-validate==1.37.0"
# The oldest version that has all we ask for, and the newest known.
VERSIONS = ("1.29", "1.37")


def run_with_packages() -> None:
    """Goes on with the Python that has the packages, after it has installed them."""
    python = FOLDER / "bin/python"
    if not (FOLDER / PACKAGE).exists():
        shutil.rmtree(FOLDER, ignore_errors=True)
        for command in (
            [sys.executable, "-m", "venv", FOLDER],
            [python, "-m", "pip", "install", "--quiet", "--retries", "1", PACKAGE],
        ):
            done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
            if done.returncode != 0:
                print(f"skipped: {PACKAGE} cannot be installed:\n{done.stdout}{done.stderr}")
                sys.exit(SKIPPED)
        (FOLDER / PACKAGE).touch()
    os.execv(python, [python, "-B", *sys.argv])


try:
    import kubernetes_validate
except ImportError:
    run_with_packages()

from kustomize import Object
from overlays import copy_manifests, invent_secrets, render_all


class SchemaTest(unittest.TestCase):
    """What API servers would say of the shape of the objects."""

    @classmethod
    def setUpClass(cls) -> None:
        with tempfile.TemporaryDirectory() as folder:
            manifests = copy_manifests(SOURCE, pathlib.Path(folder))
            invent_secrets(manifests)
            cls.overlays = render_all(manifests)

    def objects(self) -> list[Object]:
        return [each for objects in self.overlays.values() for each in objects]

    def test_kubernetes_knows_every_field(self) -> None:
        seen = 0
        for version in VERSIONS:
            for each in self.objects():
                with self.subTest(version=version, object=each["metadata"]["name"]):
                    kubernetes_validate.validate(each, version, strict=True)
                seen += 1
        self.assertGreater(seen, 40)

    def test_a_field_that_is_none_is_noticed(self) -> None:
        for each in self.objects():
            if "spec" not in each:
                continue
            wrong = copy.deepcopy(each)
            wrong["spec"]["replicaz"] = 1
            with self.assertRaises(kubernetes_validate.ValidationError):
                kubernetes_validate.validate(wrong, VERSIONS[-1], strict=True)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
