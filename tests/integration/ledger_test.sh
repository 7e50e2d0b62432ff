#!/usr/bin/env bash
# Drives what the programs say of a ledger that they may not have, or that nobody
# works on.
# Usage: ledger_test.sh FOLDER_OF_THE_PROGRAMS
# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/common.sh" "$1"

spec() { # spec NAME STEPS
  cat <<YAML
name: $1
data: {synthetic: {rows: 50, columns: 5, noise: 0.1}}
model: {init: {scheme: balanced, norm: 0.1}}
steps: $2
axes:
  depth: [1, 2]
  learning_rate: [0.001, 0.01]
  seed: {range: [0, 40]}
record: {points: 10}
YAML
}
spec quick 200 >quick.yaml
spec slow 40000 >slow.yaml
# Half of its trials end at once, and the others not within this test.
sed 's/^  seed: .*/  seed: {range: [0, 20]}\n  steps: [100, 1000000000]/; /^steps: /d' slow.yaml >endless.yaml
expect 0 '' "$bin/fathom" run quick.yaml --db done.db --no-plot --quiet

echo '-- several ledgers are one question'
mkdir labs
for i in 1 2 3 4 5 6 7 8 9 10 11; do cp done.db "labs/$i.db"; done
all=()
for i in 1 2 3 4 5 6 7 8 9 10; do all+=(--db "labs/$i.db"); done
expect 0 '^1600,10$' "$bin/fathom" query "${all[@]}" --format csv \
  "SELECT count(*), count(DISTINCT ledger) FROM results"
expect 0 '"labs/2.db"' "$bin/fathom" query --db labs/1.db --db labs/2.db --json \
  "SELECT ledger FROM sweep_overview WHERE ledger LIKE '%2.db'"
expect 2 'found 11 ledgers, expected at most 10' "$bin/fathom" query "${all[@]}" --db labs/11.db 'SELECT 1'
expect 2 'no such column: ledger' "$bin/fathom" query --db labs/1.db 'SELECT ledger FROM results'
expect 2 'excludes' "$bin/fathom" query "${all[@]}" --server lab:1 'SELECT 1'

echo '-- a ledger that another program holds locked, or that may not be written'
# hold DB FIFO SQL...: holds it with that SQL until the fifo is closed.
hold() {
  local db=$1 fifo=$2
  shift 2
  mkfifo "$fifo"
  sqlite3 "$db" <"$fifo" >"$fifo.log" 2>&1 &
  pids+=("$!")
  exec {holding}>"$fifo"
  printf '%s\n' "$@" "SELECT 'is held';" >&"$holding"
  until_true 10 grep -q 'is held' "$fifo.log" || fail "sqlite3: $(cat "$fifo.log")"
}
if command -v sqlite3 >/dev/null; then
  # A run that cannot write for a while, which is longer than what follows takes.
  "$bin/fathom" run slow.yaml --db busy.db --no-plot --quiet --slots 1 >busy.log 2>&1 &
  busy_pid=$!
  pids+=("$busy_pid")
  begun() { "$bin/fathom" query 'SELECT trial FROM results' --db busy.db 2>/dev/null | grep -q '[0-9]'; }
  until_true 60 begun || fail "no trial was given out: $(cat busy.log)"
  hold busy.db busy 'PRAGMA busy_timeout = 10000;' 'BEGIN IMMEDIATE;'
  busy=$holding
  busy_since=$SECONDS

  cp done.db held.db
  hold held.db held 'PRAGMA locking_mode=EXCLUSIVE;' 'CREATE TABLE t(x);' 'BEGIN EXCLUSIVE;'
  "$bin/fathom" list --db held.db >list.log 2>&1 &
  reading=$!
  expect 1 'held\.db: another program holds it locked' "$bin/fathom" run quick.yaml --db held.db --no-plot
  wait_for "$reading"
  code=$?
  [ $code = 1 ] || fail "list of a ledger that is held exited with $code: $(cat list.log)"
  exec {holding}>&-

  # Longer than those two, who gave up.
  held_long() { [ $((SECONDS - busy_since)) -ge 8 ]; }
  until_true 10 held_long
  exec {busy}>&-
  wait_for "$busy_pid"
  code=$?
  [ $code = 0 ] || fail "a run whose ledger was locked for a while exited with $code: $(cat busy.log)"
  expect 0 '^160$' "$bin/fathom" query "SELECT COUNT(*) FROM results WHERE state = 'succeeded'" --db busy.db --format csv
fi
# As someone whom files can be kept from.
nobody=()
if [ "$(id -u)" = 0 ]; then
  chmod 755 "$work"
  nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)
fi
mkdir closed
cp done.db closed/run.db
cp done.db closed/secret.db
chmod 444 closed/run.db
chmod 000 closed/secret.db
chmod 555 closed
expect 1 'cannot open closed/run\.db for writing' \
  "${nobody[@]}" "$bin/fathom" run quick.yaml --db closed/run.db --no-plot
