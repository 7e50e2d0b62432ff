#!/usr/bin/env bash
# Every golden ledger is read where nobody may write, says what its own program
# said of it, stays as it is, and goes on to the end with the same bits.
# Usage: golden_test.sh FOLDER_OF_THE_PROGRAMS
# shellcheck source-path=SCRIPTDIR
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../integration/common.sh" "$1"
source "$here/golden.sh"
write_specs

# As someone whom files can be kept from.
nobody=()
if [ "$(id -u)" = 0 ]; then
  chmod 755 "$work"
  nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)
fi
# same WHAT EXPECTED FOUND
same() { diff "$2" "$3" >diff.log || fail "$1 differs: $(head -n 20 diff.log)"; }

# look NAME DB: all that reads.
look() {
  local db=$2
  expect 0 '8 +half +(interrupted|waiting|running)|7 +half' "${reader[@]}" "$bin/fathom" list --db "$db"
  expect 0 '"trials": 8' "${reader[@]}" "$bin/fathom" list --db "$db" --json
  expect 0 'learning_rate: \[0.001, 0.01\]' "${reader[@]}" "$bin/fathom" show done --db "$db"
  expect 0 'state: +diverged' "${reader[@]}" "$bin/fathom" show diverged/1 --db "$db"
  expect 0 '8 trials: 8 succeeded' "${reader[@]}" "$bin/fathom" summary done --db "$db"
  expect 0 'momentum +0.01' "${reader[@]}" "$bin/fathom" summary rules --db "$db"
  expect 0 '0\.3795' "${reader[@]}" "$bin/fathom" best imported --db "$db"
  expect 4 'no feature varies' "${reader[@]}" "$bin/fathom" summary failed --db "$db"
  expect 0 '' "${reader[@]}" "$bin/fathom" audit --db "$db"
}

# take NAME DB: what makes files of it.
take() {
  "$bin/fathom" plot done --db "$2" --out "plots-$1" >plot.log 2>&1 || fail "plot: $(cat plot.log)"
  expect 0 '' "$bin/fathom" backup "copy-$1.db" --db "$2"
  export_ledger "copy-$1.db" >copied.txt
  same "$1: what a backup holds" "$here/golden/$1.txt" copied.txt
}

# verify NAME DB: its numbers are found again, where they are of these numerics.
verify() {
  for sweep in done diverged rules imported; do
    expect 0 '' "${reader[@]}" "$bin/fathom" verify "$sweep" --db "$2" --quiet --seed 1
  done
}

# The numerics of these programs.
expect 0 '' "$bin/fathom" run done.yaml --db now.db --no-plot --quiet
now=$(ask now.db 'SELECT DISTINCT numerics FROM results' | tail -n 1)

for file in "$here"/golden/*.db.gz; do
  name=$(basename "$file" .db.gz)
  echo "-- $name"
  mkdir "kept-$name"
  db=kept-$name/ledger.db
  gunzip -c "$file" >"$db"
  cp "$db" "$name.db"
  sum=$(sha256sum <"$db")
  chmod 444 "$db"
  chmod 555 "kept-$name"
  reader=("${nobody[@]}")
  export_ledger "$db" >read.txt 2>&1
  same "$name: what it holds" "$here/golden/$name.txt" read.txt
  look "$name" "$db"
  was=$(grep -oE 'fathom-k[^,]*' "$here/golden/$name.txt" | head -n 1)
  [ "$now" != "$was" ] || verify "$name" "$db"
  [ "$sum" = "$(sha256sum <"$db")" ] || fail "$name: reading has changed the file"
  [ "$(ls "kept-$name")" = ledger.db ] || fail "$name: reading has left $(ls "kept-$name")"
  chmod 755 "kept-$name"
  reader=()
  take "$name" "$name.db"

  # The same sweep file finds the old sweep.
  start_server "$name.db" --listen 127.0.0.1:0 --grace 0
  for sweep in done rules imported half; do
    id=$("$bin/fathom" list --server "$server" --json | tr -d ' \n' | grep -oE "\"sweep\":[0-9]+,\"spec\":\{\"name\":\"$sweep\"" | grep -oE '[0-9]+')
    expect 0 "\"sweep\": $id,|sweep $id\\b" "$bin/fathom" submit "$sweep.yaml" --server "$server"
  done
  kill "$server_pid" && wait "$server_pid"
  finish_ledger "$name.db"
  export_results "$name.db" >end.txt
  if [ "$now" = "$was" ]; then
    same "$name: its end" "$here/golden/$name.end.txt" end.txt
  else
    # What was recorded stays, and what was open has ended.
    grep -E '^[0-9]+,[0-9]+,(succeeded|diverged|failed),' "$here/golden/$name.txt" |
      grep -vE '^8,.*(leased|pending)' >old_rows.txt
    while IFS= read -r row; do
      grep -qxF -- "$row" end.txt || fail "$name: lost the row $row"
    done <old_rows.txt
  fi
  expect 0 '' "$bin/fathom" audit --db "$name.db"
done
finish
