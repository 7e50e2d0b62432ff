#!/usr/bin/env python3
"""Computes the statistics of a race between depths from the ledger alone.

This is an independent reference of `fathom best --json`, written from
docs/statistics.md. It reads the ledger with plain SQL, uses no code of fathom,
and prints the same `best.races` and `best.levels`.

    reference.py SWEEP --db FILE [--by A,B] [--over A] [--average A] [--metric M]
                 [--at STEP] [--epsilon E] [--arrive SHARE] [--tuning] [--split]
"""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

import groups as grouping
import ledger
import levels
import race


def analyse(path: str, sweep_name: str, **choices: Any) -> dict[str, Any]:
    """Returns the document of section 10 for one sweep; `choices` are the options of `fathom best`."""
    db = ledger.open_ledger(path)
    try:
        sweep = ledger.read_sweep(db, sweep_name)
        options = grouping.make_options(sweep, **choices)
        families = grouping.make_families(sweep, options)
        best: dict[str, Any] = {"metric": options.metric, "races": [], "levels": []}
        if options.metric in race.RACED:
            curves = ledger.read_curves(db, sweep, options.metric, options.at)
            best["races"] = [race.run_family(db, sweep, curves, f, options) for f in families]
        else:
            curves = ledger.read_curves(db, sweep, options.metric, None)
            best["levels"] = [levels.run_family(sweep, curves, f, options) for f in families]
        return {"best": best}
    finally:
        db.close()


def parse(arguments: list[str]) -> dict[str, Any]:
    """Returns the arguments of `analyse` that the command line stands for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("sweep")
    parser.add_argument("--db", required=True, dest="path")
    for name in ("--by", "--over", "--average"):
        parser.add_argument(name, type=lambda text: text.split(","))
    parser.add_argument("--metric")
    parser.add_argument("--at", type=int)
    parser.add_argument("--epsilon", type=float)
    parser.add_argument("--arrive", type=float, default=1.0)
    parser.add_argument("--tuning", action="store_true")
    parser.add_argument("--split", action="store_true")
    choices = vars(parser.parse_args(arguments))
    choices["sweep_name"] = choices.pop("sweep")
    return choices


if __name__ == "__main__":
    print(json.dumps(analyse(**parse(sys.argv[1:])), indent=1))
