#!/usr/bin/env bash
# Builds everything with sanitizers and runs every test, and the fuzzers a little.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage="Usage: sanitize.sh [--minutes N] [asan|fuzz|tsan...]

Runs these, or those named, in this order:
  asan  all tests with the address and undefined-behaviour sanitizers
  fuzz  each target of tests/fuzz for 5 seconds (fuzz.sh for longer)
  tsan  all tests with the thread sanitizer
With --minutes, what does not fit into so many minutes is left out, which the
last lines say; what was run must pass all the same.

Tests of the simulation, of real faults and of what is compiled run in test.sh
only.
$exit_codes"

minutes=600
stages=()
while (($# > 0)); do
  case $1 in
  --minutes)
    [[ ${2-} =~ ^[1-9][0-9]{0,3}$ ]] || die 2 "--minutes: found '${2-}', expected 1 to 9999"
    minutes=$2
    shift
    ;;
  asan | fuzz | tsan) stages+=("$1") ;;
  -h | --help) echo "$usage" && exit 0 ;;
  *) die 2 "unknown argument $1; see --help" ;;
  esac
  shift
done
((${#stages[@]} > 0)) || stages=(asan fuzz tsan)

deadline=$((SECONDS + minutes * 60))
failed=() left_out=()

# Runs COMMAND for as long as there is time. 124 when that ran out.
in_time() { # COMMAND...
  local left=$((deadline - SECONDS))
  ((left > 0)) || return 124
  timeout --foreground --signal=INT --kill-after=30 "$left" "$@"
}

# Builds the preset, or says what is left out. A build that time cuts off goes
# on where it was when it is called again.
build_in_time() { # PRESET
  build=$root/build/$1
  configure -DFATHOM_TESTS=ON
  say "building build/$1, $(job_count) at a time"
  local status=0
  NINJA_STATUS='[%f/%t] ' in_time ninja -C "$build" -j "$(job_count)" > >(condense) 2>&1 || status=$?
  if ((status == 124)); then
    left_out+=("$1 (its build)")
    return 1
  fi
  ((status == 0)) || die $no_build "the build failed (the compiler's words above)"
}

# Not run: one thread's simulation (asan runs some seeds of it); what looks at
# symbols, which are other ones here; and what waits for whole sweeps of the
# programs, which are ten times as slow.
elsewhere='^(simulation|faults)/|^worker/kernel/data_pass_symbols$|^integration/care$'

run_tests() { # PRESET
  say "tests of build/$1"
  local log status=0
  log=$(mktemp)
  in_time ctest --test-dir "$root/build/$1" -j "$(nproc)" --output-on-failure \
    --no-tests=error --timeout 600 -E "$elsewhere" 2>&1 |
    tee "$log" | condense || status=${PIPESTATUS[0]}
  if ((status == 124)); then
    left_out+=("$1 (tests)")
    ! grep -qE '\*\*\*(Failed|Exception|Timeout)|Subprocess aborted' "$log" || failed+=("$1")
  elif ((status != 0)); then
    failed+=("$1")
  fi
  rm -f "$log"
}

check_system
ensure_packages "${build_packages[@]}" "${run_packages[@]}" "${test_packages[@]}" \
  "${sanitizer_packages[@]}"
export ASAN_OPTIONS=detect_stack_use_after_return=1:abort_on_error=1
export UBSAN_OPTIONS=print_stacktrace=1
export TSAN_OPTIONS="suppressions=$root/tests/testing/tsan.supp history_size=4"
for stage in "${stages[@]}"; do
  case $stage in
  asan)
    build_in_time asan || continue
    run_tests asan
    in_time "$root/build/asan/tests/fathom_simulate" --seeds 0 30 || failed+=(simulation)
    ;;
  fuzz)
    if ((deadline - SECONDS < 90)); then
      left_out+=(fuzz)
    else
      bash "$root/deploy/fuzz.sh" 5 || failed+=(fuzz)
    fi
    ;;
  tsan)
    build_in_time tsan || continue
    run_tests tsan
    ;;
  esac
done
((${#failed[@]} == 0)) || die 1 "failed: ${failed[*]}"
if ((${#left_out[@]} > 0)); then
  warn "left out, as $minutes minutes were over: ${left_out[*]}"
fi
say "nothing found"
