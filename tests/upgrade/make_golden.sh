#!/usr/bin/env bash
# Makes a golden ledger: what the programs of one release leave behind, small and
# with every kind of sweep in it. Run once per release with its own programs; the
# files are committed and never made again, for then they would not be old.
# Usage: make_golden.sh FOLDER_OF_THE_PROGRAMS NAME
#   golden/NAME.db.gz   the ledger: sweeps that are finished, diverged, over rules,
#                       of imported data, failed, cancelled, paused (where there is
#                       a word for it) and half done with trials lost and leased
#   golden/NAME.txt     what it holds, as its own program exports it
#   golden/NAME.end.txt the same after its own program has finished what is open
# shellcheck source-path=SCRIPTDIR
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../integration/common.sh" "$1"
name=$2
golden=$here/golden
source "$here/golden.sh"

write_specs

for sweep in done diverged rules imported; do
  expect 0 '' "$bin/fathom" run $sweep.yaml --db golden.db --no-plot --quiet --slots 1
done
"$bin/fathom" run failed.yaml --db golden.db --no-plot --quiet --slots 1 >failed.log 2>&1
grep -q 'no feature varies' failed.log || fail "nothing failed: $(cat failed.log)"

sql() { ask golden.db "$1" | tail -n +2; }
start_server golden.db --listen 127.0.0.1:0 --lease-ttl 2 --grace 0
expect 0 '' "$bin/fathom" submit cancelled.yaml --server "$server"
expect 0 '' "$bin/fathom" cancel cancelled --server "$server"
if "$bin/fathom" --help | grep -q '^  pause'; then
  expect 0 '' "$bin/fathom" submit paused.yaml --server "$server"
  expect 0 '' "$bin/fathom" pause paused --server "$server"
fi
expect 0 '' "$bin/fathom" submit half.yaml --server "$server"
half="(SELECT MAX(sweep) FROM sweep_overview)"
for round in 1 2; do
  "$bin/fathom-worker" --server "$server" --slots 1 --name "worker-$round" 2>"worker-$round.log" &
  worker=$!
  pids+=("$worker")
  # Leases of one trial would be nicer, but they are of what the program likes.
  has_begun() { [ "$(sql "SELECT COUNT(*) FROM results WHERE sweep=$half AND (state='succeeded' OR state='leased')")" -ge 1 ]; }
  until_true 60 has_begun || fail "nothing was given out: $(cat "worker-$round.log")"
  [ $round = 1 ] || break
  kill -9 "$worker"; wait "$worker" 2>/dev/null
  is_lost() { [ "$(sql "SELECT COUNT(*) FROM attempts WHERE sweep=$half AND outcome='lost'")" -ge 1 ]; }
  until_true 60 is_lost || fail 'nothing was lost'
done
ended() { [ "$(sql "SELECT COUNT(*) FROM results WHERE sweep=$half AND state='succeeded'")" -ge 2 ]; }
until_true 120 ended || fail "no trial has ended: $(cat worker-2.log)"
kill -9 "$worker"; wait "$worker" 2>/dev/null
kill "$server_pid"
wait "$server_pid"
[ ! -s golden.db-wal ] || fail 'the ledger has a log beside it'

mkdir -p "$golden"
gzip -9nc golden.db >"$golden/$name.db.gz"
export_ledger golden.db >"$golden/$name.txt"
# Its own end.
cp golden.db end.db
finish_ledger end.db
export_results end.db >"$golden/$name.end.txt"
printf '%s: %s bytes\n' "$name" "$(stat -c %s "$golden/$name.db.gz")"
finish
