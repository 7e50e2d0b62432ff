#!/usr/bin/env bash
# Drives the programs with TLS, client certificates and tokens: who gets in, who
# does not and what they are told, and that no secret ends in a log.
# Usage: secure_test.sh FOLDER_OF_THE_PROGRAMS SOURCE_DIR
set -u
source_dir=$(cd "$2" && pwd) || exit 2
# shellcheck source=tests/integration/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh" "$1"

make_keys() { bash "$source_dir/deploy/make-keys.sh" "$@" >>keys.log 2>&1; }
fathom() { "$bin/fathom" "$@"; }
token() { fathom token new --role "$1" --name "$2" --out "$2.token" >>tokens 2>/dev/null; }

echo '-- keys'
make_keys keys server lab.example 10.1.2.3 || fail "$(cat keys.log)"
make_keys keys client ada || fail "$(cat keys.log)"
make_keys other server lab.example || fail "$(cat keys.log)"
for key in keys/ca.key keys/server.key keys/ada.key; do
  [ "$(stat -c %a $key)" = 600 ] || fail "$key is open to others"
done
before=$(cat keys/server.key keys/ca.key | sha256sum)
make_keys keys server again && fail 'server.key was made twice'
[ "$(cat keys/server.key keys/ca.key | sha256sum)" = "$before" ] || fail 'a key was written over'
make_keys keys client ../evil && fail 'a name with a slash was taken'
names=$(openssl x509 -in keys/server.pem -noout -ext subjectAltName)
for name in DNS:lab.example 'IP Address:10.1.2.3' DNS:localhost 'IP Address:127.0.0.1'; do
  grep -q "$name" <<<"$names" || fail "server.pem is not for $name: $names"
done

echo '-- tokens'
for role in worker read submit admin; do token $role my-$role || fail "no token for $role"; done
[ "$(stat -c %a my-read.token)" = 600 ] || fail 'a token is open to others'
expect 1 'exists' "$bin/fathom" token new --role read --name x --out my-read.token
expect 2 'worker, read, submit or admin' "$bin/fathom" token new --role root --name x
expect 2 'letters' "$bin/fathom" token new --role read --name 'a b'
expect 0 '"line": "read x sha256:' "$bin/fathom" token new --role read --name x --json
grep -qf <(cut -c1-20 my-*.token) tokens && fail 'the token file holds a token'

echo '-- what the server refuses'
tls="--tls-cert keys/server.pem --tls-key keys/server.key"
# refuse_server PATTERN ARGS...
refuse_server() {
  local pattern=$1
  shift
  expect 1 "$pattern" "$bin/fathom-server" --db refused.db --listen 127.0.0.1:0 "$@"
}
refuse_server 'cannot read certificate none' --tls-cert none --tls-key keys/server.key
refuse_server 'needs --tls-key' --tls-cert keys/server.pem
refuse_server 'does not belong' --tls-cert keys/server.pem --tls-key other/server.key
refuse_server 'no certificate in PEM' --tls-cert keys/server.key --tls-key keys/server.key
cp keys/ca.pem no.key && chmod 600 no.key
refuse_server 'no private key' --tls-cert keys/server.pem --tls-key no.key
cp keys/server.key open.key && chmod 644 open.key
refuse_server 'read by everyone.*chmod o=' --tls-cert keys/server.pem --tls-key open.key
echo '# nobody yet' >no_tokens
refuse_server 'names no token' --tokens no_tokens
echo 'read ada secret' >bad_tokens
refuse_server 'bad_tokens:1: ' --tokens bad_tokens
refuse_server '--tls-client-ca needs' --tls-client-ca keys/ca.pem
beyond() { # PATTERN ARGS...: listening beyond loopback.
  local pattern=$1
  shift
  expect 1 "$pattern" "$bin/fathom-server" --db refused.db --listen 0.0.0.0:0 "$@"
}
beyond 'give --tls-cert, --tls-key and --tokens'
# shellcheck disable=SC2086
beyond 'give --tokens' $tls
beyond 'give --tls-cert, --tls-key \(' --tokens tokens
beyond 'in the clear' --tokens tokens --insecure-no-tls-no-tokens

