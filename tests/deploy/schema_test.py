#!/usr/bin/env python3
"""Holds the manifests against the schemas of Kubernetes, and of KEDA, strictly.

kubernetes-validate has the schemas of Kubernetes; it comes from PyPI into a folder
of the build. Those of KEDA are in its Go module. What cannot be had without a
network is skipped, and said so.

Usage: schema_test.py FOLDER_FOR_PACKAGES SOURCE_DIR
"""

from __future__ import annotations

import copy
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest
from typing import Any

FOLDER, SOURCE = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
SKIPPED = 77
PACKAGE = "kubernetes-validate==1.37.0"
# The oldest version that has all we ask for, and the newest known.
VERSIONS = ("1.29", "1.37")
KEDA = "github.com/kedacore/keda/v2@v2.21.0"


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

import jsonschema
import yaml
from kustomize import Object
from overlays import copy_manifests, invent_secrets, render_all


def is_kedas(each: Object) -> bool:
    return each["apiVersion"].startswith("keda.sh/")


def keda_schemas() -> dict[str, Any] | str:
    """Returns the schemas of KEDA's objects by kind, or why they cannot be had."""
    go = shutil.which("go", path=f"{os.environ.get('PATH', '')}:/usr/local/go/bin")
    if go is None:
        return "there is no go to fetch them"
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [go, "mod", "download", "-json", KEDA],
            cwd=folder,
            env={**os.environ, "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=mod"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    if done.returncode != 0:
        return f"go could not fetch them: {done.stdout}{done.stderr}"
    schemas = {}
    for path in pathlib.Path(json.loads(done.stdout)["Dir"]).glob("config/crd/bases/keda.sh_*"):
        spec = yaml.safe_load(path.read_text(encoding="utf-8"))["spec"]
        (version,) = spec["versions"]
        schemas[spec["names"]["kind"]] = strict(version["schema"]["openAPIV3Schema"])
    return schemas


def strict(schema: Any) -> Any:
    """Lets an object have the properties of its schema alone, as a strict API server."""
    if isinstance(schema, list):
        return [strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: strict(value) for key, value in schema.items()}
    if schema.get("x-kubernetes-int-or-string"):
        made.pop("type", None)
    loose = schema.get("x-kubernetes-preserve-unknown-fields") or "additionalProperties" in schema
    # That of an object itself says "object" of the metadata, and no more.
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object" and not loose:
        made["additionalProperties"] = False
    return made


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
                if is_kedas(each):
                    continue
                with self.subTest(version=version, object=each["metadata"]["name"]):
                    kubernetes_validate.validate(each, version, strict=True)
                seen += 1
        self.assertGreater(seen, 40)

    def test_a_field_that_is_none_is_noticed(self) -> None:
        for each in self.objects():
            if "spec" not in each or is_kedas(each):
                continue
            wrong = copy.deepcopy(each)
            wrong["spec"]["replicaz"] = 1
            with self.assertRaises(kubernetes_validate.ValidationError):
                kubernetes_validate.validate(wrong, VERSIONS[-1], strict=True)

    def test_keda_knows_every_field(self) -> None:
        kedas = [each for each in self.objects() if is_kedas(each)]
        self.assertGreater(len(kedas), 0)
        schemas = keda_schemas()
        if isinstance(schemas, str):
            print(f"skipped: the schemas of {KEDA}: {schemas}")
            return
        for each in kedas:
            schema = schemas[each["kind"]]
            schema["properties"]["metadata"] = {"type": "object"}
            with self.subTest(object=each["metadata"]["name"], kind=each["kind"]):
                jsonschema.validate(each, schema)
                wrong = copy.deepcopy(each)
                wrong["spec"]["maxReplicas"] = 1
                with self.assertRaises(jsonschema.ValidationError):
                    jsonschema.validate(wrong, schema)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
