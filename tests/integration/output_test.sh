#!/usr/bin/env bash
# Drives the programs with streams that are closed, which must not touch the
# ledger.
# Usage: output_test.sh FOLDER_OF_THE_PROGRAMS
# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/common.sh" "$1"

cat >quick.yaml <<'YAML'
name: quick
data: {synthetic: {rows: 50, columns: 5, noise: 0.1}}
model: {init: {scheme: balanced, norm: 0.1}}
steps: 200
axes:
  depth: [1, 2]
  learning_rate: [0.001, 0.01]
YAML
expect 0 '' "$bin/fathom" run quick.yaml --db run.db --no-plot --quiet

# is CODE WHAT COMMAND...: the exit code alone.
is() {
  local code=$1 what=$2
  shift 2
  timeout 60 "$@"
  local status=$?
  [ "$status" = "$code" ] || fail "$what: $* exited with $status, expected $code"
}

echo '-- closed streams'
is 1 'closed output' "$bin/fathom" list --db run.db >&- 2>closed.log
grep -q 'cannot write the output' closed.log || fail "closed output: $(cat closed.log)"
is 1 'closed output' "$bin/fathom" run quick.yaml --db closed.db --no-plot >&- 2>/dev/null
is 0 'closed errors' "$bin/fathom" run quick.yaml --db closed.db --no-plot 2>&- >/dev/null
is 0 'closed input' "$bin/fathom" list --db closed.db <&- >/dev/null
# The ledger must not take the place of the log.
for stream in 0 1 2; do
  bash -c "exec \"\$1/fathom-server\" --db mute.db --listen 127.0.0.1:0 $stream<&-" \
    mute "$bin" 2>/dev/null &
  pids+=("$!")
  opened() { readlink "/proc/${pids[-1]}/fd/"* | grep -q '/mute\.db-shm$'; }
  until_true 30 opened || fail "a coordinator without stream $stream does not start"
  [[ $(readlink "/proc/${pids[-1]}/fd/$stream") != */mute.db* ]] ||
    fail "the ledger is stream $stream of its coordinator"
  kill -TERM "${pids[-1]}"
  wait "${pids[-1]}" || fail "a coordinator without stream $stream exited with $?"
done
expect 0 'no sweeps yet' "$bin/fathom" list --db mute.db

finish
