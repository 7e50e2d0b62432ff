"""What can go wrong, as exceptions that a program can tell apart."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class FathomError(Exception):
    """The base of all errors of this package."""


class LedgerError(FathomError):
    """A file is not there, is no ledger, is damaged, or is of a newer fathom."""


class UnknownNameError(FathomError, KeyError):
    """A sweep, a metric, an axis or a column of that name does not exist."""

    def __str__(self) -> str:
        """Return the message itself; a KeyError would put it in quotes."""
        return str(self.args[0]) if self.args else ""


class QueryError(FathomError):
    """A condition or a statement is not what SQLite or fathom understands."""


class UnavailableError(FathomError):
    """The coordinator, or something that a call needs, is not there."""


class AccessError(FathomError):
    """The coordinator does not let this caller in, or not do this."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``; did you mean X?``, or nothing where no known name is near."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else ""


def unknown(what: str, name: object, known: Iterable[str], where: str = "") -> UnknownNameError:
    """Return the error for a name that is none of the known ones, which it lists."""
    names = list(known)
    shown = ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")
    listed = f"expected one of {shown}" if names else f"there is no {what} at all"
    place = f"{where}: " if where else ""
    return UnknownNameError(f"{place}unknown {what} {name!r}, {listed}{did_you_mean(str(name), names)}")
