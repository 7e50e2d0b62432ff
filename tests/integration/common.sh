# shellcheck shell=bash disable=SC2034  # The scripts that source it use the rest.
# What the scripts that drive the programs share. Sourced with the folder of the
# programs as its argument; goes to a folder of its own that is removed at the
# end, with every process in `pids`.
set -uo pipefail
bin=$(cd "$1" && pwd) || exit 2
work=$(mktemp -d)
failures=0
pids=()
cleanup() {
  for pid in "${pids[@]}"; do kill -9 "$pid" 2>/dev/null; done
  wait 2>/dev/null
  rm -rf "$work"
}
trap cleanup EXIT
cd "$work" || exit 2
unset FATHOM_SERVER FATHOM_TLS_CA FATHOM_TLS_CERT FATHOM_TLS_KEY FATHOM_TOKEN_FILE FATHOM_DB
unset FATHOM_CONFIG FATHOM_COLOR
export XDG_CONFIG_HOME=$work/config # Not that of whoever runs the tests.

fail() {
  printf 'FAILED: %s\n' "$*" >&2
  failures=$((failures + 1))
}
# expect CODE PATTERN COMMAND...: exit code and a pattern in its output.
expect() {
  local code=$1 pattern=$2 output status
  shift 2
  output=$(timeout 120 "$@" 2>&1)
  status=$?
  if [ "$status" != "$code" ]; then
    fail "$* exited with $status, expected $code: $output"
  elif ! grep -qE -- "$pattern" <<<"$output"; then
    fail "$* did not say /$pattern/ but: $output"
  fi
}
# until_true SECONDS COMMAND...: polls.
until_true() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    [ $SECONDS -lt $deadline ] || return 1
    read -rt 0.05 <> <(:) || true
  done
}
ended() { ! kill -0 "$1" 2>/dev/null; }
# wait_for PID: waits for a program that is about to end; its exit code. One that
# goes on is a failure, and is killed.
wait_for() {
  until_true 60 ended "$1" || {
    fail "process $1 should have ended: $(tr '\0' ' ' <"/proc/$1/cmdline")"
    kill -9 "$1"
  }
  wait "$1"
}
# start_server DB [ARGS]: sets $server (address) and $server_pid.
start_server() {
  local log=$1.log db=$1
  shift
  rm -f "$log" # The one of an earlier start says where that listened.
  "$bin/fathom-server" --db "$db" "$@" 2>"$log" &
  server_pid=$!
  pids+=("$server_pid")
  until_true 10 grep -q 'listening on' "$log" || {
    fail "server: $(cat "$log")"
    exit 1
  }
  server=$(grep -oE '127\.0\.0\.1:[0-9]+' "$log" | head -n 1)
}
finish() {
  if [ $failures != 0 ]; then
    echo "$failures failures" >&2
    exit 1
  fi
  echo 'all passed'
}
