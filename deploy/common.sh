# shellcheck shell=bash disable=SC2034  # The scripts that source it use the rest.
# What quickstart.sh, test.sh and lint.sh share. Sourced, never run.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$root/build/release # The preset is the name of the folder, up to a dash.

# Exit codes besides 0 (fine), 1 (a check failed) and 2 (bad usage).
readonly no_rights=10 no_packages=11 no_disk=12 no_tools=13 no_build=14
exit_codes="Exit codes: 0 fine, 1 a check or the sweep failed, 2 bad usage,
  10 rights are missing (packages without root or sudo, a checkout of someone
  else),
  11 packages could not be installed (no network?), 12 too little disk,
  13 a build tool does not work, 14 the build failed."

build_packages=(
  g++ cmake ninja-build pkg-config libgrpc++-dev protobuf-compiler-grpc
  libprotobuf-dev protobuf-compiler libabsl-dev libc-ares-dev libre2-dev
  libssl-dev zlib1g-dev libsqlite3-dev libyaml-cpp-dev libcli11-dev
  nlohmann-json3-dev libeigen3-dev libboost-dev libutf8proc-dev prometheus-cpp-dev
  libcurl4-openssl-dev)
# What the sweep `quickstart` trains on, and what draws its curves.
run_packages=(dataset-fashion-mnist gnuplot-nox)
# What the page of `fathom ui` is bundled with where there is no Node: pip as a wheel,
# which gets one. That takes a fifth of the disk of Debian's nodejs and npm.
page_packages=()
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  page_packages=(python3 python3-pip-whl)
fi
test_packages=(libgtest-dev libgmock-dev openssl sqlite3 python3-pandas python3-scipy
  python3-grpcio python3-protobuf python3-matplotlib python3-venv python3-setuptools
  python3-wheel python3-jsonschema python3-yaml prometheus chromium chromium-driver
  python3-selenium slurm-wlm munge)
# clang, because it compiles with sanitizers in half the time that g++ takes.
sanitizer_packages=(clang-14 libclang-rt-14-dev lld-14 llvm-14)

# For a build of everything at once; one that is to be changed is better off without.
batches=(-DCMAKE_UNITY_BUILD=ON -DCMAKE_UNITY_BUILD_BATCH_SIZE=32)

say() { printf '==> %s\n' "$*"; }
warn() { printf 'warning: %s\n' "$*" >&2; }
die() { # CODE LINE...
  local code=$1
  shift
  printf 'error: %s\n' "$1" >&2
  (($# < 2)) || printf '       %s\n' "${@:2}" >&2
  exit "$code"
}

as_root() {
  if ((EUID == 0)); then
    "$@"
  elif [[ -t 0 ]]; then
    sudo "$@"
  else
    sudo -n "$@" # There is nobody to type a password.
  fi
}

check_system() {
  local id=unknown version=0
  if [[ -r /etc/os-release ]]; then
    id=$(. /etc/os-release && printf '%s' "${ID:-unknown}")
    version=$(. /etc/os-release && printf '%s' "${VERSION_ID:-0}")
  fi
  if [[ $id != debian || ! ${version%%.*} =~ ^(12|13)$ ]]; then
    warn "this is $id $version; fathom is built and tested on Debian 12 and 13. Going on."
    warn "should it not build here: docker build -f deploy/docker/Dockerfile -t fathom ."
  fi
}

# Ends here when this user may not build in the checkout, say in a clone that root
# has made: cmake would say so in words of its own, after the packages.
need_own_checkout() {
  local folder=$root
  [[ ! -e $root/build ]] || folder=$root/build
  [[ ! -e $build ]] || folder=$build
  [[ -w $folder ]] || die $no_rights "$(id -un) may not write to $folder, where fathom is built" \
    "Clone it as $(id -un), or as root: chown -R $(id -un) $root"
}

# Prints how many of the MiB named are missing at PATH, 0 when none are.
missing_mib() { # PATH MIB
  local free
  free=$(df -Pm "$1" | awk 'NR == 2 { print $4 }')
  echo $((free < $2 ? $2 - free : 0))
}

need_disk() { # PATH MIB WHAT
  local missing
  missing=$(missing_mib "$1" "$2")
  ((missing == 0)) || die $no_disk "too little disk for $3" \
    "$1 needs $2 MiB free; $missing MiB more must be freed there."
}

# Shows how far apt is, a line per quarter of what it fetches and unpacks, and
# keeps its words in LOG.
apt_progress() { # LOG
  local line kind percent shown="" now
  while IFS= read -r line; do
    if [[ ! $line =~ ^(dl|pm)status:[^:]*:([0-9]+) ]]; then
      printf '%s\n' "$line" >>"$1"
      continue
    fi
    kind=${BASH_REMATCH[1]} percent=${BASH_REMATCH[2]}
    now="$kind $((percent / 25))"
    [[ $now != "$shown" ]] || continue
    shown=$now
    case $kind in
    dl) echo "    fetched $((percent / 25 * 25))%" ;;
    pm) echo "    installed $((percent / 25 * 25))%" ;;
    esac
  done
}

