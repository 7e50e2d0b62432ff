"""A coordinator: its sweeps, and what one may ask it to do."""

from __future__ import annotations

import asyncio
import json
import os
import pathlib
import re
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

from fathom.errors import QueryError, UnavailableError
from fathom.lab import Lab
from fathom.remote import Remote
from fathom.sweep import Sweep
from fathom.table import Table

_SUBMIT_SECONDS = 600
# How long a coordinator may be away while somebody watches or waits.
_PATIENCE_SECONDS = 120
_STATES = ("pending", "leased", "succeeded", "diverged", "stopped", "failed", "cancelled")


class Server(Lab):
    """A connection to a coordinator. Close it, or use it in a ``with`` statement."""

    def __init__(self, remote: Remote, options: list[str], program: str | os.PathLike[str]) -> None:
        """Take the connection, and the options with which the program `fathom` connects alike."""
        super().__init__(remote)
        self._remote = remote
        self._options = options
        self._program = os.fspath(program)

    def __enter__(self) -> Server:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection."""
        self.close()

    def close(self) -> None:
        """Close the connection; nothing can be asked afterwards."""
        self._remote.channel.close()

    def submit(
        self,
        spec: Mapping[str, Any] | str | os.PathLike[str],
        *,
        settings: Mapping[str, Any] | None = None,
        scale: str | None = None,
        new: bool = False,
        priority: int = 0,
        weight: float = 1,
    ) -> Sweep:
        """Hand a sweep over: a dict in the form of the YAML file, the path of one, or a preset.

        The program `fathom` reads it, because the rules of specs are there, with errors
        that name the place; it uploads data files, too. `settings` is as ``--set`` of
        `fathom submit`. A sweep that the coordinator has already is not made again, unless
        `new` is set. Relative paths in a dict start at the current folder.
        """
        arguments = [*self._options, "--json", f"--priority={priority}", f"--weight={weight!r}"]
        arguments += ["--new"] if new else []
        arguments += [f"--scale={scale}"] if scale else []
        arguments += [f"--set={key}={json.dumps(value)}" for key, value in (settings or {}).items()]
        if not isinstance(spec, Mapping):
            return self._submit(os.fspath(spec), arguments)
        with tempfile.TemporaryDirectory(prefix="fathom-") as folder:
            path = pathlib.Path(folder) / "spec.yaml"
            try:
                text = json.dumps(_with_absolute_files(spec), allow_nan=False, indent=1, ensure_ascii=False)
            except (TypeError, ValueError) as error:
                raise QueryError(f"the spec holds what YAML cannot: {error}") from error
            path.write_text(text, encoding="utf-8")
            try:
                return self._submit(str(path), arguments)
            except QueryError as error:
                raise QueryError(_without_file(str(error), str(path), text)) from None

    def _submit(self, spec: str, arguments: list[str]) -> Sweep:
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("FATHOM_TLS", "FATHOM_TOKEN"))}
        try:
            done = subprocess.run(
                [self._program, "submit", *arguments, "--", spec],
                capture_output=True,
                text=True,
                check=False,
                timeout=_SUBMIT_SECONDS,
                env=clean,
                stdin=subprocess.DEVNULL,
            )
        except OSError as error:
            raise UnavailableError(
                f"cannot run {self._program}, which reads specs: {error.strerror}; put it into the path, or give "
                "connect(program=...)"
            ) from error
        except subprocess.TimeoutExpired as error:
            raise UnavailableError(f"{self._program} submit took longer than {_SUBMIT_SECONDS} s") from error
        if done.returncode:
            raise QueryError(done.stderr.strip().removeprefix("fathom: "))
        return Sweep(self._source, int(json.loads(done.stdout)["sweep"]))

    def watch(self, sweep: Sweep | str | int, interval: float = 0.5) -> Iterator[dict[str, Any]]:
        """Go through the progress of a sweep whenever it changes, until the sweep ends.

        A coordinator that goes away meanwhile has two minutes to come back.
        """
        number, last = self._number(sweep), None
        while True:
            now = self._progress(number)
            if now != last:
                yield now
            last = now
            if now["state"] != "running":
                return
            time.sleep(interval)

    async def watch_async(self, sweep: Sweep | str | int, interval: float = 0.5) -> AsyncIterator[dict[str, Any]]:
        """Do as `watch` does, for ``async for``."""
        number, last = await asyncio.to_thread(self._number, sweep), None
        while True:
            now = await asyncio.to_thread(self._progress, number)
            if now != last:
                yield now
            last = now
            if now["state"] != "running":
                return
            await asyncio.sleep(interval)

    def wait(self, sweep: Sweep | str | int, timeout: float | None = None, interval: float = 0.5) -> Sweep:
        """Wait until a sweep ends, at most `timeout` seconds, and return it."""
        number = self._number(sweep)
        end = None if timeout is None else time.monotonic() + timeout
        while self._progress(number)["state"] == "running":
            if end is not None and time.monotonic() >= end:
                raise UnavailableError(f"sweep {number} has not ended within {timeout:g} s")
            time.sleep(interval)
        return Sweep(self._source, number)

    def cancel(self, sweep: Sweep | str | int) -> Sweep:
        """Cancel a sweep for good; what is recorded stays."""
        number = self._number(sweep)
        self._remote.call("CancelSweep", self._remote.v1.CancelSweepRequest(sweep=f"+{number}"))
        return Sweep(self._source, number)

    def delete(self, sweep: Sweep | str | int) -> int:
        """Remove a sweep that has ended from the ledger, with all that was recorded of it.

        Returns how many of its trials had begun. There is no way back. Only its owner and
        admins may; it is an error while the sweep is running.
        """
        number = self._number(sweep)
        return self._remote.call("DeleteSweep", self._remote.v1.DeleteSweepRequest(sweep=f"+{number}")).trials

    def workers(self) -> Table:
        """Return a row for each worker that is connected or still holds trials."""
        answer = self._remote.call("ListWorkers", self._remote.v1.ListWorkersRequest())
        fields = "worker session_id slots numerics program_version connected leased_trials finished_trials draining"
        data = {field: [getattr(worker, field) for worker in answer.workers] for field in fields.split()}
        data["silence_seconds"] = [w.silence.seconds + w.silence.nanos * 1e-9 for w in answer.workers]
        return Table(data, f"workers of {self._remote.address}")

    def _progress(self, number: int) -> dict[str, Any]:
        request = self._remote.v1.GetSweepRequest(sweep=f"+{number}")
        found = self._remote.call("GetSweep", request, _PATIENCE_SECONDS, patient=True)
        state = self._remote.sweep_pb2.SweepState.Name(found.state).removeprefix("SWEEP_STATE_").lower()
        counts = {name: getattr(found.progress, name) for name in (*_STATES, "fraction")}
        return {"sweep": number, "state": state, "paused": found.paused, "trials": found.trial_count, **counts}

    def _number(self, sweep: Sweep | str | int) -> int:
        return sweep.number if isinstance(sweep, Sweep) else self[sweep].number


def connect(
    address: str,
    *,
    token_file: str | os.PathLike[str] | None = None,
    ca: str | os.PathLike[str] | None = None,
    cert: str | os.PathLike[str] | None = None,
    key: str | os.PathLike[str] | None = None,
    timeout: float = 10,
    program: str | os.PathLike[str] = "fathom",
) -> Server:
    """Connect to the coordinator at HOST:PORT.

    `ca` turns TLS on; `cert` and `key` are for coordinators that want a certificate of
    their callers, and `token_file` holds a token that `fathom token new` made. `program`
    is the program `fathom`, which `submit` takes.
    """
    remote = Remote(address, token_file, ca, cert, key, timeout)
    files = (("--token-file", token_file), ("--tls-ca", ca), ("--tls-cert", cert), ("--tls-key", key))
    options = [f"--server={address}"] + [f"{name}={os.fspath(path)}" for name, path in files if path is not None]
    return Server(remote, options, program)


def _without_file(message: str, path: str, text: str) -> str:
    """Name places of a spec by what stands there, as the file is none that the caller has."""
    lines = text.splitlines()

    def name(found: re.Match[str]) -> str:
        line = int(found.group(1))
        shown = lines[line - 1].strip().rstrip(",") if 0 < line <= len(lines) else ""
        return f"spec, at {shown}" if shown not in ("", "{") else "spec"

    return re.sub(re.escape(path) + r":(\d+):\d+", name, message)


def _with_absolute_files(node: Any, key: str = "") -> Any:
    """Return a spec in which the files of data are named from the root on."""
    if isinstance(node, Mapping):
        return {name: _with_absolute_files(value, str(name)) for name, value in node.items()}
    if isinstance(node, list | tuple):
        return [_with_absolute_files(value, key) for value in node]
    if isinstance(node, range):
        return list(node)
    if isinstance(node, str) and key.rpartition(".")[2].endswith("file"):
        return os.path.abspath(node)
    return node
