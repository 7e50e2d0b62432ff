#!/usr/bin/env bash
# Tests the Debian packages in a bare system. Not part of the normal test run.
source "$(dirname "${BASH_SOURCE[0]}")/../../deploy/common.sh"

suite=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-bookworm}")
usage="Usage: bash tests/deploy/debs.sh [--dir DIR] [--mirror URL] [--keep] [--debs DIR --suite SUITE]
       bash tests/deploy/debs.sh --build DIR

Builds the packages in two versions (deploy/debs.sh), makes a bare system of this
Debian ($suite) in DIR/SUITE with debootstrap, and does there what debs_inside.sh says:
install, run, upgrade while a sweep runs, remove, install again, purge. Takes root,
debootstrap and 2 GB of disk.

  --dir DIR      where the system is made (a temporary folder); one that is in
                 DIR/SUITE.tar is taken from there, and otherwise left there
  --mirror URL   where packages come from (debootstrap's own choice)
  --keep         leaves the system there
  --build DIR    builds both versions into DIR/first and DIR/next, and ends
  --debs DIR     packages that were built elsewhere, as by --build
  --suite SUITE  the Debian that those were built on

Exit codes: 0 fine, 1 a check failed, 2 bad usage, 10 not root, 13 no debootstrap."

dir='' mirror=() keep=false debs='' build_only=''
while (($# > 0)); do
  case $1 in
  --dir | --mirror | --build | --debs | --suite)
    [[ -n ${2-} ]] || die 2 "$1: found nothing, expected a value"
    case $1 in
    --dir) dir=$2 ;;
    --mirror) mirror=("$2") ;;
    --build) build_only=$2 ;;
    --debs) debs=$(cd "$2" && pwd) ;;
    --suite) suite=$2 ;;
    esac
    shift
    ;;
  --keep) keep=true ;;
  -h | --help) echo "$usage" && exit 0 ;;
  *) die 2 "unknown option $1; see --help" ;;
  esac
  shift
done

# The next version first, so that build/debs ends with what it should have.
build_both() { # FOLDER
  rm -rf "$1/first" "$1/next"
  mkdir -p "$1"
  local plain
  plain=$(sed -nE 's/^project\(fathom VERSION ([0-9.]+).*/\1/p' "$root/CMakeLists.txt")
  bash "$root/deploy/debs.sh" --version "$plain+next"
  cp -r "$root/build/debs" "$1/next"
  bash "$root/deploy/debs.sh"
  cp -r "$root/build/debs" "$1/first"
}
if [[ -n $build_only ]]; then
  build_both "$build_only"
  exit 0
fi

((EUID == 0)) || die $no_rights "making a system takes root"
command -v debootstrap >/dev/null ||
  die $no_tools "debootstrap is missing; as root: apt-get install --no-install-recommends debootstrap"
[[ -n $dir ]] || dir=$(mktemp -d)
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
system=$dir/$suite

make_system() {
  say "$suite: a bare system in $system"
  rm -rf --one-file-system "$system"
  if [[ ! -e $system.tar ]]; then
    debootstrap --variant=minbase "$suite" "$system" "${mirror[@]}" >"$system.log" 2>&1 || {
      tail -n 5 "$system.log" >&2
      die 1 "debootstrap failed (its words above)"
    }
    tar -C "$system" --one-file-system -cf "$system.tar.new" .
    mv "$system.tar.new" "$system.tar"
  else
    mkdir "$system"
    tar -C "$system" -xf "$system.tar"
  fi
  cp /etc/resolv.conf "$system/etc/resolv.conf"
  echo '127.0.0.1 localhost' >"$system/etc/hosts" # As on every machine.
  # Bare systems of images leave out pages and documents; those are tested here.
  rm -f "$system"/etc/dpkg/dpkg.cfg.d/*
  mkdir "$system/debs"
  cp -r "$debs/first" "$debs/next" "$root/tests/deploy/debs_inside.sh" "$system/debs/"
}

# Mounts and processes end with it.
inside() { # COMMAND...
  # shellcheck disable=SC2016  # The inner shell expands it.
  unshare --mount --pid --fork --kill-child bash -c '
    mount --rbind /dev "$0/dev" && mount -t proc proc "$0/proc" &&
      exec chroot "$0" env -i HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"' "$system" "$@"
}

if [[ -z $debs ]]; then
  debs=$dir/debs
  build_both "$debs"
fi
make_system
inside bash /debs/debs_inside.sh || die 1 "the packages failed in $system (above)"
$keep || rm -rf --one-file-system "$system"
say "packages are fine on $suite"
