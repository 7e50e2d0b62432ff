#!/usr/bin/env bash
# What deploy/quickstart.sh says before it builds, where packages or rights are
# missing. apt and dpkg are stand-ins: nothing is installed.
# Usage: quickstart_test.sh FOLDER_OF_THE_PROGRAMS CHECKOUT
# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/common.sh" "$1"
checkout=$2

mkdir clone stand-ins
cp -r "$checkout/deploy" clone/
# What the scripts need, without sudo.
for tool in bash cat awk df dirname env id mktemp rm tail sed; do
  ln -s "$(command -v "$tool")" stand-ins/
done
stand_in() { # stand_in NAME: takes its lines from standard input.
  { echo '#!/bin/bash' && cat; } >"stand-ins/$1"
  chmod 755 "stand-ins/$1"
}
stand_in dpkg-query <<'SH'
[ -z "$MISSING" ] && echo installed
SH
stand_in apt-get <<'SH'
[[ " $* " == *" update "* ]] && exit 0
for percent in 0 10 50 90; do echo "dlstatus:1:$percent.0000:Retrieving file"; done
echo 'Setting up all of it ...'
for percent in 0 40 99 100; do echo "pmstatus:g++:$percent.0:Installing g++"; done
echo "E: $APT_ERROR" >&2
exit 100
SH
here=(env PATH="$work/stand-ins")
script=(bash "$work/clone/deploy/quickstart.sh")
chmod -R a+rX "$work"
nobody=()
[ "$(id -u)" != 0 ] || nobody=("$(command -v setpriv)" --reuid 65534 --regid 65534 --clear-groups)

echo '-- packages that cannot be installed'
by_hand='apt-get update && apt-get install --no-install-recommends g\+\+ '
if [ "$(id -u)" = 0 ]; then
  expect 11 "Try: $by_hand" "${here[@]}" MISSING=1 APT_ERROR='no network' "${script[@]}"
  "${here[@]}" MISSING=1 APT_ERROR='no network' "${script[@]}" >apt.log 2>&1
  grep -q 'E: no network' apt.log || fail "the words of apt are lost: $(cat apt.log)"
  for shown in 'fetched 0%' 'fetched 50%' 'fetched 75%' 'installed 25%' 'installed 100%'; do
    [ "$(grep -c "^    $shown\$" apt.log)" = 1 ] || fail "not once \"$shown\": $(cat apt.log)"
  done
fi

echo '-- neither root nor sudo, and a checkout of someone else'
chmod 777 clone
expect 10 "Run as root: $by_hand" "${here[@]}" MISSING=1 "${nobody[@]}" "${script[@]}"
chmod 555 clone
expect 10 'may not write to .*/clone, where fathom is built' "${here[@]}" MISSING= "${nobody[@]}" "${script[@]}"
expect 10 'Clone it as .*, or as root: chown -R ' "${here[@]}" MISSING= "${nobody[@]}" "${script[@]}"
chmod 755 clone

finish
