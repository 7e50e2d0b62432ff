#!/usr/bin/env python3
"""Tests the package against a coordinator and a worker on this machine."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import unittest

from support import PROGRAMS, ROOT, SMALL, LedgerTest, changed, program

import fathom

try:
    import google.protobuf
    import grpc
except ImportError:
    sys.exit(print("skipped: python3-grpcio or python3-protobuf is not installed"))

LONG = changed(
    name="long",
    steps=1_000_000_000,
    optimizer={"learning_rate": 1e-9},
    axes={"seed": {"range": [0, 4]}},
    summarize=None,
    record={"points": 5, "metrics": ["loss"]},
)


class ConnectTest(LedgerTest):
    """One coordinator with a token for every role, on loopback."""

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.make_stubs()
        cls.db = cls.folder / "server.db"
        lines = []
        for role in ("read", "submit", "worker"):
            line = program("token", "new", "--role", role, "--name", role, "--out", str(cls.folder / f"{role}.token"))
            lines.append(line)
        (cls.folder / "tokens").write_text("".join(lines), encoding="utf-8")
        cls.address = cls.start_server(cls.db, "--tokens", str(cls.folder / "tokens"))
        worker = [PROGRAMS / "fathom-worker", "--server", cls.address, "--slots", "1", "--cache", ""]
        worker += ["--token-file", cls.folder / "worker.token"]
        cls.start(worker, stderr=subprocess.DEVNULL)
        cls.server = cls.connect("submit")

    @classmethod
    def connect(cls, role: str) -> fathom.Server:
        token = cls.folder / f"{role}.token"
        server = fathom.connect(cls.address, token_file=token, program=PROGRAMS / "fathom")
        cls.addClassCleanup(server.close)
        return server

    def test_what_a_coordinator_says_is_what_its_file_says(self) -> None:
        sweep = self.server.wait(self.server.submit(SMALL), timeout=120, interval=0.05)
        self.assertEqual(sweep.state, "completed")
        local = fathom.open(self.db)[sweep.number]
        self.assertEqual(sweep.results().data, local.results().data)
        self.assertEqual(sweep.best().groups, local.best().groups)
        self.assertEqual(sweep.best(at=100).groups, local.best(at=100).groups)
        where = {"depth": [1, 2], "state": "succeeded"}
        self.assertEqual(sweep.curves("loss", where=where).data, local.curves("loss", where=where).data)
        self.assertEqual(len(sweep.curves("loss")), len(local.curves("loss")))
        self.assertIn("small", self.server.sweeps()["name"])
        self.assertEqual(
            self.server.query("SELECT 1 AS a, 0.5 AS b, NULL AS c, 'x' AS d").to_dicts(),
            [{"a": 1, "b": 0.5, "c": None, "d": "x"}],
        )

    def test_the_same_spec_makes_one_sweep(self) -> None:
        first = self.server.submit(changed(name="twice"))
        path = self.folder / "twice.yaml"
        path.write_text(json.dumps(changed(name="twice")), encoding="utf-8")
        self.assertEqual(self.server.submit(path).number, first.number)
        self.assertGreater(self.server.submit(path, settings={"steps": 301}).number, first.number)
        self.assertGreater(self.server.submit(path, new=True).number, first.number + 1)

    def test_data_files_are_found_and_uploaded(self) -> None:
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(self.folder)
        data = self.folder / "data.csv"
        data.write_text("x,y,target\n" + "".join(f"{i},{i * i % 7},{i % 3}\n" for i in range(30)), encoding="utf-8")
        spec = changed(
            name="of-a-file",
            data={"file": "data.csv", "target": "target"},  # Beside us, not beside the file of the spec.
            axes={"depth": [1, 2]},
            optimizer={"learning_rate": 1e-3},
            summarize=None,
        )
        sweep = self.server.wait(self.server.submit(spec), timeout=120, interval=0.05)
        self.assertEqual(len(sweep.results()), 2)

    def test_a_sweep_is_watched_and_cancelled(self) -> None:
        sweep = self.server.submit(LONG)
        seen = []
        for progress in self.server.watch(sweep, interval=0.02):
            seen.append(progress)
            if progress["state"] == "running":
                self.server.cancel(sweep)
        self.assertEqual([seen[0]["state"], seen[-1]["state"]], ["running", "cancelled"])
        self.assertEqual(seen[-1]["cancelled"], 4)

        async def watch() -> list[str]:
            return [progress["state"] async for progress in self.server.watch_async(sweep)]

        self.assertEqual(asyncio.run(watch()), ["cancelled"])
        self.assertEqual(self.server.wait(sweep).state, "cancelled")

    def test_a_sweep_that_has_ended_is_deleted(self) -> None:
        sweep = self.server.submit({**LONG, "name": "unwanted"})
        with self.assertRaisesRegex(fathom.FathomError, "running"):
            self.server.delete(sweep)
        self.server.cancel(sweep)
        self.server.wait(sweep, timeout=120, interval=0.05)
        self.assertLessEqual(self.server.delete(sweep), 4)
        with self.assertRaises(fathom.UnknownNameError):
            self.server["unwanted"]
        with self.assertRaises(fathom.UnknownNameError):
            self.server.delete("unwanted")

    def test_a_watch_outlives_a_coordinator(self) -> None:
        db = self.folder / "again.db"
        address = self.start_server(db)
        with fathom.connect(address, program=PROGRAMS / "fathom") as server:
            sweep = server.submit(LONG)
            states = []
            for progress in server.watch(sweep, interval=0.02):
                states.append(progress["state"])
                if len(states) == 1:
                    self.coordinator.kill()
                    self.coordinator.wait()
                    with self.assertRaises(fathom.UnavailableError):
                        server.workers()
                    self.start_server(db, listen=address)
                    program("cancel", str(sweep.number), "--server", address)
        self.assertEqual(states, ["running", "cancelled"])

    def test_waiting_ends(self) -> None:
        sweep = self.server.submit({**LONG, "name": "waiting"})
        with self.assertRaisesRegex(fathom.UnavailableError, "has not ended within"):
            self.server.wait(sweep, timeout=0)
        self.server.cancel(sweep)

    def test_workers_are_listed(self) -> None:
        workers = self.server.workers()
        self.assertEqual(workers["slots"], [1])
        self.assertEqual(workers["connected"], [True])

    def test_errors_say_what_is_wrong(self) -> None:
        with self.assertRaisesRegex(fathom.QueryError, 'spec, at "dpeth": 1: found unknown key "dpeth".*did you mean'):
            self.server.submit({**SMALL, "model": {"dpeth": 1}})
        with self.assertRaisesRegex(fathom.QueryError, "holds what YAML cannot"):
            self.server.submit({**SMALL, "name": object()})
        with self.assertRaisesRegex(fathom.UnknownNameError, "unknown sweep 'smol'"):
            self.server["smol"]
        with self.assertRaisesRegex(fathom.QueryError, "no such column: x"):
            self.server.query("SELECT x")
        with self.assertRaises(fathom.QueryError):
            self.server.query("DELETE FROM sweeps")
        lost = fathom.connect(self.address, token_file=self.folder / "submit.token", program="/nonexistent/fathom")
        with lost, self.assertRaisesRegex(fathom.UnavailableError, "cannot run /nonexistent/fathom"):
            lost.submit(SMALL)

    def test_who_may_do_what(self) -> None:
        sweep = self.server.submit({**LONG, "name": "owned"})
        with self.assertRaisesRegex(fathom.AccessError, "role submit or admin"):
            self.connect("read").cancel(sweep)
        self.server.cancel(sweep)
        with fathom.connect(self.address) as nobody, self.assertRaisesRegex(fathom.AccessError, "wants a token"):
            nobody.sweeps()
        open_token = self.folder / "open.token"
        open_token.write_text("x" * 20)
        open_token.chmod(0o644)
        with self.assertRaisesRegex(fathom.AccessError, "open to everyone"):
            fathom.connect(self.address, token_file=open_token)
        with self.assertRaisesRegex(fathom.AccessError, "refusing to send a token to lab.example:1 in the clear"):
            fathom.connect("lab.example:1", token_file=self.folder / "read.token")

    def test_tls_with_tokens(self) -> None:
        keys = self.folder / "keys"
        made = subprocess.run(
            ["bash", ROOT / "deploy" / "make-keys.sh", keys, "server", "lab.example"],
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual(made.returncode, 0, made.stderr)
        address = self.start_server(
            self.folder / "tls.db",
            "--tokens",
            str(self.folder / "tokens"),
            "--tls-cert",
            str(keys / "server.pem"),
            "--tls-key",
            str(keys / "server.key"),
        )
        with fathom.connect(
            address, ca=keys / "ca.pem", token_file=self.folder / "submit.token", program=PROGRAMS / "fathom"
        ) as server:
            self.assertEqual(server.submit(SMALL).state, "running")
        with self.assertRaisesRegex(fathom.UnavailableError, "no coordinator answers"):
            fathom.connect(address, timeout=1)

    def test_nobody_there(self) -> None:
        with self.assertRaisesRegex(fathom.UnavailableError, "no coordinator answers at 127.0.0.1:1 within 0.2 s"):
            fathom.connect("127.0.0.1:1", timeout=0.2)
        with self.assertRaisesRegex(fathom.QueryError, "expected HOST:PORT"):
            fathom.connect("lab")


if __name__ == "__main__":
    print(f"grpcio {grpc.__version__}, protobuf {google.protobuf.__version__}")
    unittest.main()
