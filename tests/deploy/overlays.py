"""Copies of deploy/kubernetes to render, so that no secret of a checkout is read."""

from __future__ import annotations

import pathlib
import shutil

import yaml
from kustomize import Object, render


def copy_manifests(source: pathlib.Path, to: pathlib.Path) -> pathlib.Path:
    """Copies the manifests, and the scripts they need, without secrets."""
    (to / "deploy").mkdir()
    shutil.copy(source / "deploy/make-keys.sh", to / "deploy")

    def secrets(at: str, names: list[str]) -> set[str]:
        return set(names) - {"kustomization.yaml"} if at.endswith("/secrets") else set()

    return shutil.copytree(
        source / "deploy/kubernetes", to / "deploy/kubernetes", ignore=secrets
    )


def invent_secrets(manifests: pathlib.Path) -> None:
    """Makes files that hold nothing, for who looks at the shape of objects alone."""
    folder = manifests / "secrets"
    text = yaml.safe_load((folder / "kustomization.yaml").read_text(encoding="utf-8"))
    for secret in text["secretGenerator"]:
        for file in secret["files"]:
            (folder / file.partition("=")[2]).write_text("nothing\n")


def render_all(manifests: pathlib.Path) -> dict[str, list[Object]]:
    """Returns the objects of each overlay by its name."""
    return {
        path.parent.name: render(path.parent)
        for path in sorted(manifests.glob("overlays/*/kustomization.yaml"))
    }
