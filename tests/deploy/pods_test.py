#!/usr/bin/env python3
"""Runs what the overlay `local` says, with the files that an image would have: the
coordinator and workers start, answer their probes, train a sweep, and stop in time.

Usage: pods_test.py FOLDER_OF_THE_PROGRAMS SOURCE_DIR
"""

from __future__ import annotations

import copy
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from typing import Any

import grpc
import pods
from container import enter_network
from laws import name_of
from overlays import copy_manifests, render_all
from scaler import Scaler, load_messages

PROGRAMS, SOURCE = (pathlib.Path(each).resolve() for each in sys.argv[1:3])
SPEC = """\
name: pods
data: {synthetic: {rows: 50, columns: 5, noise: 0.1}}
optimizer: {learning_rate: 0.01}
steps: %d
axes: {depth: [1, 2], seed: {range: [0, 6]}}
"""


def setUpModule() -> None:
    """Makes secrets, and the files of an image."""
    global objects, overlays, work, secrets
    enter_network()
    folder = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(folder.cleanup)
    work = pathlib.Path(folder.name)
    # Every user goes through it to its root.
    work.chmod(0o755)
    manifests = copy_manifests(SOURCE, work)
    secrets = manifests / "secrets"
    run("bash", manifests / "make-secrets.sh", env={"FATHOM": str(PROGRAMS / "fathom")})
    overlays = render_all(manifests)
    objects = overlays["local"]
    (work / "made/bin").mkdir(parents=True)
    for name in ("fathom", "fathom-server", "fathom-worker"):
        (work / "made/bin" / name).symlink_to(PROGRAMS / name)
    (work / "made/LICENSE").symlink_to(SOURCE / "LICENSE")
    run("bash", SOURCE / "deploy/docker/collect.sh", work / "made", work / "image")


def run(*command: Any, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        command, env={**os.environ, **(env or {})}, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise AssertionError(f"{command} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def fathom(*arguments: Any) -> str:
    """Runs the program as somebody does who has the token for everything."""
    return run(
        PROGRAMS / "fathom",
        *arguments,
        env={
            "FATHOM_SERVER": "localhost:7373",
            "FATHOM_TLS_CA": str(secrets / "ca.pem"),
            "FATHOM_TOKEN_FILE": str(secrets / "admin.token"),
        },
    )


def workers() -> list[Any]:
    return json.loads(fathom("workers", "--json"))


def trials(state: str) -> int:
    (sweep,) = json.loads(fathom("list", "--json"))
    return sweep["progress"][state]


def soon(what: str, happens: Any, seconds: float = 60) -> None:
    """Waits until something happens."""
    end = time.monotonic() + seconds
    while not happens():
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.05)


class PodsTest(unittest.TestCase):
    """A coordinator and what is around it."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(dir=work)
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.folder.chmod(0o755)
        self.server = self.pod("StatefulSet fathom-server", "fathom-server-0")
        self.serving = self.start(self.server)
        soon("startupProbe", lambda: self.server.probe("startupProbe"))

    def pod(self, maker: str, name: str) -> pods.Pod:
        (found,) = copy.deepcopy([each for each in objects if name_of(each) == maker])
        (self.folder / name).mkdir()
        return pods.Pod(found, objects, work / "image", self.folder / name)

    def start(self, pod: pods.Pod) -> subprocess.Popen[bytes]:
        process = pod.start()
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def stop(self, pod: pods.Pod, process: subprocess.Popen[bytes]) -> int:
        """Stops a pod as a kubelet does; -9 when it had to be killed."""
        process.send_signal(signal.SIGTERM)
        try:
            return process.wait(pod.spec["terminationGracePeriodSeconds"])
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    def submit(self, steps: int) -> None:
        spec = self.folder / "sweep.yaml"
        spec.write_text(SPEC % steps)
        fathom("submit", spec)

    def test_a_sweep_from_end_to_end(self) -> None:
        for probe in ("readinessProbe", "livenessProbe"):
            self.assertTrue(self.server.probe(probe), probe)
        pod = self.pod("Deployment fathom-worker", "fathom-worker-a")
        training = self.start(pod)
        self.submit(steps=50)
        soon("a worker", workers)
        (worker,) = workers()
        self.assertEqual((worker["worker"], worker["slots"]), ("fathom-worker-a", 1))
        soon("the end of the sweep", lambda: trials("succeeded") == 12)
        self.assertEqual(self.stop(pod, training), 0)
        soon("its leaving", lambda: not workers())
        self.assertEqual(self.stop(self.server, self.serving), 0)
        self.assertFalse(self.server.probe("readinessProbe"))
        # The ledger is on the volume.
        again = self.start(self.server)
        soon("startupProbe", lambda: self.server.probe("startupProbe"))
        self.assertEqual(trials("succeeded"), 12)
        fathom("audit")
        self.assertEqual(self.stop(self.server, again), 0)

    def test_a_worker_in_the_middle_hands_back_in_time(self) -> None:
        pod = self.pod("Deployment fathom-worker", "fathom-worker-a")
        training = self.start(pod)
        self.submit(steps=100_000_000)
        soon("a lease", lambda: trials("leased") > 0)
        self.assertEqual(self.stop(pod, training), 0)
        soon("all trials to be there again", lambda: trials("pending") == 12)
        self.assertEqual(trials("leased"), 0)

    def test_the_page_answers_under_its_names(self) -> None:
        pod = self.pod("Deployment fathom-ui", "fathom-ui-a")
        serving = self.start(pod)
        soon("readinessProbe", lambda: pod.probe("readinessProbe"))
        self.assertTrue(pod.probe("livenessProbe"))
        for name, answers in (("fathom-ui", True), ("localhost", True), ("evil.example", False)):
            pod.container["readinessProbe"]["httpGet"]["httpHeaders"][0]["value"] = name
            self.assertEqual(pod.probe("readinessProbe"), answers, name)
        self.assertEqual(self.stop(pod, serving), 0)

    def test_keda_is_told_how_many_workers_are_wanted(self) -> None:
        scaler = Scaler(overlays["production"], load_messages(SOURCE), "localhost:7373")
        self.assertEqual(scaler.replicas(), 0)
        self.submit(steps=50)
        soon("work", lambda: scaler.replicas() > 0)
        self.start(self.pod("Deployment fathom-worker", "fathom-worker-a"))
        soon("the end of the sweep", lambda: trials("succeeded") == 12)
        soon("no more work", lambda: scaler.replicas() == 0)
        scaler.metadata["tokenFromEnv"] = "another"
        with self.assertRaises(grpc.RpcError) as refused:
            scaler.replicas()
        self.assertEqual(refused.exception.code(), grpc.StatusCode.UNAUTHENTICATED)

    def test_pods_have_no_rights_and_write_to_volumes_alone(self) -> None:
        root, process = self.server.root, self.serving
        status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
        for line in ("Uid:\t10001", "Gid:\t10001", "CapEff:\t0000000000000000", "NoNewPrivs:\t1"):
            self.assertIn(line, status)
        there = pathlib.Path(f"/proc/{process.pid}/root")
        self.assertTrue((there / "data/fathom.db").exists())
        self.assertFalse((root / "data/fathom.db").exists())
        with self.assertRaises(OSError):
            (there / "tmp/../x").touch()


if __name__ == "__main__":
    reason = pods.may_run()
    if reason is not None:
        print(f"skipped: {reason}")
        sys.exit(77)
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
