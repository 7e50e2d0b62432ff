#!/usr/bin/env bash
# What others can do to the programs that people start: fathom, fathom-worker and
# the flags of fathom-server.
# Usage: programs_test.sh FOLDER_OF_THE_PROGRAMS
# shellcheck source-path=SCRIPTDIR/../integration
source "$(dirname "${BASH_SOURCE[0]}")/../integration/common.sh" "$1"
unset XDG_CACHE_HOME

echo '-- a peer that takes a connection and closes it at once'
python3 - >port <<'PY' &
import socket
server = socket.create_server(("127.0.0.1", 0))
print(server.getsockname()[1], flush=True)
while True:
    server.accept()[0].close()
PY
pids+=("$!")
until_true 10 test -s port || fail 'no port'
peer=127.0.0.1:$(cat port)
for _ in 1 2 3; do
  expect 3 '.' "$bin/fathom" list --server "$peer"
  expect 3 '.' "$bin/fathom-worker" --server "$peer" --connect-timeout 1
done

echo '-- specs without an end'
expect 2 'more than|larger than|at most' "$bin/fathom" run /dev/zero --db endless.db --no-plot
# shellcheck disable=SC2016  # The inner shell expands it.
expect 2 'more than|larger than|at most' bash -c \
  'yes "name: x" | "$0/fathom" run /dev/stdin --db endless.db --no-plot' "$bin"

echo '-- numbers that are none'
for flag in '--lease-ttl nan' '--lease-ttl inf' '--lease-ttl -1' '--stall-limit nan' '--grace nan'; do
  # shellcheck disable=SC2086  # Two words.
  expect 2 "${flag%% *}" "$bin/fathom-server" --db nan.db --listen 127.0.0.1:0 $flag
done
for flag in '--connect-timeout nan' '--connect-timeout inf' '--slots 0'; do
  # shellcheck disable=SC2086
  expect 2 "${flag%% *}" "$bin/fathom-worker" --server 127.0.0.1:1 $flag
done

echo '-- data that take hours to draw'
start_server deaf.db --listen 127.0.0.1:0
cat >huge.yaml <<'YAML'
name: huge
data: {synthetic: {rows: 15000, columns: 15000}}
steps: 10
axes: {learning_rate: [0.1]}
YAML
cat >small.yaml <<'YAML'
name: small
data: {synthetic: {rows: 30, columns: 3}}
steps: 10
axes: {learning_rate: {log: {from: 1e-3, to: 1e-1, count: 40}}}
YAML
"$bin/fathom-worker" --server "$server" --cache '' --slots 2 2>worker.log &
worker_pid=$!
pids+=("$worker_pid")
expect 0 'huge' "$bin/fathom" submit huge.yaml --server "$server"
leased() { [ "$("$bin/fathom" query "SELECT leased FROM sweep_overview" --server "$server" --format csv | tail -n 1)" = 1 ]; }
until_true 30 leased || fail 'nobody took the huge trial'
expect 0 'small' "$bin/fathom" submit small.yaml --server "$server"
expect 0 '40' "$bin/fathom" watch small --server "$server"
expect 0 'cancel' "$bin/fathom" cancel huge --server "$server"
kill -TERM "$worker_pid"
ended() { ! kill -0 "$worker_pid" 2>/dev/null; }
until_true 20 ended || fail 'the worker does not stop while it draws data'

echo '-- a step that takes minutes'
# The singular values of 2000 x 8000 weights; the data are there at once.
awk 'BEGIN {
  for (c = 1; c <= 10000; ++c) printf("%s%d%s", (c > 2000 ? "x" : "y"), c, (c < 10000 ? "," : "\n"))
  for (r = 1; r <= 20; ++r) for (c = 1; c <= 10000; ++c) printf("%d%s", (7 * r * r + 3 * r * c + c) % 97, (c < 10000 ? "," : "\n"))
}' >wide.csv
cat >step.yaml <<YAML
name: step
data: {file: wide.csv, target: [$(seq -f 'y%.0f' -s ', ' 2000)]}
steps: 100
record: {metrics: [loss, singular_max]}
axes: {learning_rate: [1e-9]}
YAML
"$bin/fathom-worker" --server "$server" --cache '' --slots 1 --grace 0 2>step.log &
worker_pid=$!
pids+=("$worker_pid")
expect 0 'step' "$bin/fathom" submit step.yaml --server "$server"
computing() { [ "$(awk '{print $14}' "/proc/$worker_pid/stat")" -gt 400 ]; } # 4 s of the processor.
until_true 30 leased || fail 'nobody took the trial with long steps'
until_true 60 computing || fail 'nobody trains it'
kill -TERM "$worker_pid"
until_true 60 ended || fail 'the worker does not stop in a long step'
grep -q 'in the middle of one long step' step.log || fail "the worker was at something else: $(cat step.log)"
returned() { [ "$("$bin/fathom" query "SELECT leased FROM sweep_overview WHERE name='step'" --server "$server" --format csv | tail -n 1)" = 0 ]; }
until_true 30 returned || fail 'the trial of the worker that left is still leased'
expect 0 'cancel' "$bin/fathom" cancel step --server "$server"

echo '-- texts that would move the cursor'
grep -q $'\x1b' deaf.db.log && fail 'the log has escapes'
printf 'name: "a\\u001b[2Jb"\nsteps: 1\n' >escape.yaml
output=$("$bin/fathom" run escape.yaml --db escape.db --no-plot 2>&1)
grep -q $'\x1b' <<<"$output" && fail 'an escape reached the terminal'
output=$("$bin/fathom" list --db $'no\x1b[2J\xc2\x9bsuch.db' 2>&1)
grep -qP '\x1b|\xc2\x9b' <<<"$output" && fail 'an escape of a file name reached the terminal'

finish
