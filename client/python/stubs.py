#!/usr/bin/env python3
"""Generates the stubs of the coordinator's protocol: stubs.py FOLDER writes FOLDER/fathom/v1.

It takes protoc and grpc_python_plugin, in Debian protobuf-compiler and
protobuf-compiler-grpc. What they write runs with their own runtime and with newer ones.
"""

from __future__ import annotations

import pathlib
import shutil
import subprocess
import sys

PROTOS = pathlib.Path(__file__).resolve().parent.parent.parent / "proto"
NAMES = ("scaling", "sweep", "telemetry", "worker_service", "sweep_service")


def generate(folder: pathlib.Path) -> str:
    """Write the stubs; returns why there are none, or nothing."""
    protoc, plugin = shutil.which("protoc"), shutil.which("grpc_python_plugin")
    if protoc is None:
        return "protoc is not installed"
    if plugin is None:
        return "grpc_python_plugin is not installed"
    if not PROTOS.is_dir():
        return f"{PROTOS} is not there; build in a checkout of fathom"
    folder.mkdir(parents=True, exist_ok=True)
    command = [protoc, f"-I{PROTOS}", f"--python_out=pyi_out:{folder}", f"--grpc_python_out={folder}"]
    command.append(f"--plugin=protoc-gen-grpc_python={plugin}")
    files = [f"fathom/v1/{name}.proto" for name in NAMES]
    done = subprocess.run([*command, *files], capture_output=True, text=True, check=False)
    if done.returncode:
        return f"protoc failed: {done.stderr.strip()}"
    (folder / "fathom" / "v1" / "__init__.py").write_text('"""Generated from proto/fathom/v1."""\n', encoding="utf-8")
    return ""


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} FOLDER")
    sys.exit(generate(pathlib.Path(sys.argv[1])) or None)
