#!/usr/bin/env python3
"""Tests the manifests of deploy/kubernetes: what make-secrets.sh makes, that each
overlay keeps the laws of laws.py, and that each law notices who breaks it.

Usage: manifests_test.py FOLDER_OF_THE_PROGRAMS SOURCE_DIR
"""

from __future__ import annotations

import base64
import copy
import functools
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from collections.abc import Callable
from typing import Any

import laws
import yaml
from kustomize import Object, Unknown, containers, pod_spec, render
from overlays import copy_manifests, render_all

PROGRAMS, SOURCE = (pathlib.Path(each).resolve() for each in sys.argv[1:3])
VERSION = re.search(
    r"^project\(fathom VERSION ([0-9.]+)", (SOURCE / "CMakeLists.txt").read_text(), re.MULTILINE
)[1]


@functools.cache
def options_of(command: tuple[str, ...]) -> set[str] | None:
    """Returns the options that `--help` shows; None when there is no such program."""
    program = PROGRAMS / command[0]
    if not program.exists():
        return None
    done = subprocess.run(
        [program, *command[1:], "--help"], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        return None
    return set(re.findall(r"^ +(?:-\w, ?)?(--[a-z][a-z-]*)", done.stdout, re.MULTILINE))


class Programs(dict):
    """Programs and subcommands by their words, each with its options."""

    def __contains__(self, words: object) -> bool:
        return options_of(tuple(str(words).split())) is not None

    def __missing__(self, words: str) -> set[str]:
        return options_of(tuple(words.split())) or set()


LAWS: dict[str, Callable[[list[Object]], Any]] = {
    "restricted": laws.restricted,
    "images": lambda objects: laws.images(objects, VERSION),
    "resources": laws.resources,
    "references": laws.references,
    "writable": laws.writable,
    "ports": laws.ports,
    "network": laws.network,
    "placement": laws.placement,
    "coordinator": laws.coordinator,
    "stopping": laws.stopping,
    "scaling": laws.scaling,
    "options": lambda objects: laws.options(objects, Programs()),
}


def setUpModule() -> None:
    """Makes secrets in a copy of the manifests and renders the overlays."""
    global manifests, made, overlays
    folder = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(folder.cleanup)
    manifests = copy_manifests(SOURCE, pathlib.Path(folder.name))
    made = make_secrets("fathom.example.org")
    overlays = render_all(manifests)


def make_secrets(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", manifests / "make-secrets.sh", *arguments],
        env={**os.environ, "FATHOM": str(PROGRAMS / "fathom")},
        capture_output=True,
        text=True,
        check=False,
    )


class SecretsTest(unittest.TestCase):
    """What make-secrets.sh makes."""

    def setUp(self) -> None:
        self.assertEqual(made.returncode, 0, made.stderr)
        self.folder = manifests / "secrets"

    def test_only_their_owner_reads_them(self) -> None:
        for path in self.folder.iterdir():
            if path.suffix in (".key", ".token") or path.name == "tokens":
                self.assertEqual(path.stat().st_mode & 0o777, 0o600, path)

    def test_certificates_have_the_names_that_callers_use(self) -> None:
        for name in ("server", "ui"):
            for host in (f"fathom-{name}", f"fathom-{name}.fathom.svc", "fathom.example.org"):
                done = subprocess.run(
                    ["openssl", "x509", "-in", f"{name}.pem", "-noout", "-checkhost", host],
                    cwd=self.folder,
                    capture_output=True,
                    text=True,
                    check=True,
                )
                self.assertIn("does match", done.stdout)
            subprocess.run(
                ["openssl", "verify", "-CAfile", self.folder / "ca.pem", f"{name}.pem"],
                cwd=self.folder,
                capture_output=True,
                check=True,
            )

    def test_a_token_is_for_one_role_and_in_the_file_once(self) -> None:
        lines = (self.folder / "tokens").read_text().splitlines()
        self.assertEqual(
            sorted(line.split()[:2] for line in lines),
            [
                ["admin", "admin"],
                ["read", "probe"],
                ["read", "ui"],
                ["scale", "scaler"],
                ["worker", "worker"],
            ],
        )

    def test_tokens_are_nothing_but_tokens(self) -> None:
        tokens = list(self.folder.glob("*.token"))
        self.assertGreater(len(tokens), 3)
        for path in tokens:
            self.assertRegex(path.read_text(), r"\Afathom_[A-Za-z0-9_-]+\Z")

    def test_a_second_run_changes_nothing(self) -> None:
        def contents() -> dict[str, bytes]:
            return {path.name: path.read_bytes() for path in self.folder.iterdir()}

        before = contents()
        again = make_secrets("other.example.org")
        self.assertEqual((again.returncode, again.stdout), (0, ""), again.stderr)
        self.assertEqual(contents(), before)

    def test_what_is_missing_is_made(self) -> None:
        with tempfile.TemporaryDirectory() as there:
            folder = pathlib.Path(there) / "secrets"
            shutil.copytree(self.folder, folder)
            (folder / "ui.pem").unlink()
            half = make_secrets("--folder", str(folder))
            self.assertEqual(half.returncode, 1)
            self.assertIn("of ui.pem and ui.key only one", half.stderr)
            (folder / "ui.key").unlink()
            self.assertEqual(make_secrets("--folder", str(folder)).stdout, "made ui.pem, ui.key\n")
            (folder / "ui.key").unlink()
            (folder / "ui.pem").unlink()
            (folder / "ca.key").unlink()
            self.assertIn("no ca.key", make_secrets("--folder", str(folder)).stderr)

    def test_bad_use_is_refused(self) -> None:
        self.assertEqual(make_secrets("--fold").returncode, 2)
        self.assertEqual(make_secrets("--folder").returncode, 2)

    def test_git_takes_none_of_them(self) -> None:
        if shutil.which("git") is None or not (SOURCE / ".git").exists():
            self.skipTest("no git, or no checkout")
        names = [f"deploy/kubernetes/secrets/{path.name}" for path in self.folder.iterdir()]
        done = subprocess.run(
            ["git", "-C", SOURCE, "check-ignore", *names], capture_output=True, text=True, check=True
        )
        self.assertEqual(
            sorted(done.stdout.split()),
            sorted(name for name in names if not name.endswith("kustomization.yaml")),
        )


class LawsTest(unittest.TestCase):
    """What holds for each overlay."""

    def test_overlays_keep_all_laws(self) -> None:
        self.assertEqual(sorted(overlays), ["local", "production"])
        for overlay, objects in overlays.items():
            for name, law in LAWS.items():
                with self.subTest(overlay=overlay, law=name):
                    self.assertEqual(list(law(objects)), [])

    def test_all_parts_are_there(self) -> None:
        expected = {
            "Deployment fathom-worker",
            "PodDisruptionBudget fathom-worker",
            "Service fathom-server",
            "StatefulSet fathom-server",
        }
        for objects in overlays.values():
            self.assertLessEqual(expected, {laws.name_of(each) for each in objects})

    def test_secrets_hold_what_was_made(self) -> None:
        for each in overlays["production"]:
            if laws.name_of(each) == "Secret fathom-worker":
                token = (manifests / "secrets/worker.token").read_bytes()
                self.assertEqual(base64.b64decode(each["data"]["token"]), token)
                return
        self.fail("there is no secret of the workers")


Mistake = Callable[[Callable[[str], Object]], None]


def pod(maker: Object) -> Object:
    return pod_spec(maker)


def container(maker: Object) -> Object:
    return containers(maker)[0]


def swap(arguments: list[str], old: str, new: str) -> None:
    arguments[arguments.index(old)] = new


SERVER, WORKER = "StatefulSet fathom-server", "Deployment fathom-worker"
# By the law that is to notice it. Each gets a function that finds objects by name.
MISTAKES: list[tuple[str, Mistake]] = [
    ("restricted", lambda of: pod(of(WORKER)).update(hostNetwork=True)),
    ("restricted", lambda of: pod(of(WORKER))["securityContext"].pop("runAsNonRoot")),
    ("restricted", lambda of: pod(of(WORKER))["securityContext"].update(runAsUser=0)),
    ("restricted", lambda of: pod(of(SERVER))["securityContext"].pop("seccompProfile")),
    ("restricted", lambda of: pod(of(SERVER)).pop("automountServiceAccountToken")),
    (
        "restricted",
        lambda of: pod(of(WORKER))["volumes"].append({"name": "x", "hostPath": {"path": "/"}}),
    ),
    ("restricted", lambda of: pod(of(WORKER))["volumes"].append({"name": "x", "emptyDir": {}})),
    ("restricted", lambda of: container(of(WORKER)).pop("securityContext")),
    (
        "restricted",
        lambda of: container(of(WORKER))["securityContext"]["capabilities"].update(add=["NET_RAW"]),
    ),
    ("restricted", lambda of: container(of(WORKER))["securityContext"].update(runAsUser=0)),
    (
        "restricted",
        lambda of: container(of(SERVER))["securityContext"].pop("readOnlyRootFilesystem"),
    ),
    ("images", lambda of: container(of(WORKER)).update(image="fathom-service")),
    ("images", lambda of: container(of(WORKER)).update(image="fathom-service:latest")),
    ("resources", lambda of: container(of(WORKER))["resources"]["limits"].pop("memory")),
    ("resources", lambda of: container(of(WORKER))["resources"]["requests"].update(cpu="64")),
    ("references", lambda of: of("Secret fathom-worker")["data"].pop("token")),
    ("references", lambda of: of("Secret fathom-tokens")["metadata"].update(name="tokens")),
    ("references", lambda of: container(of(SERVER))["volumeMounts"].pop()),
    ("references", lambda of: of("Secret fathom-scaler")["data"].pop("ca.crt")),
    (
        "writable",
        lambda of: swap(container(of(WORKER))["args"], "--cache=/cache", "--cache=/var/cache"),
    ),
    ("writable", lambda of: container(of(SERVER))["volumeMounts"][0].update(readOnly=True)),
    (
        "ports",
        lambda of: swap(
            container(of(SERVER))["args"], "--listen=0.0.0.0:7373", "--listen=0.0.0.0:7374"
        ),
    ),
    ("ports", lambda of: of("Service fathom-server")["spec"]["ports"][0].update(port=7374)),
    ("ports", lambda of: of("Service fathom-server")["spec"]["ports"][0].update(targetPort="no")),
    ("ports", lambda of: of("Service fathom-server")["spec"]["selector"].update(of="none")),
    (
        "ports",
        lambda of: container(of(SERVER))["startupProbe"]["tcpSocket"].update(port="https"),
    ),
    (
        "ports",
        lambda of: of("ScaledObject fathom-worker")["spec"]["triggers"][0]["metadata"].update(
            scalerAddress="fathom-server.other.svc:7373"
        ),
    ),
    ("network", lambda of: of("NetworkPolicy fathom-nothing")["spec"].update(ingress=[{}])),
    ("network", lambda of: of("NetworkPolicy fathom-server")["spec"]["ingress"][0]["from"].pop(0)),
    (
        "network",
        lambda of: of("NetworkPolicy fathom-server")["spec"]["ingress"][0]["ports"][0].update(
            port=7374
        ),
    ),
    ("network", lambda of: of("NetworkPolicy fathom-callers")["spec"]["egress"].pop(0)),
    ("placement", lambda of: of(WORKER)["metadata"].update(namespace="default")),
    ("placement", lambda of: of("PriorityClass fathom-worker")["metadata"].update(namespace="fathom")),
    ("placement", lambda of: of("Namespace fathom")["metadata"].pop("labels")),
    ("coordinator", lambda of: of(SERVER)["spec"].update(replicas=2)),
    (
        "coordinator",
        lambda of: of(SERVER)["spec"]["volumeClaimTemplates"][0]["spec"].update(
            accessModes=["ReadWriteOnce"]
        ),
    ),
    (
        "coordinator",
        lambda of: of(SERVER)["spec"]["persistentVolumeClaimRetentionPolicy"].update(
            whenScaled="Delete"
        ),
    ),
    ("stopping", lambda of: pod(of(WORKER)).update(terminationGracePeriodSeconds=30)),
    ("scaling", lambda of: of(WORKER)["spec"].update(replicas=2)),
    (
        "scaling",
        lambda of: of("ScaledObject fathom-worker")["spec"]["triggers"][0]["metadata"].update(
            slotsPerPod="2"
        ),
    ),
    ("scaling", lambda of: container(of(WORKER))["env"].pop()),
    ("options", lambda of: container(of(WORKER))["args"].append("--slot=2")),
    ("options", lambda of: container(of(WORKER)).update(command=["fathom-work"])),
    (
        "options",
        lambda of: container(of(SERVER))["readinessProbe"]["exec"].update(command=["fathom", "lst"]),
    ),
]


class MistakesTest(unittest.TestCase):
    """What the laws notice."""

    def test_each_mistake_breaks_its_law(self) -> None:
        for at, (name, make) in enumerate(MISTAKES):
            objects = copy.deepcopy(overlays["production"])
            make({laws.name_of(each): each for each in objects}.__getitem__)
            with self.subTest(law=name, mistake=at):
                self.assertNotEqual(list(LAWS[name](objects)), [])

    def test_each_law_has_a_mistake(self) -> None:
        self.assertEqual({name for name, _ in MISTAKES}, set(LAWS))


class ComposeTest(unittest.TestCase):
    """What runs on one machine without Kubernetes."""

    def test_services_have_no_rights_and_known_options(self) -> None:
        text = (SOURCE / "deploy/docker/compose.yaml").read_text()
        services = yaml.safe_load(text)["services"]
        self.assertGreaterEqual(len(services), 2)
        for name, service in services.items():
            with self.subTest(service=name):
                self.assertEqual(service["image"], f"fathom-service:{VERSION}")
                self.assertIs(service["read_only"], True)
                self.assertEqual(service["cap_drop"], ["ALL"])
                self.assertEqual(service["security_opt"], ["no-new-privileges:true"])
                commands = [service["command"]]
                if "healthcheck" in service:
                    commands.append(service["healthcheck"]["test"][1:])
                for words in commands:
                    count = 1 if words[0] in ("fathom-server", "fathom-worker") else 2
                    wrong = laws.unknown_options(name, words[:count], words[count:], Programs())
                    self.assertEqual(list(wrong), [])


class KustomizeTest(unittest.TestCase):
    """What the renderer refuses."""

    def refuses(self, text: str) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder)
            (path / "kustomization.yaml").write_text(text)
            (path / "a.yaml").write_text("kind: Deployment\nmetadata: {name: a}\nspec: {}\n")
            with self.assertRaises(Unknown):
                render(path)

    def test_what_it_does_not_know(self) -> None:
        self.refuses("namePrefix: x-\n")
        self.refuses("secretGenerator: [{name: a, files: [b=c]}]\n")
        self.refuses("resources: [a.yaml]\nreplicas: [{name: b, count: 1}]\n")
        self.refuses("resources: [a.yaml]\nimages: [{name: b, digest: c}]\n")
        for patch in (
            "spec: {}",
            "[{op: test, path: /spec/replicas, value: 1}]",
            "[{op: replace, path: /spec/replicas, value: 1}]",
            "[{op: remove, path: /spec/replicas}]",
        ):
            self.refuses(
                "resources: [a.yaml]\n"
                f"patches: [{{target: {{kind: Deployment, name: a}}, patch: '{patch}'}}]\n"
            )


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
