#!/usr/bin/env bash
# A ledger with a sweep whose spec a newer program has written: the programs say
# so, go on with the others, keep what its workers did, and can end it.
# Usage: unreadable_test.sh FOLDER_OF_THE_PROGRAMS
# shellcheck source-path=SCRIPTDIR
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../integration/common.sh" "$1"
source "$here/golden.sh"
write_specs

# spec_of SWEEP CHANGE: puts CHANGE, a function of its bytes, into the ledger.
spec_of() {
  python3 - "$1" "$2" <<'PYTHON' || fail 'python3'
import sqlite3, sys
db = sqlite3.connect("lab.db")
where = "WHERE sweep_id=(SELECT MAX(sweep_id) FROM sweeps WHERE name=?)"
spec, = db.execute("SELECT spec FROM sweep_specs " + where, sys.argv[1:2]).fetchone()
db.execute("UPDATE sweep_specs SET spec=? " + where, (eval(sys.argv[2])(spec), sys.argv[1]))
db.commit()
PYTHON
}
state_of() { ask lab.db "SELECT state FROM sweep_overview WHERE name='$1'" | tail -n 1; }
is_completed() { [ "$(state_of "$1")" = completed ]; }

"$bin/fathom" run done.yaml --db lab.db --no-plot --quiet >/dev/null 2>&1 || fail 'no sweep'
start_server lab.db --listen 127.0.0.1:0 --grace 0
for sweep in half paused rules; do expect 0 '' "$bin/fathom" submit $sweep.yaml --server "$server"; done
kill "$server_pid" && wait "$server_pid"
# A field with the number 1000; a spec that ends early; and one that is finished.
spec_of half 'lambda spec: spec + b"\xc0\x3e\x01"'
spec_of paused 'lambda spec: spec[:-2]'
spec_of done 'lambda spec: spec + b"\xc0\x3e\x01"'

echo '-- read as a file'
expect 0 'half +unreadable' "$bin/fathom" list --db lab.db
expect 0 'paused +unreadable' "$bin/fathom" list --db lab.db
expect 0 'done +completed, unreadable' "$bin/fathom" list --db lab.db
expect 0 '"unreadable": "this fathom.*1000' "$bin/fathom" show half --db lab.db --json
expect 0 'does not know a field with the number 1000' "$bin/fathom" show half --db lab.db
expect 0 'damaged' "$bin/fathom" show paused --db lab.db
for command in summary best plot verify watch; do
  expect 1 'does not know a field with the number 1000' "$bin/fathom" $command done --db lab.db
done
expect 0 '^8$' "$bin/fathom" query "SELECT COUNT(*) FROM results WHERE state='succeeded'" --db lab.db --format csv
expect 0 '' "$bin/fathom" audit --db lab.db

echo '-- served'
for round in 1 2; do
  start_server lab.db --listen 127.0.0.1:0 --grace 0
  until_true 20 grep -q 'sweep_unreadable: sweep 2, ' lab.db.log || fail "the log: $(cat lab.db.log)"
  [ $round = 2 ] || { kill "$server_pid" && wait "$server_pid"; }
done
expect 0 '^2$' "$bin/fathom" query "SELECT COUNT(*) FROM events WHERE kind='sweep_unreadable'" --server "$server" --format csv
"$bin/fathom-worker" --server "$server" --slots 1 --cache '' 2>worker.log &
worker=$!
pids+=("$worker")
until_true 60 is_completed rules || fail "the others do not go on: $(cat worker.log)"
[ "$(ask lab.db 'SELECT COUNT(*) FROM results WHERE sweep IN (2, 3)' | tail -n 1)" = 0 ] ||
  fail 'something of an unreadable sweep was given out'
expect 0 'half +unreadable' "$bin/fathom" list --server "$server"
expect 0 'sweep 2, half, is cancelled' "$bin/fathom" cancel half --server "$server"
expect 0 'sweep 3, paused, is cancelled' "$bin/fathom" cancel paused --server "$server"
[ "$(state_of half),$(state_of paused)" = cancelled,cancelled ] || fail "cancelled sweeps are $(state_of half)"
kill "$worker" && wait "$worker"
kill "$server_pid" && wait "$server_pid"
expect 0 '' "$bin/fathom" audit --db lab.db
finish
