#!/usr/bin/env bash
# The page of `fathom ui` in a real browser: on a ledger file, on a live coordinator
# with a worker, with a login, and with each side going away and coming back.
# Skipped, saying why, without chromium, its driver, python3-selenium or the page.
# Usage: browser_test.sh FOLDER_OF_THE_PROGRAMS [FOLDER_OF_THE_PAGE_BUILD] [TEST...]
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
skip() {
  echo "SKIPPED: $1"
  exit 77
}
for program in chromium chromedriver; do
  command -v $program >/dev/null || skip "$program is not installed"
done
/usr/bin/python3 -c 'import selenium' 2>/dev/null || skip 'python3-selenium is not installed'
build=$(cd "${2:-/nonexistent}" 2>/dev/null && pwd)
# shellcheck source=tests/integration/common.sh
. "$here/../integration/common.sh" "$1"
"$bin/fathom" ui --help 2>/dev/null | grep -q -- '--listen' || skip 'fathom ui is not built'
shift
[ $# -eq 0 ] || shift
export FATHOM_BIN=$bin FATHOM_WORK=$work FATHOM_AXE=$build/node_modules/axe-core/axe.min.js
export PYTHONDONTWRITEBYTECODE=1
cd "$here" || exit 2
if [ $# -gt 0 ]; then tests=("$@"); else tests=(discover -p '*_test.py'); fi
/usr/bin/python3 -m unittest --verbose "${tests[@]}" 2>&1
status=$?
((status == 0)) || exit 1
finish
