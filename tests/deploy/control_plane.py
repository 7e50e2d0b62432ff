"""Applies deploy/kubernetes to a real control plane and prints what happens: the
transcript of control_plane.sh, which starts this. The first thing that is not as
it should be ends it.

Nodes run nothing, so what pods would do is not seen here, but for the last part:
there a coordinator and workers run as pods.py runs them, and take the place of
the pods that the control plane starts and stops.

Usage: control_plane.py CONTROL_PLANE KWOK_STAGES KEDA_CRDS PROGRAMS SOURCE_DIR
"""

from __future__ import annotations

import copy
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from typing import Any

import kustomize
import pods
import yaml
from cluster import Cluster, soon
from container import enter_network
from laws import name_of
from overlays import copy_manifests
from scaler import Scaler, load_messages

BINARIES, STAGES, CRDS, PROGRAMS, SOURCE = (
    pathlib.Path(each).resolve() for each in sys.argv[1:6]
)
WORKERS = "--selector=app.kubernetes.io/component=worker"
# The overlay for production with pods that fit onto this machine.
SMALL = """\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
namespace: fathom
resources: [../production]
patches:
  - target: {kind: ScaledObject, name: fathom-worker}
    patch: |-
      - {op: replace, path: /spec/maxReplicaCount, value: 3}
      - {op: replace, path: /spec/triggers/0/metadata/slotsPerPod, value: "1"}
  - target: {kind: Deployment, name: fathom-worker}
    patch: |-
      - {op: replace, path: /spec/template/spec/containers/0/resources/requests/cpu, value: "1"}
      - {op: replace, path: /spec/template/spec/containers/0/resources/limits/cpu, value: "1"}
"""
SPEC = """\
name: scaled
data: {synthetic: {rows: 2000, columns: 50, noise: 0.1}}
optimizer: {learning_rate: 0.001}
steps: 20000
axes: {depth: [1, 2, 3], seed: {range: [0, 12]}}
"""
ROOT = """\
apiVersion: v1
kind: Pod
metadata: {name: root, namespace: fathom}
spec:
  containers: [{name: a, image: "x:1", securityContext: {privileged: true, runAsUser: 0}}]
"""


def step(text: str) -> None:
    print(f"\n== {text}", flush=True)


def say(text: str) -> None:
    print(f"   {text}", flush=True)


def expect(holds: bool, what: str) -> None:
    if not holds:
        raise AssertionError(what)
    say(what)


def without_breaks(each: dict[str, Any]) -> dict[str, Any]:
    """An object as it was before kustomize broke the lines of its secrets."""
    if each["kind"] == "Secret":
        each["data"] = {key: value.replace("\n", "") for key, value in each["data"].items()}
    return each


def second_holder(claim: str, image: str, like: dict[str, Any]) -> str:
    """A pod that wants the volume of the coordinator as well."""
    spec = copy.deepcopy(like)
    spec["volumes"] = [{"name": "ledger", "persistentVolumeClaim": {"claimName": claim}}]
    (container,) = spec["containers"]
    spec["containers"] = [
        {
            "name": "second",
            "image": image,
            "securityContext": container["securityContext"],
            "volumeMounts": [{"name": "ledger", "mountPath": "/data"}],
        }
    ]
    metadata = {"name": "second", "namespace": "fathom"}
    return yaml.safe_dump({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})


