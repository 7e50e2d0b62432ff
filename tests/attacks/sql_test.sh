#!/usr/bin/env bash
# SQL of a reader that means harm: to the coordinator's time, memory and messages,
# and to whoever comes after it.
# Usage: sql_test.sh FOLDER_OF_THE_PROGRAMS
# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/../integration/common.sh" "$1"

"$bin/fathom" token new --role read --name eve --out eve.token >>tokens 2>/dev/null
start_server lab.db --listen 127.0.0.1:0 --tokens tokens
# Everything after it is an argument of the query.
ask() { query=("$bin/fathom" query --server "$server" --token-file eve.token); }
ask
alive() { kill -0 "$server_pid" 2>/dev/null; }
# An instruction that takes the square of megabytes: minutes to hours.
bomb="SELECT instr(hex(zeroblob(4000000)), hex(zeroblob(2000000))||'1')"
# The processes of this coordinator that run queries.
queries() {
  local stat
  for stat in /proc/[0-9]*/stat; do
    # PID (NAME) STATE PARENT
    sed -nE "s/^([0-9]+) \(.*\) [A-Z] $server_pid .*/\1/p" "$stat" 2>/dev/null
  done
}
none_left() { [ -z "$(queries)" ]; }
has_one() { [ -n "$(queries)" ]; }

echo '-- a row of gigabytes that share one value'
columns=$(for i in $(seq 260); do printf 'ifnull(max(x),0)c%d,' "$i"; done)
expect 1 'a row of the answer has more than 16 MiB' "${query[@]}" "SELECT ${columns}1 FROM (SELECT randomblob(8388600) x)"
alive || fail "one row ended the coordinator: $(cat lab.db.log)"

echo '-- what no clock inside can interrupt'
before=$SECONDS
expect 1 'did not end within 1s' "${query[@]}" "$bomb" --timeout 1
[ $((SECONDS - before)) -lt 20 ] || fail 'a query of one second took 20'
expect 0 'ok' "${query[@]}" 'PRAGMA integrity_check'
expect 0 '[0-9]' "${query[@]}" 'SELECT COUNT(*) FROM dbstat'
expect 1 'memory' "${query[@]}" 'WITH RECURSIVE n(b) AS (SELECT randomblob(1000000) UNION ALL SELECT randomblob(1000000) FROM n) SELECT b FROM n ORDER BY b'
resident() { sed -nE 's/^VmHWM:[^0-9]*([0-9]+) kB/\1/p' "/proc/$server_pid/status"; }
[ "$(resident)" -lt 200000 ] || fail "the coordinator has taken $(resident) KiB"
expect 2 'only one statement that reads' "${query[@]}" "ATTACH '/etc/passwd' AS x"

echo '-- text that is none'
expect 0 'ff61' "${query[@]}" "SELECT CAST(x'ff61' AS TEXT)"

echo '-- nobody waits for the answer any more'
until_true 10 none_left || fail "left over: $(queries)"
"${query[@]}" "$bomb" --timeout 100 >left.log 2>&1 &
client=$!
pids+=("$client")
until_true 20 has_one || fail 'no query runs'
kill -9 "$client"
wait "$client" 2>/dev/null
until_true 20 none_left || fail 'a query goes on without its caller'
expect 0 '^1$' "${query[@]}" 'SELECT 1' --format csv

echo '-- the coordinator ends, and is killed'
for signal in TERM KILL; do
  "${query[@]}" "$bomb" --timeout 100 >left.log 2>&1 &
  client=$!
  pids+=("$client")
  until_true 20 has_one || fail 'no query runs'
  child=$(queries | head -n 1)
  kill -"$signal" "$server_pid"
  wait "$server_pid" 2>/dev/null
  code=$?
  [ "$signal" = KILL ] || [ $code = 0 ] || fail "the coordinator ended with $code: $(cat lab.db.log)"
  gone() { ! kill -0 "$child" 2>/dev/null; }
  until_true 20 gone || fail "a query outlives a coordinator that got SIG$signal"
  wait "$client"
  start_server lab.db --listen 127.0.0.1:0 --tokens tokens
  ask
done

finish
