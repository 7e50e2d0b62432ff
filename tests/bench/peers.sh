#!/usr/bin/env bash
# Measures fathom beside PyTorch, NumPy and JAX, and writes docs/performance.md.
set -euo pipefail

usage="Usage: bash tests/bench/peers.sh [--quick] [--cache DIR] [--part NAME]... [--write]
                                 [--torch-index URL]

Installs the peers into Python environments under --cache (default:
\$XDG_CACHE_HOME/fathom/peers or ~/.cache/fathom/peers; PyTorch takes up to 6 GB
there, since its usual package brings what GPUs need: --torch-index names an index
with one for processors only), checks that all compute the same, measures, and
writes the sections of docs/performance.md and their pictures. About ten minutes,
on a machine that does nothing else.

  --quick        two nets, short and once, into the terminal; writes nothing
  --part NAME    only this one (double-p4, double-p2, float, threads, shapes, nets)
                 into the cache; each takes less than four minutes
  --write        only writes, from what the cache has
Needs two programs: ninja -C build/release rate_bench net_bench"

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=${FATHOM_BUILD:-$root/build/release}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/fathom/peers
index=()
quick=()
parts=()
measure=yes
while (($# > 0)); do
  case $1 in
  --help | -h)
    echo "$usage"
    exit 0
    ;;
  --quick) quick=(--quick) && shift ;;
  --cache) cache=${2:?--cache wants a folder} && shift 2 ;;
  --part) parts+=("${2:?--part wants a name}") && shift 2 ;;
  --torch-index) index=(--index-url "${2:?--torch-index wants an address}") && shift 2 ;;
  --write) measure=no && shift ;;
  *)
    printf 'error: unknown option %s\n%s\n' "$1" "$usage" >&2
    exit 2
    ;;
  esac
done
for part in "${parts[@]}"; do
  [[ $part =~ ^(double-p4|double-p2|float|threads|shapes|nets)$ ]] || {
    printf 'error: no part is called %s\n%s\n' "$part" "$usage" >&2
    exit 2
  }
done
for program in rate_bench net_bench; do
  [[ $measure == no || -x $build/tests/$program ]] || {
    printf 'error: %s is not there; ninja -C %s %s builds it\n' \
      "$build/tests/$program" "$build" "$program" >&2
    exit 1
  }
done
mkdir -p "$cache"

# install NAME PACKAGE [PIP_OPTION...]: notes in python-NAME which Python has it.
install() {
  local name=$1 package=$2
  shift 2
  local python=$cache/venv/bin/python
  if [[ -s $cache/python-$name ]] && "$(<"$cache/python-$name")" -c "import $name" 2>/dev/null; then
    return
  fi
  rm -f "$cache/python-$name"
  [[ -x $python ]] || python3 -m venv "$cache/venv"
  if ! "$python" -c "import $name" 2>/dev/null; then
    printf 'installing %s\n' "$package" >&2
    "$python" -m pip install --quiet --disable-pip-version-check "$@" "$package" \
      >"$cache/pip-$name.log" 2>&1 || true
  fi
  # What Debian packages, where pip has nothing.
  for python in "$python" /usr/bin/python3; do
    if "$python" -c "import $name, numpy" 2>/dev/null; then
      echo "$python" >"$cache/python-$name"
      return
    fi
  done
  printf '%s could not be installed and is left out: %s\n' "$package" \
    "$(tail -n 1 "$cache/pip-$name.log" 2>/dev/null)" >&2
}

if [[ $measure == yes ]]; then
  install numpy numpy
  install torch torch "${index[@]}"
  install jax 'jax[cpu]'
  # Those of nets are measured by a program of their own.
  linear=()
  for part in "${parts[@]}"; do
    [[ $part == nets ]] || linear+=("$part")
  done
  if ((${#parts[@]} == 0)) || ((${#linear[@]} > 0)); then
    python3 "$root/tests/bench/peers.py" run "$cache" "$build" "${linear[@]}" "${quick[@]}"
  fi
  if ((${#parts[@]} == 0)) || [[ ${parts[*]} =~ nets ]]; then
    python3 "$root/tests/bench/net_peers.py" run "$cache" "$build" "${quick[@]}"
  fi
fi
if [[ $measure == no ]] || { ((${#parts[@]} == 0)) && ((${#quick[@]} == 0)); }; then
  python3 "$root/tests/bench/net_peers.py" write "$cache" "$root"
  if [[ -s $cache/double-p4.json || ! -s $cache/nets.json ]]; then
    python3 "$root/tests/bench/peers.py" write "$cache" "$root"
  fi
fi
