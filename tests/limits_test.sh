#!/usr/bin/env bash
# Every row of server/limits.h is named by a test: one that sends what is at the
# bound and what is beyond it, or that puts a small one in.
# Usage: limits_test.sh SOURCE_DIR
set -u
cd "$1" || exit 2
failures=0
rows=$(grep -oE '\b(k?Max[A-Za-z]+)( =|\()' server/limits.h | grep -oE 'k?Max[A-Za-z]+' | sort -u)
[ -n "$rows" ] || { echo 'server/limits.h has no rows' >&2; exit 1; }
for row in $rows; do
  if ! grep -rqw --include='*.cc' --include='*.sh' --include='*.py' "$row" tests; then
    echo "server/limits.h: no test names $row" >&2
    failures=1
  fi
done
exit $failures
