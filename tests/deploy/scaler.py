"""What KEDA and the autoscaler behind it do with a ScaledObject, as far as fathom
takes part in it: asks the external scaler as KEDA 2.21 does, and says how many pods
there would be. Nothing is smoothed, delayed or cached.
"""

from __future__ import annotations

import base64
import importlib
import math
import pathlib
import subprocess
import sys
import tempfile
from typing import Any

import grpc
from kustomize import Object, containers


def load_messages(source: pathlib.Path) -> Any:
    """Returns the module of the messages, made by protoc."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            ["protoc", f"-I{source}/proto/keda", f"--python_out={folder}", "externalscaler.proto"],
            check=True,
        )
        sys.path.insert(0, folder)
        try:
            return importlib.import_module("externalscaler_pb2")
        finally:
            sys.path.remove(folder)


class Scaler:
    """Asks for one ScaledObject, which has one trigger."""

    def __init__(self, objects: list[Object], messages: Any, address: str | None = None) -> None:
        self.objects, self.messages = objects, messages
        self.scaled = self._object("ScaledObject")
        (trigger,) = self.scaled["spec"]["triggers"]
        self.metadata = self._metadata(trigger["metadata"])
        authority = self._secret_of(trigger["authenticationRef"]["name"])
        self.channel = grpc.secure_channel(
            address or self.metadata["scalerAddress"],
            grpc.ssl_channel_credentials(authority["caCert"]),
            [
                (
                    "grpc.ssl_target_name_override",
                    self.metadata["scalerAddress"].rpartition(":")[0],
                )
            ],
        )

    def _object(self, kind: str, name: str | None = None) -> Object:
        (found,) = (
            each
            for each in self.objects
            if each["kind"] == kind and name in (None, each["metadata"]["name"])
        )
        return found

    def _secret(self, name: str, key: str) -> bytes:
        return base64.b64decode(self._object("Secret", name)["data"][key])

    def _secret_of(self, name: str) -> dict[str, bytes]:
        """The parameters that a TriggerAuthentication takes from secrets."""
        targets = self._object("TriggerAuthentication", name)["spec"]["secretTargetRef"]
        return {each["parameter"]: self._secret(each["name"], each["key"]) for each in targets}

    def _metadata(self, metadata: dict[str, str]) -> dict[str, str]:
        """What ends with FromEnv is a variable of the pods that are scaled."""
        target = self.scaled["spec"]["scaleTargetRef"]
        (container,) = (
            each
            for each in containers(self._object("Deployment", target["name"]))
            if each["name"] == target["envSourceContainerName"]
        )
        environment = {}
        for variable in container["env"]:
            reference = variable.get("valueFrom", {}).get("secretKeyRef")
            if reference:
                value = self._secret(reference["name"], reference["key"]).decode()
                environment[variable["name"]] = value
        return {
            key: environment[value] if key.endswith("FromEnv") else value
            for key, value in metadata.items()
        }

    def _call(self, method: str, request: Any, answer: str) -> Any:
        return self.channel.unary_unary(
            f"/externalscaler.ExternalScaler/{method}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=getattr(self.messages, answer).FromString,
        )(request, timeout=20)

    def _reference(self) -> Any:
        return self.messages.ScaledObjectRef(
            name=self.scaled["metadata"]["name"],
            namespace=self.scaled["metadata"]["namespace"],
            scalerMetadata=self.metadata,
        )

    def is_active(self) -> bool:
        """Whether KEDA would let there be any pods at all."""
        return self._call("IsActive", self._reference(), "IsActiveResponse").result

    def replicas(self) -> int:
        """How many pods the autoscaler would want, for an average value per pod."""
        spec = self.scaled["spec"]
        if not self.is_active():
            return spec["minReplicaCount"]
        described = self._call("GetMetricSpec", self._reference(), "GetMetricSpecResponse")
        (metric,) = described.metricSpecs
        request = self.messages.GetMetricsRequest(
            scaledObjectRef=self._reference(), metricName=metric.metricName
        )
        (value,) = self._call("GetMetrics", request, "GetMetricsResponse").metricValues
        # Whole numbers are for older versions of KEDA.
        found = value.metricValueFloat if value.metricValueFloat > 0 else value.metricValue
        share = metric.targetSizeFloat if metric.targetSizeFloat > 0 else metric.targetSize
        return max(1, spec["minReplicaCount"], min(spec["maxReplicaCount"], math.ceil(found / share)))
