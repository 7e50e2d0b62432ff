#!/usr/bin/env bash
# What deploy/quickstart.sh says before it builds, where packages or rights are
# missing. apt and dpkg are stand-ins: nothing is installed.
# Usage: quickstart_test.sh FOLDER_OF_THE_PROGRAMS CHECKOUT
# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/common.sh" "$1"
checkout=$2

mkdir clone stand-ins
cp -r "$checkout/deploy" clone/
# Not that of this machine.
sed -i "s|^service_policy=.*|service_policy=$work/policy|" clone/deploy/common.sh
# What the scripts need, without sudo.
for tool in bash cat awk chmod df dirname env id mktemp rm sh tail sed; do
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
# What a package does that has a daemon.
"$POLICY" prometheus start >/dev/null 2>&1
echo "Setting up a daemon: the policy says $?"
for percent in 0 10 50 90; do echo "dlstatus:1:$percent.0000:Retrieving file"; done
echo 'Setting up all of it ...'
for percent in 0 40 99 100; do echo "pmstatus:g++:$percent.0:Installing g++"; done
echo "E: $APT_ERROR" >&2
exit 100
SH
here=(env PATH="$work/stand-ins" POLICY="$work/policy")
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
  grep -q 'the policy says 101' apt.log || fail "daemons would be started: $(cat apt.log)"
  [ ! -e policy ] || fail 'the policy stays behind'
  printf '#!/bin/bash\nexit 104\n' >policy && chmod 755 policy
  "${here[@]}" MISSING=1 APT_ERROR='no network' "${script[@]}" >apt.log 2>&1
  grep -q 'the policy says 104' apt.log || fail "a policy that was there does not count: $(cat apt.log)"
  [ -e policy ] || fail 'a policy that was there is gone'
fi

echo '-- neither root nor sudo, and a checkout of someone else'
chmod 777 clone
expect 10 "Run as root: $by_hand" "${here[@]}" MISSING=1 "${nobody[@]}" "${script[@]}"
chmod 555 clone
expect 10 'may not write to .*/clone, where fathom is built' "${here[@]}" MISSING= "${nobody[@]}" "${script[@]}"
expect 10 'Clone it as .*, or as root: chown -R ' "${here[@]}" MISSING= "${nobody[@]}" "${script[@]}"
chmod 755 clone

finish
