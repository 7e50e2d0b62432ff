#!/usr/bin/env bash
# Drives the programs where their output cannot go where it should: a full disk,
# a reader that has left, streams that are closed. Nothing of that may exit with
# 0, and nothing of it may touch the ledger.
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
numbers="WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000) SELECT i FROM n"

# is CODE WHAT COMMAND...: the exit code alone.
is() {
  local code=$1 what=$2
  shift 2
  timeout 60 "$@"
  local status=$?
  [ "$status" = "$code" ] || fail "$what: $* exited with $status, expected $code"
}

echo '-- answers that are cut off'
for format in table csv json; do
  is 7 "rows as $format" "$bin/fathom" query "$numbers" --db run.db --format "$format" >cut.txt 2>cut.log
  grep -q 'cut off after 10,000 rows; --limit' cut.log || fail "$format: $(cat cut.log)"
done
"$bin/fathom" query "$numbers" --db run.db --json >cut.json 2>cut.log
grep -q '"truncated": true}$' cut.json || fail "cut.json ends with $(tail -n 1 cut.json)"
"$bin/fathom" query "$numbers" --db run.db --format csv >cut.csv 2>cut.log
[ "$(wc -l <cut.csv)" = 10001 ] || fail 'cut.csv does not have what there is'
is 0 'a limit that is given' "$bin/fathom" query "$numbers" --db run.db --limit 10000 --json >limited.json
grep -q '"truncated": false}$' limited.json || fail 'a limit that was asked for counts as cut off'
is 0 'an answer that fits' "$bin/fathom" query "$numbers" --db run.db --limit 30000 >all.txt

echo '-- a full disk'
if [ -c /dev/full ]; then
  for arguments in 'list' 'list --json' 'show 1' 'audit --json' 'summary 1' \
    'best 1 --json' 'verify 1 --quiet'; do
    # shellcheck disable=SC2086
    is 1 'full disk' "$bin/fathom" $arguments --db run.db >/dev/full 2>/dev/null
  done
  for format in table csv json; do
    is 1 'full disk' "$bin/fathom" query "$numbers" --limit 30000 --db run.db --format "$format" \
      >/dev/full 2>full.log
    [ "$(cat full.log)" = 'fathom: cannot write the output' ] || fail "full disk: $(cat full.log)"
  done
  is 1 'full disk' "$bin/fathom" run quick.yaml --db run.db --no-plot --quiet --json >/dev/full 2>/dev/null
fi

echo '-- files that do not fit'
# 40 KiB: enough for what SQLite puts beside a ledger that is read.
small=(bash -c "trap '' XFSZ; ulimit -f 40; exec \"\$@\"" small)
awk 'BEGIN { print "y,a"; for (i = 0; i < 5000; ++i) print i / 7 "," i / 3 }' >long.csv
is 1 'a backup' "${small[@]}" "$bin/fathom" backup half.db --db run.db >/dev/null 2>&1
is 1 'an import' "${small[@]}" "$bin/fathom" data import long.csv --target y --out half.csv >/dev/null 2>&1
is 1 'a ledger' "${small[@]}" "$bin/fathom" run quick.yaml --db half-run.db --no-plot --quiet >/dev/null 2>&1
if command -v gnuplot >/dev/null; then
  is 1 'a picture' "${small[@]}" "$bin/fathom" plot 1 --db run.db --out pictures >/dev/null 2>&1
  rm -f pictures/*.svg
fi
left=$(find . -name '*.png' -o -name 'half.*' -o -name '*.db.*' -o -name 'fathom-backup*')
[ -z "$left" ] || fail "half a file is there: $left"

echo '-- a reader that leaves'
# Killed by the signal, or an error of its own where that is ignored.
for trap_pipe in true "trap '' PIPE"; do
  bash -c "$trap_pipe; "'"$1/fathom" query "$2" --limit 30000 --db run.db --format csv; echo $? >left.code' \
    left "$bin" "$numbers" 2>left.log | head -n 1 >first.txt
  [ "$(cat first.txt)" = i ] || fail "head saw $(cat first.txt)"
  case $(cat left.code) in
  141 | 1) ;;
  *) fail "query exited with $(cat left.code) when its reader had left" ;;
  esac
done

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
  wait_for "${pids[-1]}" || fail "a coordinator without stream $stream exited with $?"
done
expect 0 'no sweeps yet' "$bin/fathom" list --db mute.db

finish
