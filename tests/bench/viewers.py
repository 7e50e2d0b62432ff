#!/usr/bin/env python3
"""Measures what five people who look cost a coordinator.

  viewers.py [FOLDER_OF_THE_BUILD] [--rounds N] [--lease N] [--trials N] [--points N] [--turn S]

A coordinator is loaded with trials that do nothing, as many as it makes durable, and a
`fathom ui` serves five pages that ask as those in browsers do (viewer_pages.py). They
look for some seconds and are stopped for as many, in turns, and each time that they
look is compared with the mean of the times before and after: rates of whole runs differ
by more than what is looked for. Each turn begins with a round of answers that no pause
came before, so that short turns cost more than people who look on. Told are the ratio
of the durable rates, the processor time of the coordinator with that of its queries,
and the standard errors of both means.

The pages run at the lowest priority, as on machines of their own; VIEWERS_NICE=0 lets
them be served at all where a machine has other work.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))

# Takes the place of the server, and brings the viewers with it.
SERVER = """#!/usr/bin/env bash
VIEWERS_TURN={turn} python3 {here}/viewer_pages.py $$ {build}/bin/fathom >>{work}/pages 2>>{work}/errors </dev/null &
exec {build}/bin/fathom-server "$@"
"""


def turns_of(options, work):
    """Returns what viewer_pages.py says of one run: turns, and the answers."""
    server = os.path.join(work, "server")
    with open(server, "w", encoding="utf-8") as file:
        file.write(SERVER.format(here=HERE, build=options.build, work=work, turn=options.turn))
    os.chmod(server, 0o755)
    pages = os.path.join(work, "pages")
    with open(pages, "ab") as file:
        before = file.tell()
    subprocess.run([os.path.join(options.build, "tests/load_bench"), "--json", "--server", server, "cycles", "--lease",
                    str(options.lease), "--trials", str(options.trials), "--points", str(options.points)],
                   check=True, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 30  # The pages notice within a moment that their coordinator has ended.
    while os.path.getsize(pages) <= before:
        if time.monotonic() > deadline:
            with open(os.path.join(work, "errors"), encoding="utf-8") as file:
                sys.exit(f"viewers.py: the pages have said nothing:\n{file.read()}")
        time.sleep(0.1)
    with open(pages, encoding="utf-8") as file:
        return json.loads(file.readlines()[-1])


def compare(turns):
    """Yields for each turn with viewers: its rate over the mean of its neighbours, and the
    processor seconds a second that it took more than they, per trial of its own."""
    for before, now, after in zip(turns, turns[1:], turns[2:]):
        if now["viewers"]:
            rate = statistics.mean(turn["trials"] / turn["seconds"] for turn in (before, after))
            cost = statistics.mean(turn["cpu_s"] / turn["trials"] for turn in (before, after))
            yield (now["trials"] / now["seconds"] / rate, (now["cpu_s"] - cost * now["trials"]) / now["seconds"], rate)


def mean_text(values, digits):
    error = statistics.stdev(values) / len(values)**0.5
    return f"{statistics.mean(values):.{digits}f} +-{error:.{digits}f} (median {statistics.median(values):.{digits}f})"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", nargs="?", default="build/release", type=os.path.abspath)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--lease", type=int, default=1)
    parser.add_argument("--trials", type=int, default=1_300_000)
    parser.add_argument("--points", type=int, default=0, help="of the curve of each trial")
    parser.add_argument("--turn", type=float, default=24, help="seconds")
    options = parser.parse_args()
    found = []
    with tempfile.TemporaryDirectory() as work:
        for _ in range(options.rounds):
            said = turns_of(options, work)
            print(json.dumps(said["answers"]), flush=True)
            found += compare(said["turns"])
    if len(found) < 3:
        print("too few turns to compare; expected more --trials", file=sys.stderr)
        return 1
    ratios, cores, rates = zip(*found)
    print(f"{statistics.median(rates):,.0f} trials/s alone; with five viewers {mean_text(ratios, 4)} of it, in {len(found)} turns;"
          f" they take {mean_text(cores, 3)} cores of the coordinator")
    return 0


if __name__ == "__main__":
    sys.exit(main())
