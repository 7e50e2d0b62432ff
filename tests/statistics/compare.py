#!/usr/bin/env python3
"""Compares `fathom best --json` with the reference, on one ledger and sweep.

    compare.py FATHOM SWEEP --db FILE [options of best]

Both get the same options. Counts, goals, settings, trials and verdicts must be
the same, and numbers must agree to a relative 1e-9. Prints every difference as the path
in the document with both values, and exits with 1 when there is one.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
from typing import Any, Iterator

import reference

TOLERANCE = 1e-9

# Axes whose name differs between versions of the program.
NAMES = {"name": "optimizer"}


def program_says(fathom: str, arguments: list[str]) -> dict[str, Any]:
    """Returns the document that the program prints."""
    done = subprocess.run([fathom, "best", *arguments, "--json"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"fathom best {' '.join(arguments)}: exit {done.returncode}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def differences(program: dict[str, Any], own: dict[str, Any]) -> list[str]:
    """Returns all differences in `best.races` and `best.levels`, as lines."""
    found: list[str] = []
    for kind in ("races", "levels"):
        theirs = program.get("best", {}).get(kind)
        if theirs is None:
            found.append(f"best.{kind}: the program has none, the reference {len(own['best'][kind])}")
            continue
        found += _families(f"best.{kind}", theirs, own["best"][kind])
    return found


def _families(path: str, program: list[Any], own: list[Any]) -> Iterator[str]:
    theirs = {_family(f): f for f in program}
    ours = {_family(f): f for f in own}
    if list(theirs) != list(ours):
        yield f"{path}: program has {list(theirs)}, reference {list(ours)}"
    for key in ours:
        if key in theirs:
            yield from _value(f"{path}[{key}]", theirs[key], ours[key])
            sentence = theirs[key].get("sentence")
            alone = len(ours[key]["groups"]) == 1
            if not isinstance(sentence, str) or not (alone or sentence.strip()):
                yield f"{path}[{key}].sentence: program says {sentence!r}, expected words"


def _family(family: dict[str, Any]) -> str:
    return ", ".join(f"{k} = {_plain(v)}" for k, v in sorted(_axes(family["by"]).items()))


def _axes(by: dict[str, Any]) -> dict[str, Any]:
    return {NAMES.get(name, name): value for name, value in by.items()}


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _value(path: str, program: Any, own: Any) -> Iterator[str]:
    """Yields the differences below a path of the document. Keys that the reference lacks are not compared."""
    name = path.rsplit(".", 1)[-1]
    if isinstance(own, dict) and isinstance(program, dict):
        if name in ("by", "setting"):
            if _axes(program) != _axes(own):
                yield f"{path}: program {program}, reference {own}"
            return
        for key, value in own.items():
            if key not in program:
                yield f"{path}.{key}: missing in the program, reference {value!r}"
            else:
                yield from _value(f"{path}.{key}", program[key], value)
    elif isinstance(own, list) and isinstance(program, list):
        if len(own) != len(program):
            yield f"{path}: program has {len(program)} entries, reference {len(own)}: {program!r}, {own!r}"
            return
        for number, pair in enumerate(zip(program, own)):
            yield from _value(f"{path}[{number}]", *pair)
    elif not _same(program, own, exact=name.startswith(("goal", "quoted", "step", "depth", "reference"))):
        yield f"{path}: program {program!r}, reference {own!r}"


def _same(program: Any, own: Any, exact: bool) -> bool:
    numbers = [isinstance(v, (int, float)) and not isinstance(v, bool) for v in (program, own)]
    if not all(numbers) or exact or (isinstance(program, int) and isinstance(own, int)):
        return program == own and numbers[0] == numbers[1]
    return math.isclose(program, own, rel_tol=TOLERANCE, abs_tol=0)


def compare(fathom: str, arguments: list[str]) -> list[str]:
    """Returns all differences between program and reference for the same arguments."""
    own = reference.analyse(**reference.parse(arguments))
    return differences(program_says(fathom, arguments), json.loads(json.dumps(own)))


def main(arguments: list[str]) -> int:
    """Compares as the command line says. Returns 1 where something differs."""
    if not arguments:
        print(__doc__, file=sys.stderr)
        return 2
    found = compare(arguments[0], arguments[1:])
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
