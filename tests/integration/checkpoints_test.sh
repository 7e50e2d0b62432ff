#!/usr/bin/env bash
# Long trials survive: workers and servers that are killed, stopped and
# interrupted in the middle of nets and linear models, and what is left of their
# checkpoints. What they end with is, bit for bit, what an undisturbed run finds.
# Usage: checkpoints_test.sh FOLDER_OF_THE_PROGRAMS
# shellcheck source=tests/integration/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh" "$1"

# Images of 8 x 8 pixels that are bright in one half.
awk 'BEGIN {
  for (p = 0; p < 64; ++p) printf "p%d,", p
  print "label"
  for (row = 0; row < 256; ++row) {
    for (p = 0; p < 64; ++p) {
      noise = (row * 37 + p * 101) % 60
      printf "%d,", ((p < 32) == (row % 2 == 0)) ? 255 - noise : noise
    }
    print row % 2
  }
}' >images.csv
# A net with everything that its state has to bring back: momentum, drawn
# batches, dropout, a product of two matrices, points on two schedules.
net() { # net NAME STEPS
  cat <<YAML
name: $1
data: {file: images.csv, target: label, one_hot: true, feature_shift: 127.5,
  feature_scale: 255, test: {rows: 56}}
loss: {kind: cross_entropy}
model: {family: conv_net, conv1: {channels: 4, kernel: 3}, conv2: {channels: 0},
  dense1: {width: 16, dropout: 0.2}}
regularizer: {l2: 1e-4}
optimizer: {name: momentum, momentum: 0.9, learning_rate: 0.002, batch_size: 16,
  batch_order: shuffled}
steps: $2
axes: {depth: [1, 2]}
record: {metrics: [batch_loss, test_error], points: 200, spacing: linear,
  evaluate: {points: 7, spacing: linear}}
YAML
}
# Lanes of several shapes in one bundle, with adaptive rates.
linear() { # linear NAME STEPS
  cat <<YAML
name: $1
data: {synthetic: {rows: 400, columns: 24, noise: 0.1}, standardize: true}
loss: {lp: 4}
model: {init: {scheme: balanced, norm: 0.1}}
optimizer: {name: adam, batch_size: 50}
steps: $2
axes: {depth: [1, 2, 3], learning_rate: [1e-5, 2e-5]}
record: {points: 200, metrics: [loss, weight_norm], spacing: linear}
YAML
}

ask() { # ask SQL DB
  "$bin/fathom" query "$1" --db "$2" --format csv 2>/dev/null | tail -n +2
}
is_one() { [ "$(ask "$1" "$2")" = 1 ]; }
events() { # events KIND DB
  ask "SELECT COUNT(*) FROM events WHERE kind = '$1'" "$2"
}
# has_checkpoint DB [STEP]: a checkpoint is there, beyond STEP.
has_checkpoint() {
  is_one "SELECT COUNT(*) > 0 FROM checkpoints WHERE step > ${2:-0}" "$1"
}
resumed_since() { [ "$(events trials_resumed killed.db)" -gt "$1" ]; }
last_step() { ask 'SELECT max(step) FROM checkpoints' "$1"; }
# A slot reports once a second, so that what trains has then trained for one.
has_points() { is_one 'SELECT COUNT(*) > 0 FROM metric_points' "$1"; }
of_sweep() { echo "WHERE sweep = (SELECT sweep FROM sweep_overview WHERE name = '$1')"; }
# same_bits DB NAME...: these sweeps have what the undisturbed runs have, and
# nothing is left of checkpoints.
same_bits() {
  local db=$1 name sql
  shift
  for name; do
    for sql in "SELECT trial, state, steps, final_loss, best_loss, best_step
        FROM results $(of_sweep "$name") ORDER BY 1" \
      "SELECT trial, metric, step, value FROM metric_points $(of_sweep "$name")
        ORDER BY 1, 2, 3"; do
      ask "$sql" "$db" >found.csv
      ask "$sql" whole.db >expected.csv
      [ -s expected.csv ] || fail "whole.db has nothing of $name"
      cmp found.csv expected.csv || fail "$db, $name: other bits than undisturbed"
    done
  done
  is_one 'SELECT COUNT(*) = 0 FROM checkpoints' "$db" || fail "$db: checkpoints stay"
  # They are removed within a second, or when the ledger is closed.
  # shellcheck disable=SC2317
  no_files() { [ -z "$(ls -A "$db-checkpoints" 2>/dev/null)" ]; }
  until_true 10 no_files || fail "$db: files of checkpoints stay"
  expect 0 '0 duplicates, 0 holes, 0 stale writes, ledger digest' "$bin/fathom" audit --db "$db"
}
start_worker() { # start_worker NAME [ARGS]
  local name=$1
  shift
  "$bin/fathom-worker" --server "$server" --cache cache --name "$name" --slots 1 \
    --grace 0 "$@" 2>>"$name.log" &
  worker_pid=$!
  pids+=("$worker_pid")
}
start_run() { # start_run SPEC DB [ARGS]
  local spec=$1 db=$2
  shift 2
  "$bin/fathom" run "$spec" --db "$db" --no-plot --slots 1 "$@" >"$db.out" 2>&1 &
  run_pid=$!
  pids+=("$run_pid")
}
finish_run() { # finish_run SPEC DB
  expect 0 '' "$bin/fathom" run "$1" --db "$2" --no-plot --quiet --slots 1
}

