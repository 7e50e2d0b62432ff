#!/usr/bin/env bash
# Drives what keeps a service going for a year: certificates that are replaced,
# copies that must not fill a disk, and what `fathom doctor` says of all of it.
# Usage: operate_test.sh FOLDER_OF_THE_PROGRAMS SOURCE_DIR
set -u
source_dir=$(cd "$2" && pwd) || exit 2
# shellcheck source=tests/integration/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh" "$1"

make_keys() { bash "$source_dir/deploy/make-keys.sh" "$@" >>keys.log 2>&1 || fail "$(cat keys.log)"; }
fathom() { "$bin/fathom" "$@"; }
# The certificate with which a port serves, as a hash.
served() {
  openssl s_client -connect "$1" -alpn h2 </dev/null 2>/dev/null | openssl x509 -noout -fingerprint -sha256
}
hash_of() { openssl x509 -in "$1" -noout -fingerprint -sha256; }
serves() { [ "$(served "$1")" = "$(hash_of "$2")" ]; }
says() { grep -q -- "$2" "$1"; }

echo '-- certificates that are replaced while a coordinator and a page serve'
make_keys keys server lab.example
make_keys next server lab.example
for role in worker admin; do
  fathom token new --role $role --name $role --out $role.token >>tokens 2>/dev/null
done
start_server lab.db --listen 127.0.0.1:0 --tls-cert keys/server.pem --tls-key keys/server.key --tokens tokens
export FATHOM_TLS_CA=both.pem
cat keys/ca.pem next/ca.pem >both.pem
FATHOM_TOKEN_FILE=worker.token "$bin/fathom-worker" --server "$server" --cache '' --slots 1 2>worker.log &
pids+=("$!")
export FATHOM_TOKEN_FILE=admin.token
"$bin/fathom" ui --server "$server" --listen 127.0.0.1:0 --login --https-cert keys/server.pem \
  --https-key keys/server.key >page.out 2>page.log &
page_pid=$!
pids+=("$page_pid")
until_true 20 says page.out 'open https' || fail "page: $(cat page.log)"
page=$(grep -oE '127\.0\.0\.1:[0-9]+' page.out)
cp keys/server.pem first.pem
until_true 20 says worker.log '1 slot,' || fail "worker: $(cat worker.log)"
serves "$server" first.pem || fail 'the coordinator serves another certificate'
serves "$page" first.pem || fail 'the page serves another certificate'
# Only half of the pair is there yet.
cp next/server.pem keys/server.pem
kill -HUP "$server_pid" "$page_pid"
until_true 20 says lab.db.log 'stay as they were: the private key keys/server.key does not belong' ||
  fail "no word of the half pair: $(cat lab.db.log)"
until_true 20 says page.log 'stay as they were: the private key' || fail "no word of the half pair: $(cat page.log)"
serves "$server" first.pem || fail 'half a pair counts'
serves "$page" first.pem || fail 'half a pair counts for the page'
cp next/server.key keys/server.key
kill -HUP "$server_pid" "$page_pid"
until_true 20 serves "$server" next/server.pem || fail 'the new certificate does not count'
until_true 20 serves "$page" next/server.pem || fail 'the new certificate does not count for the page'
expect 0 'TLS' grep 'read again' lab.db.log
expect 0 'connected' "$bin/fathom" workers --server "$server"
says worker.log 'connection' && fail "the stream of a worker was cut: $(cat worker.log)"
expect 5 'not accepted with --tls-ca keys/ca.pem' "$bin/fathom" list --server "$server" --tls-ca keys/ca.pem

echo '-- one that ends soon'
make_soon() { # DAYS
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days "$1" -subj /CN=soon \
    -addext subjectAltName=IP:127.0.0.1 -keyout keys/server.key -out keys/server.pem 2>/dev/null
  chmod 600 keys/server.key
}
make_soon 10
kill -HUP "$server_pid" "$page_pid"
until_true 20 says lab.db.log 'the certificate keys/server.pem expires in 9 days, on ' ||
  fail "no word of the end: $(cat lab.db.log)"
until_true 20 says page.log 'the certificate keys/server.pem expires in 9 days, on ' ||
  fail "no word of the end: $(cat page.log)"
cat keys/server.pem >>both.pem
expect 0 'warning: the coordinator.s certificate is for 127\.0\.0\.1 and ends on' "$bin/fathom" doctor --server "$server"
expect 1 'put a new one in its place' "$bin/fathom" doctor --server "$server" --strict

echo '-- what a doctor finds on the way to a coordinator'
expect 0 'the token is that of admin, role admin' "$bin/fathom" doctor --server "$server"
expect 0 "clock is 0\.[0-9]+ s" "$bin/fathom" doctor --server "$server"
expect 0 '1 worker with 1 slot' "$bin/fathom" doctor --server "$server"
expect 1 'problem: .*not accepted with --tls-ca keys/ca.pem' "$bin/fathom" doctor --server "$server" --tls-ca keys/ca.pem
expect 0 'warning: the token is known, but of another role' \
  "$bin/fathom" doctor --server "$server" --token-file worker.token
fathom token new --role read --name stranger --out stranger.token >/dev/null 2>&1
expect 1 'problem: the coordinator does not know this token' \
  "$bin/fathom" doctor --server "$server" --token-file stranger.token
cp admin.token open.token && chmod 644 open.token
expect 1 'problem: token file open.token can be read by everyone' \
  "$bin/fathom" doctor --server "$server" --token-file open.token
expect 1 'problem: no connection to 127\.0\.0\.1:1: Connection refused' "$bin/fathom" doctor --server 127.0.0.1:1
expect 1 'problem: the name in no-such-host\.invalid:7373 is not known' \
  "$bin/fathom" doctor --server no-such-host.invalid:7373
