#!/usr/bin/env python3
"""Holds the rule of flatness.py against series that are flat and series that are not."""

import random
import sys

import flatness

RULE = flatness.Rule("memory", "MiB", 16, 0.10)


def series(value_at, minutes=30, every=2):
    return [(float(at), value_at(at)) for at in range(0, 60 * minutes, every)]


def expect(flat, name, value_at, rule=RULE, **more):
    verdict = flatness.Verdict(rule, series(value_at, **more))
    if verdict.is_flat() != flat:
        sys.exit(f"FAILED: {name}: {flatness.table_of([verdict])}")
    if flatness.picture_of([verdict]).count("<polyline") != 1:
        sys.exit(f"FAILED: {name}: no picture")


noise = random.Random(1)
expect(True, "noise", lambda at: 100 + noise.uniform(-10, 10))
expect(True, "a cache that fills at first", lambda at: 50 + min(at, 300) / 2)
expect(True, "peaks, as of backups", lambda at: 400 if at % 120 < 10 else 100)
expect(True, "what shrinks", lambda at: 300 - at / 20)
expect(False, "a leak of 2 MiB a minute", lambda at: 100 + at / 30 + noise.uniform(-10, 10))
expect(False, "a leak that begins late", lambda at: 100 + max(0, at - 1000) / 10)
expect(False, "a step in the middle that stays", lambda at: 100 if at < 900 else 140)
descriptors = flatness.Rule("descriptors", "open", 12)
expect(False, "a descriptor a minute", lambda at: 40 + at // 60 + noise.randint(0, 4), rule=descriptors)
expect(True, "connections that come and go", lambda at: 40 + noise.randint(0, 20), rule=descriptors)
log = flatness.Rule("log", "MiB", 8, usual=64)
expect(True, "a log that fills up to its size", lambda at: min(66, at / 20), rule=log)
expect(False, "a log that is not brought into its file", lambda at: at / 20, rule=log)
if flatness.Verdict(RULE, []).is_flat() or flatness.Verdict(RULE, [(0.0, 1.0)] * 4).is_flat():
    sys.exit("FAILED: nothing was measured, and that is called flat")
print("all passed")
