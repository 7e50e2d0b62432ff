#!/usr/bin/env bash
# Looks at sweeps and ledgers that are odd: half done, without points, older,
# newer, damaged, gone, at a coordinator that is away. Each is a picture, a
# report or an error that says what it is; nothing hangs, nothing is half
# written, and nothing changes a ledger.
# Usage: look_test.sh FOLDER_OF_THE_PROGRAMS
# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/common.sh" "$1"
draws=0
command -v gnuplot >/dev/null && draws=1

cat >small.yaml <<'YAML'
name: small
data: {synthetic: {rows: 30, columns: 3, noise: 0.1}}
steps: 100
axes: {depth: [1, 2], learning_rate: [0.01, 0.1, 1e300], seed: [1, 2]}
YAML
expect 0 '' "$bin/fathom" run small.yaml --db lab.db --no-plot --quiet

# each_look DB CODE PATTERN [SWEEP]: every command that only looks, its exit
# code and a pattern in what it says.
each_look() {
  local db=$1 code=$2 pattern=$3 sweep=${4:-1}
  expect "$code" "$pattern" "$bin/fathom" plot "$sweep" --db "$db"
  expect "$code" "$pattern" "$bin/fathom" plot "$sweep" --heat depth,learning_rate --db "$db"
  expect "$code" "$pattern" "$bin/fathom" plot "$sweep" --x learning_rate --value best --db "$db"
  expect "$code" "$pattern" "$bin/fathom" plot "$sweep" --compare depth=2 --db "$db"
  expect "$code" "$pattern" "$bin/fathom" report "$sweep" -o look.html --db "$db"
  expect "$code" "$pattern" "$bin/fathom" export "$sweep" -o look.csv --db "$db"
  expect "$code" "$pattern" "$bin/fathom" export "$sweep" --what points -o look.jsonl --db "$db"
  expect "$code" "$pattern" "$bin/fathom" explain "$sweep" --db "$db"
  expect "$code" "$pattern" "$bin/fathom" summary "$sweep" --db "$db"
  if [ "$code" != 0 ] && { [ -e look.html ] || [ -e look.csv ] || [ -e look.jsonl ]; }; then
    fail "half a file is there: $db"
  fi
  rm -f look.html look.csv look.jsonl
}

echo '-- ledgers that are none, damaged, newer or gone'
sum=$(sha256sum lab.db)
each_look no-such.db 2 'no-such\.db'
each_look small.yaml 1 'small\.yaml|not a'
head -c 20000 lab.db >half.db
each_look half.db 1 'half\.db|malformed|damaged'
cp lab.db hurt.db
python3 - hurt.db <<'PY' || fail 'python3 cannot change a file'
import sys
with open(sys.argv[1], "r+b") as file:
    data = file.read()
    page = int.from_bytes(data[16:18], "big")
    for at in range(page, len(data), page):
        file.seek(at)
        file.write(b"\xff" * 64)
PY
said=$("$bin/fathom" show 1 --db hurt.db 2>&1) && fail 'a damaged ledger was shown'
case $said in
*SELECT*) fail "a statement is quoted: $said" ;;
*'hurt.db is damaged: '*'(reading '*sweeps*'). Go on with a copy'*) ;;
*) fail "hurt.db: $said" ;;
esac
cp lab.db newer.db
python3 - newer.db <<'PY' || fail 'python3 cannot change a ledger'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
version = db.execute("PRAGMA user_version").fetchone()[0]
db.execute(f"PRAGMA user_version = {version + 1}")
db.commit()
PY
each_look newer.db 1 'newer'
each_look lab.db 2 'there is no sweep' no-such-sweep
[ "$(sha256sum lab.db)" = "$sum" ] || fail 'looking has changed the ledger'

