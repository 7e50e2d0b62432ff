#!/usr/bin/env bash
# Measures what one coordinator bears, and what other systems do with trials
# that do nothing; writes the sections about it into docs/performance.md.
set -euo pipefail

usage="Usage: bash tests/bench/load.sh [--peers] [--quick] [--only PART]... [--rounds N]
                                [--folder DIR] [--cache DIR]

Starts fathom-server again and again on a new ledger and loads it with simulated
workers (load_bench, which ninja builds), about 10 minutes in all. Then writes the
sections of docs/performance.md and docs/load.svg from the newest results of all
parts.
  --peers    measures the peers, too, another 10 minutes: makes a Python
             environment in the cache and installs Optuna, Dask, Ray and HyperQueue
  --only     one part, others keep their last results: lease trials workers points
             idle telemetry joins herd; own (the rows beside the peers) optuna-sqlite optuna-journal
             dask ray hyperqueue
  --quick    a tenth of everything, once, into CACHE/quick instead of docs
  --rounds   of which the medians are taken (3)
  --folder   where ledgers are written, on a disk (/var/tmp)
  --cache    for the environment and the results (\$XDG_CACHE_HOME/fathom-load)
The machine should do nothing else meanwhile. Needs gnuplot and python3-venv."

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
own_parts=(lease trials workers points idle telemetry joins herd)
peers=(optuna-sqlite optuna-journal dask ray hyperqueue)
parts=()
with_peers=false
quick=false
rounds=3
folder=/var/tmp
cache=${XDG_CACHE_HOME:-$HOME/.cache}/fathom-load
while (($# > 0)); do
  case $1 in
  --help | -h)
    echo "$usage"
    exit 0
    ;;
  --peers) with_peers=true && shift ;;
  --quick) quick=true && shift ;;
  --only) parts+=("${2:?--only wants a part}") && shift 2 ;;
  --rounds) rounds=${2:?--rounds wants a number} && shift 2 ;;
  --folder) folder=${2:?--folder wants a folder} && shift 2 ;;
  --cache) cache=${2:?--cache wants a folder} && shift 2 ;;
  *)
    printf 'error: unknown option %s\n%s\n' "$1" "$usage" >&2
    exit 2
    ;;
  esac
