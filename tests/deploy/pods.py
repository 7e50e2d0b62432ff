"""Runs containers of manifests as a node would, as far as processes go.

Each gets a root of its own that cannot be written, the volumes, secrets and
variables of its pod, its user, and no rights; all are in one network, where a name
leads to loopback. There are no limits of memory and processor, and no filter of
system calls: a node has both.
"""

from __future__ import annotations

import base64
import ctypes
import math
import os
import pathlib
import re
import socket
import ssl
import subprocess
import sys
from typing import Any

from kustomize import Object, containers, pod_spec
from laws import quantity

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWNET = 0x00020000, 0x04000000, 0x40000000
MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 32, 4096, 16384, 1 << 18
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 24, 38


def check(result: int, what: str) -> None:
    if result != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")


def mount(source: str, target: pathlib.Path, flags: int, kind: str | None = None) -> None:
    arguments = [each and str(each).encode() for each in (source, target, kind)]
    check(LIBC.mount(*arguments, flags, None), f"mount of {target}")


def enter_network() -> None:
    """Goes to a network that has loopback alone."""
    check(LIBC.unshare(CLONE_NEWNET | CLONE_NEWNS), "unshare")
    mount("none", pathlib.Path("/"), MS_REC | MS_PRIVATE)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


class Pod:
    """A pod of an object that makes pods, named after the folder that it gets."""

    def __init__(
        self, maker: Object, objects: list[Object], image: pathlib.Path, folder: pathlib.Path
    ) -> None:
        self.spec = pod_spec(maker)
        (self.container,) = containers(maker)
        self.objects = objects
        self.name = folder.name
        self.root = folder / "root"
        self.volumes = folder / "volumes"
        # Of the same files: they cannot be written.
        subprocess.run(["cp", "-al", image, self.root], check=True)
        security = self.spec["securityContext"]
        self.user, self.group = security["runAsUser"], security["fsGroup"]
        claims = [
            {"name": claim["metadata"]["name"], "emptyDir": {}}
            for claim in maker["spec"].get("volumeClaimTemplates", [])
        ]
        for volume in [*self.spec["volumes"], *claims]:
            self._make_volume(volume)
        (self.root / "etc/hosts").unlink(missing_ok=True)
        services = [each["metadata"]["name"] for each in objects if each["kind"] == "Service"]
        (self.root / "etc/hosts").write_text(f"127.0.0.1 localhost {' '.join(services)}\n")
        # One that cannot be reached: without any, the library waits seconds for one.
        (self.root / "etc/resolv.conf").write_text("nameserver 192.0.2.1\n")
        for mounted in self.container["volumeMounts"]:
            (self.root / mounted["mountPath"].lstrip("/")).mkdir(parents=True, exist_ok=True)

    def _secret(self, name: str) -> Object:
        (found,) = (
            each
            for each in self.objects
            if each["kind"] == "Secret" and each["metadata"]["name"] == name
        )
        return found

    def _make_volume(self, volume: Object) -> None:
        """Makes a folder with the owner and the rights that a kubelet gives it."""
        path = self.volumes / volume["name"]
        path.mkdir(parents=True)
        if "secret" in volume:
            # Files are links to links, so that all change at once.
            (path / "..1").mkdir()
            (path / "..data").symlink_to("..1")
            for key, value in self._secret(volume["secret"]["secretName"])["data"].items():
                file = path / "..1" / key
                file.write_bytes(base64.b64decode(value))
                file.chmod(volume["secret"]["defaultMode"])
                os.chown(file, 0, self.group)
                (path / key).symlink_to(f"..data/{key}")
        else:
            os.chown(path, 0, self.group)
            path.chmod(0o2775)

    def environment(self) -> dict[str, str]:
        made = {"PATH": "/usr/local/bin", "HOSTNAME": self.name}
        for variable in self.container.get("env", []):
            source = variable.get("valueFrom", {})
            if "secretKeyRef" in source:
                data = self._secret(source["secretKeyRef"]["name"])["data"]
                value = base64.b64decode(data[source["secretKeyRef"]["key"]]).decode()
            elif "resourceFieldRef" in source:
                kind, _, what = source["resourceFieldRef"]["resource"].partition(".")
                value = str(math.ceil(quantity(self.container["resources"][kind][what])))
            elif source == {"fieldRef": {"fieldPath": "metadata.name"}}:
                value = self.name
            else:
                value = variable["value"]
            made[variable["name"]] = value
        return made

    def start(self, command: list[str] | None = None, **options: Any) -> subprocess.Popen[bytes]:
        """Runs a command in the pod; that of the container when none is given."""
        environment = self.environment()
        if command is None:
            command = [
                re.sub(r"\$\((\w+)\)", lambda found: environment[found[1]], argument)
                for argument in [*self.container["command"], *self.container["args"]]
            ]
        return subprocess.Popen(
            command, env=environment, preexec_fn=self._enter, cwd="/", **options
        )

    def _enter(self) -> None:
        check(LIBC.unshare(CLONE_NEWNS | CLONE_NEWUTS), "unshare")
        socket.sethostname(self.name)
        mount(str(self.root), self.root, MS_BIND)
        for mounted in self.container["volumeMounts"]:
            target = self.root / mounted["mountPath"].lstrip("/")
            mount(str(self.volumes / mounted["name"]), target, MS_BIND)
            if mounted.get("readOnly"):
                mount("none", target, MS_REMOUNT | MS_BIND | MS_RDONLY)
        mount("proc", self.root / "proc", 0, "proc")
        mount("/dev", self.root / "dev", MS_BIND | MS_REC)
        mount("none", self.root, MS_REMOUNT | MS_BIND | MS_RDONLY)
        os.chroot(self.root)
        os.chdir("/data" if os.path.isdir("/data") else "/")
        for capability in range(64):
            LIBC.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
        os.setgroups([self.group])
        os.setgid(self.spec["securityContext"]["runAsGroup"])
        os.setuid(self.user)
        check(LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no new rights")

    def probe(self, name: str) -> bool:
        """Asks once as a kubelet would."""
        asked = self.container[name]
        if "exec" in asked:
            process = self.start(asked["exec"]["command"], stdout=subprocess.DEVNULL)
            return process.wait(asked["timeoutSeconds"]) == 0
        named = {port["name"]: port["containerPort"] for port in self.container["ports"]}
        how = asked.get("tcpSocket") or asked["httpGet"]
        address = ("127.0.0.1", named[how["port"]])
        try:
            with socket.create_connection(address, 5) as connection:
                return "tcpSocket" in asked or get(connection, how)
        except OSError:
            return False


def get(connection: socket.socket, how: Object) -> bool:
    """Whether a page answers, whoever it is: a kubelet checks no certificate."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    headers = {each["name"]: each["value"] for each in how.get("httpHeaders", [])}
    request = [f"GET {how['path']} HTTP/1.1", "Connection: close"]
    request += [f"{name}: {value}" for name, value in headers.items()]
    with context.wrap_socket(connection) as channel:
        channel.sendall("\r\n".join([*request, "", ""]).encode())
        answer = channel.recv(64)
    found = re.match(rb"HTTP/1\.1 (\d+) ", answer)
    return found is not None and 200 <= int(found[1]) < 400


def may_run() -> str | None:
    """Says why pods cannot run here; None when they can."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        return "it takes root on Linux"
    tried = subprocess.run(
        ["unshare", "--mount", "--net", "mount", "-t", "tmpfs", "none", "/tmp"],
        capture_output=True,
        text=True,
        check=False,
    )
    return None if tried.returncode == 0 else f"no namespaces here: {tried.stderr.strip()}"
