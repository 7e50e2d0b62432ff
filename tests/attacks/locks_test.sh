#!/usr/bin/env bash
# Another user of the machine, without token and without the right to write: may
# neither read a ledger that has tokens nor stop its coordinator by a lock.
# Usage: locks_test.sh FOLDER_OF_THE_PROGRAMS
# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/../integration/common.sh" "$1"

if [ "$(id -u)" != 0 ] || ! command -v setpriv >/dev/null; then
  echo 'skipped: needs root and setpriv, to become someone else'
  exit 0
fi
chmod 755 "$work"
nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)
cat >sweep.yaml <<'YAML'
name: small
data: {synthetic: {rows: 20, columns: 3}}
steps: 100
optimizer: {learning_rate: 0.01}
axes: {seed: {range: [0, 3]}}
YAML
# hold HOW FILE: as nobody, holds a lock on the file until killed; sets $holder.
cat >hold.py <<'PY'
import fcntl, os, signal, sys
how, name = sys.argv[1:]
fd = os.open(name, os.O_RDONLY)
if how == "flock":
    fcntl.flock(fd, fcntl.LOCK_EX)
else:
    fcntl.lockf(fd, fcntl.LOCK_SH, 1, 120)  # Where SQLite's writer locks its log.
print("held", flush=True)
signal.pause()
PY
chmod 644 hold.py
python=$(command -v python3)
# A python that is root's alone is of no use to nobody.
"${nobody[@]}" "$python" -c '' 2>/dev/null || python=/usr/bin/python3
"${nobody[@]}" "$python" -c '' 2>/dev/null || {
  echo 'skipped: nobody may not run python3'
  exit 0
}
hold() {
  : >hold.log
  "${nobody[@]}" "$python" hold.py "$1" "$2" >hold.log 2>&1 &
  holder=$!
  pids+=("$holder")
}
held() { grep -q held hold.log; }

echo '-- with tokens'
"$bin/fathom" token new --role admin --name root --out root.token >>tokens 2>/dev/null
start_server tokens.db --listen 127.0.0.1:0 --tokens tokens
expect 0 '' "$bin/fathom" submit sweep.yaml --server "$server" --token-file root.token
for file in tokens.db tokens.db-wal tokens.db-shm; do
  [ "$(stat -c %a $file)" = 600 ] || fail "$file has mode $(stat -c %a $file)"
  expect 1 'ermission denied' "${nobody[@]}" "$python" hold.py shm $file
done
expect 1 'cannot open tokens\.db' "${nobody[@]}" "$bin/fathom" list --db tokens.db
kill "$server_pid"
wait "$server_pid"
# One that was made without them.
expect 0 '' "$bin/fathom" run sweep.yaml --db open.db --no-plot --quiet
[ "$(stat -c %a open.db)" = 644 ] || fail "open.db has mode $(stat -c %a open.db)"
start_server open.db --listen 127.0.0.1:0 --tokens tokens
[ "$(stat -c %a open.db open.db-wal open.db-shm | sort -u)" = 600 ] || fail "open to all: $(ls -l open.db*)"
kill "$server_pid"
wait "$server_pid"

echo '-- without: a lock where SQLite writes'
start_server shared.db --listen 127.0.0.1:0
hold shm shared.db-shm
until_true 10 held || fail "hold: $(cat hold.log)"
"$bin/fathom" submit sweep.yaml --server "$server" >submit.log 2>&1 &
submit=$!
pids+=("$submit")
until_true 30 grep -q 'waiting to write' shared.db.log || fail "the coordinator does not say that it waits: $(cat shared.db.log)"
if grep -q "[: ]$holder " <(awk '{ print " " $5 " " }' /proc/locks); then
  grep -q "process $holder (python3.*) of user nobody" shared.db.log || fail "nor for whom: $(cat shared.db.log)"
fi
kill -0 "$server_pid" 2>/dev/null || fail "a lock ended the coordinator: $(cat shared.db.log)"
kill "$holder"
wait "$submit"
code=$?
[ $code = 0 ] || [ $code = 3 ] || fail "submit exited with $code: $(cat submit.log)"
listed() { "$bin/fathom" list --server "$server" 2>/dev/null | grep -q small; }
until_true 30 listed || fail "what waited was not recorded: $(cat shared.db.log)"
kill "$server_pid"
wait "$server_pid"
code=$?
[ $code = 0 ] || fail "the coordinator exited with $code: $(cat shared.db.log)"

echo '-- without: the lock of a coordinator'
hold flock shared.db
until_true 10 held || fail "hold: $(cat hold.log)"
expect 1 "another program has locked it: process $holder \(python3.*\) of user nobody" \
  timeout 20 "$bin/fathom-server" --db shared.db --listen 127.0.0.1:0
kill "$holder"

finish
