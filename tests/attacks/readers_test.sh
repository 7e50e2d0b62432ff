#!/usr/bin/env bash
# Someone else reads a ledger in a folder where everybody may write: leaves nothing
# behind, and its owner goes on.
# Usage: readers_test.sh FOLDER_OF_THE_PROGRAMS
# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/../integration/common.sh" "$1"

if [ "$(id -u)" != 0 ] || ! command -v setpriv >/dev/null; then
  echo 'skipped: needs root and setpriv, to become someone else'
  exit 0
fi
chmod 755 "$work"
owner=(setpriv --reuid 65533 --regid 65533 --clear-groups)
other=(setpriv --reuid 65534 --regid 65534 --clear-groups)
cat >sweep.yaml <<'YAML'
name: small
data: {synthetic: {rows: 20, columns: 3}}
steps: 100
optimizer: {learning_rate: 0.01}
axes: {depth: [1, 2], seed: {range: [0, 3]}}
YAML
chmod 644 sweep.yaml
for mode in 777 1777 2775; do
  mkdir "at$mode"
  chown 65533:65534 "at$mode"
  chmod "$mode" "at$mode"
  db=at$mode/t.db
  expect 0 '' "${owner[@]}" "$bin/fathom" run sweep.yaml --db "$db" --no-plot --quiet
  for reader in other owner; do
    declare -n as=$reader
    expect 0 'small' "${as[@]}" "$bin/fathom" list --db "$db"
    expect 0 'small' "${as[@]}" "$bin/fathom" summary small --db "$db"
    expect 0 '^6$' "${as[@]}" "$bin/fathom" query 'SELECT COUNT(*) FROM results' --db "$db" --format csv
    expect 0 '' "${as[@]}" "$bin/fathom" audit --db "$db"
    left=$(find "at$mode" -name 't.db?*')
    [ -z "$left" ] || fail "$reader left $left in a folder of mode $mode"
  done
  expect 0 '' "${owner[@]}" "$bin/fathom" run sweep.yaml --db "$db" --new --no-plot --quiet
done

echo '-- what another program of theirs has left'
"${other[@]}" touch at1777/t.db-wal at1777/t.db-shm
expect 1 "t\.db-wal and .*t\.db-shm, which .* belong to user nobody.*chown 65533:65533 .*t\.db-wal" \
  "${owner[@]}" "$bin/fathom" run sweep.yaml --db at1777/t.db --no-plot --quiet
chown 65533:65533 at1777/t.db-wal at1777/t.db-shm
expect 0 '' "${owner[@]}" "$bin/fathom" run sweep.yaml --db at1777/t.db --no-plot --quiet

finish
