#!/usr/bin/env python3
"""Measures what clearing a deleted sweep away costs those who work meanwhile.

  cleaning_load.py [FOLDER_OF_THE_BUILD] [--pairs N] [--trials N] [--lease N] [--old N]

A coordinator whose ledger has an ended sweep of many trials with points is
loaded with trials that do nothing (load_bench), in pairs of runs, whose order changes.
In one of a pair that sweep is deleted before, so that its rows are cleared away all the
time; how many curves have gone at the end is told. Told are the durable rates and
the times to acknowledgement, as medians of all runs and of the ratios in pairs.
"""

import argparse
import json
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

import viewer_pages

TOLD = ("trials_per_s", "ack_p50_ms", "ack_p99_ms")

# Takes the place of the server that makes the old sweep: keeps its ledger.
KEEPER = """#!/usr/bin/env bash
{build}/bin/fathom-server "$@" &
server=$!
trap 'kill -TERM $server' TERM
until wait $server || ! kill -0 $server 2>/dev/null; do :; done
while (($# > 0)); do
  [[ $1 != --db ]] || cp "$2" "{work}/old.db"
  shift
done
"""

# Takes the place of the server afterwards: brings the ledger with it, deletes what is asked for
# once it listens, and says how many of its curves are gone at the end.
SERVER = """#!/usr/bin/env bash
work={work}
while (($# > 0)); do
  [[ $1 != --db ]] || db=$2
  arguments+=("$1") && shift
done
cp "$work/old.db" "$db"
{delete} python3 {here} --beside $$ "$db" {build}/bin/fathom >>"$work/said" 2>>"$work/errors" </dev/null &
exec {build}/bin/fathom-server "${{arguments[@]}}"
"""


def first_left(path):
    """Returns the first trial of the old sweep that has a curve yet; these go first, in this order."""
    ledger = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return ledger.execute("SELECT MIN(trial_index) FROM metric_chunks WHERE sweep_id=1").fetchone()[0]
    finally:
        ledger.close()


def stand_beside(process, path, fathom):
    """Deletes the old sweep, if DELETE is set, and tells how many of its curves are gone when the process ends."""
    address = viewer_pages.address_of(process)
    gone = 0
    if os.environ.get("DELETE"):
        subprocess.run([fathom, "delete", "+1", "--yes", "--server", address], check=True, stdout=subprocess.DEVNULL)
    while viewer_pages.is_alive(process):
        try:
            gone = first_left(path)
        except sqlite3.Error:
            break  # It ends, and the ledger with it.
        time.sleep(1)
    print(json.dumps({"cleaning": bool(os.environ.get("DELETE")), "gone": gone}), flush=True)


def load(options, work, script, *arguments):
    """Returns what load_bench says of one run with this script as its server."""
    server = os.path.join(work, "server")
    with open(server, "w", encoding="utf-8") as file:
        file.write(script)
    os.chmod(server, 0o755)
    said = subprocess.run([os.path.join(options.build, "tests/load_bench"), "--json", "--folder", work, "--server", server,
                           "cycles", *arguments], check=True, stdout=subprocess.PIPE)
    return json.loads(said.stdout)


def run(options, work, delete):
    script = SERVER.format(here=os.path.abspath(__file__), build=options.build, work=work, delete="DELETE=1" if delete else "")
    return load(options, work, script, "--lease", str(options.lease), "--trials", str(options.trials))


def main():
    if sys.argv[1:2] == ["--beside"]:
        stand_beside(int(sys.argv[2]), *sys.argv[3:5])
        return 0
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", nargs="?", default="build/release", type=os.path.abspath)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--trials", type=int, default=200_000)
    parser.add_argument("--lease", type=int, default=1)
    parser.add_argument("--old", type=int, default=300_000, help="trials of the sweep that is deleted")
    parser.add_argument("--folder", default="/var/tmp", help="on a disk")
    options = parser.parse_args()
    pairs = []
    with tempfile.TemporaryDirectory(dir=options.folder) as work:
        load(options, work, KEEPER.format(build=options.build, work=work), "--trials", str(options.old), "--points", "100")
        for pair in range(options.pairs):
            found = {}
            for delete in ((False, True) if pair % 2 == 0 else (True, False)):
                found[delete] = run(options, work, delete)
                print(json.dumps({"cleaning": delete, **{name: found[delete][name] for name in TOLD}}), flush=True)
            pairs.append(found)
        time.sleep(2)  # The last one notices within a second that its server has ended.
        with open(os.path.join(work, "said"), encoding="utf-8") as file:
            said = [json.loads(line) for line in file]
    # None: all of them.
    print(f"curves of the old sweep that were gone at the end: {[one['gone'] for one in said if one['cleaning']]}"
          f" with, {[one['gone'] for one in said if not one['cleaning']]} without")
    for name in TOLD:
        without, with_it = (statistics.median(found[delete][name] for found in pairs) for delete in (False, True))
        ratios = sorted(found[True][name] / found[False][name] for found in pairs)
        print(f"{name}: {without:,.2f} without, {with_it:,.2f} with; ratio {statistics.median(ratios):.3f}"
              f" ({ratios[0]:.3f} to {ratios[-1]:.3f})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
