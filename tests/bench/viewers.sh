#!/usr/bin/env bash
# What five people who look cost a coordinator: its durable rate of trials without
# `fathom ui` and with one that serves five pages, in pairs of which every second one
# begins with the other. The pages ask as those in browsers do (viewer_pages.py), at the
# lowest priority, as on machines of their own: what they cost is what the coordinator
# does for them. Rates say what that means, and its processor time, with that of its
# queries, says it also on a machine with other work, on which the pages take
# VIEWERS_NICE=0 to be served at all.
# Usage: viewers.sh [FOLDER_OF_THE_BUILD] [PAIRS] [LEASE] [TRIALS]
set -euo pipefail
build=$(cd "${1:-build/release}" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
pairs=${2:-7} lease=${3:-1} trials=${4:-400000}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Takes the place of the server, and brings the viewers with it.
cat >"$work/server" <<SERVER
#!/usr/bin/env bash
python3 $here/viewer_pages.py \$\$ $build/bin/fathom >>$work/pages 2>&1 </dev/null &
exec $build/bin/fathom-server "\$@"
SERVER
chmod +x "$work/server"

rate() { # rate SERVER: trials a second, processor time of a trial, seconds
  "$build/tests/load_bench" --json --server "$1" cycles --lease "$lease" --trials "$trials" |
    python3 -c '
import json, sys
found = json.loads(sys.stdin.read().splitlines()[-1])
print(found["trials_per_s"], found["server_cpu_us_per_trial"], found["seconds"])'
}
for ((pair = 1; pair <= pairs; ++pair)); do
  if ((pair % 2)); then
    alone=$(rate "$build/bin/fathom-server")
    watched=$(rate "$work/server")
  else
    watched=$(rate "$work/server")
    alone=$(rate "$build/bin/fathom-server")
  fi
  echo "$alone $watched"
  # The pages notice within a moment that their coordinator has ended.
  for ((tenth = 0; tenth < 300 && $(wc -l <"$work/pages") < pair; ++tenth)); do sleep 0.1; done
done >"$work/rows"
cat "$work/pages"
python3 - "$work/rows" "$work/pages" "$trials" <<'PRINT'
import json
import statistics
import sys

with open(sys.argv[1], encoding="utf-8") as rows, open(sys.argv[2], encoding="utf-8") as pages:
    rows = [tuple(map(float, line.split())) for line in rows]
    queries = [json.loads(line)["queries_cpu_s"] for line in pages]
trials = float(sys.argv[3])
ratios = [row[3] / row[0] for row in rows]
cores = [((row[4] - row[1]) * 1e-6 * trials + query) / row[5] for row, query in zip(rows, queries)]
more = [((row[4] - row[1]) * 1e-6 * trials + query) / (row[1] * 1e-6 * trials) for row, query in zip(rows, queries)]
print(f"alone {statistics.median(row[0] for row in rows):,.0f} trials/s, with five viewers"
      f" {statistics.median(row[3] for row in rows):,.0f}; ratio of pairs: median {statistics.median(ratios):.3f},"
      f" {min(ratios):.3f} to {max(ratios):.3f}")
print(f"they take {statistics.median(cores):.3f} cores of the coordinator, {min(cores):.3f} to {max(cores):.3f};"
      f" {100 * statistics.median(more):.1f} % of what its trials take")
PRINT
