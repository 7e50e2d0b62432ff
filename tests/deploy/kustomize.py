"""Renders the part of kustomize that deploy/kubernetes uses.

Debian has no kustomize, so that the tests have this: resources, components,
generated secrets, JSON patches, images, replicas and namespace. Anything else is
refused, so that nothing is rendered otherwise than kustomize does.
tests/deploy/control_plane.sh compares the two.
"""

from __future__ import annotations

import base64
import copy
import pathlib
from typing import Any

import yaml

Object = dict[str, Any]

# Keys of a kustomization that are understood; the rest is an error.
KEYS = {
    "apiVersion",
    "kind",
    "namespace",
    "resources",
    "components",
    "generatorOptions",
    "secretGenerator",
    "patches",
    "replicas",
    "images",
}
OUTSIDE_NAMESPACES = {"Namespace", "PriorityClass"}


class Unknown(Exception):
    """Something that this does not render as kustomize does."""


def render(folder: pathlib.Path) -> list[Object]:
    """Returns the objects of a kustomization, as `kubectl kustomize` prints them."""
    return _render(folder.resolve(), [])


def _render(folder: pathlib.Path, objects: list[Object]) -> list[Object]:
    path = folder / "kustomization.yaml"
    text = yaml.safe_load(path.read_text(encoding="utf-8"))
    _known(path, text, KEYS)
    for name in text.get("resources", []):
        inside = folder / name
        objects = objects + (_render(inside, []) if inside.is_dir() else _load(inside))
    for name in text.get("components", []):
        objects = _render(folder / name, objects)
    if text.get("secretGenerator"):
        _known(path, text.get("generatorOptions", {}), {"disableNameSuffixHash"})
        if not text.get("generatorOptions", {}).get("disableNameSuffixHash"):
            raise Unknown(f"{path}: names of secrets with a hash")
    for secret in text.get("secretGenerator", []):
        objects = objects + [_secret(path, secret)]
    for patch in text.get("patches", []):
        _patch(path, patch, objects)
    if "namespace" in text:
        for each in objects:
            if each["kind"] not in OUTSIDE_NAMESPACES:
                each["metadata"]["namespace"] = text["namespace"]
    for count in text.get("replicas", []):
        _known(path, count, {"name", "count"})
        for each in _found(path, objects, count["name"], {"Deployment", "StatefulSet"}):
            each["spec"]["replicas"] = count["count"]
    for image in text.get("images", []):
        _known(path, image, {"name", "newName", "newTag"})
        _rename_image(image, objects)
    return objects


def _known(path: pathlib.Path, found: Object, known: set[str]) -> None:
    strange = set(found) - known
    if strange:
        raise Unknown(f"{path}: found {', '.join(sorted(strange))}, which is not understood here")


def _load(path: pathlib.Path) -> list[Object]:
    return [each for each in yaml.safe_load_all(path.read_text(encoding="utf-8")) if each]


def _secret(path: pathlib.Path, secret: Object) -> Object:
    _known(path, secret, {"name", "files"})
    data = {}
    for entry in secret["files"]:
        key, _, file = entry.partition("=")
        if "/" in file:
            raise Unknown(f"{path}: {file} is in another folder")
        data[key] = base64.b64encode((path.parent / file).read_bytes()).decode()
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "Opaque",
        "metadata": {"name": secret["name"]},
        "data": data,
    }


def _found(path: pathlib.Path, objects: list[Object], name: str, kinds: set[str]) -> list[Object]:
    found = [each for each in objects if each["kind"] in kinds and each["metadata"]["name"] == name]
    if not found:
        raise Unknown(f"{path}: there is no {' or '.join(sorted(kinds))} {name}")
    return found


def _patch(path: pathlib.Path, patch: Object, objects: list[Object]) -> None:
    _known(path, patch, {"target", "patch"})
    _known(path, patch["target"], {"kind", "name"})
    operations = yaml.safe_load(patch["patch"])
    if not isinstance(operations, list):
        raise Unknown(f"{path}: a patch that is no list of operations")
    target = patch["target"]
    for each in _found(path, objects, target["name"], {target["kind"]}):
        for operation in operations:
            _apply(path, each, operation)


def _apply(path: pathlib.Path, to: Object, operation: Object) -> None:
    """Does one operation of RFC 6902."""
    _known(path, operation, {"op", "path", "value"})
    *parents, last = [
        part.replace("~1", "/").replace("~0", "~") for part in operation["path"].split("/")[1:]
    ]
    place: Any = to
    for part in parents:
        place = place[int(part)] if isinstance(place, list) else place[part]
    kind = operation["op"]
    if isinstance(place, list):
        if kind == "add" and last == "-":
            place.append(copy.deepcopy(operation["value"]))
            return
        raise Unknown(f"{path}: {kind} {operation['path']} in a list")
    if kind in ("replace", "remove") and last not in place:
        raise Unknown(f"{path}: {kind} {operation['path']}, which is not there")
    if kind == "remove":
        del place[last]
    elif kind in ("add", "replace"):
        place[last] = copy.deepcopy(operation["value"])
    else:
        raise Unknown(f"{path}: the operation {kind}")


def _rename_image(image: Object, objects: list[Object]) -> None:
    for each in objects:
        for container in containers(each):
            if container["image"].partition(":")[0] == image["name"]:
                container["image"] = f"{image.get('newName', image['name'])}:{image['newTag']}"


def pod_spec(each: Object) -> Object | None:
    """Returns what an object says of its pods, if it makes some."""
    if each["kind"] in ("Deployment", "StatefulSet", "DaemonSet", "Job"):
        return each["spec"]["template"]["spec"]
    if each["kind"] == "CronJob":
        return each["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    return each["spec"] if each["kind"] == "Pod" else None


def containers(each: Object) -> list[Object]:
    """Returns the containers that an object runs, those of its start among them."""
    spec = pod_spec(each) or {}
    return [*spec.get("initContainers", []), *spec.get("containers", [])]