echo '-- TLS, client certificates and tokens'
# shellcheck disable=SC2086
start_server lab.db --listen 127.0.0.1:0 $tls --tls-client-ca keys/ca.pem --tokens tokens
grep -q 'TLS with client certificates, 4 tokens' lab.db.log || fail "$(cat lab.db.log)"
ca="--tls-ca keys/ca.pem"
mine="$ca --tls-cert keys/ada.pem --tls-key keys/ada.key"
as() { echo "--server $server $mine --token-file my-$1.token"; }
# shellcheck disable=SC2046
{
  expect 0 '' "$bin/fathom" list $(as read)
  expect 5 'role submit or admin; this one has the role read' "$bin/fathom" submit quickstart $(as read)
  expect 5 'role read, submit or admin; this one has the role worker' "$bin/fathom" list $(as worker)
  expect 5 'takes a token with the role worker, or admin' "$bin/fathom-worker" $(as submit) --cache ''
}
# shellcheck disable=SC2086
{
  expect 5 'wants a token.*--token-file' "$bin/fathom" list --server "$server" $mine
  expect 5 'wants a token' "$bin/fathom-worker" --server "$server" $mine --cache ''
  head -c 40 my-read.token >cut.token && chmod 600 cut.token
  expect 5 'does not know this token' "$bin/fathom" list --server "$server" $mine --token-file cut.token
  expect 5 'wants a certificate; give --tls-cert' "$bin/fathom" list --server "$server" $ca
  expect 5 'speaks TLS; give --tls-ca' "$bin/fathom" list --server "$server"
  expect 5 'speaks TLS; give --tls-ca' "$bin/fathom-worker" --server "$server" --connect-timeout 1 --cache ''
  expect 5 'not accepted with --tls-ca other/ca.pem' "$bin/fathom" list --server "$server" --tls-ca other/ca.pem
  cp my-read.token open.token && chmod 644 open.token
  expect 1 'read by everyone' "$bin/fathom" list --server "$server" $mine --token-file open.token
  expect 2 'cannot read token file none' "$bin/fathom" list --server "$server" $mine --token-file none
  expect 2 'needs --tls-key' "$bin/fathom" list --server "$server" $ca --tls-cert keys/ada.pem
}
expect 1 'in the clear' "$bin/fathom" list --server lab.example:7373 --token-file my-read.token
expect 2 'in the clear' "$bin/fathom-worker" --server 127.0.0.1.example:7373 --token-file my-read.token --cache ''

echo '-- a sweep through all of it'
cat >small.yaml <<'YAML'
name: small
data: {synthetic: {rows: 50, columns: 5, noise: 0.1}}
optimizer: {learning_rate: 0.01}
steps: 50
axes: {depth: [1, 2], seed: {range: [0, 3]}}
YAML
export FATHOM_SERVER=$server FATHOM_TLS_CA=keys/ca.pem FATHOM_TLS_CERT=keys/ada.pem FATHOM_TLS_KEY=keys/ada.key
FATHOM_TOKEN_FILE=my-worker.token "$bin/fathom-worker" --cache '' --slots 1 2>worker.log &
worker_pid=$!
pids+=("$worker_pid")
export FATHOM_TOKEN_FILE=my-submit.token
expect 0 'small' "$bin/fathom" submit small.yaml --wait
expect 0 '6' "$bin/fathom" query "SELECT COUNT(*) FROM results WHERE state='succeeded'"
export FATHOM_TOKEN_FILE=my-admin.token
expect 0 'connected' "$bin/fathom" workers

echo '-- tokens are read again'
grep -v my-worker tokens >tokens.new && mv tokens.new tokens
kill -HUP "$server_pid"
until_true 20 grep -q 'read again' lab.db.log || fail "no word of SIGHUP: $(cat lab.db.log)"
wait_for "$worker_pid"
code=$?
[ $code = 5 ] || fail "a worker whose token is gone exited with $code: $(tail -n 3 worker.log)"
echo nonsense >>tokens
kill -HUP "$server_pid"
until_true 20 grep -q 'stay as they were.*tokens:' lab.db.log || fail 'a bad token file was not refused'
expect 0 '' "$bin/fathom" list
kill -TERM "$server_pid"
wait_for "$server_pid" || fail "server exited with $? on SIGTERM"
unset FATHOM_SERVER FATHOM_TLS_CA FATHOM_TLS_CERT FATHOM_TLS_KEY FATHOM_TOKEN_FILE

echo '-- a server that does not speak TLS'
sed -i /nonsense/d tokens
start_server plain.db --listen 127.0.0.1:0 --tokens tokens
expect 5 'does not speak TLS' "$bin/fathom" list --server "$server" --tls-ca keys/ca.pem
expect 0 '' "$bin/fathom" list --server "$server" --token-file my-read.token
expect 5 'wants a token' "$bin/fathom" list --server "$server"

echo '-- a server whose certificate has another name'
# shellcheck disable=SC2086
"$bin/fathom-server" --db name.db --listen 127.0.0.2:0 $tls 2>name.log &
pids+=("$!")
if until_true 10 grep -q 'listening on' name.log; then
  other=$(grep -oE '127\.0\.0\.2:[0-9]+' name.log | head -n 1)
  expect 5 'is not for "127.0.0.2"' "$bin/fathom" list --server "$other" --tls-ca keys/ca.pem
else
  fail "server: $(cat name.log)"
fi

echo '-- no secret in any log'
for file in my-*.token; do
  secret=$(cut -c8-24 "$file")
  cat ./*.log ./*.db* | grep -aqF -- "$secret" && fail "a log or ledger holds the token of $file"
done
cat ./*.log ./*.db* | grep -aq 'PRIVATE KEY' && fail 'a log or ledger holds a private key'
grep -q 'my-read (read)' lab.db.log || fail 'the log does not name who was refused'

finish
