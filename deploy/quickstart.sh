#!/usr/bin/env bash
# Installs what is missing, builds fathom and runs the sweep `quickstart`.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

ledger=fathom-quickstart.db

if [[ ${1-} == --help || ${1-} == -h ]]; then
  cat <<TEXT
Usage: bash deploy/quickstart.sh [OPTION of 'fathom run'...]

Installs the Debian packages that are missing (root or sudo), builds fathom into
build/release and runs the sweep 'quickstart': does depth accelerate l_2 and l_4
regression? Results go to $ledger in the current folder. Run it again
and it goes on where it stopped; nothing recorded is computed twice.

Options are handed to 'fathom run', such as --slots 1, --quiet or --db FILE.
$exit_codes
TEXT
  exit 0
fi

check_system
need_own_checkout
ensure_packages "${build_packages[@]}" "${run_packages[@]}"
# Without the tests, which want more packages, and in batches, which takes less than
# half of the time; a build that is there is gone on with as it is.
if [[ -e $build/build.ninja ]]; then configure; else configure "${batches[@]}" -DFATHOM_TESTS=OFF; fi
compile fathom fathom-server fathom-worker

args=(run quickstart)
case " $* " in
*" --db "* | *" --db="*) say "running the sweep 'quickstart'" ;;
*)
  args+=(--db "$ledger")
  say "running the sweep 'quickstart'; its ledger is $PWD/$ledger"
  ;;
esac
exec "$build/bin/fathom" "${args[@]}" "$@"
