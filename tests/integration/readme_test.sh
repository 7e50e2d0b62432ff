#!/usr/bin/env bash
# Does what README.md says: every command in its blocks of sh runs as it stands
# there, in its order, as do its queries, its Python and the commands within its
# sentences; every option that it names exists, and every column. Needs what
# deploy/test.sh installs.
# Usage: readme_test.sh FOLDER_OF_THE_PROGRAMS CHECKOUT
# shellcheck source-path=SCRIPTDIR disable=SC2016 # Backquotes are those of README.md.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh" "$1"
checkout=$(cd "$2" && pwd) || exit 2
readme=$checkout/README.md
PATH=$bin:$PATH
export MPLBACKEND=Agg # Draws into memory.

# What no test can do: install and build, and go to other machines.
skipped='^(bash deploy/(quickstart|test)\.sh|ssh )'
# Inline commands that are only looked up: they take long, or are of the quickstart.
looked_up='^fathom (run (quickstart|paper/(l4|conv)-depth)|plot paper/l4-depth --overlay published)$'
# Where the machines of README.md are, and which sweep is there.
elsewhere() {
  sed -e "s/0\.0\.0\.0:7373/127.0.0.1:$port/g; s/127\.0\.0\.1:7373/127.0.0.1:$port/g" \
    -e "s/lab\.example\.org:7373/localhost:$port/g; s/lab\.example\.org/localhost/g" \
    -e 's/fathom verify 3 /fathom verify 1 /'
}

page=$readme
source "$(dirname "${BASH_SOURCE[0]}")/page.sh"
find_port

ln -s "$checkout/deploy" deploy
# Tables of one's own, and ten files as those of the dataset ethanol.
awk 'BEGIN { print "ppm,a,b"; for (i = 0; i < 50; ++i) print i * 3 % 7 "," i "," i * i % 11 }' >gas.csv
mkdir DIR
awk 'BEGIN {
  for (i = 0; i < 2565; ++i) {
    line = "1;" i % 13 + 1
    for (j = 1; j <= 128; ++j) line = line " " j ":" (i * j) % 17 + j / 8
    print line >"DIR/batch" i % 10 + 1 ".dat"
  }
}'
# The ledger that quickstart.sh leaves, on data that is made in no time.
fathom presets show quickstart |
  sed 's/^data: .*/data: {synthetic: {rows: 60, columns: 4, noise: 1, top_eigenvalue: 100}}/' >quickstart.yaml
grep -q '^data: {synthetic' quickstart.yaml || fail 'the preset quickstart has no line for its data'
expect 0 '54 trials' fathom run quickstart.yaml --db fathom-quickstart.db --no-plot

echo '-- blocks of sh'
block yaml 'name: my-sweep' | cut -f 2- >my.yaml
run_block sh 'fathom data import'
run_block sh 'fathom run my.yaml'
run_block sh 'sqlite3 -readonly my.db'
run_block sh 'fathom-worker --server 127.0.0.1'
stop_all
run_block sh 'make-keys.sh'
run_block sh 'fathom verify'
blocks=$(grep -c '^```sh$' "$readme")
[ "$blocks" = 8 ] || fail "README.md has $blocks blocks of sh; those that are run here were 8 with two that are skipped"
[ $ran -ge 17 ] || fail "only $ran commands of README.md were run"
grep -q '^ada\|my-sweep' line-*.log || fail 'ada sees no sweep'
unset FATHOM_SERVER FATHOM_TLS_CA FATHOM_TOKEN_FILE
stop_all