expect 1 'cannot open closed/run\.db for writing' \
  "${nobody[@]}" "$bin/fathom-server" --db closed/run.db --listen 127.0.0.1:0
expect 1 'secret\.db' "${nobody[@]}" "$bin/fathom" list --db closed/secret.db
expect 0 'quick' "${nobody[@]}" "$bin/fathom" list --db closed/run.db
chmod 755 closed

echo '-- a run that is killed, or stopped with Ctrl-C'
ask() { "$bin/fathom" query "$1" --db left.db --format csv | tail -n 1; }
has_results() { [ "$(ask "SELECT COUNT(*) FROM results WHERE state = 'succeeded'" 2>/dev/null)" -gt 0 ] 2>/dev/null; }
for signal in KILL INT; do
  "$bin/fathom" run endless.yaml --db left.db --no-plot --quiet --slots 1 >run.log 2>&1 &
  run_pid=$!
  pids+=("$run_pid")
  until_true 60 has_results || fail "no trial ended: $(cat run.log)"
  is_running() { "$bin/fathom" list --db left.db 2>&1 | grep -qE ' slow +running '; }
  until_true 30 is_running || fail "a run is listed as $("$bin/fathom" list --db left.db)"
  expect 0 '"interrupted": false' "$bin/fathom" show slow --db left.db --json
  expect 1 'another coordinator \(fathom run or fathom-server\) has this ledger open' \
    "$bin/fathom" run endless.yaml --db left.db --no-plot
  : >watch.log
  "$bin/fathom" watch slow --db left.db >watch.log 2>&1 &
  watch_pid=$!
  until_true 10 grep -q 'slow: ' watch.log || fail "watch: $(cat watch.log)"
  kill -"$signal" "$run_pid"
  wait_for "$run_pid"
  wait_for "$watch_pid"
  code=$?
  [ $code = 6 ] || fail "watch exited with $code after SIG$signal: $(cat watch.log)"
  grep -q 'slow, is interrupted: nothing has this ledger open; .* of 160 trials are finished' watch.log ||
    fail "watch after SIG$signal: $(cat watch.log)"
  [ "$signal" = INT ] || cp left.db killed.db
  [ "$signal" = INT ] || cp left.db-wal killed.db-wal
  expect 6 'is interrupted' "$bin/fathom" watch slow --db left.db
  expect 0 ' slow +interrupted +160 .* 0 +1 +20' "$bin/fathom" list --db left.db
  expect 0 '"interrupted": true' "$bin/fathom" list --db left.db --json
  expect 0 'state: +interrupted: nothing has this ledger open' "$bin/fathom" show slow --db left.db
  expect 0 'not finished \(interrupted: ' "$bin/fathom" summary slow --db left.db
done
expect 0 'state: +leased \(interrupted' "$bin/fathom" show "slow/$(
  "$bin/fathom" query "SELECT MIN(trial) FROM results WHERE state = 'leased'" --db killed.db --format csv | tail -n 1
)" --db killed.db
echo '-- a ledger of fathom run that is changed without a coordinator'
expect 2 'no_such\.db' "$bin/fathom" pause slow --db no_such.db
[ ! -e no_such.db ] || fail 'pause began a ledger'
expect 0 'slow, is paused with priority 0' "$bin/fathom" pause slow --db left.db
expect 0 'slow +paused' "$bin/fathom" list --db left.db
expect 0 '"paused": true' "$bin/fathom" list --db left.db --json
expect 0 'paused: nothing of it is given out until .*; nor has anything this ledger open' "$bin/fathom" show slow --db left.db
expect 1 'slow, is paused; .fathom resume 1 --db left\.db. lets it go on' \
  "$bin/fathom" run endless.yaml --db left.db --no-plot
expect 0 'priority 7, weight 2' "$bin/fathom" priority slow --level 7 --weight 2 --db left.db
expect 0 ' 7 +2 +20' "$bin/fathom" list --db left.db
expect 0 'slow, goes on' "$bin/fathom" resume slow --db left.db
expect 0 'slow, is cancelled' "$bin/fathom" cancel slow --db left.db
expect 4 'cancelled' "$bin/fathom" watch slow --db left.db --quiet
# A matrix of rank 1 has no margin to start from.
cat >failing.yaml <<'YAML'
name: failing
data: {completion: {matrix_rows: 3, matrix_columns: 3, rank: 1}}
model: {init: {scheme: balanced, margin: 0.5}}
optimizer: {learning_rate: 0.1}
steps: 10
axes: {depth: [1, 2]}
YAML
expect 4 '' "$bin/fathom" run failing.yaml --db failing.db --no-plot --quiet
expect 4 'complete with 2 failed trials; after .fathom retry 1 --db failing\.db. ' \
  "$bin/fathom" run failing.yaml --db failing.db --no-plot
