#!/usr/bin/env bash
# Does what docs/guide.md says, in its order: its commands, its specs and its
# queries. Also checks that the example of docs/spec.md holds.
# Usage: guide_test.sh FOLDER_OF_THE_PROGRAMS CHECKOUT
# shellcheck source-path=SCRIPTDIR
source "$(dirname "${BASH_SOURCE[0]}")/common.sh" "$1"
checkout=$(cd "$2" && pwd) || exit 2
PATH=$bin:$PATH
page=$checkout/docs/guide.md
skipped='^$'
elsewhere() { sed "s/127\.0\.0\.1:7373/127.0.0.1:$port/g"; }
source "$(dirname "${BASH_SOURCE[0]}")/page.sh"
find_port

echo '-- commands'
block yaml 'name: tour' | cut -f 2- >tour.yaml
if ! command -v gnuplot >/dev/null; then
  echo 'gnuplot is not here: pictures are skipped'
  skipped='^fathom (plot|report) '
fi
run_block sh ''
stop_all
unset FATHOM_SERVER
[ $ran -ge 25 ] || fail "only $ran commands of the guide were run"
grep -q 'depth 2: .* faster' line-*.log || fail 'the tour has no answer'
grep -q 'every bit is the same' line-*.log || fail 'the trial was not compared'

echo '-- the configuration'
mkdir -p config/fathom
block yaml 'token_file' | cut -f 2- >config/fathom/config
HOME=$work expect 0 'token_file +.*/\.config/fathom/token +line 2 of the file' fathom config
rm config/fathom/config

echo '-- the cookbook'
block sql SELECT | cut -f 2- | tr '\n' ' ' | tr ';' '\n' | grep SELECT >queries.sql
[ "$(wc -l <queries.sql)" = 20 ] || fail 'the guide does not have twenty queries'
[ "$(grep -cE '^\*\*[0-9]+\. .*\?\*\*$' "$page")" = 20 ] || fail 'the guide does not have twenty questions'
number=0
while IFS= read -r sql; do
  number=$((number + 1))
  fathom query "$sql" --db tour.db --format csv >query.csv 2>&1 || fail "query $number: $(cat query.csv)"
  [ "$(wc -l <query.csv)" -ge 2 ] || fail "query $number has no rows"
  # A column of nothing but empty cells is a question that was not understood.
  awk -F, 'NR > 1 { for (i = 1; i <= NF; ++i) if ($i != "") full[i] = 1 } END { for (i = 1; i <= NF; ++i) if (!full[i]) exit 1 }' query.csv ||
    fail "query $number has a column without a value: $(head -n 3 query.csv)"
done <queries.sql

echo '-- links'
while IFS= read -r link; do
  [ -e "$checkout/docs/$link" ] || fail "the guide names $link, which is not there"
done < <(grep -oE '\]\([^)#]+' "$page" | sed 's/^](//' | grep -v '^http')

echo '-- the example of the reference'
page=$checkout/docs/spec.md
block yaml 'name: example' | cut -f 2- >example.yaml
expect 0 '18 trials' fathom check example.yaml
expect 0 'succeeded' fathom run example.yaml --scale quick --db example.db --no-plot

finish
