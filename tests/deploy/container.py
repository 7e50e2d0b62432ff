"""Becomes a program in a container: of its own root that cannot be written, its user,
and no rights. A process of its own, as what threads leave behind in a fork is not to
be had there.

Usage: container.py PLAN, of JSON: see Pod.start in pods.py.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import pathlib
import socket
import struct
import sys
from typing import Any

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWNET = 0x00020000, 0x04000000, 0x40000000
MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 32, 4096, 16384, 1 << 18
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
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
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", IFF_UP))


def become(plan: dict[str, Any]) -> None:
    """Goes to the container and runs its command in place of this program."""
    root = pathlib.Path(plan["root"])
    check(LIBC.unshare(CLONE_NEWNS | CLONE_NEWUTS), "unshare")
    socket.sethostname(plan["name"])
    mount(str(root), root, MS_BIND)
    for each in plan["mounts"]:
        target = root / each["to"].lstrip("/")
        mount(each["from"], target, MS_BIND)
        if each["read_only"]:
            mount("none", target, MS_REMOUNT | MS_BIND | MS_RDONLY)
    mount("proc", root / "proc", 0, "proc")
    mount("/dev", root / "dev", MS_BIND | MS_REC)
    mount("none", root, MS_REMOUNT | MS_BIND | MS_RDONLY)
    os.chroot(root)
    os.chdir(plan["folder"])
    for capability in range(64):
        LIBC.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    os.setgroups(plan["groups"])
    os.setgid(plan["group"])
    os.setuid(plan["user"])
    check(LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no new rights")
    os.execvpe(plan["command"][0], plan["command"], plan["environment"])


if __name__ == "__main__":
    become(json.loads(sys.argv[1]))
