"""What manifests of deploy/kubernetes must keep to; each law lists who breaks it.

A law takes all objects of an overlay. What the API server itself would refuse is
not repeated here: schema_test.py and control_plane.sh see to that.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from kustomize import OUTSIDE_NAMESPACES, Object, containers, pod_spec

VOLUMES = {
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
}


def name_of(each: Object) -> str:
    return f"{each['kind']} {each['metadata']['name']}"


def pods(objects: list[Object]) -> Iterator[tuple[str, Object, Object]]:
    """Names and specs of all pods, with the object that makes them."""
    for each in objects:
        spec = pod_spec(each)
        if spec is not None:
            yield name_of(each), spec, each


def restricted(objects: list[Object]) -> Iterator[str]:
    """Pods keep to the Pod Security Standard "restricted", and a bit more."""
    for name, spec, _ in pods(objects):
        for key in ("hostNetwork", "hostPID", "hostIPC", "hostUsers", "shareProcessNamespace"):
            if key in spec:
                yield f"{name}: {key}"
        whole = spec.get("securityContext", {})
        if whole.get("runAsNonRoot") is not True or not whole.get("runAsUser"):
            yield f"{name}: may run as root"
        if whole.get("seccompProfile") != {"type": "RuntimeDefault"}:
            yield f"{name}: seccompProfile is not RuntimeDefault"
        if spec.get("automountServiceAccountToken") is not False:
            yield f"{name}: holds a key to the API server"
        for volume in spec.get("volumes", []):
            kinds = set(volume) - {"name"}
            if not kinds <= VOLUMES:
                yield f"{name}: volume {volume['name']} is a {', '.join(sorted(kinds))}"
            if "emptyDir" in volume and "sizeLimit" not in volume["emptyDir"]:
                yield f"{name}: volume {volume['name']} has no limit"
        for container in [*spec.get("initContainers", []), *spec["containers"]]:
            where = f"{name}, {container['name']}"
            own = container.get("securityContext", {})
            if own.get("allowPrivilegeEscalation") is not False or own.get("privileged"):
                yield f"{where}: may gain rights"
            if own.get("capabilities") != {"drop": ["ALL"]}:
                yield f"{where}: keeps capabilities"
            if own.get("readOnlyRootFilesystem") is not True:
                yield f"{where}: may write to its image"
            if set(own) & {"runAsUser", "runAsNonRoot", "seccompProfile", "procMount"}:
                yield f"{where}: has a say of its own in what holds for the pod"
            if any("hostPort" in port for port in container.get("ports", [])):
                yield f"{where}: takes a port of the node"


def images(objects: list[Object], version: str) -> Iterator[str]:
    """Images have the version of the sources."""
    for each in objects:
        for container in containers(each):
            image = container["image"]
            if not re.fullmatch(rf"[a-z0-9./-]*fathom-service:{re.escape(version)}", image):
                yield (
                    f"{name_of(each)}: found the image {image}, expected fathom-service:{version}"
                )


def resources(objects: list[Object]) -> Iterator[str]:
    """Containers say what they need and may take, and requests are within limits."""
    for each in objects:
        for container in containers(each):
            found = container.get("resources", {})
            for what in ("cpu", "memory"):
                wanted = found.get("requests", {}).get(what)
                limit = found.get("limits", {}).get(what)
                if wanted is None or limit is None:
                    yield f"{name_of(each)}: no request or no limit of {what}"
                elif quantity(wanted) > quantity(limit):
                    yield f"{name_of(each)}: requests {wanted} of {what}, and may take {limit}"


def quantity(text: Any) -> float:
    number, unit = re.fullmatch(r"([0-9.]+)(m|Ki|Mi|Gi|Ti)?", str(text)).groups()
    power = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "m": 1e-3, None: 1}
    return float(number) * power[unit]


def references(objects: list[Object]) -> Iterator[str]:
    """Every secret and configuration that is named is there, with the key."""
    keys = {
        (each["kind"], each["metadata"]["name"]): set(each.get("data", {}))
        for each in objects
        if each["kind"] in ("Secret", "ConfigMap")
    }

    def missing(where: str, kind: str, name: str, key: str | None) -> Iterator[str]:
        if (kind, name) not in keys:
            yield f"{where}: there is no {kind} {name}"
        elif key is not None and key not in keys[kind, name]:
            yield f"{where}: the {kind} {name} has no {key}"

    for name, spec, _ in pods(objects):
        folders: dict[str, set[str]] = {}
        for volume in spec.get("volumes", []):
            if "secret" in volume:
                yield from missing(name, "Secret", volume["secret"]["secretName"], None)
                folders[volume["name"]] = keys.get(
                    ("Secret", volume["secret"]["secretName"]), set()
                )
        for container in spec["containers"]:
            for variable in container.get("env", []):
                ref = variable.get("valueFrom", {}).get("secretKeyRef")
                if ref:
                    yield from missing(name, "Secret", ref["name"], ref["key"])
            yield from unmounted_paths(name, container, folders)
    for each in objects:
        for ref in each.get("spec", {}).get("secretTargetRef", []):
            yield from missing(name_of(each), "Secret", ref["name"], ref["key"])


def unmounted_paths(name: str, container: Object, folders: dict[str, set[str]]) -> Iterator[str]:
    """Files that options and variables name and that no secret puts there."""
    files = {
        f"{mount['mountPath']}/{key}"
        for mount in container.get("volumeMounts", [])
        for key in folders.get(mount["name"], ())
    }
    named = [argument.partition("=")[2] for argument in container.get("args", [])]
    named += [variable.get("value", "") for variable in container.get("env", [])]
    for path in named:
        if path.startswith("/etc/") and path not in files:
            yield f"{name}: nothing puts {path} there"


def writable(objects: list[Object]) -> Iterator[str]:
    """Folders that programs write to are volumes, as the image cannot be written."""
    for name, spec, maker in pods(objects):
        claims = maker["spec"].get("volumeClaimTemplates", [])
        can_write = {volume["name"] for volume in spec["volumes"] if "emptyDir" in volume}
        can_write |= {claim["metadata"]["name"] for claim in claims}
        for container in spec["containers"]:
            mounts = {
                mount["mountPath"]
                for mount in container["volumeMounts"]
                if mount["name"] in can_write and not mount.get("readOnly")
            }
            for argument in container.get("args", []):
                option, _, value = argument.partition("=")
                if option in ("--db", "--cache", "--spool"):
                    folder = value.rpartition("/")[0] if option == "--db" else value
                    if folder not in mounts:
                        yield f"{name}: {argument} is no volume that can be written"


def listening(container: Object) -> int | None:
    """The port that a program is told to listen on."""
    for argument in container.get("args", []):
        option, _, value = argument.partition("=")
        if option == "--listen":
            return int(value.rpartition(":")[2])
    return None


def matches(selector: Object, labels: Object) -> bool:
    """Whether a selector of labels takes an object with these."""
    for key, value in selector.get("matchLabels", {}).items():
        if labels.get(key) != value:
            return False
    for rule in selector.get("matchExpressions", []):
        if rule["operator"] != "In":
            raise ValueError(f"the operator {rule['operator']} is not understood here")
        if labels.get(rule["key"]) not in rule["values"]:
            return False
    return True


def ports(objects: list[Object]) -> Iterator[str]:
    """Programs listen where services, probes and the network's rules send callers."""
    makers = [each for each in objects if pod_spec(each) is not None]
    for each in makers:
        for container in containers(each):
            named = {port["name"]: port["containerPort"] for port in container.get("ports", [])}
            port = listening(container)
            if set(named.values()) != ({port} if port else set()):
                yield f"{name_of(each)}: listens on {port}, and its ports are {named}"
            for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                for how in container.get(probe, {}).values():
                    if isinstance(how, dict) and "port" in how and how["port"] not in named:
                        yield f"{name_of(each)}: {probe} asks at {how['port']}"
    for each in objects:
        if each["kind"] == "Service":
            yield from service_ports(each, makers)
    yield from calls(objects)


