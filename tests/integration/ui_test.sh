#!/usr/bin/env bash
# Drives `fathom ui` as people start it: where it listens and where it refuses to,
# who gets in, and what it says of ledgers and coordinators that come and go.
# Usage: ui_test.sh FOLDER_OF_THE_PROGRAMS SOURCE_DIR
set -u
source_dir=$(cd "$2" && pwd) || exit 2
# shellcheck source=tests/integration/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh" "$1"

# start_ui ARGS...: sets $ui_pid and $port.
start_ui() {
  : >ui.out
  "$bin/fathom" ui "$@" >ui.out 2>ui.err &
  ui_pid=$!
  pids+=("$ui_pid")
  until_true 20 grep -q '^open http' ui.out || {
    fail "ui $*: $(cat ui.out ui.err)"
    return 1
  }
  port=$(grep -oE '[0-9]+$' ui.out)
}
stop_ui() {
  kill -TERM "$ui_pid"
  wait_for "$ui_pid"
  local code=$?
  [ $code = 0 ] || fail "ui ended with $code: $(cat ui.err)"
}
# ask PORT METHOD TARGET [LINE...]: one request in plain, the whole response.
ask() {
  local at=$1 method=$2 target=$3 line
  shift 3
  exec 9<>"/dev/tcp/127.0.0.1/$at" || return 1
  {
    printf '%s %s HTTP/1.1\r\nHost: localhost:%s\r\nConnection: close\r\n' "$method" "$target" "$at"
    for line in "$@"; do printf '%s\r\n' "$line"; done
    printf '\r\n'
  } >&9
  timeout 20 cat <&9
  exec 9>&-
}
# says PATTERN PORT METHOD TARGET [LINE...]
says() {
  local pattern=$1 answer
  shift
  answer=$(ask "$@" 2>&1)
  grep -qE -- "$pattern" <<<"$answer" || fail "$* did not say /$pattern/ but: $answer"
}
said() { ask "${@:2}" 2>/dev/null | grep -qE -- "$1"; }

cat >sweep.yaml <<'YAML'
name: small
data: {synthetic: {rows: 20, columns: 4}}
steps: 20
axes: {learning_rate: [0.01, 0.02]}
YAML
"$bin/fathom" run sweep.yaml --db lab.db --no-plot -q >run.log 2>&1 || fail "run: $(cat run.log)"

# heaps PID: how many heaps threads have for themselves, besides the one of all.
heaps() {
  python3 - "$1" <<'PYTHON'
import sys
found, before = 0, (0, 0, "")
for line in open(f"/proc/{sys.argv[1]}/maps"):
    place, rights = line.split()[:2]
    low, high = (int(end, 16) for end in place.split("-"))
    whole = before[1] == low and high - before[0] == 64 << 20
    found += whole and (before[2], rights) == ("rw-p", "---p")
    before = (low, high, rights)
print(found)
PYTHON
}

echo '-- a file'
start_ui --db lab.db
says '^HTTP/1.1 200' "$port" GET /
says '^HTTP/1.1 200' "$port" GET /api/sweeps
[ "$(heaps "$ui_pid")" = 0 ] || fail "threads of the page keep $(heaps "$ui_pid") heaps of their own"
says '<title>fathom' "$port" GET /sweeps/1
says '"login":false.*"may_change":false.*"kind":"file","name":"lab.db"' "$port" GET /api/caller
says '^ok' "$port" GET /healthz
says '^HTTP/1.1 403' "$port" GET /api/caller 'Sec-Fetch-Site: cross-site'
says '^HTTP/1.1 403' "$port" POST /api/sweeps/1/cancel "Origin: http://localhost:$port" 'X-Fathom: 1'
first=$port
first_pid=$ui_pid

echo '-- a second one takes the next port, and one that was asked for is an error'
start_ui --db lab.db
[ "$port" != "$first" ] || fail 'two listen on one port'
says '^ok' "$port" GET /healthz
stop_ui
expect 1 "cannot listen on 127.0.0.1:$first: another program" "$bin/fathom" ui --db lab.db --listen "127.0.0.1:$first"
expect 2 'expected HOST:PORT' "$bin/fathom" ui --db lab.db --listen 7380
ui_pid=$first_pid