class Play:
    """What is done to the cluster, in order."""

    def __init__(self, cluster: Cluster, manifests: pathlib.Path, work: pathlib.Path) -> None:
        self.cluster, self.manifests, self.work = cluster, manifests, work
        self.overlay = manifests / "overlays/small"
        self.overlay.mkdir()
        (self.overlay / "kustomization.yaml").write_text(SMALL)
        self.objects = kustomize.render(self.overlay)

    def rendering(self) -> None:
        step("kubectl kustomize makes what the tests render")
        for folder in sorted((self.manifests / "overlays").iterdir()):
            theirs = yaml.safe_load_all(self.cluster.text("kustomize", folder))
            by_name = {name_of(each): without_breaks(each) for each in theirs}
            ours = {name_of(each): each for each in kustomize.render(folder)}
            expect(by_name == ours, f"{folder.name}: {len(ours)} objects, all the same")

    def admission(self) -> None:
        step("the API server takes every overlay, strictly and without a warning")
        for crd in ("scaledobjects", "triggerauthentications"):
            self.cluster.text("create", "--filename", CRDS / f"keda.sh_{crd}.yaml")
        self.cluster.text("wait", "--for=condition=Established", "crd", "--all")
        self.cluster.text("apply", "--filename", self.manifests / "base/namespace.yaml")
        for name in ("local", "production"):
            out = self.cluster.text(
                "apply",
                "--dry-run=server",
                "--validate=strict",
                "--warnings-as-errors",
                "--kustomize",
                self.manifests / "overlays" / name,
            )
            say(f"{name}: {len(out.splitlines())} objects")
        refused = self.cluster.kubectl("apply", "--filename=-", input=ROOT)
        expect(refused.returncode != 0, "a pod with the rights of root is refused:")
        say(refused.stderr.strip()[:300])

    def rollout(self) -> None:
        step("it runs")
        self.cluster.text(
            "apply", "--validate=strict", "--warnings-as-errors", "--kustomize", self.overlay
        )
        for what in ("statefulset/fathom-server", "deployment/fathom-worker", "deployment/fathom-ui"):
            say(self.cluster.text("rollout", "status", "--namespace=fathom", what).splitlines()[-1])
        print(self.cluster.text("get", "pods,pvc,pdb,svc", "--namespace=fathom"), flush=True)
        same = self.cluster.kubectl("diff", "--kustomize", self.overlay)
        expect(same.returncode == 0, f"applied again, nothing would change{same.stdout}")

    def one_holder(self) -> None:
        step("a second pod does not get the ledger")
        (server,) = (each for each in self.objects if name_of(each) == "StatefulSet fathom-server")
        spec = kustomize.pod_spec(server)
        image = spec["containers"][0]["image"]
        self.cluster.apply(second_holder("ledger-fathom-server-0", image, spec))

        def refusal() -> str:
            status = self.cluster.get("pod", "second")["status"]
            conditions = [each for each in status.get("conditions", []) if each["status"] == "False"]
            return " ".join(each.get("message", "") for each in conditions)

        say(soon("what the scheduler says", refusal))
        expect("ReadWriteOncePod" in refusal(), "it waits for the first to let go")
        self.cluster.text("delete", "pod", "second", "--namespace=fathom", "--now")

    def scale(self, count: int) -> None:
        self.cluster.text(
            "scale", "deployment/fathom-worker", "--namespace=fathom", f"--replicas={count}"
        )
        soon(
            f"{count} workers",
            lambda: self.cluster.get("deployment", "fathom-worker")["status"].get("readyReplicas", 0)
            == count,
        )

    def workers(self) -> list[dict[str, Any]]:
        return [
            each
            for each in self.cluster.get("pods", WORKERS)["items"]
            if "deletionTimestamp" not in each["metadata"]
        ]

    def eviction(self) -> None:
        step("nodes are emptied a quarter of the workers at a time")
        self.scale(8)
        nodes = [each["metadata"]["name"] for each in self.cluster.get("nodes")["items"]]
        for node in nodes:  # So that nothing takes the place of what goes.
            self.cluster.text("cordon", node)
        soon(
            "the budget",
            lambda: self.cluster.get("pdb", "fathom-worker")["status"]["disruptionsAllowed"] == 2,
        )
        answers = []
        for pod in [each["metadata"]["name"] for each in self.workers()][:4]:
            eviction = {
                "apiVersion": "policy/v1",
                "kind": "Eviction",
                "metadata": {"name": pod, "namespace": "fathom"},
            }
            path = f"/api/v1/namespaces/fathom/pods/{pod}/eviction"
            done = self.cluster.kubectl(
                "create", f"--raw={path}", "--filename=-", input=json.dumps(eviction)
            )
            answers.append(done.returncode == 0)
            if done.returncode != 0:
                say(done.stderr.strip())
        expect(answers == [True, True, False, False], f"of 4 evictions 2 are done: {answers}")
        for node in nodes:
            self.cluster.text("uncordon", node)
        self.scale(8)

    def drain(self) -> None:
        step("a node with the coordinator is emptied")
        before = self.cluster.get("pod", "fathom-server-0")
        node = before["spec"]["nodeName"]
        self.cluster.text(
            "drain", node, "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=120s"
        )

        def moved() -> bool:
            found = self.cluster.kubectl(
                "get", "pod", "fathom-server-0", "--namespace=fathom", "--output=json"
            )
            if found.returncode != 0:
                return False
            pod = json.loads(found.stdout)
            return pod["metadata"]["uid"] != before["metadata"]["uid"] and all(
                each["ready"] for each in pod["status"].get("containerStatuses", [{"ready": False}])
            )

        soon("another coordinator", moved)
        after = self.cluster.get("pod", "fathom-server-0")["spec"]
        claims = [
            each["persistentVolumeClaim"]["claimName"]
            for each in after["volumes"]
            if "persistentVolumeClaim" in each
        ]
        expect(
            after["nodeName"] != node and claims == ["ledger-fathom-server-0"],
            f"from {node} to {after['nodeName']}, with its volume {claims}",
        )
        self.cluster.text("uncordon", node)

    def upgrade(self) -> None:
        step("another version is rolled out, three quarters of the workers always there")
        path = self.manifests / "overlays/production/kustomization.yaml"
        path.write_text(path.read_text().replace("newTag: ", "newTag: 99."))
        self.cluster.text("apply", "--kustomize", self.overlay)
        least = 8

        def done() -> bool:
            nonlocal least
            found = self.cluster.get("deployment", "fathom-worker")
            least = min(least, found["status"].get("availableReplicas", 0))
            return found["status"].get("updatedReplicas") == 8 == found["status"]["replicas"] and (
                found["status"].get("observedGeneration") == found["metadata"]["generation"]
                and found["status"].get("readyReplicas") == 8
            )

        soon("the new workers", done)
        expect(least >= 6, f"never less than {least} of 8")
        for what in ("statefulset/fathom-server", "deployment/fathom-ui"):
            self.cluster.text("rollout", "status", "--namespace=fathom", what)
        images = {
            container["image"]
            for pod in self.cluster.get("pods")["items"]
            for container in pod["spec"]["containers"]
        }
        expect(all(":99." in image for image in images), f"all pods have {images}")

    def scaling(self) -> None:
        step("workers come with the work and go with it (fathom itself, and KEDA's part played)")
        self.scale(0)
        (self.work / "made/bin").mkdir(parents=True)
        for name in ("fathom", "fathom-server", "fathom-worker"):
            (self.work / "made/bin" / name).symlink_to(PROGRAMS / name)
        (self.work / "made/LICENSE").symlink_to(SOURCE / "LICENSE")
        image = self.work / "image"
        subprocess.run(
            ["bash", SOURCE / "deploy/docker/collect.sh", self.work / "made", image], check=True
        )
        Scaling(self, image).run()

    def last(self) -> None:
        step("what is deleted takes everything along but the ledger")
        self.cluster.text("delete", "statefulset", "fathom-server", "--namespace=fathom")
        claim = self.cluster.get("pvc", "ledger-fathom-server-0")
        expect(claim["status"]["phase"] == "Bound", "the claim is still there")


