#!/usr/bin/env bash
# Checks layout and shell scripts; with --tidy, the C++ with clang-tidy.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage="Usage: bash deploy/lint.sh            layout (clang-format) and shell scripts
       bash deploy/lint.sh --tidy     clang-tidy on all sources; about 15 s a file
       bash deploy/lint.sh --tidy FILE.cc ...
       bash deploy/lint.sh --fix      lays out all sources

clang-tidy reads how files are compiled from build/release, so configure first
(deploy/test.sh, or cmake --preset release)."

cd "$root"
mapfile -t sources < <(find proto server worker client tests -name '*.cc' -o -name '*.h' | sort)

need() { # TOOL
  command -v "$1" >/dev/null ||
    die $no_tools "$1 is missing; as root: apt-get install --no-install-recommends $1"
}

# Each version of clang-format lays out a little differently.
layout_version=14

check_layout() {
  need clang-format
  local version
  version=$(clang-format --version | sed -E 's/.*version ([0-9]+).*/\1/')
  if ((version != layout_version)); then
    warn "the layout is that of clang-format $layout_version (Debian 12); this is $version: not checked"
    return
  fi
  say "layout of ${#sources[@]} files (clang-format)"
  clang-format --dry-run -Werror "${sources[@]}" ||
    die 1 "run: bash deploy/lint.sh --fix"
}

check_scripts() {
  need shellcheck
  say "shell scripts (shellcheck)"
  shellcheck -x --source-path=SCRIPTDIR .ci/run deploy/*.sh deploy/*/*.sh tests/*.sh tests/deploy/*.sh client/ui/page/*.sh tests/client/ui/page/*.sh
}

tidy() { # [FILE...]
  need clang-tidy
  [[ -e $build/compile_commands.json ]] ||
    die 1 "build/release is not configured" "Run: cmake --preset release"
  local files=("$@")
  ((${#files[@]} > 0)) || mapfile -t files < <(printf '%s\n' "${sources[@]}" | grep '\.cc$')
  # The generated headers must exist.
  compile fathom_grpc
  say "clang-tidy on ${#files[@]} files"
  printf '%s\0' "${files[@]}" |
    xargs -0 -n 1 -P "$(job_count)" clang-tidy -p "$build" --quiet \
      2> >(grep -v ' warnings\? generated\.$' >&2) ||
    die 1 "clang-tidy has objections (above)"
}

case ${1-} in
'')
  check_layout
  check_scripts
  ;;
--tidy) tidy "${@:2}" ;;
--fix)
  need clang-format
  clang-format -i "${sources[@]}"
  ;;
--help | -h) echo "$usage" ;;
*) die 2 "unknown option $1; see --help" ;;
esac