echo '-- a ledger that goes, comes back, and is another'
mv lab.db away.db
until_true 20 said 'the ledger lab.db is gone' "$first" GET /healthz || fail 'a ledger that is gone is not missed'
says '^HTTP/1.1 200' "$first" GET /
says '"kind":"file"' "$first" GET /api/caller
mv away.db lab.db
until_true 20 said '^ok' "$first" GET /healthz || fail 'a ledger that is back is not found'
printf 'this is no ledger, whatever its name says%.0s' {1..100} >other.db
mv other.db lab.db
until_true 20 said '^HTTP/1.1 503' "$first" GET /healthz || fail 'what is no ledger passes for one'
rm -f lab.db lab.db-wal lab.db-shm
"$bin/fathom" run sweep.yaml --db new.db --no-plot -q >run.log 2>&1
mv new.db lab.db
until_true 20 said '^ok' "$first" GET /healthz || fail 'another ledger is not opened'
stop_ui
expect 2 'No such file' "$bin/fathom" ui --db none.db
printf 'none' >none.db
expect 1 'no fathom ledger|not a fathom ledger' "$bin/fathom" ui --db none.db

echo '-- where it refuses to listen'
bash "$source_dir/deploy/make-keys.sh" keys server lab.example >keys.log 2>&1 || fail "$(cat keys.log)"
https="--https-cert keys/server.pem --https-key keys/server.key"
expect 5 'refusing to listen on 0.0.0.0:0.*--https-cert, --https-key and --tokens' "$bin/fathom" ui --db lab.db --listen 0.0.0.0:0
# shellcheck disable=SC2086  # Words.
expect 5 'give --tokens' "$bin/fathom" ui --db lab.db --listen 0.0.0.0:0 $https
"$bin/fathom" token new --role read --name ada --out ada.token >tokens 2>/dev/null
expect 5 'give --https-cert, --https-key \(' "$bin/fathom" ui --db lab.db --listen 0.0.0.0:0 --tokens tokens
expect 2 'needs --https-cert' "$bin/fathom" ui --db lab.db --https-key keys/server.key
expect 2 'for --db' "$bin/fathom" ui --server 127.0.0.1:1 --tokens tokens
expect 2 'needs --tokens' "$bin/fathom" ui --db lab.db --login
expect 3 'no coordinator answers' "$bin/fathom" ui --server 127.0.0.1:1

