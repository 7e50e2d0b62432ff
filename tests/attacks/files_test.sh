#!/usr/bin/env bash
# What happens to a ledger's files while somebody writes them: nothing may be
# acknowledged into a file that nobody will open again.
# Usage: files_test.sh FOLDER_OF_THE_PROGRAMS
# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/../integration/common.sh" "$1"

cat >sweep.yaml <<'YAML'
name: watched
data: {synthetic: {rows: 50, columns: 5, noise: 0.1}}
model: {init: {scheme: balanced, norm: 0.1}}
steps: 20000
axes:
  learning_rate: [0.001, 0.01]
  seed: {range: [0, 2000]}
record: {points: 10}
YAML
recorded() { "$bin/fathom" query "SELECT COUNT(*) FROM results WHERE state = 'succeeded'" --db "$1" --format csv 2>/dev/null | tail -n 1; }

# stops NAME PATTERN COMMAND...: a coordinator whose ledger NAME/lab.db gets results
# from a worker ends with code 7 and these words after the command.
stops() {
  local name=$1 pattern=$2 code worker
  shift 2
  mkdir "$name"
  start_server "$name/lab.db" --listen 127.0.0.1:0
  # Its tables are in the file then, and not in the log.
  kill "$server_pid"
  wait "$server_pid"
  start_server "$name/lab.db" --listen 127.0.0.1:0
  expect 0 '' "$bin/fathom" submit sweep.yaml --server "$server"
  "$bin/fathom-worker" --server "$server" --slots 1 >"$name/worker.log" 2>&1 &
  worker=$!
  pids+=("$worker")
  begun() { [ "$(recorded "$name/lab.db")" -gt 0 ] 2>/dev/null; }
  until_true 60 begun || fail "$name: no result: $(cat "$name/lab.db.log")"
  "$@" || fail "$name: cannot $*"
  ended() { ! kill -0 "$server_pid" 2>/dev/null; }
  until_true 20 ended || {
    fail "$name: the coordinator goes on: $(cat "$name/lab.db.log")"
    kill -9 "$server_pid"
  }
  wait "$server_pid"
  code=$?
  kill -9 "$worker" 2>/dev/null
  wait "$worker" 2>/dev/null
  [ $code = 7 ] || fail "$name: the coordinator ended with $code: $(cat "$name/lab.db.log")"
  grep -qE -- "$pattern" "$name/lab.db.log" || fail "$name: it did not say /$pattern/: $(cat "$name/lab.db.log")"
}
remove_all() { rm "$1" "$1-wal" "$1-shm"; }
replace() { cp "$1" "$1.copy" && mv "$1.copy" "$1"; }

echo '-- the ledger is moved, removed, replaced, given a second name'
stops moved 'lab\.db: this file was removed or moved' mv moved/lab.db moved/elsewhere.db
stops removed 'lab\.db: this file was removed or moved' remove_all removed/lab.db
[ ! -e removed/lab.db ] || fail 'the coordinator began another ledger'
stops replaced 'replaced by another one' replace replaced/lab.db
stops linked 'second name' ln linked/lab.db linked/second.db

echo '-- its log is cut or removed'
stops cut 'lab\.db-wal: this file was (cut|written over)' truncate -s 0 cut/lab.db-wal
expect 0 '^ok$' "$bin/fathom" query 'PRAGMA integrity_check' --db cut/lab.db --format csv
expect 0 '' "$bin/fathom" audit --db cut/lab.db
stops unlogged 'lab\.db-wal: this file was removed' rm unlogged/lab.db-wal

echo '-- what was acknowledged is there, once the file is back'
mv moved/elsewhere.db moved/lab.db
[ "$(recorded moved/lab.db)" -gt 0 ] || fail 'moved and back: the results are gone'
[ "$(recorded unlogged/lab.db)" -gt 0 ] || fail 'without its log: the results are gone'

echo '-- a second name of a ledger whose coordinator was killed'
start_server killed.db --listen 127.0.0.1:0
expect 0 '' "$bin/fathom" submit sweep.yaml --server "$server"
kill -9 "$server_pid"
wait "$server_pid" 2>/dev/null
mkdir other
ln killed.db other/l.db
for name in killed.db other/l.db; do
  expect 1 'has 2 names' timeout 20 "$bin/fathom-server" --db "$name" --listen 127.0.0.1:0
  expect 1 'has 2 names' "$bin/fathom" run sweep.yaml --db "$name" --no-plot --quiet
done
rm other/l.db
expect 0 'watched' "$bin/fathom" list --db killed.db

echo '-- a run of its own'
"$bin/fathom" run sweep.yaml --db run.db --no-plot --quiet --slots 1 >run.log 2>&1 &
run_pid=$!
pids+=("$run_pid")
begun() { [ "$(recorded run.db)" -gt 0 ] 2>/dev/null; }
until_true 60 begun || fail "no result: $(cat run.log)"
mv run.db elsewhere.db
gone() { ! kill -0 "$run_pid" 2>/dev/null; }
until_true 30 gone || fail "the run goes on: $(cat run.log)"
wait "$run_pid"
code=$?
[ $code = 1 ] || fail "the run ended with $code: $(cat run.log)"
grep -q 'run\.db: this file was removed or moved' run.log || fail "the run said: $(cat run.log)"

echo '-- a file that is mounted on its own'
mkdir volume
touch volume/lab.db
if [ "$(id -u)" = 0 ] && mount --bind killed.db volume/lab.db 2>/dev/null; then
  expect 1 'Mount the folder' timeout 20 "$bin/fathom-server" --db volume/lab.db --listen 127.0.0.1:0
  umount volume/lab.db
else
  echo 'skipped: needs the right to mount'
fi

finish
