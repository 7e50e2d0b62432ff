#!/usr/bin/env bash
# Runs the presets of the paper and its follow-ups into one ledger: the tables
# and pictures of docs/science.md.
set -euo pipefail

usage="Usage: bash tests/bench/figures.sh [--scale NAME] [--data DIR] [--out DIR] [PRESET...]

Runs each preset (default: all but quickstart), one after the other, and leaves
in --out (default: figures) the ledger figures.db, a picture (with what was
published on it, where there is something) and PRESET-SCALE.txt with what was
printed. What is in the ledger already is not run again. As they stand the presets
take some minutes on two cores; with --scale paper or --scale race, hours. A preset
without that scale runs as it stands. tests/bench/figure_errors.py sets the ledger
beside what was published.
Needs build/release/bin/fathom (deploy/quickstart.sh builds it)."

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
fathom=$root/build/release/bin/fathom
out=figures
scale=
data=()
presets=()
while (($# > 0)); do
  case $1 in
  --help | -h)
    echo "$usage"
    exit 0
    ;;
  --scale) scale=${2:?--scale wants a name} && shift 2 ;;
  --data) data=(--data "${2:?--data wants a folder}") && shift 2 ;;
  --out) out=${2:?--out wants a folder} && shift 2 ;;
  -*)
    printf 'error: unknown option %s\n%s\n' "$1" "$usage" >&2
    exit 2
    ;;
  *) presets+=("$1") && shift ;;
  esac
done
[[ -x $fathom ]] || {
  printf 'error: %s is not there; run deploy/quickstart.sh first\n' "$fathom" >&2
  exit 1
}
if ((${#presets[@]} == 0)); then
  mapfile -t presets < <("$fathom" presets | awk '$1 ~ "/" { print $1 }')
fi

mkdir -p "$out"
for preset in "${presets[@]}"; do
  printf '==> %s\n' "$preset"
  args=(run "$preset" --db "$out/figures.db" "${data[@]}")
  text=$out/${preset//\//-}
  # Only some presets have scales.
  if [[ -n $scale ]] && "$fathom" presets show "$preset" | grep -q "^  $scale:"; then
    args+=(--scale "$scale")
    text+=-$scale
  fi
  "$fathom" "${args[@]}" | tee "$text.txt"
  if [[ $scale == paper && -e $root/client/presets/$preset.csv ]]; then
    "$fathom" plot "$preset" --db "$out/figures.db" --out "$out" --overlay published
  fi
done
