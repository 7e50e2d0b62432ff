#!/usr/bin/env bash
# Builds the Debian packages fathom, fathom-server and fathom-worker.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

usage="Usage: bash deploy/debs.sh [--version VERSION] [--twice]

Builds fathom, fathom-server and fathom-worker for this Debian, with the page of
'fathom ui', man pages and completion, into build/debs/*.deb. The same sources give
the same bytes on the same Debian; what is committed here is taken for the time of
all files, unless SOURCE_DATE_EPOCH says another. Where lintian is installed, it
reads what was built.
  --version VERSION  of the packages; without it that of the project, with the Debian
                     that they are for, such as 0.1.0+deb12
  --twice            compiles and packs again in another folder, and compares
$exit_codes"

version='' twice=''
while (($# > 0)); do
  case $1 in
  --version)
    [[ ${2-} =~ ^[0-9][A-Za-z0-9.+~]*$ ]] ||
      die 2 "--version: found '${2-}', expected a version such as 0.1.0+deb12"
    version=$2
    shift
    ;;
  --twice) twice=yes ;;
  --help | -h)
    echo "$usage"
    exit 0
    ;;
  *) die 2 "unknown option $1; see --help" ;;
  esac
  shift
done

debs=$root/build/debs
if [[ -z $version ]]; then
  version=$(sed -nE 's/^project\(fathom VERSION ([0-9.]+).*/\1/p' "$root/CMakeLists.txt")
  # Those of the next Debian are newer, whatever they were made from.
  release=$(. /etc/os-release && printf '%s' "${VERSION_ID-}")
  version+=${release:++deb$release}
fi
: "${SOURCE_DATE_EPOCH:=$(git -C "$root" log -1 --format=%ct 2>/dev/null || echo 0)}"
export SOURCE_DATE_EPOCH

# In batches and without tests, as the images; in a folder of its own, so that a
# build for work is neither packed nor changed.
compile_programs() { # FOLDER
  build=$1
  configure "${batches[@]}" -DFATHOM_TESTS=OFF -DFATHOM_PAGE=ON -DFATHOM_PAGE_FETCH_NODE=ON
  compile all
}

# Leaves FOLDER/*.deb; what debhelper says is shown when it fails.
pack() { # FOLDER
  local work=$1/work
  rm -rf "$work" "$1"/*.deb
  mkdir -p "$work"
  cp -r "$root/deploy/debian" "$work/debian"
  cat >"$work/debian/changelog" <<TEXT
fathom ($version) unstable; urgency=medium

  * What is new is in /usr/share/doc/fathom/CHANGELOG.md.

 -- $(sed -n 's/^Maintainer: //p' "$root/deploy/debian/control")  $(date --utc --rfc-email --date "@$SOURCE_DATE_EPOCH")
TEXT
  (cd "$work" && umask 022 && FATHOM_SOURCE=$root FATHOM_BUILD=$build debian/rules binary) \
    >"$1/debhelper.log" 2>&1 || {
    tail -n 30 "$1/debhelper.log" >&2
    die $no_build "debhelper could not pack (its words above)"
  }
  rm -rf "$work"
}

check_system
need_own_checkout
ensure_packages "${build_packages[@]}" "${page_packages[@]}" debhelper
mkdir -p "$debs"
compile_programs "$root/build/release-debs"
say "packing fathom $version"
pack "$debs"
if command -v lintian >/dev/null; then
  lintian --allow-root --fail-on error,warning "$debs"/*.deb || die 1 "lintian found mistakes (above)"
fi
if [[ -n $twice ]]; then
  say "once more, to compare"
  rm -rf "$debs/again" "$root/build/release-again"
  mkdir "$debs/again"
  compile_programs "$root/build/release-again"
  pack "$debs/again"
  for deb in "$debs"/*.deb; do
    cmp "$deb" "$debs/again/${deb##*/}" || die 1 "the same sources made two packages (above)"
  done
  rm -rf "$debs/again" "$root/build/release-again"
  say "twice the same"
fi
for deb in "$debs"/*.deb; do
  say "build/debs/${deb##*/}: $(($(stat -c %s "$deb") / 1024)) KiB"
done
