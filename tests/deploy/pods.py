"""Runs containers of manifests as a node would, as far as processes go.

Each gets a root of its own that cannot be written, the volumes, secrets and
variables of its pod, its user, and no rights; all are in one network, where a name
leads to loopback. There are no limits of memory and processor, and no filter of
system calls: a node has both.
"""

from __future__ import annotations

import base64
import json
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

CONTAINER = pathlib.Path(__file__).with_name("container.py")


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
        self.group = self.spec["securityContext"]["fsGroup"]
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
        security = self.spec["securityContext"]
        plan = {
            "name": self.name,
            "root": str(self.root),
            "folder": "/data",  # As the image says.
            "mounts": [
                {
                    "from": str(self.volumes / each["name"]),
                    "to": each["mountPath"],
                    "read_only": each.get("readOnly", False),
                }
                for each in self.container["volumeMounts"]
            ],
            "user": security["runAsUser"],
            "group": security["runAsGroup"],
            "groups": [self.group],
            "command": command,
            "environment": environment,
        }
        return subprocess.Popen([sys.executable, "-B", CONTAINER, json.dumps(plan)], **options)

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