# What the tests start themselves, at ports of their own, comes in packages whose
# daemons start with the machine: nobody who builds fathom has asked for that.
unwanted_daemons=(prometheus slurmctld slurmd munge)
# What Debian's packages ask before they start a daemon.
service_policy=/usr/sbin/policy-rc.d

is_installed() { [[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]; }

# Runs a command that installs packages so that no daemon of theirs is started,
# by Debian's own means, unless this machine has a policy already.
starting_nothing() { # COMMAND...
  # shellcheck disable=SC2016  # The shell of root expands them.
  as_root sh -c '
    policy=$1
    shift
    if [ ! -e "$policy" ] && [ ! -L "$policy" ]; then
      trap "rm -f \"$policy\"" EXIT
      trap "exit 1" HUP INT TERM
      printf "#!/bin/sh\n# From deploy/common.sh of fathom, while it installs.\nexit 101\n" >"$policy" &&
        chmod 755 "$policy"
    fi
    "$@"' sh "$service_policy" "$@"
}

# Keeps the daemons named from starting with the machine. Those that were there
# before are none of them.
disable_daemons() { # DAEMON...
  local daemon
  command -v systemctl >/dev/null || return 0
  for daemon in "$@"; do
    is_installed "$daemon" || continue
    as_root systemctl --quiet disable "$daemon.service" >/dev/null 2>&1 ||
      warn "$daemon may start with this machine: systemctl disable $daemon"
  done
}

# Installs those of the packages that are not there, and starts nothing of theirs. Asks neither the network
# nor for a password when nothing is missing.
ensure_packages() { # PACKAGE...
  if ! command -v dpkg-query apt-get >/dev/null; then
    warn "no apt here: install the counterparts of these yourself, or build the container: $*"
    return
  fi
  local package missing=()
  for package in "$@"; do
    is_installed "$package" || missing+=("$package")
  done
  if ((${#missing[@]} == 0)); then
    say "packages: all there"
    return
  fi
  local by_hand="apt-get update && apt-get install --no-install-recommends ${missing[*]}"
  if ((EUID != 0)) && ! command -v sudo >/dev/null; then
    die $no_rights "packages are missing, and this is neither root nor is there sudo" \
      "Run as root: $by_hand" "and then this script again; it needs no rights then."
  fi
  need_disk /usr 1500 "the packages"
  say "packages: installing ${#missing[@]}, with what they need (a minute or two): ${missing[*]}"
  if ((EUID != 0)) && ! as_root true; then
    die $no_rights "sudo did not let us in" \
      "Run as root: $by_hand" "and then this script again; it needs no rights then."
  fi
  local daemon new_daemons=()
  for daemon in "${unwanted_daemons[@]}"; do
    is_installed "$daemon" || new_daemons+=("$daemon")
  done
  local log
  log=$(mktemp)
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300)
  # A source that fails need not matter: what counts is the install below.
  as_root "${apt[@]}" update >"$log" 2>&1 || true
  if ! starting_nothing "${apt[@]}" -o APT::Status-Fd=1 install -y --no-install-recommends \
    "${missing[@]}" 2>&1 </dev/null | apt_progress "$log"; then
    tail -n 5 "$log" >&2
    rm -f "$log"
    die $no_packages "the packages could not be installed (apt's words above)" \
      "Is there a network and a Debian mirror in /etc/apt? Try: $by_hand"
  fi
  rm -f "$log"
  disable_daemons "${new_daemons[@]}"
}

# As many as there are cores, fewer when memory is short: a compiler takes up
# to 1.5 GiB.
job_count() {
  local mib limit jobs
  mib=$(awk '/^MemAvailable/ { print int($2 / 1024) }' /proc/meminfo)
  if limit=$(cat /sys/fs/cgroup/memory.max 2>/dev/null) && [[ $limit != max ]]; then
    ((limit / 1048576 >= mib)) || mib=$((limit / 1048576))
  fi
  jobs=$((mib / 1536))
  ((jobs <= $(nproc))) || jobs=$(nproc)
  echo $((jobs > 1 ? jobs : 1))
}

check_tools() {
  local tool
  for tool in cmake ninja protoc grpc_cpp_plugin "${CXX:-g++}"; do
    command -v "$tool" >/dev/null ||
      die $no_tools "$tool is not in the PATH, although its package should be there" \
        "PATH is $PATH"
  done
  "${CXX:-g++}" -std=c++20 -fsyntax-only -x c++ - <<<'#include <span>' ||
    die $no_tools "${CXX:-g++} does not compile C++20"
}

# Shows what ninja or ctest say: all of it on a terminal, elsewhere a line per
# tenth of the work and whatever is out of the ordinary.
condense() {
  if [[ -t 1 ]]; then
    cat
    return
  fi
  local line count total tenth=0
  while IFS= read -r line; do
    if [[ $line =~ ^\[([0-9]+)/([0-9]+)\] ||
      $line =~ ^\ *([0-9]+)/([0-9]+)\ Test\ .*\ Passed\  ]]; then
      count=${BASH_REMATCH[1]} total=${BASH_REMATCH[2]}
      if ((count * 10 / total > tenth)); then
        tenth=$((count * 10 / total))
        echo "    $count of $total"
      fi
    elif [[ ! $line =~ ^\ *Start\ +[0-9]+: ]]; then
      printf '%s\n' "$line"
    fi
  done
}

# Configures $build unless that has been done; ARGs always configure.
configure() { # [CMAKE_ARG...]
  check_tools
  local home=""
  [[ ! -e $build/CMakeCache.txt ]] ||
    home=$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$build/CMakeCache.txt")
  local args=("$@")
  if [[ -z $home ]]; then
    need_disk "$root" 1500 "the build"
  elif [[ $home != "$root" ]]; then
    say "configuring afresh: the checkout was moved from $home"
    args+=(--fresh)
  elif ((${#args[@]} == 0)) && [[ -e $build/build.ninja ]]; then
    return # Ninja configures again when a CMakeLists.txt has changed.
  fi
  if [[ -z ${CCACHE_DISABLE-} ]] && command -v ccache >/dev/null; then
    args+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  fi
  # Not everywhere: other compilers warn of other things.
  if [[ ${CI-} == true ]]; then
    args+=(-DCMAKE_COMPILE_WARNING_AS_ERROR=ON)
  fi
  local preset
  preset=$(basename "$build")
  preset=${preset%%-*}
  say "configuring ${build#"$root"/}"
  local log
  log=$(mktemp)
  if ! (cd "$root" && cmake --preset "$preset" -B "$build" "${args[@]}") >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    die $no_build "cmake could not configure (its words above)"
  fi
  rm -f "$log"
}

compile() { # [TARGET...]
  local jobs status=0
  jobs=$(job_count)
  say "building, $jobs at a time (the first time takes a while)"
  if [[ -t 1 ]]; then
    ninja -C "$build" -j "$jobs" "$@" || status=$?
  else
    NINJA_STATUS='[%f/%t] ' ninja -C "$build" -j "$jobs" "$@" 2>&1 | condense || status=$?
  fi
  if ((status != 0)); then
    (($(missing_mib "$root" 50) == 0)) || die $no_disk "the disk is full: $root"
    die $no_build "the build failed (the compiler's words above)" \
      "Killed for lack of memory? Try: ninja -C $build -j 1"
  fi
}
