#!/usr/bin/env bash
# Measures how long it takes from a clone to the first picture, without a compiler
# cache, and where the time goes. The packages are there already.
set -euo pipefail
usage='Usage: first_picture.sh [ROUNDS]

Clones what is committed into a temporary folder, builds it and runs the
quickstart, ROUNDS times (once), and says how long that took.'
case ${1:-1} in
-h | --help) echo "$usage" && exit 0 ;;
*[!0-9]*) echo "$usage" >&2 && exit 2 ;;
esac
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export CCACHE_DISABLE=1
TIMEFORMAT="%R s from clone to picture, on $(nproc) cores; the processor: %U s for us, %S s for the system"

first_picture() { # FOLDER
  local start=$SECONDS line
  git clone --quiet "$root" "$1"
  cd "$1"
  bash deploy/quickstart.sh --quiet 2>&1 | tee log | while IFS= read -r line; do
    case $line in '==>'*) printf '%4d s  %s\n' $((SECONDS - start)) "${line#==> }" ;; esac
  done || { cat log >&2 && return 1; }
  ls ./*.svg >/dev/null
}

for round in $(seq "${1:-1}"); do
  time (first_picture "$scratch/$round")
done
