#!/usr/bin/env bash
# Builds everything with sanitizers and runs every test, and the fuzzers a little.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage="Usage: sanitize.sh [--minutes N] [asan|fuzz|tsan...]

Runs these, or those named, in this order:
  asan  all tests with the address and undefined-behaviour sanitizers
  fuzz  each target of tests/fuzz for 5 seconds, with one seed: a change is
        blamed for what it breaks (fuzz.sh looks further, with other seeds)
  tsan  all tests with the thread sanitizer, those that start threads first
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

# What returns 124 below ran out of time. What COMMAND has started ends with it,
# unless this is a terminal's, whose Ctrl-C must reach it.
in_time() { # COMMAND...
  local left=$((deadline - SECONDS)) options=()
  ((left > 0)) || return 124
  if [[ -t 0 ]]; then options=(--foreground); fi
  timeout "${options[@]}" --signal=TERM "$left" "$@"
}

# A build that time cuts off goes on where it was when it is called again.
build_in_time() { # PRESET [TARGET...]
  say "building build/$1, $(job_count) at a time"
  local log status=0
  log=$(mktemp)
  NINJA_STATUS='[%f/%t] ' in_time ninja -C "$root/build/$1" -j "$(job_count)" "${@:2}" 2>&1 |
    tee "$log" | condense || status=${PIPESTATUS[0]}
  if ((status != 0 && status != 124)) || grep -q '^FAILED: ' "$log"; then
    die $no_build "the build failed (the compiler's words above)"
  fi
  rm -f "$log"
  return "$status"
}

broken='\*\*\*(Failed|Exception|Timeout|Not Run)|Subprocess aborted'
run_tests() { # PRESET [CTEST_OPTION...]
  say "tests of build/$1"
  local log status=0
  log=$(mktemp)
  in_time ctest --test-dir "$root/build/$1" -j "$(nproc)" --output-on-failure \
    --no-tests=error --timeout 600 "${@:2}" 2>&1 |
    tee "$log" | condense || status=${PIPESTATUS[0]}
  if ((status != 0 && status != 124)) || grep -qE "$broken" "$log"; then
    failed+=("tests of build/$1")
  fi
  rm -f "$log"
  ((status != 124)) || return 124
}

# Not run: one thread's simulation (asan runs some seeds of it); what looks at
# symbols, which are other ones here; and what waits for many whole sweeps of the
# programs, which are ten times as slow, or tests no program at all.
elsewhere='^(simulation|faults)/|^worker/kernel/pass/data_pass_symbols$|^integration/(care|checkpoints|ledger|readme|edges)$|^statistics/'
# The rooms with threads.
threaded='^(integration|server/api|worker/session|worker/engine|worker/verify|worker/bench|client/commands)/'

run_asan() {
  build=$root/build/asan
  configure -DFATHOM_TESTS=ON
  build_in_time asan || return
  run_tests asan -E "$elsewhere" || return
  # One by one: time must not cut off what a seed found.
  local seed status=0
  for ((seed = 0; seed < 30 && status == 0; ++seed)); do
    in_time "$build/tests/fathom_simulate" --seeds "$seed" 1 >/dev/null || status=$?
  done
  ((status == 0 || status == 124)) || failed+=("the simulation (seed $((seed - 1)))")
  ((status != 124)) || return 124
}

run_fuzz() {
  ((deadline - SECONDS > 90)) || return 124
  bash "$root/deploy/fuzz.sh" --seed 1 5 || failed+=(fuzz)
}

run_tsan() {
  build=$root/build/tsan
  configure -DFATHOM_TESTS=ON
  local first
  mapfile -t first < <(ninja -C "$build" -t targets all |
    sed -n 's/_test: phony$/_test/p' | grep -E "${threaded//\//_}")
  build_in_time tsan fathom fathom-server fathom-worker "${first[@]}" || return
  run_tests tsan -R "$threaded" -E "$elsewhere" || return
  build_in_time tsan || return
  run_tests tsan -E "$elsewhere|$threaded"
}

check_system
ensure_packages "${build_packages[@]}" "${run_packages[@]}" "${test_packages[@]}" \
  "${sanitizer_packages[@]}"
export ASAN_OPTIONS=detect_stack_use_after_return=1:abort_on_error=1
export LSAN_OPTIONS="suppressions=$root/tests/testing/lsan.supp:print_suppressions=0"
export UBSAN_OPTIONS=print_stacktrace=1
export TSAN_OPTIONS="suppressions=$root/tests/testing/tsan.supp history_size=4"
for stage in "${stages[@]}"; do
  status=0
  "run_$stage" || status=$?
  case $status in
  0) ;;
  124) left_out+=("$stage (not all of it)") ;;
  *) failed+=("$stage") ;;
  esac
done
((${#failed[@]} == 0)) || die 1 "failed: ${failed[*]}"
if ((${#left_out[@]} > 0)); then
  warn "left out, as $minutes minutes were over: ${left_out[*]}"
fi
say "nothing found"
