#!/usr/bin/env bash
# Fails when an #include points against the arrows of the architecture (README).
# Usage: layering_test.sh SOURCE_DIR
set -u
cd "$1" || exit 2
status=0
# forbid PATH INCLUDE_REGEX [EXCEPT_FILE_REGEX]
forbid() {
  local hits
  hits=$(grep -rnE "^#include [<\"]($2)" "$1" --include='*.h' --include='*.cc' |
    grep -vE "^${3:-nothing}[^:]*:")
  if [ -n "$hits" ]; then
    printf '%s\n  ^ %s must not include %s\n' "$hits" "$1" "$2" >&2
    status=1
  fi
}
grpc='grpcpp/|grpc/|[^">]*\.grpc\.pb\.h|proto/shared/grpc_status\.h'
forbid proto                'server/|worker/|client/|tests/'
forbid proto/sweep          "$grpc|sqlite3|proto/shared/(log|retry|clock)"
forbid proto/dataset        "$grpc|sqlite3|fathom/v1/"
forbid proto/telemetry      "$grpc|sqlite3|proto/(sweep|shared)"
forbid server               'worker/|client/|tests/|yaml-cpp|CLI/' server/main.cc
forbid server/main.cc       'worker/|client/|tests/'
forbid server/coordinator   "$grpc|sqlite3|server/(api|store)|proto/shared/(log|clock)|thread|mutex|absl/synchronization|absl/time/clock"
forbid server/store         "$grpc|server/api"
forbid server/api           'sqlite3'
forbid server/api/sweep_calls.h  "$grpc|server/core_loop|absl/synchronization"
forbid server/api/sweep_calls.cc "$grpc|server/core_loop|absl/synchronization"
forbid worker               'server/|client/|tests/|sqlite3|yaml-cpp'
forbid worker/kernel        "$grpc|fathom/v1/|google/protobuf|proto/|worker/(session|engine|data|bench|verify)|absl/synchronization|absl/time|thread"
forbid worker/data          "$grpc|worker/(session|engine|bench|verify)"
forbid worker/engine        "$grpc|worker/(session|theory|bench|verify)"
forbid worker/session       'worker/(mirror|theory|bench|verify)'
forbid worker/mirror        "$grpc|fathom/v1/|worker/(engine|kernel|data|theory|bench|verify)"
forbid worker               'curl/' 'worker/mirror/(https_mirror|mirror_url)'
# Engines are met through their table alone.
forbid worker               'worker/engine/[a-z]+/' 'worker/engine/([a-z]+/|engines\.cc)'
forbid worker/verify        "$grpc|worker/(session|theory|bench)"
forbid worker/theory        "$grpc|worker/(session|engine|data|bench|verify)|proto/|absl/synchronization|absl/time|thread"
forbid worker/theory        'fathom/v1/' worker/theory/theory
forbid worker/bench         "$grpc|worker/(theory|verify)"
forbid client/analysis      "$grpc|client/(commands|connection|data|embedded|load|presets|spec|verify|view)|CLI/|yaml-cpp|nlohmann/"
forbid client/load          'client/(commands|data|embedded|presets|spec|verify|view)'
forbid client/explain       'client/(commands|data|embedded|presets|spec|ui|verify)|CLI/'
forbid client/doctor        'client/(commands|data|load|presets|spec|ui|verify)|CLI/'
forbid client/view          'client/(commands|connection|data|embedded|load|presets|spec|verify)'
# Of the page, the listener knows nothing of sweeps, and the answers nothing of HTTP.
forbid client/ui/http       'client/(analysis|commands|data|embedded|load|presets|spec|verify|view|ui/data)|CLI/|yaml-cpp'
forbid client/ui/data       'client/(commands|data|embedded|presets|verify|ui/http)|boost/|CLI/'
forbid client               'boost/' 'client/ui/http'
forbid client               'prometheus/' 'client/ui/metrics'
forbid client               'server/|worker/|tests/' client/embedded
# The ledger is the server's; a file that results are exported to is a format.
forbid client               'sqlite3' 'client/data/sqlite_table'
# Each program has a namespace of its own; what they share is `fathom`.
for program in server worker client; do
  strays=$(grep -rnE '^namespace fathom' "$program" --include='*.h' --include='*.cc' |
    grep -vE ":namespace fathom::$program(::| )")
  if [ -n "$strays" ]; then
    printf '%s\n  ^ expected namespace fathom::%s\n' "$strays" "$program" >&2
    status=1
  fi
done
# One file sets Eigen up; no header brings it to others, least of all to what is
# compiled for several instruction sets.
for room in proto server worker client tests; do
  forbid "$room"            'Eigen/|unsupported/Eigen/|eigen3/' worker/kernel/eigen.h
  forbid "$room"            'worker/kernel/eigen\.h' '[^:]*\.cc'
done
forbid worker/kernel/pass    'worker/kernel/eigen\.h'
forbid worker/kernel/factors 'worker/kernel/eigen\.h'

# What is included first is compiled alone; tests/CMakeLists.txt compiles the
# headers without a file of their own.
while read -r source; do
  header=${source%.cc}.h
  [ -e "$header" ] || continue
  first=$(grep -m 1 '^#include' "$source")
  [ "$first" = "#include \"$header\"" ] && continue
  printf '%s: found %s first, expected its own header\n' "$source" "$first" >&2
  status=1
done < <(find proto server worker client tests -name '*.cc')
exit $status
