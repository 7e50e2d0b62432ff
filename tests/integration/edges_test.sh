#!/usr/bin/env bash
# The edges of the programs: numbers that are none, addresses that are none,
# pipes without an end, connections that are closed at once, and data that take
# long to generate.
# Usage: edges_test.sh FOLDER_OF_THE_PROGRAMS
# shellcheck source=tests/integration/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh" "$1"

echo '-- numbers that are none'
for number in nan -nan inf 1e999 abc; do
  expect 2 'lease-ttl.*expected a number' "$bin/fathom-server" --db n.db --lease-ttl="$number"
  expect 2 'grace.*expected a number' "$bin/fathom-server" --db n.db --grace="$number"
  expect 2 'connect-timeout.*expected a number' "$bin/fathom-worker" --connect-timeout="$number"
  expect 2 'grace.*expected a number' "$bin/fathom-worker" --grace="$number"
done

echo '-- addresses that are none'
for address in '' lab.example.org :7373 host: host:0 host:99999 host:http host/ \
  http://host:7373 ' host:7373' user@host:7373 ::1:7373 '[::1]'; do
  expect 2 'expected HOST:PORT' "$bin/fathom-worker" --server "$address"
  [ -z "$address" ] || expect 2 'expected HOST:PORT' "$bin/fathom" list --server "$address"
done
expect 3 'no-such-host.invalid.*is not known here' \
  "$bin/fathom-worker" --server no-such-host.invalid:7373 --connect-timeout 0.2
expect 3 'no-such-host.invalid.*is not known here' \
  "$bin/fathom" list --server no-such-host.invalid:7373

echo '-- pipes without an end'
expect 2 'too large for a sweep file' "$bin/fathom" run /dev/zero --db pipe.db
yes | expect 2 'too large for a sweep file' "$bin/fathom" submit /dev/stdin --server 127.0.0.1:1
expect 2 '' "$bin/fathom" run <(printf 'name: x\nstepz: 1\n') --db pipe.db

echo '-- connections that are closed at once'
python3 -c '
import socket, struct, sys
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
while True:
    connection, _ = listener.accept()
    connection.shutdown(socket.SHUT_WR)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
' >port.txt &
pids+=("$!")
until_true 10 [ -s port.txt ] || fail 'no listener'
closing=127.0.0.1:$(cat port.txt)
for _ in 1 2; do
  expect 3 'no coordinator answers' "$bin/fathom" list --server "$closing"
  expect 3 'no coordinator answers' "$bin/fathom-worker" --server "$closing" --connect-timeout 0.2
done

echo '-- data that take long to generate'
sweep() { # sweep NAME ROWS COLUMNS
  printf 'name: %s\ndata: {synthetic: {rows: %s, columns: %s}}\n' "$@"
  printf 'steps: 10\naxes: {learning_rate: [0.001, 0.002]}\n'
}
sweep large 8000 8000 >large.yaml
sweep small 20 3 >small.yaml
start_server edges.db --listen 127.0.0.1:0
"$bin/fathom-worker" --server "$server" --slots 2 --cache '' --grace 0.2 2>worker.log &
worker=$!
pids+=("$worker")
expect 0 '' "$bin/fathom" submit large.yaml --server "$server"
leased() { "$bin/fathom" workers --server "$server" --json | grep -qE '"leased_trials": "?[12]'; }
until_true 30 leased || fail "nothing is leased: $(cat worker.log)"
expect 0 '' "$bin/fathom" cancel large --server "$server"
expect 0 '' "$bin/fathom" submit small.yaml --server "$server"
expect 0 '' timeout 60 "$bin/fathom" watch small --server "$server"
sed 's/large/larger/' large.yaml >larger.yaml
expect 0 '' "$bin/fathom" submit larger.yaml --server "$server"
until_true 30 leased || fail "nothing is leased again: $(cat worker.log)"
kill -TERM "$worker"
ended() { ! kill -0 "$worker" 2>/dev/null; }
until_true 60 ended || fail 'a worker that generates data cannot be stopped'
wait_for "$worker" || fail "the worker exited with $?: $(cat worker.log)"

finish
