#!/usr/bin/env bash
# Builds the fuzz targets and runs each of them for a while.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage="Usage: fuzz.sh [--seed N] [SECONDS [TARGET...]]

Runs each libFuzzer target of tests/fuzz (or those named, such as csv) for so
many seconds (60), starting from the inputs in tests/fuzz/corpus and from what
earlier runs found, which is kept in build/asan/corpus. An input that breaks
something is left in build/asan/found, named after its target; to see it again:
  build/asan/fuzz/TARGET_fuzz build/asan/found/FILE
With --seed, the inputs are the same ones in every run, as far as it comes; they
are others each time without it.

$exit_codes"
seed=0 # libFuzzer draws one itself.
if [[ ${1-} == --seed ]]; then
  [[ ${2-} =~ ^[1-9][0-9]{0,8}$ ]] || die 2 "--seed: found '${2-}', expected 1 to 999999999"
  seed=$2
  shift 2
fi
case ${1:-} in
-h | --help) echo "$usage" && exit 0 ;;
'' | [0-9]*) ;;
*) echo "$usage" >&2 && exit 2 ;;
esac
seconds=${1:-60}
shift || true

build=$root/build/asan
ensure_packages "${build_packages[@]}" "${test_packages[@]}" "${sanitizer_packages[@]}"
configure -DFATHOM_TESTS=ON
compile fuzz

targets=("$@")
if ((${#targets[@]} == 0)); then
  for file in "$root"/tests/fuzz/*_fuzz.cc; do
    targets+=("$(basename "$file" _fuzz.cc)")
  done
fi
mkdir -p "$build/found"
failed=()
for target in "${targets[@]}"; do
  say "$target, $seconds s"
  mkdir -p "$build/corpus/$target"
  options=(-seed="$seed" -max_total_time="$seconds" -timeout=60 -rss_limit_mb=2048
    -artifact_prefix="$build/found/$target-" -print_final_stats=1)
  # An input of this one reaches ten thousand places, and to weigh it by how
  # rare they are takes longer than to try another one.
  [[ $target != sweep_service ]] || options+=(-entropic=0)
  if [[ -e $root/tests/fuzz/$target.dict ]]; then
    options+=(-dict="$root/tests/fuzz/$target.dict")
  fi
  log=$(mktemp)
  if "$build/fuzz/${target}_fuzz" "${options[@]}" "$build/corpus/$target" \
    "$root/tests/fuzz/corpus/$target" >"$log" 2>&1; then
    grep -E '^stat::(number_of_executed_units|new_units_added)' "$log" || true
  else
    tail -n 60 "$log"
    failed+=("$target")
  fi
  rm -f "$log"
done
((${#failed[@]} == 0)) || die 1 "broken: ${failed[*]} (inputs in $build/found)"
say "nothing found"
