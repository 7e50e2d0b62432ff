"""A coordinator, asked over gRPC; takes the extra ``server`` and the stubs of the protocol."""

from __future__ import annotations

import contextlib
import importlib
import ipaddress
import os
import stat
from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import Any

from fathom.errors import AccessError, FathomError, QueryError, UnavailableError, UnknownNameError
from fathom.source import Curve

_MOST_ROWS = 4_000_000
_MOST_MESSAGE = 64 << 20
_TRIALS_PER_CALL = 10_000
_READ_SECONDS = 300
# How much longer than its own limit a call may take before the coordinator counts as gone.
_MARGIN_SECONDS = 15
_CALL_SECONDS = 30
_MOST_FILE = 1 << 20


class Remote:
    """The source that asks a coordinator."""

    def __init__(
        self,
        address: str,
        token_file: str | os.PathLike[str] | None = None,
        ca: str | os.PathLike[str] | None = None,
        cert: str | os.PathLike[str] | None = None,
        key: str | os.PathLike[str] | None = None,
        timeout: float = 10,
    ) -> None:
        """Connect to HOST:PORT within `timeout` seconds."""
        host, colon, port = address.rpartition(":")
        if not colon or not host or not port.isdecimal():
            raise QueryError(f"found the address {address!r}, expected HOST:PORT or [IPV6]:PORT")
        self.address = address
        self._grpc = _module("grpc", "grpcio")
        self.v1 = _module("fathom.v1.sweep_service_pb2", "protobuf")
        self.sweep_pb2 = _module("fathom.v1.sweep_pb2", "protobuf")
        stubs = _module("fathom.v1.sweep_service_pb2_grpc", "grpcio")
        self._metadata = _token_metadata(address, host, token_file, ca is not None)
        options = [
            ("grpc.max_receive_message_length", _MOST_MESSAGE),
            ("grpc.keepalive_time_ms", 30_000),
            ("grpc.keepalive_timeout_ms", 10_000),
            ("grpc.enable_http_proxy", 0),
        ]
        self.channel = self._channel(ca, cert, key, options)
        try:
            self._grpc.channel_ready_future(self.channel).result(timeout=timeout)
        except self._grpc.FutureTimeoutError as error:
            self.channel.close()
            raise UnavailableError(
                f"no coordinator answers at {address} within {timeout:g} s; is fathom-server running there, "
                "can this machine reach the port, and do both use TLS or neither?"
            ) from error
        self._stub = stubs.SweepServiceStub(self.channel)

    def _channel(self, ca: Any, cert: Any, key: Any, options: list[tuple[str, int]]) -> Any:
        if (cert is None) != (key is None):
            raise QueryError("found one of cert and key, expected both or neither")
        if ca is None:
            if cert is not None:
                raise QueryError("cert needs ca, the authority that the coordinator's certificate is from")
            return self._grpc.insecure_channel(self.address, options=options)
        credentials = self._grpc.ssl_channel_credentials(
            root_certificates=_read(ca, "certificate", stat.S_IWOTH),
            private_key=None if key is None else _read(key, "private key", stat.S_IRWXO),
            certificate_chain=None if cert is None else _read(cert, "certificate", stat.S_IWOTH),
        )
        return self._grpc.secure_channel(self.address, credentials, options=options)

    def title(self) -> str:
        """Return the address."""
        return self.address

    def call(self, method: str, request: Any, timeout: float = _CALL_SECONDS, patient: bool = False) -> Any:
        """Make one call; a patient one waits for a coordinator that has gone and comes back."""
        with self._errors():
            return getattr(self._stub, method)(
                request, timeout=timeout, metadata=self._metadata, wait_for_ready=patient
            )

    def _stream(self, method: str, request: Any, seconds: float) -> Iterator[Any]:
        request.time_limit.FromSeconds(int(seconds))
        call = None
        try:
            with self._errors():
                call = getattr(self._stub, method)(request, timeout=seconds + _MARGIN_SECONDS, metadata=self._metadata)
                yield from call
        finally:
            if call is not None:
                call.cancel()

    def rows(self, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Return the names of the columns and all rows of a SELECT."""
        request = self.v1.QueryRequest(sql=sql, row_limit=_MOST_ROWS)
        columns: list[str] = []
        rows: list[tuple[Any, ...]] = []
        for response in self._stream("Query", request, _READ_SECONDS):
            columns.extend(response.columns)
            rows.extend(tuple(_cell(cell) for cell in row.cells) for row in response.rows)
            if response.truncated:
                raise QueryError(f"found more than {_MOST_ROWS:,} rows, expected fewer; narrow them down")
        return columns, rows

    def columns(self, view: str) -> list[str]:
        """Return the columns of a stable view."""
        return self.rows(f"SELECT * FROM {view} LIMIT 0")[0]

    def curves(self, sweep: int, metric: str, trials: str) -> Iterator[Curve]:
        """Go through the curves of the trials that the SQL `trials` selects."""
        wanted = [row[0] for row in self.rows(trials)[1]]
        for at in range(0, len(wanted), _TRIALS_PER_CALL):
            yield from self._curves(sweep, metric, "CURVE_DETAIL_FULL", wanted[at : at + _TRIALS_PER_CALL])

    def last_points(self, sweep: int, metric: str) -> Iterator[Curve]:
        """Go through the last finite points alone."""
        for curve in self._curves(sweep, metric, "CURVE_DETAIL_ENDS", []):
            yield Curve(curve.trial, curve.steps[-1:], curve.values[-1:])

    def _curves(self, sweep: int, metric: str, detail: str, trials: Sequence[int]) -> Iterator[Curve]:
        number = dict(self.sweep_pb2.Metric.items()).get(f"METRIC_{metric.upper()}")
        if number is None:
            raise QueryError(f"metric {metric!r} is newer than this package; install that of the coordinator's fathom")
        request = self.v1.ReadCurvesRequest(
            sweep=f"+{sweep}",
            metric=number,
            detail=self.v1.CurveDetail.Value(detail),
            trials=trials,
        )
        for batch in self._stream("ReadCurves", request, _READ_SECONDS):
            at = 0
            grids = [list(grid.steps) for grid in batch.grids]
            values = list(batch.values)
            entries = zip(batch.trials, batch.counts, batch.grid_places, batch.last_steps, strict=True)
            for trial, count, place, last in entries:
                if not count:
                    continue
                before = grids[place][: count - 1] if count > 1 else []
                if len(before) != count - 1 or at + count > len(values):
                    raise FathomError(f"{self.address} sent curves that make no sense: trial {trial}")
                yield Curve(trial, [*before, last], values[at : at + count])
                at += count

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except self._grpc.RpcError as error:
            code, details = error.code(), error.details()
            status = self._grpc.StatusCode
            kinds = {
                status.NOT_FOUND: UnknownNameError,
                status.INVALID_ARGUMENT: QueryError,
                status.FAILED_PRECONDITION: QueryError,
                status.UNAVAILABLE: UnavailableError,
                status.CANCELLED: UnavailableError,
                status.DEADLINE_EXCEEDED: UnavailableError,
                status.UNAUTHENTICATED: AccessError,
                status.PERMISSION_DENIED: AccessError,
            }
            raise kinds.get(code, FathomError)(f"{self.address}: {details}") from error


def _module(name: str, package: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        what = (
            "the stubs of the protocol are not there; install protoc and grpc_python_plugin (Debian: protobuf-compiler "
            "and protobuf-compiler-grpc), and then this package once more"
            if (error.name or "").startswith("fathom")
            else f"{package} is not installed; install it, or this package with the extra 'server'"
        )
        raise UnavailableError(f"cannot talk to a coordinator: {what}") from error


def _token_metadata(address: str, host: str, token_file: Any, tls: bool) -> list[tuple[str, str]]:
    """Return the header with the token; it is sent in the clear within this machine only."""
    if token_file is None:
        return []
    if not tls and not is_loopback(host):
        raise AccessError(
            f"refusing to send a token to {address} in the clear; give ca=FILE, or reach the coordinator through "
            "an SSH tunnel that ends on 127.0.0.1"
        )
    token = _read(token_file, "token file", stat.S_IRWXO).strip()
    if not token or any(not 33 <= byte <= 126 for byte in token):
        raise AccessError(f"token file {os.fspath(token_file)} must hold one token and nothing else")
    return [("authorization", f"Bearer {token.decode('ascii')}")]


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine by its very name."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.removeprefix("[").removesuffix("]")).is_loopback
    except ValueError:
        return False


def _read(path: str | os.PathLike[str], what: str, forbidden: int) -> bytes:
    """Read a small file that others may not read, or not write."""
    name = os.fspath(path)
    try:
        with open(os.open(name, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK), "rb") as file:
            info = os.fstat(file.fileno())
            if not stat.S_ISREG(info.st_mode) or info.st_size > _MOST_FILE:
                raise AccessError(f"{what} {name} is no file of at most 1 MiB")
            if info.st_mode & forbidden:
                raise AccessError(f"{what} {name} is open to everyone on this machine; close it with: chmod o= {name}")
            return file.read()
    except OSError as error:
        raise AccessError(f"cannot read {what} {name}: {error.strerror}") from error


def _cell(cell: Any) -> Any:
    kind = cell.WhichOneof("kind")
    return None if kind is None else getattr(cell, kind)
