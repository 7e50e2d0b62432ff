#!/usr/bin/env bash
# What five people who look cost a coordinator: its durable rate of trials without
# `fathom ui` and with one that serves five pages, in pairs. Each page keeps its stream
# of events and asks for the sweeps, the sweep, and 2000 curves whenever something has
# changed, which it hears of every two seconds, as the page in a browser does. They run at the
# lowest priority, as on machines of their own: what they cost is what the coordinator
# does for them.
# Usage: viewers.sh [FOLDER_OF_THE_BUILD] [PAIRS] [LEASE]
set -euo pipefail
build=$(cd "${1:-build/release}" && pwd)
pairs=${2:-7} lease=${3:-1}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Takes the place of the server, and brings the viewers with it.
cat >"$work/server" <<SERVER
#!/usr/bin/env bash
bash $work/viewers \$\$ >/dev/null 2>&1 </dev/null &
exec $build/bin/fathom-server "\$@"
SERVER
cat >"$work/viewers" <<'VIEWERS'
server=$1
alive() { kill -0 "$server" 2>/dev/null; }
port=''
while alive && [[ -z $port ]]; do
  port=$(ss -ltnp 2>/dev/null | grep "pid=$server," | grep -oE '127\.0\.0\.1:[0-9]+' | head -n 1)
  sleep 0.05
done
coproc ui { exec nice -n 19 "$FATHOM" ui --server "$port" --listen 127.0.0.1:0; }
read -r _ page <&"${ui[0]}"
for viewer in 1 2 3 4 5; do
  nice -n 19 curl -sN "$page/api/events?sweep=1" &
  while alive; do
    nice -n 19 curl -s "$page/api/sweeps" "$page/api/sweeps/1" "$page/api/sweeps/1/curves?metric=loss&limit=2000"
    sleep 2
  done &
done
while alive; do sleep 0.1; done
kill $(jobs -p) 2>/dev/null
VIEWERS
chmod +x "$work/server"

rate() { # rate SERVER: trials a second
  FATHOM=$build/bin/fathom "$build/tests/load_bench" --json --server "$1" cycles --lease "$lease" --trials 400000 |
    python3 -c 'import json, sys; print(json.loads(sys.stdin.read().splitlines()[-1])["trials_per_s"])'
}
for ((pair = 1; pair <= pairs; ++pair)); do
  alone=$(rate "$build/bin/fathom-server")
  watched=$(rate "$work/server")
  echo "$alone $watched"
done | python3 -c '
import statistics, sys
rows = [tuple(map(float, line.split())) for line in sys.stdin]
ratios = [watched / alone for alone, watched in rows]
print(f"alone {statistics.median(a for a, _ in rows):,.0f} trials/s, with five viewers"
      f" {statistics.median(w for _, w in rows):,.0f}; ratio of pairs: median {statistics.median(ratios):.3f},"
      f" {min(ratios):.3f} to {max(ratios):.3f}")'
