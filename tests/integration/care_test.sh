#!/usr/bin/env bash
# Drives what keeps a service going as users do: audit, backup and restore,
# pause, priority, drain, stopping in good order.
# Usage: care_test.sh FOLDER_OF_THE_PROGRAMS
# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/common.sh" "$1"

start_worker() {
  "$bin/fathom-worker" --server "$server" --cache '' "$@" 2>>worker.log &
  worker_pid=$!
  pids+=("$worker_pid")
}
ask() { "$bin/fathom" query "$1" --server "$server" --format csv | tail -n 1; }
# Of the first sweep.
digest() { "$bin/fathom" audit --db "$1" | grep '^sweep 1,' | grep -oE '[0-9a-f]{64}'; }

spec() { # spec NAME STEPS SEEDS
  cat <<YAML
name: $1
data: {synthetic: {rows: 200, columns: 20, noise: 0.1}, standardize: true}
loss: {lp: 4}
model: {init: {scheme: balanced, norm: 0.1}}
steps: $2
axes:
  depth: [1, 2, 3]
  learning_rate: [0.001, 0.003, 0.01]
  seed: {range: [0, $3]}
record: {points: 10, metrics: [loss]}
YAML
}
spec quick 200 4 >quick.yaml
# More than two slots take at once, so that a pause finds something to hold back.
spec slow 30000 60 >slow.yaml

echo '-- audits of two ledgers with the same results'
expect 0 '' "$bin/fathom" run quick.yaml --db one.db --no-plot --quiet --slots 1
expect 0 '' "$bin/fathom" run quick.yaml --db two.db --no-plot --quiet --slots 3
expect 0 '^36 expected, 36 recorded, 0 duplicates, 0 holes, 0 stale writes, ledger digest [0-9a-f]{64}$' \
  "$bin/fathom" audit --db one.db
expect 0 '"recorded": 36' "$bin/fathom" audit --db one.db --json
[ "$(digest one.db)" = "$(digest two.db)" ] || fail 'slots change the digest'
expect 2 'no_such\.db' "$bin/fathom" audit --db no_such.db
if command -v sqlite3 >/dev/null; then
  cp one.db hurt.db
  sqlite3 hurt.db 'DELETE FROM trials WHERE trial_index = 7'
  expect 1 '35 recorded, 0 duplicates, 1 holes' "$bin/fathom" audit --db hurt.db
  expect 1 'trials 7 to 7' "$bin/fathom" audit --db hurt.db
fi

echo '-- a server that is paused, backed up, drained'
start_server live.db --listen 127.0.0.1:0 --grace 20
start_worker --slots 2 --name mule
expect 0 'slow' "$bin/fathom" submit slow.yaml --server "$server" --weight 2
some_done() { [ "$(ask "SELECT COUNT(*) FROM results WHERE state='succeeded'")" -gt 0 ]; }
until_true 60 some_done || fail 'nothing is finished'
expect 0 'checked' "$bin/fathom" backup live-copy.db --server "$server"
expect 0 ' 0 stale writes' "$bin/fathom" audit --db live-copy.db
expect 0 ' 0 stale writes' "$bin/fathom" audit --server "$server"
expect 1 'exists already' "$bin/fathom" backup live-copy.db --server "$server"
expect 0 'checked' "$bin/fathom" backup other-copy.db --db live.db
expect 0 'is paused' "$bin/fathom" pause slow --server "$server"
none_leased() { [ "$(ask "SELECT COUNT(*) FROM results WHERE state='leased'")" = 0 ]; }
until_true 60 none_leased || fail 'a paused sweep does not come to rest'
expect 0 'priority 5, weight 0\.5' "$bin/fathom" priority slow --level 5 --weight 0.5 --server "$server"
expect 2 'nothing to change' "$bin/fathom" priority slow --server "$server"
expect 2 'expected 0\.001 to 1000' "$bin/fathom" priority slow --weight 0 --server "$server"
[ "$(ask 'SELECT paused, priority, weight FROM sweep_overview')" = '1,5,0.5' ] ||
  fail "sweep_overview says $(ask 'SELECT paused, priority, weight FROM sweep_overview')"
expect 0 'goes on' "$bin/fathom" resume slow --server "$server"
expect 0 '0 failed trials' "$bin/fathom" retry slow --server "$server"
expect 2 'no worker' "$bin/fathom" drain nobody --server "$server"
expect 0 'mule finishes' "$bin/fathom" drain mule --server "$server"
wait_for "$worker_pid" || fail "a drained worker exited with $?"
none_leased || fail 'a drained worker left leases behind'
grep -q 'drained by the coordinator' worker.log || fail "worker.log: $(cat worker.log)"
grep -q 'handed over, leaving' worker.log || fail "worker.log: $(cat worker.log)"

echo '-- a server that stops lets workers finish'
spec ox 40000 60 >ox.yaml
expect 0 'ox' "$bin/fathom" submit ox.yaml --server "$server"
start_worker --slots 2 --name ox
leased() { ! none_leased; }
until_true 60 leased || fail 'the ox has nothing to do'
kill -TERM "$server_pid"
wait_for "$server_pid" || fail "server exited with $? on SIGTERM"
[ "$("$bin/fathom" query "SELECT COUNT(*) FROM results WHERE state='leased'" --db live.db --format csv | tail -n 1)" = 0 ] ||
  fail 'leases are open after the grace'
kill -TERM "$worker_pid"
wait_for "$worker_pid"

echo '-- a copy takes the place of the ledger and goes on to the same end'
for db in live live-copy; do
  expect 0 '' "$bin/fathom" run slow.yaml --db "$db.db" --no-plot --quiet --slots 2
  expect 0 '^sweep 1, slow, completed: 540 expected, 540 recorded, 0 duplicates, 0 holes, 0 stale' "$bin/fathom" audit --db "$db.db"
done
[ "$(digest live.db)" = "$(digest live-copy.db)" ] || fail 'the copy ends differently'

finish
