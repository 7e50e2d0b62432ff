#!/usr/bin/env bash
# What a monitor gets of the programs as people start them: /metrics and /healthz of
# `fathom ui`, a scrape by a real Prometheus, logs of JSON with the trace of a sweep.
# Usage: metrics_test.sh FOLDER_OF_THE_PROGRAMS SOURCE_DIR
set -u
source_dir=$(cd "$2" && pwd) || exit 2
# shellcheck source=tests/integration/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh" "$1"

readonly trace_id=4bf92f3577b34da6a3ce929d0e0e4736
export FATHOM_LOG_FORMAT=json

# start_ui ARGS...: sets $ui_pid and $port.
start_ui() {
  : >ui.out
  "$bin/fathom" ui --listen 127.0.0.1:0 "$@" >ui.out 2>ui.err &
  ui_pid=$!
  pids+=("$ui_pid")
  until_true 20 grep -q '^open http' ui.out || {
    fail "ui $*: $(cat ui.out ui.err)"
    exit 1
  }
  port=$(grep -oE '[0-9]+$' ui.out)
}
# get TARGET: the body of a response.
get() {
  exec 9<>"/dev/tcp/127.0.0.1/$port" || return 1
  printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$1" >&9
  timeout 20 sed '1,/^\r*$/d' <&9
  exec 9>&-
}
# has PATTERN: whether a line of /metrics matches.
has() { get /metrics | grep -qE -- "$1"; }
# lines FILE: whether every line is an object of JSON.
is_json() { python3 -c 'import json, sys
for line in sys.stdin: assert isinstance(json.loads(line), dict) and line.isascii()' <"$1"; }

cat >sweep.yaml <<'YAML'
name: small
data: {synthetic: {rows: 20, columns: 4}}
steps: 50
axes: {learning_rate: [0.01, 0.02], seed: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]}
YAML

echo '-- a cluster'
start_server lab.db --listen 127.0.0.1:0
"$bin/fathom-worker" --server "$server" --slots 1 --name kepler 2>worker.log &
pids+=("$!")
expect 0 'sweep 1' env "TRACEPARENT=00-$trace_id-00f067aa0ba902b7-01" \
  "$bin/fathom" submit sweep.yaml --server "$server"
expect 0 '20 succeeded' "$bin/fathom" watch 1 --server "$server"
expect 0 "\"traceparent\": \"00-$trace_id-00f067aa0ba902b7-01\"" \
  "$bin/fathom" show 1 --json --server "$server"
# The worker says it with a heartbeat.
is_measured() {
  "$bin/fathom" workers --server "$server" | grep -qE 'kepler +[^ ]+ +connected +1 +[0-9]+ %'
}
until_true 30 is_measured || fail "workers: $("$bin/fathom" workers --server "$server")"
is_json lab.db.log || fail "the coordinator's log is no JSON: $(cat lab.db.log)"
is_json worker.log || fail "the worker's log is no JSON: $(cat worker.log)"
grep 'sweep_completed' lab.db.log | grep -q "\"sweep\":1.*\"trace_id\":\"$trace_id\"" ||
  fail "no trace in: $(cat lab.db.log)"
grep 'worker_connected' lab.db.log | grep -q '"worker":"kepler","session":"' ||
  fail "no session in: $(cat lab.db.log)"

echo '-- /metrics and /healthz'
start_ui --server "$server"
[ "$(get /healthz)" = ok ] || fail "healthz: $(get /healthz)"
for line in 'fathom_up 1' 'fathom_trials_finished_total\{outcome="succeeded"\} 20' \
  'fathom_trials_given_total 20' 'fathom_sessions\{state="connected"\} 1' \
  'fathom_ui_requests_total\{route="health",status="200"\} [1-9]'; do
  has "^$line\$" || fail "/metrics lacks $line: $(get /metrics)"
done
# The worker says it with its next heartbeat.
until_true 30 has '^fathom_worker_steps_total\{worker="kepler",session="[0-9a-f]+"\} 1000$' ||
  fail "steps: $(get /metrics | grep worker)"
until_true 30 has '^fathom_worker_peak_flops_per_second\{.*\} [1-9]' ||
  fail "peak: $(get /metrics | grep worker)"

if command -v prometheus >/dev/null && command -v promtool >/dev/null; then
  echo '-- Prometheus'
  get /metrics >metrics.txt
  promtool check metrics <metrics.txt >promtool.log 2>&1 || fail "$(cat promtool.log)"
  [ ! -s promtool.log ] || fail "promtool: $(cat promtool.log)"
  sed -e 's/15s/1s/' -e "s/127.0.0.1:7380/127.0.0.1:$port/" \
    "$source_dir/deploy/prometheus/prometheus.yml" >prometheus.yml
  cp "$source_dir/deploy/prometheus/alerts.yml" .
  # The expressions of the dashboard, in the form in which promtool reads some.
  python3 - "$source_dir/deploy/grafana/fathom.json" >dashboard.yml <<'PYTHON'
import json, sys
rules = [{"record": "r%d_%d" % (p["id"], i), "expr": t["expr"].replace("$__rate_interval", "1m")}
         for p in json.load(open(sys.argv[1]))["panels"] for i, t in enumerate(p["targets"])]
print(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}))
PYTHON
  expect 0 'SUCCESS: [0-9]+ rules found' promtool check rules dashboard.yml
  expect 0 'SUCCESS' promtool check config prometheus.yml
  prometheus --config.file=prometheus.yml --web.listen-address=127.0.0.1:0 \
    --storage.tsdb.path=data >prometheus.log 2>&1 &
  pids+=("$!")
  until_true 30 grep -q 'Listening on' prometheus.log || fail "prometheus: $(cat prometheus.log)"
  address=$(grep 'Listening on' prometheus.log | grep -oE '127\.0\.0\.1:[0-9]+' | head -n 1)
  # is NUMBER EXPRESSION: whether Prometheus says so.
  is() { promtool query instant "http://$address" "$2" 2>/dev/null | grep -qE "=> $1 @"; }
  until_true 60 is 1 'up{job="fathom"}' || fail "Prometheus does not scrape: $(cat prometheus.log)"
  recorded=$("$bin/fathom" query "SELECT count(*) FROM results WHERE state = 'succeeded'" \
    --server "$server" --format csv | tail -n 1)
  is "$recorded" 'sum(fathom_trials_finished_total)' ||
    fail "$(promtool query instant "http://$address" 'fathom_trials_finished_total'), expected $recorded"
  is 1 'fathom_up' || fail 'Prometheus has no fathom_up'
else
  echo '-- no Prometheus here: no scrape (the package prometheus of Debian has it)'
fi

echo '-- a coordinator that goes away'
kill "$server_pid"
wait_for "$server_pid"
until_true 30 has '^fathom_up 0$' || fail "up: $(get /metrics)"
[ "$(get /healthz)" != ok ] || fail 'healthz says ok without a coordinator'
has '^fathom_ui_requests_total' || fail "own metrics: $(get /metrics)"
kill "$ui_pid"
wait_for "$ui_pid"

echo '-- a file'
start_ui --db lab.db
has '^fathom_file_trials\{state="succeeded"\} 20$' || fail "file: $(get /metrics)"
[ "$(get /healthz)" = ok ] || fail "healthz of a file: $(get /healthz)"

echo '-- bad input'
expect 2 'xml not in' "$bin/fathom-worker" --log-format xml
expect 0 '20 succeeded' env TRACEPARENT='no trace' "$bin/fathom" run sweep.yaml --db other.db --no-plot
expect 0 '"traceparent": ""' "$bin/fathom" show 1 --json --db other.db
finish
