#!/usr/bin/env python3
"""Compares `fathom best --json` with the reference on many small sweeps.

    cases.py FATHOM [CASE ...]

The program makes the ledgers in a temporary folder. Some of them get holes, and
every answer of section 10 of docs/statistics.md is compared. Prints the
differences, and exits with 1 when there are any.
"""

from __future__ import annotations

import pathlib
import sys
import tempfile

import compare
import sweeps

FASHION = pathlib.Path("/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz")

# Replacements in the quickstart, so that it takes a tenth of its steps.
SHORTER = {"steps: 4000": "steps: 400", "at: [300, 1000, 4000]": "at: [30, 100, 400]"}


def quickstart(fathom: str) -> sweeps.Case:
    """Returns the main experiment, cut down."""
    text = sweeps.run(fathom, "presets", "show", "quickstart")
    for long, short in SHORTER.items():
        if long not in text:
            raise RuntimeError(f"the quickstart has no {long!r} any more, expected it to be cut down")
        text = text.replace(long, short)
    return sweeps.Case("quickstart", text, ("", "--tuning", "--metric loss --at 100"))


def check(fathom: str, case: sweeps.Case, folder: pathlib.Path) -> list[str]:
    """Returns all differences on one sweep, with the options that showed them."""
    path = sweeps.make_ledger(fathom, case, folder)
    found = []
    for ask in case.asks:
        try:
            lines = compare.compare(fathom, [case.name, "--db", str(path), *ask.split()])
        except RuntimeError as error:  # Other options may still be compared when the program refuses.
            lines = [str(error)]
        found += [f"{case.name} {ask}: {line}" for line in lines]
    return found


def main(arguments: list[str]) -> int:
    """Runs the cases that are named, or all cases."""
    if not arguments:
        print(__doc__, file=sys.stderr)
        return 2
    fathom, wanted = arguments[0], set(arguments[1:])
    cases = sweeps.cases()
    if FASHION.exists():
        cases.append(quickstart(fathom))
    else:
        print("skipped quickstart: the package dataset-fashion-mnist is not there")
    unknown = wanted - {c.name for c in cases}
    if unknown:
        print(f"found no case {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    failed = answers = 0
    for case in cases:
        if wanted and case.name not in wanted:
            continue
        with tempfile.TemporaryDirectory() as folder:
            lines = check(fathom, case, pathlib.Path(folder))
        answers += len(case.asks)
        failed += bool(lines)
        print("\n".join(lines[:20]) if lines else f"{case.name}: {len(case.asks)} answers agree")
        if len(lines) > 20:
            print(f"{case.name}: {len(lines) - 20} more differences")
    print(f"{answers} answers compared, {failed} sweeps with differences")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