expect 1 'problem: .*expected HOST:PORT' "$bin/fathom" doctor --server lab
echo 'sever: lab:7373' >bad.config
expect 1 'problem: .*bad\.config' env FATHOM_CONFIG=bad.config "$bin/fathom" doctor --server "$server"
expect 0 'file of the coordinator.s tokens tokens is in order' \
  "$bin/fathom" doctor --server "$server" --tokens tokens
echo nonsense >bad_tokens
expect 1 'problem: bad_tokens:1' "$bin/fathom" doctor --server "$server" --tokens bad_tokens
kill -TERM "$page_pid"
wait_for "$page_pid" || fail "the page exited with $? on SIGTERM"

if command -v python3 >/dev/null; then
  echo '-- a page whose terminal is closed ends, as other programs do'
  cat >terminal.py <<'PY'
"""Runs a command in a terminal of its own, closes that, and prints how the command ends."""
import os, pty, sys, time
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
said = b""
while b"open https" not in said:
    said += os.read(terminal, 1000)
os.close(terminal)
for _ in range(200):
    ended, status = os.waitpid(pid, os.WNOHANG)
    if ended:
        print("ended with", os.waitstatus_to_exitcode(status))
        break
    time.sleep(0.05)
else:
    print("goes on")
    os.kill(pid, 9)
PY
  page=("$bin/fathom" ui --server "$server" --listen 127.0.0.1:0 --https-cert keys/server.pem --https-key keys/server.key)
  expect 0 'ended with 0' python3 terminal.py "${page[@]}"
  expect 0 'goes on' python3 terminal.py sh -c 'trap "" HUP; exec "$@"' sh "${page[@]}"
fi

echo '-- what a doctor finds in a ledger'
expect 0 'the ledger is held by process [0-9]+ \(fathom-server\)' "$bin/fathom" doctor --db lab.db
kill -STOP "$server_pid"
expect 1 'problem: the ledger is held by .*which is stopped' "$bin/fathom" doctor --db lab.db
kill -CONT "$server_pid"
kill -TERM "$server_pid"
wait_for "$server_pid" || fail "server exited with $? on SIGTERM"
unset FATHOM_TLS_CA FATHOM_TOKEN_FILE
expect 0 'nothing has the ledger open' "$bin/fathom" doctor --db lab.db
cp lab.db hurt.db
# From the third page on, which a ledger without rows has as well.
head -c 98304 /dev/zero | tr '\0' x | dd of=hurt.db bs=16384 seek=2 conv=notrunc 2>/dev/null
expect 1 'problem: ' "$bin/fathom" doctor --db hurt.db
echo 'no ledger' >text.db
expect 1 'problem: .*text\.db' "$bin/fathom" doctor --db text.db
expect 1 'problem: .*none\.db' "$bin/fathom" doctor --db none.db
chmod 666 lab.db
expect 1 'problem: the ledger has mode 666' "$bin/fathom" doctor --db lab.db
chmod 600 lab.db
ln lab.db second.db
expect 1 'problem: .*2 names' "$bin/fathom" doctor --db lab.db
rm second.db

echo '-- copies and what they leave'
start_server lab.db --listen 127.0.0.1:0
# What a coordinator that was killed leaves, for the next start to remove. Its
# name is that of a copy, as what makes one is over too soon to be killed in time.
kill -KILL "$server_pid"
wait "$server_pid" 2>/dev/null
echo x >fathom-backup-abc123
echo x >fathom-backup-abc123-journal
expect 0 'warning: 1 unfinished copies' "$bin/fathom" doctor --db lab.db
start_server lab.db --listen 127.0.0.1:0
[ -z "$(ls fathom-backup-* 2>/dev/null)" ] || fail "copies stay behind: $(ls)"
mkdir small
if mount -t tmpfs -o size=4m fathom small 2>/dev/null; then
  trap 'umount -l small 2>/dev/null; cleanup' EXIT
  head -c 3000000 /dev/zero >small/ballast
  rows=$(stat -c %s lab.db)
  [ "$rows" -gt 0 ] || fail 'the ledger has no size'
  head -c 1100000 /dev/zero >>small/ballast || true
  expect 1 'small/copy\.db: the disk has 0 MiB free; this takes' "$bin/fathom" backup small/copy.db --server "$server"
  expect 1 'small/copy\.db: the disk has 0 MiB free; this takes' "$bin/fathom" backup small/copy.db --db lab.db
  [ "$(ls small)" = ballast ] || fail "something was left: $(ls small)"
  rm small/ballast
  expect 0 'checked' "$bin/fathom" backup small/copy.db --server "$server"
  # On the disk of the coordinator itself, whose copy comes first.
  mkdir small/lab && cp small/copy.db small/lab/lab.db && rm small/copy.db
  kill -TERM "$server_pid"
  wait_for "$server_pid"
  start_server small/lab/lab.db --listen 127.0.0.1:0
  left=$(($(df --output=avail -B1 small | tail -n 1) - 300000))
  head -c "$left" /dev/zero >small/ballast
  expect 1 'this copy takes .* MiB, and .* MiB are kept free so that results can be recorded' \
    "$bin/fathom" backup copy.db --server "$server"
  expect 1 'problem: the coordinator.s disk has|warning: the coordinator.s disk has' \
    "$bin/fathom" doctor --server "$server" --strict
  [ "$(ls small/lab | grep -c backup)" = 0 ] || fail "a copy stays behind: $(ls small/lab)"
  [ ! -e copy.db ] || fail 'a copy that was refused is there'
  kill -TERM "$server_pid"
  wait_for "$server_pid"
  umount small
else
  echo '   (full disks: skipped, this user may not mount)'
fi

finish