done
if ((${#parts[@]} == 0)); then
  parts=("${own_parts[@]}")
  if $with_peers; then parts+=(own "${peers[@]}"); fi
fi
bench=$root/build/release/tests/load_bench
[[ -x $bench ]] || {
  printf 'error: %s is not there; run: ninja -C build/release load_bench\n' "$bench" >&2
  exit 1
}
results=$cache/results
docs=$root/docs
shrink=1
if $quick; then
  results=$cache/quick
  docs=$results
  shrink=10
  rounds=1
fi
mkdir -p "$results"
scratch=$(mktemp -d "$folder/fathom-load.XXXXXX")
trap 'rm -rf "$scratch"' EXIT

# cycles TRIALS OPTION... prints a line per round.
cycles() {
  local trials=$(($1 / shrink / 100 * 100))
  shift
  "$bench" --json --rounds "$rounds" --folder "$scratch" cycles \
    --trials $((trials < 100 ? 100 : trials)) "$@"
}

measure_lease() {
  cycles 60000 --workers 64 --lease 1
  cycles 200000 --workers 64 --lease 4
  local lease
  for lease in 16 64 256 1024; do
    cycles 400000 --workers 64 --lease "$lease"
  done
}

measure_trials() {
  local trials
  for trials in 1000 10000 100000 1000000; do
    cycles "$trials" --workers 64 --lease 16
  done
}

measure_workers() {
  cycles 40000 --workers 1 --lease 16
  local workers
  for workers in 10 100 1000 10000; do
    cycles 300000 --workers "$workers" --lease 16
  done
}

# The last one is far more than the disk takes, and is checked.
measure_points() {
  cycles 4000 --workers 64 --lease 16 --points 1000
  cycles 4000 --workers 64 --lease 16 --points 1000 --metrics 3
  cycles 40000 --workers 64 --lease 16 --points 100
  cycles 2000 --workers 64 --lease 16 --points 5000 --audit
}

measure_idle() {
  local workers
  for workers in 10 100 1000 10000; do
    "$bench" --json --folder "$scratch" --workers "$workers" \
      idle --seconds $((20 / shrink))
  done
}

# With and without take turns, as the machine is not always the same.
measure_telemetry() {
  local round
  for ((round = 0; round < rounds; ++round)); do
    one_cycle 1000000 --workers 10000 --lease 16
    one_cycle 1000000 --workers 10000 --lease 16 --telemetry --scrape 15 --audit
  done
}

one_cycle() {
  local rounds=1
  cycles "$@"
}

# Of 10,000 workers, 1,000 come and die.
measure_joins() {
  "$bench" --json --rounds "$rounds" --folder "$scratch" --workers $((9000 / shrink)) --lease 16 --work 4 \
    --trials $((1000000 / shrink)) --telemetry --scrape 15 --seconds 10 joins --joining $((1000 / shrink))
}

# Each with a connection of its own, as processes have.
measure_herd() {
  "$bench" --json --rounds "$rounds" --folder "$scratch" --workers $((10000 / shrink)) \
    --channels $((10000 / shrink)) --lease 16 --work 4 --trials $((400000 / shrink)) --telemetry --seconds 5 herd
}

measure_own() {
  local workers
  for workers in 1 2; do
    cycles 10000 --workers "$workers" --lease 1
    cycles 40000 --workers "$workers" --lease 16
    cycles 200000 --workers "$workers" --lease 256
  done
}

# measure_peer NAME PACKAGE TRIALS
measure_peer() {
  local name=$1 package=$2 trials=$(($3 / shrink)) python=$cache/venv/bin/python
  local log=$cache/$name.log workers round
  skip() {
    printf '{"peer": "%s", "skipped": "%s"}\n' "$name" "$1"
    printf 'skipped %s: %s; see %s\n' "$name" "$1" "$log" >&2
  }
  if [[ ! -x $python ]] && ! python3 -m venv "$cache/venv" >"$log" 2>&1; then
    skip "python3 cannot make an environment"
    return
  fi
  if ! "$python" -m pip install --quiet "$package" >"$log" 2>&1; then
    skip "pip does not install $package"
    return
  fi
  for workers in 1 2; do
    for ((round = 0; round < rounds; ++round)); do
      mkdir -p "$scratch/$name"
      if ! timeout 120 "$python" "$here/load_peers.py" "$name" \
        --workers "$workers" --trials "$trials" --folder "$scratch/$name" 2>"$log"; then
        skip "it failed"
        return
      fi
      rm -rf "${scratch:?}/$name"
    done
  done
}

for part in "${parts[@]}"; do
  printf '==> %s\n' "$part" >&2
  new=$results/$part.new
  python3 "$here/load_report.py" conditions --rounds "$rounds" >"$new"
  case $part in
  lease | trials | workers | points | idle | telemetry | joins | herd | own) "measure_$part" >>"$new" ;;
  optuna-sqlite) measure_peer "$part" optuna 120 >>"$new" ;;
  optuna-journal) measure_peer "$part" optuna 800 >>"$new" ;;
  dask) measure_peer "$part" 'dask[distributed]' 3000 >>"$new" ;;
  ray) measure_peer "$part" ray 6000 >>"$new" ;;
  hyperqueue) measure_peer "$part" hyperqueue 3000 >>"$new" ;;
  *)
    printf 'error: there is no part %s\n%s\n' "$part" "$usage" >&2
    exit 2
    ;;
  esac
  mv "$new" "$results/$part.jsonl"
done
python3 "$here/load_report.py" write --results "$results" --docs "$docs"