class Scaling:
    """Runs processes for the pods of the workers, and lets KEDA's part say how many."""

    def __init__(self, play: Play, image: pathlib.Path) -> None:
        self.play, self.image = play, image
        self.running: dict[str, tuple[pods.Pod, subprocess.Popen[bytes]]] = {}
        self.codes: list[int] = []
        self.makers = {name_of(each): each for each in play.objects}

    def pod(self, maker: str, name: str) -> pods.Pod:
        folder = self.play.work / f"pods/{name}"
        folder.mkdir(parents=True)
        return pods.Pod(self.makers[maker], self.play.objects, self.image, folder)

    def node(self) -> None:
        """Starts and stops what the control plane says, as kubelets do."""
        wanted = {
            each["metadata"]["name"]
            for each in self.play.workers()
            if each["status"].get("phase") == "Running"
        }
        for name in wanted - set(self.running):
            pod = self.pod("Deployment fathom-worker", name)
            self.running[name] = (pod, pod.start(stderr=subprocess.DEVNULL))
        for name in set(self.running) - wanted:
            _, process = self.running.pop(name)
            process.send_signal(signal.SIGTERM)
            self.codes.append(process.wait(60))

    def fathom(self, *words: Any) -> str:
        secrets = self.play.manifests / "secrets"
        return subprocess.run(
            [PROGRAMS / "fathom", *words],
            env={
                **os.environ,
                "FATHOM_SERVER": "localhost:7373",
                "FATHOM_TLS_CA": str(secrets / "ca.pem"),
                "FATHOM_TOKEN_FILE": str(secrets / "admin.token"),
            },
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    def run(self) -> None:
        server = self.pod("StatefulSet fathom-server", "fathom-server-0")
        serving = server.start(stderr=subprocess.DEVNULL)
        try:
            soon("the coordinator", lambda: server.probe("readinessProbe"))
            scaler = Scaler(self.play.objects, load_messages(SOURCE), "localhost:7373")
            expect(scaler.replicas() == 0, "no work: 0 workers wanted")
            spec = self.play.work / "spec.yaml"
            spec.write_text(SPEC)
            self.fathom("submit", spec)
            seen = self.until_done(scaler)
            expect(max(seen) == 3, f"workers wanted, over time: {seen}")
            expect(seen[-1] == 0 and not self.running, "in the end none, and none is there")
            expect(set(self.codes) == {0}, f"{len(self.codes)} workers left in time")
            (sweep,) = json.loads(self.fathom("list", "--json"))
            expect(sweep["progress"]["succeeded"] == 36, "36 of 36 trials succeeded")
            self.fathom("audit")
            say("the audit finds nothing")
        finally:
            for _, process in [*self.running.values(), (server, serving)]:
                process.kill()
                process.wait()

    def until_done(self, scaler: Scaler) -> list[int]:
        seen = []
        end = time.monotonic() + 600
        while time.monotonic() < end:
            wanted = scaler.replicas()
            if not seen or seen[-1] != wanted:
                seen.append(wanted)
                self.play.cluster.text(
                    "scale",
                    "deployment/fathom-worker",
                    "--namespace=fathom",
                    f"--replicas={wanted}",
                )
            self.node()
            if wanted == 0 and seen[:-1] and not self.running and not self.play.workers():
                return seen
            time.sleep(0.2)
        raise AssertionError(f"not done within 600 s; workers wanted: {seen}")


def main() -> None:
    enter_network()
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        work.chmod(0o755)
        manifests = copy_manifests(SOURCE, work)
        subprocess.run(
            ["bash", manifests / "make-secrets.sh"],
            env={**os.environ, "FATHOM": str(PROGRAMS / "fathom")},
            check=True,
            capture_output=True,
        )
        (work / "cluster").mkdir()
        with Cluster(BINARIES, STAGES, work / "cluster") as cluster:
            play = Play(cluster, manifests, work)
            print(cluster.text("version"), flush=True)
            try:
                play.rendering()
                play.admission()
                play.rollout()
                play.one_holder()
                play.eviction()
                play.drain()
                play.upgrade()
                play.scaling()
                play.last()
            except BaseException:
                kept = pathlib.Path(tempfile.mkdtemp(prefix="control-plane."))
                for log in (work / "cluster").glob("*.log"):
                    shutil.copy(log, kept)
                print(f"logs: {kept}", file=sys.stderr)
                raise
    print("\nall as it should be")


if __name__ == "__main__":
    main()
