#!/usr/bin/env bash
# The tests of the page's modules, and that two builds of it write the same bytes.
# Usage: page_test.sh unit|build WORK PAGE, with the folders of client/ui/page/CMakeLists.txt
set -eu
what=$1 work=$2 page=$3
if [ ! -s "$work/done" ]; then
  echo "skipped: the page was not built (FATHOM_PAGE is OFF, or there is no Node)"
  exit 77
fi
node=$(cat "$work/done")
case $what in
unit) cd "$work" && exec "$node" --test ;;
build)
  again=$(mktemp -d)
  trap 'rm -rf "$again"' EXIT
  # In another folder, as on another machine.
  cp -r "$work" "$again/elsewhere"
  "$node" "$again/elsewhere/build.mjs" --out "$again/page" >"$again/log" || { cat "$again/log"; exit 1; }
  diff -r "$page" "$again/page"
  # A strict policy stands only as long as nothing in the page needs more.
  if grep -nE '<style| style=|<script>| on[a-z]+=' "$page/index.html"; then
    echo "index.html has scripts or styles in it, which the policy of fathom ui forbids" >&2
    exit 1
  fi
  grep -q '__NONCE__' "$page/index.html"
  for file in $(grep -oE '"/assets/[^"]+"' "$page/index.html" | tr -d '"'); do
    [ -s "$page$file" ] || { echo "index.html names $file, which is not there" >&2; exit 1; }
  done
  ;;
*) exit 2 ;;
esac