def service_ports(service: Object, makers: list[Object]) -> Iterator[str]:
    """Checks that a service finds pods, and where it sends callers."""
    taken = [
        each
        for each in makers
        if matches(
            {"matchLabels": service["spec"]["selector"]},
            each["spec"]["template"]["metadata"]["labels"],
        )
    ]
    if len(taken) != 1:
        yield f"{name_of(service)}: found the pods of {len(taken)}, expected those of one"
    for each in taken:
        named = {port["name"] for one in containers(each) for port in one.get("ports", [])}
        for port in service["spec"]["ports"]:
            if port["targetPort"] not in named:
                yield f"{name_of(service)}: sends callers to {port['targetPort']}"


def calls(objects: list[Object]) -> Iterator[str]:
    """Checks the addresses that programs and KEDA call."""
    services = {
        each["metadata"]["name"]: {port["port"] for port in each["spec"]["ports"]}
        for each in objects
        if each["kind"] == "Service"
    }
    addresses = []
    for each in objects:
        for container in containers(each):
            for argument in container.get("args", []):
                if argument.startswith("--server="):
                    addresses.append((name_of(each), argument.partition("=")[2], container))
            for variable in container.get("env", []):
                if variable["name"] == "FATHOM_SERVER":
                    addresses.append((name_of(each), variable["value"], container))
        for trigger in each.get("spec", {}).get("triggers", []):
            addresses.append((name_of(each), trigger["metadata"]["scalerAddress"], {}))
    for where, address, container in addresses:
        host, _, port = address.rpartition(":")
        there = services.get(host.removesuffix(".fathom.svc"), set())
        if host == "localhost":
            there = {listening(container)}
        if int(port) not in there:
            yield f"{where}: calls {address}, where nobody listens"


