#!/usr/bin/env bash
# The part of debs.sh that runs in the bare system, as root: what people do with the
# packages in /debs/first and /debs/next, which are two versions of the same.
set -euo pipefail
packages=(fathom fathom-server fathom-worker)
env_files=(/etc/fathom/server.env /etc/fathom/worker.env)
ledger=/var/lib/fathom/fathom.db
work=$(mktemp -d)
chmod 755 "$work"

say() { printf '==> %s\n' "$*"; }
fail() {
  printf 'FAILED: %s\n' "$*" >&2
  exit 1
}
is() { # WHAT FOUND EXPECTED
  [[ $2 == "$3" ]] || fail "$1: found '$2', expected '$3'"
}
until_true() { # SECONDS COMMAND...
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < deadline)) || return 1
    read -rt 0.2 <> <(:) || true
  done
}
apt() { # WHAT APT_GET_ARG...
  say "$1"
  shift
  apt-get -o Dpkg::Use-Pty=0 -y --no-install-recommends "$@" >"$work/apt.log" 2>&1 </dev/null || {
    tail -n 20 "$work/apt.log" >&2
    fail "apt-get $*"
  }
  is 'packages that are half there' "$(dpkg --audit)" ''
}
status_of() { dpkg-query -W -f='${db:Status-Status} ${Version}' "$1" 2>/dev/null || echo none; }
version_in() { dpkg-deb -f "/debs/$1/"fathom_*.deb Version; }
ask() { fathom query "$1" --db "$ledger" --format csv | tail -n +2; }
# State of the sweep's trials.
count() { ask "SELECT COUNT(*) FROM results WHERE state = '$1'"; }

check_installed() { # FOLDER
  local package program page
  for package in "${packages[@]}"; do
    is "$package" "$(status_of "$package")" "installed $(version_in "$1")"
    # What apt shows of a package is there, as that of nobody else.
    dpkg --verify "$package" | grep -v ' c /etc/fathom/' && fail "$package is not as it was packed"
  done
  for program in "${packages[@]}"; do
    is "where $program is" "$(command -v "$program")" "/usr/bin/$program"
    "$program" --version >/dev/null || fail "$program --version"
    for page in /usr/share/man/man1/"$program".1.gz /usr/share/doc/"$program"/copyright \
      /usr/share/bash-completion/completions/"$program" \
      /usr/share/fish/vendor_completions.d/"$program".fish; do
      [[ -s $page ]] || fail "$program: no $page"
    done
  done
  [[ -s /usr/share/zsh/vendor-completions/_fathom ]] || fail 'no completion for zsh'
  [[ -s /usr/share/man/man1/fathom-run.1.gz ]] || fail 'no man page of fathom run'
  fathom presets | grep -q quickstart || fail 'fathom presets does not know quickstart'
}

check_units() {
  is 'what systemd finds in the units' \
    "$(systemd-analyze verify --man=no --recursive-errors=no fathom-server.service fathom-worker@1.service 2>&1)" ''
  is 'coordinator starts with the machine' "$(systemctl is-enabled fathom-server.service)" enabled
  is 'worker starts with the machine' "$(systemctl is-enabled fathom-worker@1.service || true)" disabled
  is 'home of the user' "$(getent passwd fathom | cut -d: -f6,7)" /var/lib/fathom:/usr/sbin/nologin
}

