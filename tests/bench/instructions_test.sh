#!/usr/bin/env bash
# Counts the instructions of fixed bundles under callgrind and fails when there
# are more than 5 % more than in instructions.txt.
# Usage: instructions_test.sh PROGRAM COMPILER BUILD_TYPE [--renew]
#   PROGRAM     tests/fixed_bundle of the build
#   COMPILER    what it was compiled with, such as "GNU 12.2.0"
#   --renew     writes the counts to instructions.txt instead
# Exit codes: 0 no growth, 1 growth, 77 cannot be compared here (and why).
set -uo pipefail
program=$1 compiler=$2 build_type=$3 renew=${4-}
here=$(dirname "${BASH_SOURCE[0]}")
baseline=$here/instructions.txt
skip() {
  echo "skipped: $*"
  exit 77
}
known() { sed -n "s/^$1 //p" "$baseline"; }

[ "$build_type" = Release ] || skip "a $build_type build is not what is guarded"
command -v valgrind >/dev/null || skip 'there is no valgrind (apt install valgrind)'
if [ -z "$renew" ] && [ "$(known compiler)" != "$compiler" ]; then
  skip "compiled with $compiler; the counts in instructions.txt are of $(known compiler)"
fi
# count NAME: prints the number of instructions in fathom_fixed_NAME.
count() {
  local log code
  log=$(timeout 100 valgrind --tool=callgrind --callgrind-out-file=/dev/null \
    --collect-atstart=no --toggle-collect="fathom_fixed_$1" "$program" 2>&1)
  code=$?
  [ $code != 77 ] || return 77
  if [ $code != 0 ]; then
    echo "$log" >&2
    return 1
  fi
  sed -n 's/^==[0-9]*== Collected : *\([0-9]*\).*/\1/p' <<<"$log"
}

status=0
text="# Instructions of tests/bench/fixed_bundle under callgrind, with avx2. Renew with:
#   bash tests/bench/instructions_test.sh build/release/tests/fixed_bundle \"$compiler\" Release --renew
compiler $compiler"
for name in data factors; do
  counted=$(count $name)
  code=$?
  [ $code != 77 ] || skip 'valgrind offers no avx2 here'
  [ $code = 0 ] && [ -n "$counted" ] && [ "$counted" -gt 0 ] || {
    echo "fathom_fixed_$name was not counted" >&2
    exit 1
  }
  text="$text
$name $counted"
  [ -z "$renew" ] || continue
  before=$(known $name)
  percent=$(awk "BEGIN {printf \"%+.2f\", 100 * ($counted - $before) / $before}")
  echo "$name: $counted instructions, $percent % of the $before in instructions.txt"
  if [ $((counted * 100)) -gt $((before * 105)) ]; then
    echo "that is more than 5 % more; if it has to be, renew instructions.txt: its first lines say how" >&2
    status=1
  elif [ $((counted * 100)) -lt $((before * 95)) ]; then
    echo "that is well below: renew instructions.txt, so that it stays so"
  fi
done
[ -z "$renew" ] || {
  echo "$text" >"$baseline"
  cat "$baseline"
}
exit $status
