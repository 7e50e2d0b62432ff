#!/usr/bin/env bash
# Drives fathom, fathom-server and fathom-worker as users do: ports, signals,
# kills, bad input, exit codes.
# Usage: programs_test.sh FOLDER_OF_THE_PROGRAMS
# shellcheck source=tests/integration/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh" "$1"
start_worker() {
  "$bin/fathom-worker" --server "$server" --cache "$work/cache" "$@" \
    2>>worker.log &
  worker_pid=$!
  pids+=("$worker_pid")
}
count() { "$bin/fathom" query "$1" --db "$2" --format csv | tail -n 1; }

spec() { # spec NAME STEPS SEEDS
  cat <<YAML
name: $1
data: {synthetic: {rows: 200, columns: 20, noise: 0.1}, standardize: true}
loss: {lp: 4}
model: {init: {scheme: balanced, norm: 0.1}}
steps: $2
axes:
  depth: [1, 2, 3]
  learning_rate: [0.001, 0.003, 0.01]
  seed: {range: [0, $3]}
record: {points: 30, metrics: [loss, weight_norm]}
summarize: {by: [depth], best_over: [learning_rate], average_over: [seed], metric: loss}
YAML
}
spec quick 200 2 >quick.yaml
{ spec scaled 200 2; echo 'scales: {small: {steps: 10}}'; } >scaled.yaml
spec slow 40000 20 >slow.yaml

echo '-- bad input'
sed 's/steps:/stepz:/' quick.yaml >bad.yaml
expect 2 'bad\.yaml:5:1: .*stepz.*did you mean steps' "$bin/fathom" run bad.yaml --db bad.db
expect 2 'no_such\.yaml' "$bin/fathom" run no_such.yaml --db bad.db
printf 'a,b,y\n1,2,3\n4,,6\n' >hole.csv
expect 2 'hole\.csv:3:3' "$bin/fathom" data info hole.csv --target y
expect 3 'no coordinator' "$bin/fathom" list --server 127.0.0.1:1
expect 0 'Theorem 2.*holds' "$bin/fathom" theory
expect 2 'expected part of warm-up' "$bin/fathom" theory --only nothing
expect 3 'no coordinator' "$bin/fathom-worker" --server 127.0.0.1:1 --connect-timeout 0.2
echo 'this is no database, only a text of some length' >text.db
expect 1 'text\.db' "$bin/fathom" run quick.yaml --db text.db
expect 7 'text\.db' "$bin/fathom-server" --db text.db --listen 127.0.0.1:0
expect 1 'loopback.*--tls-cert.*--tokens' "$bin/fathom-server" --db open.db --listen 0.0.0.0:0
[ "$(cat text.db)" = 'this is no database, only a text of some length' ] ||
  fail 'text.db was changed'

echo '-- an embedded run'
expect 0 'quick' "$bin/fathom" run quick.yaml --db run.db --no-plot
[ "$(count "SELECT COUNT(*) FROM results WHERE state='succeeded'" run.db)" = 18 ] ||
  fail 'run.db: not 18 trials'
expect 0 '' "$bin/fathom" run quick.yaml --db run.db --no-plot --quiet
expect 0 'best learning rate by loss at step 200 per depth, mean over 2 seeds' "$bin/fathom" best quick --db run.db
expect 2 'unknown option "--lisen" of fathom-server; did you mean --listen' "$bin/fathom-server" --db x.db --lisen 127.0.0.1:0
expect 2 'unknown option "--slot" of fathom-worker; did you mean --slots' "$bin/fathom-worker" --slot=2
expect 2 'unexpected argument "first" of fathom-worker; `fathom-worker --help`' "$bin/fathom-worker" first
expect 2 'no sweep "quik"; did you mean quick' "$bin/fathom" show quik --db run.db
expect 2 'did you mean depth' "$bin/fathom" best quick --by dept --db run.db
expect 0 'scaled at scale small: 18 trials' "$bin/fathom" run scaled.yaml --scale small --db scaled.db --no-plot
expect 2 'did you mean small' "$bin/fathom" run scaled.yaml --scale smal --db scaled.db

echo '-- instruction sets, and everything once more'
expect 2 'no instruction set "avx3"; expected portable' "$bin/fathom" run quick.yaml --isa avx3 --db isa.db
expect 2 'no instruction set "avx3"; expected portable' "$bin/fathom-worker" --isa avx3 --server 127.0.0.1:1
expect 0 '' "$bin/fathom" run quick.yaml --isa portable --db isa.db --no-plot --quiet
everything='SELECT trial, metric, step, value FROM metric_points ORDER BY 1, 2, 3'
cmp <("$bin/fathom" query "$everything" --db isa.db --format csv) \
  <("$bin/fathom" query "$everything" --db run.db --format csv) ||
  fail 'the points depend on the instruction set'
expect 0 '18 trials of 18, .* 0 differences' "$bin/fathom" verify quick --db run.db
[ "$(count 'SELECT COUNT(*) FROM sweep_overview' run.db)" = 1 ] ||
  fail 'the same spec made a second sweep'
