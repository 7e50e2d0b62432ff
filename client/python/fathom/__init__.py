"""Reads the sweeps of fathom, from a ledger file or a coordinator.

``fathom.open("lab.db")`` reads a file and needs nothing but Python;
``fathom.connect("host:7373")`` asks a coordinator and takes the extra ``server``. Both
have the same sweeps with the same results, curves and best settings.
"""

from __future__ import annotations

import os

from fathom.curves import Curves
from fathom.errors import AccessError, FathomError, LedgerError, QueryError, UnavailableError, UnknownNameError
from fathom.lab import Lab
from fathom.ledger_file import LedgerFile
from fathom.server import Server, connect
from fathom.sweep import Best, Race, Sweep
from fathom.table import Table

__all__ = [
    "AccessError",
    "Best",
    "Curves",
    "FathomError",
    "Lab",
    "LedgerError",
    "QueryError",
    "Race",
    "Server",
    "Sweep",
    "Table",
    "UnavailableError",
    "UnknownNameError",
    "connect",
    "open",
]


def open(path: str | os.PathLike[str]) -> Lab:
    """Open a ledger file for reading, also while a sweep runs. It is never written to."""
    return Lab(LedgerFile(path))
