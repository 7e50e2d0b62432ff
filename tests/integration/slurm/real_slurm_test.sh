#!/usr/bin/env bash
# `fathom autoscale slurm` with Slurm itself: a controller and a node of its own
# on loopback. Workers come and go; jobs are cancelled, put back into the queue
# and ended by their time limit; the node is drained, and the controller starts
# again in the middle. Results are, bit for bit, those of an undisturbed run.
# Skipped, saying why, where Slurm cannot run: it takes root and Debian's
# slurm-wlm and munge.
# Usage: real_slurm_test.sh FOLDER_OF_THE_PROGRAMS
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
skip() {
  echo "SKIPPED: $1"
  exit 77
}
((EUID == 0)) || skip 'slurmd takes root'
export PATH=$PATH:/usr/sbin:/sbin
for program in slurmctld slurmd sbatch squeue scancel scontrol munged; do
  command -v $program >/dev/null || skip "$program is not installed (slurm-wlm, munge)"
done
# shellcheck source=tests/integration/common.sh
. "$here/../common.sh" "$1"

mapfile -t ports < <(python3 -c '
import socket
sockets = [socket.socket() for _ in range(2)]
for s in sockets: s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
host=$(hostname -s)
mkdir -p state spool out
chmod 755 "$work"
head -c 1024 /dev/urandom >munge.key
chmod 400 munge.key
munged --force --foreground --key-file="$work/munge.key" --socket="$work/munge.sock" \
  --pid-file="$work/munge.pid" --log-file="$work/munge.log" --seed-file="$work/munge.seed" \
  --num-threads=2 >munged.out 2>&1 &
pids+=($!)
until_true 20 test -S munge.sock || skip "munged does not start: $(tail -n 3 munged.out munge.log 2>&1)"
cat >slurm.conf <<CONF
ClusterName=local
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$work/munge.sock
CredType=cred/munge
SlurmctldPort=${ports[0]}
SlurmdPort=${ports[1]}
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/builtin
SchedulerParameters=sched_min_interval=200000
ReturnToService=2
KillWait=5
MaxArraySize=10001
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) RealMemory=1000 State=UNKNOWN
PartitionName=debug Nodes=$host Default=YES MaxTime=INFINITE State=UP
CONF
export SLURM_CONF=$work/slurm.conf
start_controller() {
  slurmctld -D -f "$SLURM_CONF" >>slurmctld.out 2>&1 &
  controller=$!
  pids+=("$controller")
}
start_controller
slurmd -D -f "$SLURM_CONF" >slurmd.out 2>&1 &
slurmd_pid=$!
pids+=("$slurmd_pid")
# Jobs have process groups of their own: they end before their node does.
end_slurm() {
  scancel --me --signal=KILL --full >/dev/null 2>&1
  scancel --me >/dev/null 2>&1
  until_true 20 no_jobs
  pkill -KILL -g 0 -f "slurmstepd.*$work" 2>/dev/null
  cleanup
}
no_jobs() { [ -z "$(squeue --me --noheader 2>/dev/null)" ]; }
trap end_slurm EXIT
idle() { sinfo --noheader --format=%T 2>/dev/null | grep -qE '^(idle|mixed|allocated)'; }
until_true 30 idle || skip "the node does not come up: $(sinfo 2>&1; tail -n 3 slurmctld.log slurmd.log 2>&1)"

cat >lab.yaml <<'YAML'
name: lab
data: {synthetic: {rows: 400, columns: 24, noise: 0.1}, standardize: true}
loss: {lp: 4}
model: {init: {scheme: balanced, norm: 0.1}}
optimizer: {learning_rate: 1e-5}
steps: 200000
axes: {depth: [1, 2, 3], seed: {range: {from: 0, to: 40}}}
record: {points: 20}
YAML
results="SELECT trial, state, steps, final_loss, best_loss FROM results WHERE sweep = 1 ORDER BY trial"
start_server lab.db --listen 127.0.0.1:0 --lease-ttl 3
"$bin/fathom" submit lab.yaml --server "$server" >/dev/null || fail submit
ask() { "$bin/fathom" query "$1" --server "$server" --format csv 2>/dev/null | tail -n +2; }
finished() { ask "SELECT COUNT(*) FROM results WHERE sweep = 1"; }
at_least() { [ "$(finished)" -ge "$1" ]; }
running() { squeue --me --noheader --array --states=RUNNING --format=%i; }
has_running() { [ -n "$(running)" ]; }

"$bin/fathom" autoscale slurm --server "$server" --slots 1 --max 2 --period-seconds 1 \
  --idle-minutes 0.05 --target-minutes 0.1 -- --output="$work/out/%A_%a" --time=00:02:00 \
  >scale.log 2>&1 &
scaler=$!
pids+=("$scaler")
until_true 60 has_running || fail "no job runs: $(cat scale.log; squeue)"
until_true 60 at_least 1 || fail "nothing is finished: $(cat scale.log out/* 2>&1)"

scancel "$(running | head -n 1)"
until_true 60 at_least 8 || fail "nothing goes on after scancel: $(cat scale.log)"
until_true 60 has_running || fail "no job after scancel"
scontrol requeue "$(running | head -n 1)" || fail 'requeue'
until_true 90 at_least 20 || fail "nothing goes on after requeue: $(cat scale.log)"

# The controller is away for a moment; workers do not mind.
kill -TERM "$controller"
wait "$controller"
until_true 60 at_least 30 || fail "nothing goes on without the controller: $(cat scale.log)"
start_controller
until_true 60 idle || fail 'the controller does not come back'

# A node that is drained takes no more jobs; those that run go on.
scontrol update "nodename=$host" state=drain reason=test || fail drain
until_true 60 at_least 40 || fail "nothing goes on while the node is drained"
scontrol update "nodename=$host" state=resume || fail resume

complete() { [ "$(ask "SELECT state FROM sweep_overview WHERE sweep = 1")" = completed ]; }
until_true 400 complete || fail "not completed ($(finished) results): $(tail -n 5 scale.log; squeue)"
until_true 60 no_jobs || fail "jobs are left: $(squeue)"
kill -TERM "$scaler"
wait_for "$scaler"
expect 0 '120 recorded, 0 duplicates, 0 holes, 0 stale writes' "$bin/fathom" audit --server "$server"
grep -q 'submit' scale.log || fail 'nothing was ever submitted'
grep -hq 'slurm' <("$bin/fathom-worker" --help) || fail 'the help of the worker does not name Slurm'
[ "$(ask "SELECT COUNT(*) FROM results WHERE sweep = 1 AND state NOT IN ('succeeded', 'diverged')")" = 0 ] ||
  fail 'trials failed'

# The time limit: a job of a minute leaves before it is over, by itself.
sbatch --parsable --time=00:01:00 --output="$work/out/limit" --signal=B:USR2@20 \
  --wrap "exec '$bin/fathom-worker' --server $server --slots 1 --deadline \$(squeue --noheader --jobs \$SLURM_JOB_ID --format %e)" \
  >limit.id || fail 'sbatch'
until_true 100 grep -qsE 'the end of the job is near|stopping' out/limit ||
  fail "no word of the time limit: $(cat out/limit)"
until_true 30 no_jobs || fail 'the job is still there'

"$bin/fathom" run lab.yaml --db alone.db --slots "$(nproc)" --quiet >/dev/null 2>&1 ||
  fail 'the undisturbed run'
ask "$results" >together.csv
"$bin/fathom" query "$results" --db alone.db --format csv 2>/dev/null | tail -n +2 >alone.csv
cmp -s together.csv alone.csv || fail "results differ: $(diff together.csv alone.csv | head -n 5)"
finish