def network(objects: list[Object]) -> Iterator[str]:
    """Nobody talks unless a rule says so, and the rules let through what is needed."""
    policies = [each for each in objects if each["kind"] == "NetworkPolicy"]
    if not any(
        each["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
        for each in policies
    ):
        yield "no NetworkPolicy refuses what the others do not allow"
    labels = {
        each["metadata"]["name"]: each["spec"]["template"]["metadata"]["labels"]
        for each in objects
        if pod_spec(each) is not None
    }
    listens = {
        each["metadata"]["name"]: port
        for each in objects
        for container in containers(each)
        if (port := listening(container))
    }
    for policy in policies:
        selector = policy["spec"]["podSelector"]
        if not any(matches(selector, each) for each in labels.values()):
            yield f"{name_of(policy)}: selects no pod"
        for rule in policy["spec"].get("ingress", []):
            found = {port["port"] for port in rule.get("ports", [])}
            expected = {listens.get(name) for name in labels if matches(selector, labels[name])}
            if found != expected:
                yield f"{name_of(policy)}: lets in at {found}, expected {expected}"
    server = labels["fathom-server"]
    for caller in (name for name in labels if name != "fathom-server"):
        if not allows(policies, "ingress", "from", server, labels[caller], 7373):
            yield f"the coordinator does not let in {caller}"
        if not allows(policies, "egress", "to", labels[caller], server, 7373):
            yield f"{caller} is not let out to the coordinator"
        if allows(policies, "ingress", "from", labels[caller], server, 7373):
            yield f"{caller} lets callers in at a port that is the coordinator's"


def allows(
    policies: list[Object], way: str, peers: str, pod: Object, other: Object, port: int
) -> bool:
    """Whether the rules for a pod let the other one through."""
    for policy in policies:
        if not matches(policy["spec"]["podSelector"], pod):
            continue
        for rule in policy["spec"].get(way, []):
            here = port in {each["port"] for each in rule.get("ports", [])}
            if here and any(
                matches(peer["podSelector"], other)
                for peer in rule.get(peers, [])
                if "podSelector" in peer and "namespaceSelector" not in peer
            ):
                return True
    return False


def placement(objects: list[Object]) -> Iterator[str]:
    """Everything is in one namespace, which refuses pods with more rights."""
    spaces = {each["metadata"]["name"]: each for each in objects if each["kind"] == "Namespace"}
    for each in objects:
        space = each["metadata"].get("namespace")
        if (space in spaces) == (each["kind"] in OUTSIDE_NAMESPACES):
            yield f"{name_of(each)}: is in {space}"
    for each in spaces.values():
        labels = each["metadata"].get("labels", {})
        if labels.get("pod-security.kubernetes.io/enforce") != "restricted":
            yield f"{name_of(each)}: takes any pod"


def coordinator(objects: list[Object]) -> Iterator[str]:
    """One coordinator, on a volume that nobody else has and that nobody deletes."""
    for each in objects:
        if each["kind"] != "StatefulSet":
            continue
        spec = each["spec"]
        if spec["replicas"] != 1:
            yield f"{name_of(each)}: found {spec['replicas']} coordinators, expected 1"
        for claim in spec["volumeClaimTemplates"]:
            if claim["spec"]["accessModes"] != ["ReadWriteOncePod"]:
                yield f"{name_of(each)}: its volume is {claim['spec']['accessModes']}"
        if set(spec["persistentVolumeClaimRetentionPolicy"].values()) != {"Retain"}:
            yield f"{name_of(each)}: its volume goes with it"


def stopping(objects: list[Object]) -> Iterator[str]:
    """Pods have twice as long to stop as programs are told to take, and 30 s."""
    for name, spec, _ in pods(objects):
        for container in spec["containers"]:
            for argument in container.get("args", []):
                option, _, value = argument.partition("=")
                least = 2 * float(value) + 30 if option == "--grace" else 0
                if spec["terminationGracePeriodSeconds"] < least:
                    yield f"{name}: {argument}, and killed after less than {least} s"


def scaling(objects: list[Object]) -> Iterator[str]:
    """KEDA counts the slots that a pod has, and alone says how many there are."""
    deployments = {
        each["metadata"]["name"]: each for each in objects if each["kind"] == "Deployment"
    }
    for each in objects:
        if each["kind"] != "ScaledObject":
            continue
        target = deployments[each["spec"]["scaleTargetRef"]["name"]]
        (container,) = target["spec"]["template"]["spec"]["containers"]
        if "replicas" in target["spec"]:
            yield f"{name_of(target)}: says replicas, which are KEDA's"
        for trigger in each["spec"]["triggers"]:
            slots = trigger["metadata"]["slotsPerPod"]
            cores = container["resources"]["requests"]["cpu"]
            if quantity(slots) != quantity(cores):
                yield f"{name_of(each)}: slotsPerPod is {slots}, and a pod has {cores} cores"
            variable = trigger["metadata"]["tokenFromEnv"]
            if variable not in {one["name"] for one in container["env"]}:
                yield f"{name_of(each)}: no pod has {variable}"


def options(objects: list[Object], known: dict[str, set[str]]) -> Iterator[str]:
    """Programs know the options and subcommands that they are given."""
    for each in objects:
        for container in containers(each):
            yield from unknown_options(
                name_of(each), container["command"], container["args"], known
            )
            for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                command = container.get(probe, {}).get("exec", {}).get("command")
                if command:
                    yield from unknown_options(name_of(each), command[:2], command[2:], known)


def unknown_options(
    where: str, command: list[str], arguments: list[str], known: dict[str, set[str]]
) -> Iterator[str]:
    program = " ".join(command)
    if program not in known:
        yield f"{where}: there is no {program}"
        return
    for argument in arguments:
        option = argument.partition("=")[0]
        if option not in known[program]:
            yield f"{where}: {program} has no option {option}"
