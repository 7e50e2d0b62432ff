#!/usr/bin/env bash
# `fathom autoscale slurm` with a batch system of the test's own: from no worker
# to many and back, refusals, jobs that die, jobs whose time is over, and what
# people read of it. Results are, bit for bit, those of one worker.
# Usage: fake_slurm_test.sh FOLDER_OF_THE_PROGRAMS
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/integration/common.sh
. "$here/../common.sh" "$1"

export FAKE_SLURM=$work/slurm
mkdir -p "$FAKE_SLURM" commands
for command in sbatch squeue scancel; do
  ln -s "$here/fake_slurm.sh" "commands/$command"
done
chmod +x commands/* 2>/dev/null
export PATH=$work/commands:$PATH
echo 3 >"$FAKE_SLURM/cores"
stop_jobs() { # Every job has a group of its own.
  local file state pid
  for file in "$FAKE_SLURM"/jobs/*; do
    [ -e "$file" ] || continue
    read -r state pid <"$file"
    [ "$state" = RUNNING ] && kill -KILL "$pid" 2>/dev/null
  done
}
trap 'stop_jobs; cleanup' EXIT

sweep() { # sweep NAME TRIALS
  cat <<YAML
name: $1
data: {synthetic: {rows: 400, columns: 24, noise: 0.1}, standardize: true}
loss: {lp: 4}
model: {init: {scheme: balanced, norm: 0.1}}
optimizer: {learning_rate: 1e-5}
steps: 20000
axes: {depth: [1, 2], seed: {range: {from: 0, to: $2}}}
record: {points: 20}
YAML
}
sweep lab 30 >lab.yaml
"$bin/fathom" run lab.yaml --db alone.db --slots 2 --quiet >/dev/null 2>&1 ||
  fail 'the undisturbed run'

ask() { "$bin/fathom" query "$1" --server "$server" --format csv 2>/dev/null | tail -n +2; }
logged() { grep -c -- "$1" "$FAKE_SLURM/log" 2>/dev/null; }

start_server lab.db --listen 127.0.0.1:0 --lease-ttl 2
scale=("$bin/fathom" autoscale slurm --server "$server" --slots 1 --max 4
  --period-seconds 0.2 --idle-minutes 0.02)

# What would be done, before anything is.
expect 0 'nothing to change: nothing to do' "${scale[@]}" --dry-run
expect 0 'exec .*fathom-worker' "${scale[@]}" --dry-run
expect 0 '"reason":"nothing to do' "${scale[@]}" --once --json
[ "$(logged '^sbatch')" = 0 ] || fail 'a dry run submitted something'
expect 2 'found --min 5 above --max 4' "${scale[@]}" --min 5 --once
expect 2 'max' "$bin/fathom" autoscale slurm --server "$server"
expect 3 'no coordinator answers' "$bin/fathom" autoscale slurm --server 127.0.0.1:1 \
  --max 4 --once
expect 1 'cannot run squeue' env "PATH=$work/empty" "$bin/fathom" autoscale \
  slurm --server "$server" --max 4 --once

# The batch system refuses: said, and tried again later, not at once.
"$bin/fathom" submit lab.yaml --server "$server" >/dev/null || fail 'submit'
touch "$FAKE_SLURM/refuse"
"${scale[@]}" >refused.log 2>&1 &
scaler=$!
pids+=("$scaler")
until_true 20 grep -qs 'QOS policy' refused.log || fail "no word of a refusal: $(cat refused.log)"
until_true 20 grep -q 'refused 1 submission, the next try is in' refused.log ||
  fail "no word of when it tries again: $(cat refused.log)"
[ "$(logged '^sbatch')" = 1 ] || fail "sbatch was called $(logged '^sbatch') times"
kill -TERM "$scaler"
wait_for "$scaler" || fail "autoscale ended with $?"
grep -q 'the jobs that run or wait in the queue stay' refused.log || fail 'what stays'
rm "$FAKE_SLURM/refuse"

# Up: trials whose length nobody knows get a few workers; then as many as may be.
"${scale[@]}" --target-minutes 0.1 -- --partition=batch --comment='two words' >scale.log 2>&1 &
scaler=$!
pids+=("$scaler")
until_true 60 grep -qs 'submit 4 as job' scale.log || fail "nothing submitted: $(cat scale.log)"
grep -q -- '--partition=batch --comment=two words' "$FAKE_SLURM/log" || fail 'options for sbatch'
workers() { "$bin/fathom" workers --server "$server" --json | grep -c '"job_id"'; }
three() { [ "$(workers)" -ge 3 ]; }
until_true 60 three || fail "found $(workers) workers, expected 3: $(cat scale.log)"
"$bin/fathom" workers --server "$server" --json | grep -q '"job_id": *"slurm:101_0"' ||
  fail "workers do not say their jobs: $("$bin/fathom" workers --server "$server" --json)"

expect 0 'wanted: +[1-4] slots?: .* trials, .*slot-seconds' "$bin/fathom" explain --scaling --server "$server"
expect 0 'slurm:101_0 ' "$bin/fathom" explain --scaling --server "$server"

# A job is killed, and another one is cancelled while it runs: nothing is lost.
read -r _ pid <"$FAKE_SLURM/jobs/101_0"
kill -KILL "$pid"
scancel 101_1
complete() { [ "$(ask "SELECT state FROM sweep_overview WHERE sweep = 1")" = completed ]; }
until_true 240 complete || fail "not completed: $(cat scale.log)"

# Down: workers that have nothing to do leave, and what is queued is cancelled.
gone() { [ "$(squeue --me | wc -l)" = 0 ]; }
until_true 60 gone || fail "jobs are left: $(squeue --me)"
kill -TERM "$scaler"
wait_for "$scaler"
expect 0 '60 recorded, 0 duplicates, 0 holes, 0 stale writes' "$bin/fathom" audit --server "$server"
results="SELECT trial, state, steps, final_loss, best_loss FROM results WHERE sweep = 1 ORDER BY trial"
ask "$results" >together.csv
"$bin/fathom" query "$results" --db alone.db --format csv 2>/dev/null | tail -n +2 >alone.csv
cmp -s together.csv alone.csv || fail "results differ: $(diff together.csv alone.csv | head -n 5)"
[ "$(wc -l <alone.csv)" = 60 ] || fail "found $(wc -l <alone.csv) results, expected 60"

# Jobs that end before their worker says hello: loudly over after three.
sweep more 3 >more.yaml
"$bin/fathom" submit more.yaml --server "$server" >/dev/null || fail 'submit'
before=$(logged '^sbatch')
expect 1 'jobs in a row have run without their worker saying hello' \
  "${scale[@]}" --worker /bin/false
submitted=$(($(logged '^sbatch') - before))
((submitted <= 4)) || fail "sbatch was called $submitted times for workers that cannot start"

# The time of a job is nearly over: the worker leaves before, by itself.
"$bin/fathom-worker" --server "$server" --deadline +14s --grace 0.5 --slots 1 2>short.log &
pids+=($!)
wait_for $! || fail "a worker with a deadline ended with $?"
grep -q 'the end of the job is near' short.log || fail "no word of the deadline: $(cat short.log)"
expect 2 'the job ends in' "$bin/fathom-worker" --server "$server" --deadline +5s
expect 2 'expected a moment' "$bin/fathom-worker" --server "$server" --deadline soon
expect 2 'expected a time such as 5m' "$bin/fathom-worker" --server "$server" --idle-timeout x
"$bin/fathom-worker" --server "$server" --idle-timeout 0.3 --slots 1 2>idle.log &
idle=$!
pids+=($idle)
wait_for $idle || fail "an idle worker ended with $?"
grep -q 'nothing to do for 300ms' idle.log || fail "no word of why it left: $(cat idle.log)"
"$bin/fathom-worker" --server "$server" --slots 1 2>usr2.log &
usr2=$!
pids+=($usr2)
until_true 20 grep -qs 'fathom-worker' usr2.log
kill -USR2 $usr2
wait_for $usr2 || fail "USR2 ended a worker with $?"
grep -q 'stopping: finishing what it holds' usr2.log || fail "USR2 is no drain: $(cat usr2.log)"
finish
