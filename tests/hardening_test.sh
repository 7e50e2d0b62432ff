#!/usr/bin/env bash
# Fails when a program lacks what CMakeLists.txt builds programs for use with.
# Usage: hardening_test.sh PROGRAM...
set -u
status=0
missing() { # PROGRAM WHAT
  echo "$1: found no $2" >&2
  status=1
}
(($# > 0)) || {
  echo "usage: hardening_test.sh PROGRAM..." >&2
  exit 2
}
for program in "$@"; do
  dynamic=$(readelf --wide --dynamic "$program") || exit 2
  segments=$(readelf --wide --program-headers "$program") || exit 2
  imports=$(readelf --wide --dyn-syms "$program" | grep -w UND) || exit 2
  grep -q 'FLAGS_1.*\bPIE\b' <<<"$dynamic" ||
    missing "$program" 'place of its own in memory each time (-pie)'
  grep -q 'GNU_RELRO' <<<"$segments" ||
    missing "$program" 'table of functions that is read-only (-z relro)'
  grep -q 'BIND_NOW\|FLAGS_1.*\bNOW\b' <<<"$dynamic" ||
    missing "$program" 'look-up of all functions at the start (-z now)'
  grep -q 'GNU_STACK.* RW ' <<<"$segments" ||
    missing "$program" 'stack that cannot be executed (-z noexecstack)'
  grep -q '__stack_chk_fail' <<<"$imports" ||
    missing "$program" 'guard of return addresses (-fstack-protector-strong)'
  grep -qE ' __[a-z_]+_chk@' <<<"$imports" ||
    missing "$program" 'call that checks its buffer (-D_FORTIFY_SOURCE)'
  grep -q '__glibcxx_assert_fail' <<<"$imports" ||
    missing "$program" 'check of an index (-D_GLIBCXX_ASSERTIONS)'
done
exit $status
