#!/usr/bin/env bash
# What is set for all commands: an option counts most, then the environment, then
# the configuration file, then the default.
# Usage: config_test.sh FOLDER_OF_THE_PROGRAMS
# shellcheck source-path=SCRIPTDIR disable=SC2016
source "$(dirname "${BASH_SOURCE[0]}")/common.sh" "$1"
PATH=$bin:$PATH
mkdir -p config/fathom
config() { printf '%s\n' "$@" >config/fathom/config; }

printf '%s\n' 'name: one' 'data: {synthetic: {rows: 9, columns: 2}}' 'steps: 4' \
  'optimizer: {learning_rate: 0.1}' 'axes: {depth: [1, 2]}' >one.yaml
for name in flag variable file; do
  sed "s/one/$name/" one.yaml >"$name.yaml"
  expect 0 '2 trials' fathom run "$name.yaml" --db "$name.db" --no-plot
done

echo '-- the default'
expect 0 '2 trials' fathom run one.yaml --no-plot
[ -s fathom.db ] || fail 'fathom run wrote no fathom.db'
expect 0 'one' fathom list
expect 0 'db +fathom\.db +default' fathom config
expect 0 'token_file +- +unset' fathom config
expect 0 'config/fathom/config \(there is none\)' fathom config

echo '-- option, environment, file'
config 'db: file.db'
expect 0 '\bfile\b' fathom list
FATHOM_DB=variable.db expect 0 '\bvariable\b' fathom list
FATHOM_DB=variable.db expect 0 '\bflag\b' fathom list --db flag.db
expect 0 'db +file\.db +line 1 of the file' fathom config
FATHOM_DB=variable.db expect 0 'db +variable\.db +\$FATHOM_DB' fathom config
expect 0 '2 trials' fathom run one.yaml --no-plot
[ "$(fathom query 'SELECT COUNT(*) FROM sweep_overview' --db file.db --format csv | tail -n 1)" = 2 ] ||
  fail 'fathom run did not write the ledger of the file'

echo '-- a coordinator'
start_server served.db --listen 127.0.0.1:0
expect 0 'no sweeps yet' fathom list --server "$server"
config "server: $server" 'db: file.db'
expect 0 'no sweeps yet' fathom list
FATHOM_DB=variable.db expect 0 '\bvariable\b' fathom list
FATHOM_SERVER=127.0.0.1:1 expect 3 '127\.0\.0\.1:1' fathom list
FATHOM_SERVER=127.0.0.1:1 expect 0 'no sweeps yet' fathom list --server "$server"
expect 0 '\bflag\b' fathom list --db flag.db
expect 0 'sweep 1' fathom submit one.yaml
expect 0 '\bone\b' fathom list

echo '-- a token and colours'
printf 'secret\n' >token
chmod 600 token
config "server: $server" "token_file: $work/token" 'color: never'
chmod 644 config/fathom/config
expect 0 '"variable": "FATHOM_TOKEN_FILE"' fathom config --json
! fathom config --json | grep -q secret || fail 'fathom config shows what is in the file of the token'

echo '-- mistakes'
config 'server: a:1' 'databse: x'
for command in list config 'run one.yaml' version; do
  # shellcheck disable=SC2086
  expect 2 "config/fathom/config:2:1: found the key \"databse\", expected one of server" fathom $command
done
config 'serve: a:1'
expect 2 'did you mean server\?' fathom list
expect 0 'Usage' fathom list --help
FATHOM_CONFIG=/no/such expect 2 'cannot read the configuration /no/such: No such file' fathom list
config 'server: a:1'
chmod 666 config/fathom/config
expect 2 'may be written by everyone; `chmod o-w` mends that' fathom list
chmod 644 config/fathom/config
FATHOM_COLOR=red expect 2 'FATHOM_COLOR: found "red", expected auto, always or never' fathom version

finish