echo '-- a sweep of 10^8 trials with three finished'
cat >huge.yaml <<'YAML'
name: huge
data: {synthetic: {rows: 10, columns: 2}}
steps: 5
axes: {depth: [1, 2], learning_rate: [0.01, 0.1], seed: {range: [0, 25000000]}}
YAML
start_server huge.db --listen 127.0.0.1:0
expect 0 '' "$bin/fathom" submit huge.yaml --server "$server"
"$bin/fathom-worker" --server "$server" --slots 1 2>worker.log &
worker=$!
pids+=("$worker")
some_finished() { "$bin/fathom" query "SELECT trial FROM results WHERE state='succeeded' LIMIT 3" --server "$server" --format csv 2>/dev/null | grep -q '^[0-9]'; }
until_true 60 some_finished || fail "no trial is finished: $(cat worker.log)"
kill -9 "$worker"
expect 0 'ETA|limit' "$bin/fathom" explain 1 --server "$server"
expect 1 'no picture' "$bin/fathom" plot 1 --server "$server"
expect 0 'share that diverged' "$bin/fathom" plot 1 --heat depth,learning_rate --value diverged --server "$server"
expect 1 'no picture' "$bin/fathom" plot 1 --where depth=2 --heat depth,learning_rate --server "$server"
expect 0 'rows?' "$bin/fathom" export 1 --where seed=0..1 -o few.csv --server "$server"
expect 0 'huge\.html' "$bin/fathom" report 1 -o huge.html --server "$server"

echo '-- a coordinator that is away'
kill -9 "$server_pid"
wait "$server_pid" 2>/dev/null
for command in 'plot 1' 'explain 1' 'report 1 -o away.html' 'export 1 -o away.csv' 'best 1'; do
  # shellcheck disable=SC2086
  expect 3 'no coordinator' "$bin/fathom" $command --server "$server"
done
{ [ -e away.html ] || [ -e away.csv ]; } && fail 'a file of a coordinator that is away'

echo '-- points that are few, none, or not finite'
cat >odd.yaml <<'YAML'
name: odd
data: {synthetic: {rows: 20, columns: 3}}
steps: 1
axes: {depth: [1], learning_rate: [0.1, 1e300]}
YAML
expect 0 '' "$bin/fathom" run odd.yaml --db odd.db --no-plot --quiet
expect 0 'a depth 1' "$bin/fathom" plot odd --db odd.db
python3 - odd.db <<'PY' || fail 'python3 cannot change a ledger'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("DELETE FROM metric_chunks" if db.execute("SELECT 1 FROM sqlite_master WHERE name='metric_chunks'").fetchone() else "DELETE FROM points")
db.commit()
PY
expect 1 'no picture' "$bin/fathom" plot odd --db odd.db
expect 0 'odd\.html' "$bin/fathom" report odd -o odd.html --db odd.db
grep -q 'Best settings' odd.html || fail 'a report without points lacks its tables'
cat >lost.yaml <<'YAML'
name: lost
data: {synthetic: {rows: 20, columns: 3}}
steps: 20
axes: {depth: [1, 2], learning_rate: [1e300, 1e301]}
YAML
expect 0 '' "$bin/fathom" run lost.yaml --db lost.db --no-plot --quiet
expect 1 'no picture' "$bin/fathom" plot lost --db lost.db
expect 0 'diverged' "$bin/fathom" plot lost --heat depth,learning_rate --db lost.db
expect 0 '\(diverged\)' "$bin/fathom" plot lost --x learning_rate --db lost.db
expect 0 'diverged at|it diverged|diverged' "$bin/fathom" explain lost/0 --db lost.db

echo '-- terminals'
expect 0 'depth' env COLUMNS=40 NO_COLOR=1 TERM=dumb "$bin/fathom" plot small --db lab.db
"$bin/fathom" plot small --db lab.db | grep -q $'\x1b' && fail 'a file has colours'

if [ $draws = 1 ]; then
  echo '-- pictures have the same bytes each time, and hold'
  while read -r format more; do
    # shellcheck disable=SC2086
    expect 0 "a\.$format" "$bin/fathom" plot small $more -o "a.$format" --db lab.db
    cp "a.$format" "b.$format"
    # shellcheck disable=SC2086
    expect 0 "a\.$format" "$bin/fathom" plot small $more -o "a.$format" --db lab.db
    cmp -s "a.$format" "b.$format" || fail "two pictures differ: $format $more"
    expect 0 'holds' "$bin/fathom" plot --verify "a.$format" --db lab.db
  done <<'PICTURES'
svg --where depth=1 --log none
svg --heat depth,learning_rate
png --x learning_rate
pdf --compare depth=2
PICTURES
  expect 0 '' env SOURCE_DATE_EPOCH=86400 "$bin/fathom" plot small -o dated.pdf --db lab.db
  grep -aq 'CreationDate (D:19700102000000' dated.pdf || fail 'a pdf has another date than SOURCE_DATE_EPOCH'
fi

finish