echo '-- a file for those who have a token'
start_ui --db lab.db --tokens tokens
login() { # PORT TOKEN: logs in and prints the cookie.
  local body="{\"token\": \"$2\"}"
  exec 9<>"/dev/tcp/127.0.0.1/$1" || return 1
  printf 'POST /login HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\nX-Fathom: 1\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s' \
    ${#body} "$body" >&9
  timeout 20 cat <&9 | tr -d '\r' | sed -n 's/^Set-Cookie: \([^;]*\);.*/\1/p'
  exec 9>&-
}
says '^HTTP/1.1 401' "$port" GET /api/sweeps
says '^HTTP/1.1 401' "$port" GET /healthz
says '^ok' "$port" GET /healthz "Authorization: Bearer $(cat ada.token)"
[ -z "$(login "$port" fathom_wrong)" ] || fail 'a wrong token lets in'
cookie=$(login "$port" "$(cat ada.token)")
[ -n "$cookie" ] || fail 'a token does not let in'
says '"name":"ada","role":"read","may_change":false' "$port" GET /api/caller "Cookie: $cookie"
echo '# nobody' >tokens
"$bin/fathom" token new --role read --name bob --out bob.token >>tokens 2>/dev/null
until_true 20 said '"login":true,"version"' "$port" GET /api/caller "Cookie: $cookie" || fail 'a token that is gone still lets in'
stop_ui

echo '-- a coordinator with tokens, by TLS, and one that is taken back'
for role in worker read submit; do
  "$bin/fathom" token new --role $role --name my-$role --out my-$role.token >>server.tokens 2>/dev/null
done
start_server served.db --listen 127.0.0.1:0 --tokens server.tokens
# shellcheck disable=SC2086  # Words.
start_ui --server "$server" --listen 0.0.0.0:0 $https --allow-host lab.example
grep -q '^open https://localhost:' ui.out || fail "no https: $(cat ui.out)"
# ask_tls METHOD TARGET HOST [LINE...]: the same, by TLS.
ask_tls() {
  local method=$1 target=$2 host=$3 line
  shift 3
  {
    printf '%s %s HTTP/1.1\r\nHost: %s\r\nOrigin: https://%s\r\nX-Fathom: 1\r\nConnection: close\r\n' "$method" "$target" "$host" "$host"
    for line in "$@"; do printf '%s' "$line"; done
  } | timeout 30 openssl s_client -quiet -CAfile keys/ca.pem -verify_return_error -verify_hostname localhost \
    -connect "127.0.0.1:$port" 2>s_client.log
}
post_login() {
  local body="{\"token\": \"$1\"}"
  ask_tls POST /login localhost "$(printf 'Content-Length: %d\r\n\r\n%s' ${#body} "$body")"
}
end=$'\r\n'
ask_tls GET /api/caller lab.example "$end" | grep -q '{"login":true,"version"' || fail 'lab.example is not known'
ask_tls GET /api/caller evil.example "$end" | grep -q '^HTTP/1.1 403' || fail 'evil.example is known'
ask_tls GET /api/sweeps localhost "$end" | grep -q '^HTTP/1.1 401' || fail 'sweeps are shown to everybody'
post_login "$(cat my-worker.token)" | grep -q '^HTTP/1.1 403' || fail 'a worker gets in'
cookie=$(post_login "$(cat my-read.token)" | tr -d '\r' | sed -n 's/^Set-Cookie: \(.*; Secure\)$/\1/p')
grep -q 'HttpOnly; SameSite=Strict; Secure' <<<"$cookie" || fail "the cookie is $cookie"
cookie="Cookie: ${cookie%%;*}"
ask_tls GET /api/caller localhost "$cookie$end" "$end" | grep -q '"name":"my-read","role":"read","may_change":false' ||
  fail 'the coordinator does not say who it is'
ask_tls POST /api/sweeps/1/pause localhost "$cookie$end" "Content-Length: 0$end" "$end" | grep -q '^HTTP/1.1 403' ||
  fail 'a reader changes something'
says 'its address begins https://' "$port" GET /
(ask_tls GET /api/events localhost "$cookie$end" "$end" >events) &
events_pid=$!
pids+=("$events_pid")
until_true 20 grep -q 'event: change' events || fail "no events: $(cat events)"
sed -i '/my-read/d' server.tokens
kill -HUP "$server_pid"
until_true 20 grep -q '{"reason":"login ended"}' events || fail "a token that is gone still hears: $(cat events)"
ask_tls GET /api/sweeps localhost "$cookie$end" "$end" | grep -q '^HTTP/1.1 401' || fail 'a token that is gone still sees'
stop_ui
grep -qf <(cat ./*.token) ui.out ui.err served.db.log && fail 'a token is in a log'

echo '-- a coordinator that goes and comes back'
start_ui --server "$server" --token-file my-submit.token
says '"login":false,"name":"my-submit","role":"submit","may_change":true' "$port" GET /api/caller
(ask "$port" GET /api/events >events) &
pids+=("$!")
until_true 20 grep -q '"up":true' events || fail "no events: $(cat events)"
kill -TERM "$server_pid"
wait_for "$server_pid"
until_true 20 grep -q '"up":false' events || fail 'nobody is told that the coordinator is gone'
says '^HTTP/1.1 503' "$port" GET /healthz
start_server served.db --listen "$server" --tokens server.tokens
until_true 40 said '^ok' "$port" GET /healthz || fail 'a coordinator that is back is not found'
until_true 20 sh -c 'tail -n 12 events | grep -q "\"up\":true"' || fail "nobody is told that it is back: $(cat events)"
stop_ui
until_true 20 grep -q '{"reason":"stopping"}' events || fail "no goodbye: $(tail -n 3 events)"
start_ui --server "$server"
says '{"login":true,"version"' "$port" GET /api/caller
stop_ui
kill -TERM "$server_pid"
wait_for "$server_pid"
start_server open.db --listen 127.0.0.1:0
expect 5 'asks for no tokens' "$bin/fathom" ui --server "$server" --login
kill -TERM "$server_pid"
wait_for "$server_pid"

echo '-- a run that is looked at'
"$bin/fathom" run sweep.yaml --db watched.db --no-plot -q --ui --listen 127.0.0.1:0 >run.out 2>run.err &
run_pid=$!
pids+=("$run_pid")
until_true 60 grep -q 'stays until you press Ctrl-C' run.err || fail "run --ui: $(cat run.err)"
port=$(sed -n 's/^open .*:\([0-9]*\)$/\1/p' run.err)
says '"may_change":true,"source":{"kind":"run","name":"watched.db"}' "$port" GET /api/caller
kill -INT "$run_pid"
wait_for "$run_pid"
code=$?
[ $code = 0 ] || fail "run --ui ended with $code"
expect 2 '--ui' "$bin/fathom" run sweep.yaml --db watched.db --listen 127.0.0.1:0
expect 5 'refusing to listen' "$bin/fathom" run sweep.yaml --db watched.db -q --no-plot --ui --listen 0.0.0.0:0
finish