expect 0 'weight_norm' "$bin/fathom" query 'SELECT DISTINCT metric FROM metric_points' --db run.db
expect 2 '' "$bin/fathom" query 'DELETE FROM trials' --db run.db

echo '-- Ctrl-C, then the same command again'
"$bin/fathom" run slow.yaml --db stop.db --no-plot --slots 2 >stop.log 2>&1 &
run_pid=$!
pids+=("$run_pid")
done_some() { [ -f stop.db ] && [ "$(count "SELECT COUNT(*) FROM results WHERE state='succeeded'" stop.db 2>/dev/null)" -gt 0 ] 2>/dev/null; }
until_true 60 done_some || fail "no trial ended: $(cat stop.log)"
expect 1 'stop\.db' "$bin/fathom-server" --db stop.db --listen 127.0.0.1:0
kill -INT "$run_pid"
wait_for "$run_pid"
code=$?
[ $code = 130 ] || fail "interrupted run exited with $code: $(tail -n 3 stop.log)"
before=$(count "SELECT COUNT(*) FROM results WHERE state='succeeded'" stop.db)
[ "$(count "SELECT COUNT(*) FROM results WHERE state='leased'" stop.db)" = 0 ] ||
  fail 'leases are open after Ctrl-C'
expect 0 '' "$bin/fathom" run slow.yaml --db stop.db --no-plot --quiet --slots 2
[ "$(count "SELECT COUNT(*) FROM results WHERE state='succeeded'" stop.db)" = 180 ] ||
  fail 'stop.db: not 180 trials'
redone=$(count "SELECT COUNT(*) FROM results WHERE attempt > 1" stop.db)
[ "$((redone + before))" -le 180 ] || fail "$redone redone of $before recorded"

echo '-- a server and workers, one of which is killed'
start_server killed.db --listen 127.0.0.1:0 --lease-ttl 1
expect 1 'another program' "$bin/fathom-server" --db port.db --listen "$server"
expect 0 'slow' "$bin/fathom" submit slow.yaml --server "$server"
start_worker --slots 1 --name victim
some_done() { [ "$("$bin/fathom" query "SELECT COUNT(*) FROM results WHERE state='succeeded'" --server "$server" --format csv | tail -n 1)" -gt 0 ]; }
until_true 60 some_done || fail 'the victim finished nothing'
expect 0 'victim .* [0-9.]+ (avx|portable)' "$bin/fathom" workers --server "$server"
# Stopped while it holds a lease, so that its death is sure to cost something.
stopped_with_lease() {
  kill -STOP "$worker_pid"
  [ "$(count "SELECT COUNT(*) > 0 FROM results WHERE state='leased'" killed.db)" = 1 ] && return
  kill -CONT "$worker_pid"
  return 1
}
until_true 30 stopped_with_lease || fail 'the victim holds no lease'
if command -v sqlite3 >/dev/null; then
  [ "$(sqlite3 killed.db 'SELECT COUNT(*) > 0 FROM metric_points')" = 1 ] ||
    fail 'stock sqlite3 reads no points while the sweep runs'
fi
if /usr/bin/python3 -c 'import pandas' 2>/dev/null; then
  /usr/bin/python3 - <<'PYTHON' || fail 'pandas reads no curve while the sweep runs'
import sqlite3, pandas
db = sqlite3.connect("file:killed.db?mode=ro", uri=True)
curves = pandas.read_sql("SELECT trial, step, value FROM metric_points "
                         "WHERE metric = 'loss' ORDER BY trial, step", db)
assert len(curves) > 0 and curves.value.dtype == float
assert (curves.groupby("trial").step.min() == 0).all()
PYTHON
fi
kill -9 "$worker_pid"
start_worker --slots 2 --name heir
expect 0 '' "$bin/fathom" watch 1 --server "$server"
expect 0 '180' "$bin/fathom" show 1 --server "$server"
expect 0 ' 0 differences' "$bin/fathom" verify 1 --server "$server" --sample 3 --seed 1
[ "$(count "SELECT COUNT(*) FROM results WHERE state='succeeded'" killed.db)" = 180 ] ||
  fail 'killed.db: not 180 trials'
[ "$(count "SELECT COUNT(*) > 0 FROM attempts WHERE outcome='lost'" killed.db)" = 1 ] ||
  fail 'the victim lost nothing'
final='SELECT trial, final_loss, best_loss, best_step FROM results ORDER BY trial'
cmp <("$bin/fathom" query "$final" --db killed.db --format csv) \
  <("$bin/fathom" query "$final" --db stop.db --format csv) ||
  fail 'results depend on kills and interruptions'
kill -TERM "$worker_pid"
wait_for "$worker_pid" || fail "worker exited with $? on SIGTERM"
kill -TERM "$server_pid"
wait_for "$server_pid" || fail "server exited with $? on SIGTERM"

finish
