#!/usr/bin/env bash
# Installs what is missing, builds fathom and runs the sweep `quickstart`.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

if [[ ${1-} == --help || ${1-} == -h ]]; then
  cat <<TEXT
Usage: bash deploy/quickstart.sh [OPTION of 'fathom run'...]

Installs the Debian packages that are missing (root or sudo), builds fathom into
build/release and runs the sweep 'quickstart': does depth accelerate l_2 and l_4
regression? Results go to fathom-quickstart.db in the current folder. Run it again
and it goes on where it stopped; nothing recorded is computed twice.

Options:
  --no-page  leaves out the page of 'fathom ui', which takes Node: one that is there,
             or one that pip gets into build/node (58 MiB)
Other options are handed to 'fathom run', such as --slots 1, --quiet or --db FILE.
$exit_codes
TEXT
  exit 0
fi

# A path as it is typed here.
shown() { printf '%q' "${1#"$PWD/"}"; }

# The page is made beside the compiling; without a network there is none.
page=(-DFATHOM_PAGE=AUTO -DFATHOM_PAGE_FETCH_NODE=ON)
has_page='^FATHOM_PAGE:[A-Z]+=(AUTO|ON)$'
args=(run quickstart)
for option in "$@"; do
  if [[ $option == --no-page ]]; then
    page=(-DFATHOM_PAGE=OFF) page_packages=()
    has_page='^FATHOM_PAGE:[A-Z]+=OFF$'
    continue
  fi
  [[ $option != --db=* ]] || db=${option#--db=}
  [[ ${args[-1]} != --db ]] || db=$option
  args+=("$option")
done

check_system
need_own_checkout
ensure_packages "${build_packages[@]}" "${run_packages[@]}" "${page_packages[@]}"
# Without the tests, which want more packages, and in batches, which takes less than
# half of the time; a build that is there is gone on with as it is.
if [[ ! -e $build/build.ninja ]]; then
  configure "${batches[@]}" -DFATHOM_TESTS=OFF "${page[@]}"
elif grep -qE "$has_page" "$build/CMakeCache.txt"; then
  configure
else
  configure "${page[@]}"
fi
# With the man pages and completions, which `cmake --install` takes along.
compile fathom fathom-server fathom-worker fathom_pages

if [[ -n ${db-} ]]; then
  say "running the sweep 'quickstart'"
else
  db=fathom-quickstart.db
  args+=(--db "$db")
  say "running the sweep 'quickstart'; its ledger is $PWD/$db"
fi
"$build/bin/fathom" "${args[@]}"
# Empty without a page.
[[ ! -s $build/page.list ]] || say "to look at it in a browser: $(shown "$build/bin/fathom") ui --db $(shown "$db")"
