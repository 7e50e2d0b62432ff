#!/usr/bin/env bash
# Builds, tests and tries fathom on each Debian that it is for.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

suites=(bookworm trixie)
usage="Usage: bash deploy/test-debians.sh [--dir DIR] [--mirror URL] [--keep] [--packages] [SUITE...]

For each suite (${suites[*]}, or those named): makes a bare system in DIR/SUITE
with debootstrap, clones what is committed here into it, and runs there what the
README begins with: deploy/test.sh and deploy/quickstart.sh. Takes root,
debootstrap, 6 GB of disk and half an hour or more for each.

  --dir DIR     where the systems are made (a temporary folder)
  --mirror URL  where packages come from (debootstrap's own choice)
  --packages    build the Debian packages there, too, and test them in another bare
                system of the suite (tests/deploy/debs.sh)
  --keep        leave the systems there; otherwise a system goes with its test

Exit codes: 0 fine, 1 a suite failed, 2 bad usage, 10 not root, 13 no debootstrap."

dir='' mirror=() keep=false packages=false named=()
while (($# > 0)); do
  case $1 in
  --dir | --mirror)
    [[ -n ${2-} ]] || die 2 "$1: found nothing, expected a value"
    if [[ $1 == --dir ]]; then dir=$2; else mirror=("$2"); fi
    shift
    ;;
  --keep) keep=true ;;
  --packages) packages=true ;;
  -h | --help) echo "$usage" && exit 0 ;;
  -*) die 2 "unknown option $1; see --help" ;;
  *) named+=("$1") ;;
  esac
  shift
done
((${#named[@]} == 0)) || suites=("${named[@]}")

((EUID == 0)) || die $no_rights "making a system takes root"
command -v debootstrap >/dev/null ||
  die $no_tools "debootstrap is missing; as root: apt-get install --no-install-recommends debootstrap"
[[ -n $dir ]] || dir=$(mktemp -d)
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)

# A program in the system, which sees no process but its own. Mounts and
# processes end with it.
inside() { # SYSTEM COMMAND...
  # shellcheck disable=SC2016  # The inner shell expands it.
  unshare --mount --pid --fork --kill-child bash -c '
    mount --rbind /dev "$0/dev" && mount -t proc proc "$0/proc" &&
      exec chroot "$0" env -i HOME=/root LANG=C.UTF-8 CI=true \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"' "$@"
}

try_suite() { # SUITE
  local system=$dir/$1 start=$SECONDS
  say "$1: making a system in $system"
  rm -rf --one-file-system "$system"
  debootstrap --variant=minbase --include=ca-certificates,git "$1" "$system" "${mirror[@]}" \
    >"$dir/$1.debootstrap.log" 2>&1 || {
    tail -n 5 "$dir/$1.debootstrap.log" >&2
    return 1
  }
  echo '127.0.0.1 localhost' >"$system/etc/hosts" # As on every machine.
  git clone --quiet --no-hardlinks "$root" "$system/root/fathom" || return
  say "$1: deploy/test.sh"
  inside "$system" bash /root/fathom/deploy/test.sh || return
  say "$1: deploy/quickstart.sh"
  inside "$system" bash /root/fathom/deploy/quickstart.sh || return
  if $packages; then
    say "$1: packages"
    inside "$system" bash /root/fathom/tests/deploy/debs.sh --build /root/debs || return
    bash "$root/tests/deploy/debs.sh" --dir "$dir/packages" --debs "$system/root/debs" --suite "$1" \
      ${mirror:+--mirror "${mirror[0]}"} || return
  fi
  say "$1: all well, after $((SECONDS - start)) s"
  $keep || rm -rf --one-file-system "$system"
}

failed=()
for suite in "${suites[@]}"; do
  try_suite "$suite" || failed+=("$suite")
done
((${#failed[@]} == 0)) || die 1 "failed: ${failed[*]} (what there is of them: $dir)"
say "fine on ${suites[*]}"