# The page comes out of the program.
check_page() {
  fathom ui --db "$ledger" --listen 127.0.0.1:0 >"$work/ui.log" 2>&1 &
  local ui=$! port
  until_true 20 grep -qE 'http://127\.0\.0\.1:[0-9]+' "$work/ui.log" || fail "fathom ui: $(cat "$work/ui.log")"
  port=$(grep -oE 'http://127\.0\.0\.1:[0-9]+' "$work/ui.log" | head -n 1)
  port=${port##*:}
  exec {page}<>"/dev/tcp/127.0.0.1/$port"
  printf 'GET / HTTP/1.1\r\nHost: 127.0.0.1:%s\r\nConnection: close\r\n\r\n' "$port" >&"$page"
  grep -q '/assets/main-' <&"$page" || fail 'fathom ui has no page'
  exec {page}>&-
  kill -TERM "$ui"
  wait "$ui" || fail "fathom ui ended with $?"
}

# As the units do, without systemd: it is not process 1 here.
start_server() {
  install -d -o fathom -g fathom -m 750 /var/lib/fathom
  : >"$work/server.log"
  setpriv --reuid=fathom --regid=fathom --clear-groups \
    fathom-server --db "$ledger" --listen "${FATHOM_LISTEN:-127.0.0.1:0}" 2>"$work/server.log" &
  server_pid=$!
  until_true 20 grep -q 'listening on' "$work/server.log" || fail "fathom-server: $(cat "$work/server.log")"
  FATHOM_LISTEN=$(grep -oE '127\.0\.0\.1:[0-9]+' "$work/server.log" | head -n 1)
  export FATHOM_SERVER=$FATHOM_LISTEN
}
start_worker() {
  install -d -o nobody -m 700 /var/cache/fathom-worker
  setpriv --reuid=nobody --regid=nogroup --clear-groups \
    fathom-worker --slots 1 --cache /var/cache/fathom-worker 2>"$work/worker.log" &
  worker_pid=$!
}
stop() { # PID WHAT
  kill -TERM "$1"
  wait "$1" || fail "$2 ended with $?: $(cat "$work"/*.log)"
}

begin_sweep() {
  cat >"$work/sweep.yaml" <<YAML
name: upgrade
data: {synthetic: {rows: 50, columns: 5, noise: 0.1}}
model: {init: {scheme: balanced, norm: 0.1}}
axes:
  depth: [1, 2]
  learning_rate: [0.001, 0.01]
  seed: {range: [0, 10]}
  steps: [100, 10000000]
record: {points: 10}
YAML
  fathom submit "$work/sweep.yaml" >"$work/submit.log" || fail "submit: $(cat "$work/submit.log")"
}
some_done() { (($(count succeeded) >= 5)); }
all_done() { (($(count succeeded) == 80)); }

upgrade_in_the_middle() {
  say 'a sweep begins'
  start_server
  begin_sweep
  start_worker
  until_true 120 some_done || fail "the sweep does not go on: $(cat "$work"/*.log)"
  echo '# Mine.' >>"${env_files[0]}"
  apt 'upgrade' install /debs/next/*.deb
  is 'a setting that somebody wrote' "$(tail -n 1 "${env_files[0]}")" '# Mine.'
  # The programs of before are deleted files, and run.
  [[ $(readlink "/proc/$server_pid/exe") == '/usr/bin/fathom-server (deleted)' ]] || fail 'the server is not the one of before'
  kill -0 "$server_pid" "$worker_pid" || fail 'the upgrade ended a program'
  all_done && fail 'the sweep was over before the upgrade was; it takes more trials'
  local before
  before=$(count succeeded)
  say "$before of 80 trials; the programs start again, as the upgrade has systemd do"
  stop "$server_pid" fathom-server
  start_server # At the same address; the worker waits for it.
  stop "$worker_pid" fathom-worker
  start_worker
  is 'program of the server' "$(readlink "/proc/$server_pid/exe")" /usr/bin/fathom-server
  (($(count succeeded) >= before)) || fail 'finished trials are gone'
  until_true 600 all_done || fail "the sweep does not end: $(cat "$work"/*.log)"
  is 'trials that were begun more than twice' "$(ask 'SELECT COUNT(*) FROM results WHERE attempt > 2')" 0
  stop "$worker_pid" fathom-worker
  stop "$server_pid" fathom-server
  fathom audit --db "$ledger" --strict || fail 'the ledger does not pass the audit'
}

apt 'lists of packages' update
apt 'install' install /debs/first/*.deb
check_installed first
check_units
upgrade_in_the_middle
check_installed next
check_units
check_page

apt 'remove' remove "${packages[@]}"
for package in "${packages[@]}"; do
  [[ ! -e /usr/bin/$package ]] || fail "$package is still there"
done
for file in "${env_files[@]}" "$ledger"; do
  [[ -e $file ]] || fail "remove took $file"
done

apt 'install again' install /debs/next/*.deb
check_installed next
check_units
is 'the setting of before' "$(tail -n 1 "${env_files[0]}")" '# Mine.'
start_server
is 'the sweep of before' "$(fathom list | grep -c 'upgrade.*completed')" 1
stop "$server_pid" fathom-server
cp "$ledger" "$work/ledger"

apt 'purge' purge "${packages[@]}"
grep -q 'the ledger stays, in /var/lib/fathom' "$work/apt.log" || fail "purge does not say what stays: $(cat "$work/apt.log")"
for package in "${packages[@]}"; do
  is "$package after purge" "$(status_of "$package")" none
done
left=$(find / -xdev \( -path /proc -o -path /debs -o -path "$work" -o -path /var/log -o -path '/var/lib/fathom/*' \) -prune -o -name '*fathom*' -print | sort | tr '\n' ' ')
is 'what is left' "$left" "/var/lib/fathom "
cmp "$ledger" "$work/ledger" || fail 'the ledger has changed'
is 'owner of the ledger' "$(stat -c %U "$ledger")" fathom

apt 'install after purge' install /debs/next/*.deb
is 'settings' "$(grep -c '^[^#]' "${env_files[0]}")" 0
is 'the sweep, after all that' "$(count succeeded)" 80
apt 'purge' purge "${packages[@]}"
rm -rf "$work"
say 'all passed'