echo '-- the first query, while a sweep runs'
# Half is given out, and a rate is so large that a trial diverges.
sed -e 's/to: 1e-1/to: 1e300/; s/per_decade: 2/count: 4/' my.yaml >late.yaml
fathom run late.yaml --db late.db --no-plot --quiet >late.log 2>&1
expect 0 'diverged' fathom query 'SELECT DISTINCT state FROM results' --db late.db
first=$(block sh 'ORDER BY final_loss' | cut -f 2- | grep -A 1 '^fathom query' | tr '\n' ' ')
eval "${first/my.db/late.db} --format csv" >first.csv 2>&1 || fail "the first query: $(cat first.csv)"
[ "$(wc -l <first.csv)" = 6 ] || fail "the first query shows: $(cat first.csv)"
! grep -q 'e+\|e3[0-9][0-9]\|,$' first.csv || fail "the first query shows what is no result: $(cat first.csv)"

echo '-- queries'
block sql 'SELECT' | cut -f 2- | sed 's/^--.*//' | tr '\n' ' ' | tr ';' '\n' | grep SELECT >queries.sql
[ "$(wc -l <queries.sql)" = 5 ] || fail 'README.md does not have five queries'
number=0
while IFS= read -r sql; do
  number=$((number + 1))
  fathom query "$sql" --db fathom-quickstart.db --format csv >query.csv 2>&1 || fail "query $number: $(cat query.csv)"
  [ "$(wc -l <query.csv)" -ge 2 ] || fail "query $number has no rows"
done <queries.sql

echo '-- Python'
if python3 -c 'import pandas' 2>/dev/null; then
  block python 'read_sql' | cut -f 2- >curves.py
  python3 -c 'import matplotlib' 2>/dev/null || sed -i '/# with matplotlib$/d' curves.py
  echo 'assert len(curves) > 100 and len(curves.columns) == 6, curves' >>curves.py
  python3 curves.py >python.log 2>&1 || fail "the Python of README.md: $(cat python.log)"
fi

echo '-- commands and options within sentences'
commands=$(fathom --help | awk '/^Subcommands:/ { on = 1; next } /^[^ ]/ { on = 0 } on && NF { print $1 }')
{
  fathom --help
  for command in $commands; do fathom "$command" --help; done
  for command in 'data info' 'data import' 'presets show' 'token new'; do
    # shellcheck disable=SC2086
    fathom $command --help
  done
  fathom-server --help
  fathom-worker --help
} >help.txt
awk '/^```/ { inside = !inside; next } !inside' "$readme" | tr '\n' ' ' | grep -oE '`[^`]+`' |
  tr -d '`' | sort -u >spans.txt
while IFS= read -r span; do
  while read -r option; do
    grep -qE -- "$option([ ,=]|$)" help.txt || fail "no program has the option $option of README.md (\"$span\")"
  done < <(grep -oE -- '(^| )--[a-z][a-z-]*' <<<"$span")
  [[ $span == 'fathom '* ]] || continue
  read -ra words <<<"$span"
  grep -qx "${words[1]}" <<<"$commands" || fail "there is no command ${words[1]} (\"$span\")"
  # Those with all that they need, and no name that stands for another.
  [[ ${#words[@]} -lt 4 || $span =~ [A-Z]|$looked_up || ${words[-1]} == --* ]] && continue
  timeout 60 bash -c "$span" >span.log 2>&1 || fail "\"$span\" exited with $?: $(head -c 2000 span.log)"
  ran=$((ran + 1))
done <spans.txt
[ $ran -ge 22 ] || fail "only $ran commands of README.md were run"

echo '-- every command prints JSON'
for command in $commands; do
  case $command in
  data) names='data info|data import' ;;
  presets) names='presets|presets show' ;;
  token) names='token new' ;;
  autoscale) names='autoscale slurm' ;;
  *) names=$command ;;
  esac
  while read -ra words; do
    fathom "${words[@]}" --help | grep -- '--json' >/dev/null || fail "fathom ${words[*]} has no --json"
  done < <(tr '|' '\n' <<<"$names")
done
rm -f copy.db
while IFS= read -r command; do
  # shellcheck disable=SC2086
  fathom $command --json >document.json 2>json.log || fail "fathom $command --json exited with $?: $(cat json.log)"
  ! command -v python3 >/dev/null || python3 -m json.tool document.json >/dev/null || fail "fathom $command prints no JSON"
