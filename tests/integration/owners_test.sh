#!/usr/bin/env bash
# Drives who may change whose sweeps, and who is said to have submitted them.
# Usage: owners_test.sh FOLDER_OF_THE_PROGRAMS
# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/common.sh" "$1"

cat >small.yaml <<'YAML'
name: small
data: {synthetic: {rows: 50, columns: 5, noise: 0.1}}
optimizer: {learning_rate: 0.01}
steps: 50
axes: {depth: [1, 2], seed: {range: [0, 3]}}
YAML
sed 's/small/other/' small.yaml >other.yaml

echo '-- without tokens, a sweep is nobody'"'"'s and everybody may change it'
start_server lab.db --listen 127.0.0.1:0
expect 0 '' "$bin/fathom" submit other.yaml --server "$server"
expect 0 '^owner: +-$' "$bin/fathom" show other --server "$server"
kill -TERM "$server_pid"
wait "$server_pid"

echo '-- with them, it is of who submitted it'
for who in 'submit ada' 'submit bob' 'admin eve' 'read joe'; do
  read -r role name <<<"$who"
  "$bin/fathom" token new --role "$role" --name "$name" --out "$name.token" >>tokens 2>token.log || fail "$(cat token.log)"
done
start_server lab.db --listen 127.0.0.1:0 --tokens tokens
as() { echo "--server $server --token-file $1.token"; }
# shellcheck disable=SC2046
{
  expect 0 '' "$bin/fathom" submit small.yaml $(as ada)
  expect 0 ' UTC +ada' "$bin/fathom" list $(as joe)
  expect 0 '"owner": "ada"' "$bin/fathom" list $(as joe) --json
  expect 0 '^owner: +ada$' "$bin/fathom" show small $(as bob)
  expect 0 '^small,ada$' "$bin/fathom" query 'SELECT name, owner FROM sweep_overview' --format csv $(as joe)
  grep -q 'sweep_created: sweep 2, "small", 6 trials, of ada' lab.db.log || fail "the log: $(cat lab.db.log)"
  for change in cancel pause resume retry 'priority --weight 2' 'priority --level 5' 'delete --yes'; do
    read -r command options <<<"$change"
    # shellcheck disable=SC2086
    expect 5 'belongs to ada, and this token to bob; only the owner and admins' \
      "$bin/fathom" $command small $options $(as bob)
  done
  expect 0 '"weight": 1' "$bin/fathom" show small $(as joe) --json
  # Who submits the same finds hers, and still may not change it.
  expect 0 '2' "$bin/fathom" submit small.yaml $(as bob)
  expect 5 'belongs to ada' "$bin/fathom" cancel small $(as bob)

  expect 0 '' "$bin/fathom" pause small $(as ada)
  expect 0 '' "$bin/fathom" priority small --weight 3 $(as eve)
  expect 0 '' "$bin/fathom" resume small $(as eve)
  expect 0 '' "$bin/fathom" cancel small $(as ada)
  # From before there were tokens.
  expect 5 'role submit or admin' "$bin/fathom" cancel other $(as joe)
  expect 0 'is cancelled' "$bin/fathom" cancel other $(as bob)
  expect 5 'belongs to ada' "$bin/fathom" cancel small $(as bob)

  expect 5 'role submit or admin' "$bin/fathom" delete small --yes $(as joe)
  expect 5 'belongs to ada' "$bin/fathom" delete small --yes $(as bob)
  expect 0 '"owner": "ada"' "$bin/fathom" show small $(as joe) --json
  expect 2 'and ada, would be deleted for good' "$bin/fathom" delete small $(as ada)
  expect 0 'is deleted' "$bin/fathom" delete small --yes $(as ada)
  expect 2 'no sweep "small"' "$bin/fathom" show small $(as joe)
  expect 0 'sweep 2, ""?small""?, .*, by ada' "$bin/fathom" query "SELECT message FROM events WHERE kind = 'sweep_deleted'" \
    --format csv $(as joe)
}
finish
