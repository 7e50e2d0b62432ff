"""A control plane of Kubernetes in a network of its own, with nodes by kwok."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import time
from collections.abc import Callable
from typing import Any

import yaml

NODE = """\
apiVersion: v1
kind: Node
metadata:
  name: {name}
  labels: {{kubernetes.io/hostname: {name}, kubernetes.io/os: linux}}
  annotations: {{kwok.x-k8s.io/node: fake}}
spec: {{}}
status:
  allocatable: {{cpu: "16", memory: 64Gi, ephemeral-storage: 200Gi, pods: "110"}}
  capacity: {{cpu: "16", memory: 64Gi, ephemeral-storage: 200Gi, pods: "110"}}
"""
# A disk that is there already, in place of a driver that would make one.
STORAGE = """\
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata:
  name: disks
  annotations: {storageclass.kubernetes.io/is-default-class: "true"}
provisioner: kubernetes.io/no-provisioner
volumeBindingMode: WaitForFirstConsumer
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: disk}
spec:
  storageClassName: disks
  capacity: {storage: 500Gi}
  accessModes: [ReadWriteOncePod]
  hostPath: {path: /disk}
"""


def soon(what: str, happens: Callable[[], Any], seconds: float = 120) -> Any:
    """Waits until something is so, and returns it."""
    end = time.monotonic() + seconds
    while not (found := happens()):
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.2)
    return found


class Cluster:
    """Processes of a control plane, with `folder` for what they keep and `stages` for
    how kwok is to play nodes and pods."""

    def __init__(
        self, programs: pathlib.Path, stages: pathlib.Path, folder: pathlib.Path
    ) -> None:
        self.programs, self.stages, self.folder = programs, stages, folder
        self.processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Cluster:
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: Any) -> None:
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _run(self, name: str, *options: str) -> None:
        with (self.folder / f"{name}.log").open("wb") as log:
            self.processes.append(
                subprocess.Popen(
                    [self.programs / name, *options],
                    stdout=log,
                    stderr=log,
                    cwd=self.folder,
                )
            )

    def _start(self) -> None:
        key = self.folder / "service-accounts.key"
        subprocess.run(
            ["openssl", "genpkey", "-algorithm", "RSA", "-out", key],
            check=True,
            capture_output=True,
        )
        (self.folder / "people.csv").write_text("everything,admin,admin,system:masters\n")
        config = self.folder / "kubeconfig"
        config.write_text(
            yaml.safe_dump(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "current-context": "c",
                    "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
                    "users": [{"name": "u", "user": {"token": "everything"}}],
                    "clusters": [
                        {
                            "name": "c",
                            "cluster": {
                                "server": "https://127.0.0.1:6443",
                                "insecure-skip-tls-verify": True,
                            },
                        }
                    ],
                }
            )
        )
        self._run("etcd", f"--data-dir={self.folder}/etcd", "--unsafe-no-fsync")
        self._run(
            "kube-apiserver",
            "--etcd-servers=http://127.0.0.1:2379",
            f"--cert-dir={self.folder}/certificates",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            "--endpoint-reconciler-type=none",
            "--service-cluster-ip-range=10.96.0.0/16",
            "--authorization-mode=RBAC",
            f"--token-auth-file={self.folder}/people.csv",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={key}",
            f"--service-account-signing-key-file={key}",
        )
        soon("the API server", lambda: self._answers("--raw=/readyz"), 300)
        self._run(
            "kube-controller-manager",
            f"--kubeconfig={config}",
            "--leader-elect=false",
            f"--service-account-private-key-file={key}",
        )
        self._run("kube-scheduler", f"--kubeconfig={config}", "--leader-elect=false")
        self._run(
            "kwok",
            f"--kubeconfig={config}",
            "--manage-all-nodes=true",
            *(
                f"--config={self.stages}/{name}.yaml"
                for name in (
                    "node/fast/node-initialize",
                    "node/heartbeat-with-lease/node-heartbeat-with-lease",
                    "pod/fast/pod-ready",
                    "pod/fast/pod-complete",
                    "pod/fast/pod-delete",
                )
            ),
        )
        self.apply(STORAGE)
        for at in range(4):
            self.apply(NODE.format(name=f"node-{at}"))
        soon("the nodes", lambda: self.text("get", "nodes").count(" Ready ") == 4)
        soon("accounts", lambda: self._answers("serviceaccount", "default"))

    def _answers(self, *words: str) -> bool:
        return self.kubectl("get", *words).returncode == 0

    def kubectl(self, *words: Any, input: str | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.programs / "kubectl", f"--kubeconfig={self.folder}/kubeconfig", *words],
            input=input,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "HOME": str(self.folder)},
        )

    def text(self, *words: Any, input: str | None = None) -> str:
        """Runs kubectl, which has to succeed, and returns what it prints."""
        done = self.kubectl(*words, input=input)
        if done.returncode != 0:
            raise AssertionError(f"kubectl {words}: {done.stdout}{done.stderr}")
        return done.stdout

    def get(self, *words: str) -> Any:
        return json.loads(self.text("get", "--namespace=fathom", "--output=json", *words))

    def apply(self, text: str) -> None:
        self.text("apply", "--filename=-", input=text)
