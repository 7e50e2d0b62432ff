#!/usr/bin/env bash
# Workers get their data from mirrors: web servers with TLS and folders, good ones
# and bad ones, and from the coordinator when none of them helps.
# Usage: mirrors_test.sh FOLDER_OF_THE_PROGRAMS SOURCE_DIR
set -u
source_dir=$(cd "$2" && pwd) || exit 2
# shellcheck source=tests/integration/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh" "$1"
bash "$source_dir/deploy/make-keys.sh" keys server 127.0.0.1 >keys.log 2>&1 || fail "$(cat keys.log)"

python3 - <<'EOF'
import random
random.seed(1)
with open("data.csv", "w") as file:
    file.write("a,b,y\n")
    for _ in range(20000):
        a, b = random.gauss(0, 1), random.gauss(0, 1)
        file.write(f"{a:.6f},{b:.6f},{a - 2 * b:.6f}\n")
EOF
cat >sweep.yaml <<'EOF'
name: mirrored
data: {file: data.csv, target: y}
steps: 20
optimizer: {learning_rate: 0.01}
axes: {seed: {range: [0, 200]}}
EOF

echo '-- a mirror is filled, once'
expect 0 '^mirror/[0-9a-f]{64}  data.csv, ' "$bin/fathom" data mirror sweep.yaml --out mirror
expect 0 'was there' "$bin/fathom" data mirror sweep.yaml --out mirror
printf 'name: x\ndata: {synthetic: {rows: 9, columns: 2}}\nsteps: 1\noptimizer: {learning_rate: 0.1}\n' >made.yaml
expect 2 'generated data' "$bin/fathom" data mirror made.yaml --out mirror
name=$(ls mirror)
[ "$(sha256sum <"mirror/$name" | cut -d' ' -f1)" = "$name" ] || fail 'the name is not the digest'

# serve FOLDER LOG: a web server with TLS; sets $url.
cat >serve.py <<'EOF'
import http.server, ssl, sys
class Handler(http.server.SimpleHTTPRequestHandler):
    def __init__(self, *args):
        super().__init__(*args, directory=sys.argv[1])
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("keys/server.pem", "keys/server.key")
server.socket = context.wrap_socket(server.socket, server_side=True)
print(f"https://127.0.0.1:{server.server_port}/", flush=True)
server.serve_forever()
EOF
serve() {
  python3 serve.py "$1" >"$2.url" 2>"$2" &
  pids+=("$!")
  until_true 20 test -s "$2.url" || fail "no web server: $(cat "$2")"
  url=$(cat "$2.url")
}
mkdir empty bad
head -c 300000 /dev/urandom >"bad/$name"
serve mirror good.log && good=$url
serve bad bad.log && bad=$url
serve empty empty.log && empty=$url

echo '-- what a worker refuses'
for mirror in http://lab.example/x https://u:p@lab.example/ 'https://lab.example/?x'; do
  expect 2 '--dataset-mirror: found .*, expected' "$bin/fathom-worker" --dataset-mirror "$mirror"
done

start_server lab.db --listen 127.0.0.1:0
expect 0 '' "$bin/fathom" submit sweep.yaml --server "$server"
# work LOG ARGS...: a worker that goes when there is nothing left to do.
work() {
  local log=$1
  shift
  "$bin/fathom-worker" --server "$server" --slots 1 --idle-timeout 1s \
    --dataset-mirror-ca keys/ca.pem "$@" 2>"$log" &
  pids+=("$!")
}
says() { grep -qE -- "$2" "$1" || fail "$1 does not say /$2/: $(cat "$1")"; }

echo '-- one mirror after the other, and then nothing for the coordinator to do'
work w1.log --cache c1 --dataset-mirror "$empty" --dataset-mirror "$bad" --dataset-mirror nowhere \
  --dataset-mirror "$good"
wait_for $! || fail "the worker failed: $(cat w1.log)"
says w1.log "I dataset sha256:$name from mirror $empty: HTTP status 404; trying the next"
says w1.log "W dataset sha256:$name from mirror $bad: another content"
says w1.log "from mirror nowhere: nowhere/$name: No such file"
says w1.log "bytes came from mirror $good"
cmp -s "c1/$name" "mirror/$name" || fail 'the cache has other bytes'
expect 0 'completed' "$bin/fathom" list --server "$server"

again() { expect 0 '' "$bin/fathom" submit sweep.yaml --new --server "$server"; }
echo '-- many workers of a machine, and one of them fetches'
again
: >good.log
for i in 1 2 3 4 5; do work "m$i.log" --cache c2 --dataset-mirror "$good"; done
wait_workers=("${pids[@]: -5}")
for pid in "${wait_workers[@]}"; do wait_for "$pid" || fail 'a worker failed'; done
[ "$(grep -c "GET /$name" good.log)" = 1 ] || fail "fetched more than once: $(cat good.log)"
[ "$(ls c2)" = "$name" ] || fail "more is in the cache: $(ls c2)"

echo '-- no mirror, no authority, no folder: the coordinator has it'
again
"$bin/fathom-worker" --server "$server" --slots 1 --idle-timeout 1s --cache data.csv/none \
  --dataset-mirror "$good" 2>w2.log
says w2.log 'from mirror .*certificate'
says w2.log 'kept in memory alone: cannot open data.csv/none'
says w2.log 'bytes came from the coordinator'
expect 0 '600 expected, 600 recorded, 0 duplicates, 0 holes' "$bin/fathom" audit --server "$server"
finish
