#!/usr/bin/env bash
# Installs what is missing, builds everything and runs every check.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

case ${1-} in
'') ;;
--help | -h)
  cat <<TEXT
Usage: bash deploy/test.sh

Installs the Debian packages that are missing (root or sudo), builds fathom and
its tests into build/release, and runs them and deploy/lint.sh.
A run after the first builds only what has changed.
$exit_codes
TEXT
  exit 0
  ;;
*) die 2 "unknown option $1; see --help" ;;
esac

check_system
need_own_checkout
ensure_packages "${build_packages[@]}" "${run_packages[@]}" "${test_packages[@]}" \
  "${page_packages[@]}" clang-format shellcheck valgrind
configure -DFATHOM_TESTS=ON -DCMAKE_UNITY_BUILD=OFF -DFATHOM_PAGE=AUTO -DFATHOM_PAGE_FETCH_NODE=ON
compile all

failed=()
bash "$root/deploy/lint.sh" || failed+=(lint)
say "tests"
ctest --test-dir "$build" -j "$(nproc)" --output-on-failure --no-tests=error |
  condense || failed+=(tests)
((${#failed[@]} == 0)) || die 1 "failed: ${failed[*]}"
say "all checks passed"