done <<'COMMANDS'
run late.yaml --db json.db --no-plot --quiet
list --db json.db
show 1 --db json.db
show 1/3 --db json.db
watch 1 --db json.db --quiet
summary 1 --db json.db
best 1 --db json.db
plot 1 --db json.db --out DIR
audit --db json.db
verify 1 --db json.db --quiet --sample 2
backup copy.db --db json.db
retry 1 --db json.db
data info gas.csv --target ppm
data import gas.csv --target ppm --out DIR/again.csv
theory --only warm-up
presets
presets show quickstart
token new --role read --name ada
version
COMMANDS

echo '-- axes'
# axis TEXT: runs a small sweep with it.
axis() {
  printf '%s\n' 'name: axes' 'data: {synthetic: {rows: 9, columns: 2}}' 'steps: 4' \
    'optimizer: {learning_rate: 0.01}' "axes: {$1}" >axes.yaml
  fathom run axes.yaml --db axes.db --no-plot --quiet >axes.log 2>&1
}
zip=$(grep -oE '`zip: [^`]+`' "$readme" | tr -d '`')
precision=$(grep -oE '`precision: \[[^`]+`' "$readme" | tr -d '`')
for each in "$zip" "$precision" 'standardize: [true, false]' 'rows: [8, 9]' 'data.synthetic.seed: [1, 2]' \
  'batch_size: [2, 3]' 'record.points: [2, 3]' 'steps: [4, 5]' 'init.scheme: [gaussian, balanced]'; do
  axis "$each" || fail "no axis: $each: $(cat axes.log)"
done
for each in 'file: [gas.csv, other.csv]' 'data.file: [gas.csv, other.csv]' 'target: [ppm, a]' 'name: [1, 2]'; do
  ! axis "$each" || fail "README.md says that this is no axis: $each"
done

echo '-- views and exit codes'
grep -oE '^\| `[a-z_]+` \|.*\|$' "$readme" >views.txt
[ "$(wc -l <views.txt)" = 9 ] || fail 'README.md does not have nine views'
while IFS='|' read -r _ view _ columns _; do
  view=$(tr -d '` ' <<<"$view")
  said=$(sed 's/([^)]*)//g; s/:.*//; s/,/\n/g' <<<"$columns" | tr -d ' ')
  there=$(fathom query "SELECT * FROM $view LIMIT 0" --db fathom-quickstart.db --format csv | tr ',' '\n')
  [ "$said" = "$there" ] || fail "columns of $view: README.md says $said, there are $there"
done <views.txt
said=$(sed -n '/^## Exit codes/,/^## /p' "$readme" | grep -oE '^\| [0-9]+' | tr -dc '0-9\n' | sort -n | tr '\n' ' ')
there=$(fathom --help | tr '\n' ' ' | grep -oE 'Exit codes:[^.]*\.' | grep -oE '\b[0-9]+ ' | sort -n | tr -d '\n')
[ "$said" = "$there" ] || fail "exit codes: README.md says $said, the help $there"

echo '-- a ledger that cannot be written'
nobody=()
if [ "$(id -u)" = 0 ]; then
  chmod 755 "$work"
  nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)
fi
mkdir closed
cp my.db closed/run.db
fathom backup closed/copy.db --db my.db >/dev/null || fail 'no backup'
chmod 444 closed/*.db
chmod 555 closed
count='SELECT COUNT(*) FROM results'
expect 0 135 "${nobody[@]}" "$bin/fathom" query "$count" --db closed/run.db
if command -v sqlite3 >/dev/null; then
  expect 8 'attempt to write a readonly database' "${nobody[@]}" sqlite3 -readonly closed/run.db "$count"
  expect 0 135 "${nobody[@]}" sqlite3 'file:closed/run.db?immutable=1' "$count"
  expect 0 135 "${nobody[@]}" sqlite3 -readonly closed/copy.db "$count"
fi
chmod 755 closed

finish