expect 0 'failing: 2 failed trials to be given out again' "$bin/fathom" retry failing --db failing.db
expect 4 '' "$bin/fathom" run failing.yaml --db failing.db --no-plot --quiet
[ "$("$bin/fathom" query 'SELECT MIN(attempt) FROM results' --db failing.db --format csv | tail -n 1)" = 2 ] ||
  fail 'a retried trial was not trained again'

echo '-- a sweep is deleted, with all its rows'
expect 2 'failing, of 2 trials, would be deleted for good' "$bin/fathom" delete failing --db failing.db
expect 0 'failing, is deleted: 2 trials' "$bin/fathom" delete failing --yes --db failing.db
expect 2 'no sweep "failing"' "$bin/fathom" show failing --db failing.db
for table in trials past_attempts metric_chunks sweep_sessions sessions deleted_sweeps; do
  [ "$("$bin/fathom" query "SELECT COUNT(*) FROM $table" --db failing.db --format csv | tail -n 1)" = 0 ] ||
    fail "rows are left in $table"
done
expect 0 '' "$bin/fathom" audit --db failing.db
expect 4 '' "$bin/fathom" run failing.yaml --db failing.db --no-plot --quiet
[ "$("$bin/fathom" query 'SELECT sweep FROM sweep_overview' --db failing.db --format csv | tail -n 1)" = 2 ] ||
  fail 'the number of a deleted sweep was used again'
expect 2 'found .?soon.?, expected days or hours such as 90d or 36h' "$bin/fathom-server" --db failing.db --keep soon
expect 2 'requires --keep' "$bin/fathom-server" --db failing.db --keep-always 'paper-*'
"$bin/fathom-server" --db done.db --listen 127.0.0.1:0 --keep 1h --keep-always 'x*' --keep-always 'q*' >keep.log 2>&1 &
keeper=$!
until_true 20 grep -q 'listening on' keep.log || fail "no server: $(cat keep.log)"
grep -q 'kept by name: 1' keep.log || fail "quick is not kept: $(cat keep.log)"
kill "$keeper"
wait "$keeper"

echo '-- which ledger or coordinator is meant when nobody says'
mkdir here
cd here || exit 2
# Unless someone has one there, on the port that is meant when nobody says.
if ! (exec 3<>/dev/tcp/127.0.0.1/7373) 2>/dev/null; then
  expect 3 'no coordinator answers at 127\.0\.0\.1:7373.*Nor is there a ledger fathom\.db' "$bin/fathom" list
fi
expect 0 '' "$bin/fathom" run ../quick.yaml --no-plot --quiet
expect 0 'quick +completed' "$bin/fathom" list
expect 0 'Ledger: +fathom\.db' "$bin/fathom" summary quick
expect 0 'fathom query .* --db fathom\.db' "$bin/fathom" show quick/0
expect 0 '^160$' "$bin/fathom" query 'SELECT COUNT(*) FROM results' --format csv
expect 1 'sweep 1 is completed: it cannot be cancelled' "$bin/fathom" cancel quick
expect 3 'no coordinator answers at 127\.0\.0\.1:1 ' "$bin/fathom" list --server 127.0.0.1:1
expect 3 'no coordinator answers at 127\.0\.0\.1:1 ' env FATHOM_SERVER=127.0.0.1:1 "$bin/fathom" list
expect 0 'quick' env FATHOM_SERVER=127.0.0.1:1 "$bin/fathom" list --db fathom.db
cd .. || exit 2

echo '-- names that are not known'
expect 3 'the name "no-such-host.invalid" .* is not known' "$bin/fathom" list --server no-such-host.invalid:7373

echo '-- a copy can be read where it cannot be written'
expect 0 '"checked": true' "$bin/fathom" backup closed/copy.db --db done.db --json
chmod 444 closed/copy.db
chmod 555 closed
expect 0 'quick' "${nobody[@]}" "$bin/fathom" list --db closed/copy.db
if command -v sqlite3 >/dev/null; then
  expect 0 '^160$' "${nobody[@]}" sqlite3 -readonly closed/copy.db 'SELECT COUNT(*) FROM results'
fi
left=$(find closed -name 'copy.db?*')
[ -z "$left" ] || fail "reading left $left behind"
chmod 755 closed

echo '-- a ledger that is no file'
expect 2 'found ledger ":memory:", expected a file' "$bin/fathom" run quick.yaml --db :memory: --no-plot
[ ! -e :memory: ] || fail 'a ledger in memory left a file'

echo '-- names that are numbers'
sed 's/name: .*/name: "2"/' quick.yaml >number.yaml
expect 2 'name: found name 2, expected a name that is not a number' \
  "$bin/fathom" run number.yaml --db number.db --no-plot
expect 0 'no sweeps yet' "$bin/fathom" list --db number.db
expect 0 'name: +failing' "$bin/fathom" show +2 --db failing.db

sed 's/steps: .*/steps: 10/' slow.yaml >short.yaml
expect 0 '' "$bin/fathom" run short.yaml --db done.db --no-plot --quiet
expect 0 'state: +completed' "$bin/fathom" show slow --db done.db

finish