net net 100000 >net.yaml
linear linear 1200000 >linear.yaml

echo '-- undisturbed'
expect 0 '' "$bin/fathom" run net.yaml --db whole.db --no-plot --quiet --checkpoint-every never
expect 0 '' "$bin/fathom" run linear.yaml --db whole.db --no-plot --quiet --checkpoint-every never
is_one "SELECT COUNT(*) = 0 FROM events WHERE kind LIKE '%checkpoint%' OR kind = 'trials_resumed'" whole.db ||
  fail 'an undisturbed run knows of checkpoints'

echo '-- bad intervals'
for value in often -1 0.01 25h nan; do
  expect 2 'checkpoint-every.*found .*expected a time from 100ms to 24h' \
    "$bin/fathom-worker" --checkpoint-every="$value"
  expect 2 'checkpoint-every.*found .*expected a time from 100ms to 24h' \
    "$bin/fathom" run net.yaml --db none.db --checkpoint-every="$value"
done

echo '-- a worker and a server that are killed, a worker that is stopped'
start_server killed.db --listen 127.0.0.1:0 --lease-ttl 1
for name in net linear; do
  expect 0 '' "$bin/fathom" submit "$name.yaml" --server "$server"
  start_worker victim --checkpoint-every 100ms
  until_true 60 has_checkpoint killed.db || fail "no checkpoint: $(cat victim.log)"
  expect 0 'checkpoint: +step [0-9,]+ of [0-9,]+ \([0-9]+ %\)' \
    "$bin/fathom" show "$name/0" --server "$server"
  kill -9 "$worker_pid"
  resumed=$(events trials_resumed killed.db)
  start_worker heir --checkpoint-every 100ms
  until_true 60 resumed_since "$resumed" || fail "the heir began anew: $(cat heir.log)"
  grep -q "trial 0 of sweep . goes on from step" heir.log || fail "heir: $(cat heir.log)"
  killed_at=$(last_step killed.db)
  until_true 60 has_checkpoint killed.db "$killed_at" || fail "the heir keeps nothing: $(cat heir.log)"
  kill -9 "$server_pid"
  start_server killed.db --listen "$server" --lease-ttl 1
  killed_at=$(last_step killed.db)
  until_true 60 has_checkpoint killed.db "$killed_at" ||
    fail "nothing is kept after the restart: $(cat heir.log)"
  kill -TERM "$worker_pid"
  wait_for "$worker_pid" || fail "the heir exited with $? on SIGTERM: $(cat heir.log)"
  has_checkpoint killed.db || fail 'a worker that stopped left nothing'
  is_one "SELECT COUNT(*) = 0 FROM results WHERE state = 'leased'" killed.db ||
    fail 'a lease is open though its worker has stopped'
  resumed=$(events trials_resumed killed.db)
  start_worker last --checkpoint-every 1h
  expect 0 '' "$bin/fathom" watch "$name" --server "$server"
  resumed_since "$resumed" || fail "the last one began anew: $(cat last.log)"
  kill -TERM "$worker_pid"
  wait_for "$worker_pid" || fail "worker exited with $? on SIGTERM"
done
kill -TERM "$server_pid"
wait_for "$server_pid" || fail "server exited with $? on SIGTERM"
[ "$(events checkpoint_unusable killed.db)" = 0 ] || fail 'a checkpoint was unusable'
same_bits killed.db net linear

echo '-- Ctrl-C, and the same command again'
start_run net.yaml run.db --checkpoint-every 1h
until_true 60 has_points run.db || fail "no points: $(cat run.db.out)"
kill -INT "$run_pid"
wait_for "$run_pid"
code=$?
[ $code = 130 ] || fail "interrupted run exited with $code: $(cat run.db.out)"
has_checkpoint run.db || fail "Ctrl-C left no checkpoint: $(cat run.db.out)"
expect 0 'checkpoint: +step [0-9,]+ of' "$bin/fathom" show net/0 --db run.db
finish_run net.yaml run.db
[ "$(events trials_resumed run.db)" = 1 ] || fail 'the second run began anew'
same_bits run.db net

echo '-- files that are damaged and missing'
start_run linear.yaml harmed.db --checkpoint-every 1h
until_true 60 has_points harmed.db || fail "no points: $(cat harmed.db.out)"
kill -INT "$run_pid"
wait_for "$run_pid"
files=(harmed.db-checkpoints/*)
[ ${#files[@]} -ge 3 ] || fail "expected a file for each lane: ${files[*]}"
printf 'x' | dd of="${files[0]}" bs=1 seek=40 conv=notrunc 2>/dev/null
rm -f "${files[1]}"
truncate -s 20 "${files[2]}"
finish_run linear.yaml harmed.db
[ "$(events checkpoint_unusable harmed.db)" = 3 ] ||
  fail "expected three unusable checkpoints: $(ask 'SELECT kind, trial, message FROM events' harmed.db)"
[ "$(events trials_resumed harmed.db)" -ge 1 ] || fail 'the whole ones were not used'
same_bits harmed.db linear

echo '-- without checkpoints'
start_run net.yaml never.db --checkpoint-every never
until_true 60 has_points never.db || fail "no points: $(cat never.db.out)"
kill -INT "$run_pid"
wait_for "$run_pid"
is_one 'SELECT COUNT(*) = 0 FROM checkpoints' never.db || fail 'never means never'

finish
