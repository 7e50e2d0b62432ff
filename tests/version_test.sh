#!/usr/bin/env bash
# Fails when the version differs between the places that name it, or when the
# commit that programs are built from is not what git says.
# Usage: version_test.sh SOURCE_DIR CMAKE
set -u
source=$1 cmake=$2
status=0
expect() { # WHAT FOUND EXPECTED
  [[ $2 == "$3" ]] && return
  echo "$1: found '$2', expected '$3'" >&2
  status=1
}

version=$(sed -nE 's/^project\(fathom VERSION ([0-9.]+).*/\1/p' "$source/CMakeLists.txt")
expect 'CMakeLists.txt, numbers in the version' "${version//[0-9]/}" ..
expect 'CITATION.cff, version' "$(sed -n 's/^version: //p' "$source/CITATION.cff")" "$version"
# "## 0.1.0 (a day)" or "## Unreleased (will be 0.1.0)".
newest=$(grep -m 1 '^## ' "$source/CHANGELOG.md")
expect 'CHANGELOG.md, newest version' \
  "$(grep -oE '[0-9]+\.[0-9]+\.[0-9]+' <<<"$newest" | head -n 1)" "$version"
expect 'CITATION.cff, license' "$(sed -n 's/^license: //p' "$source/CITATION.cff")" Apache-2.0
grep -q 'Apache License' "$source/LICENSE" || expect LICENSE 'another one' 'that of CITATION.cff'

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
header=$folder/commit.h
# Prints the commit of the sources in $folder/sources.
commit() {
  "$cmake" -DSOURCE="$folder/sources" -DHEADER="$header" -P "$source/proto/shared/commit.cmake"
  sed -n 's/^#define FATHOM_COMMIT "\(.*\)"$/\1/p' "$header"
}
mkdir "$folder/sources"
expect 'commit of a tarball' "$(commit)" ''
if command -v git >/dev/null; then
  git=(git -C "$folder/sources" -c user.name=n -c user.email=e@example.org)
  {
    "${git[@]}" init && echo 1 >"$folder/sources/file" && "${git[@]}" add file &&
      "${git[@]}" commit --message 1 && "${git[@]}" tag --annotate --message 1 v1
  } >/dev/null 2>&1
  head=$("${git[@]}" rev-parse --short=12 HEAD)
  expect 'commit of a checkout' "$(commit)" "$head"
  before=$(stat -c %y "$header")
  commit >/dev/null
  expect 'when the header of the same commit was written' "$(stat -c %y "$header")" "$before"
  echo 2 >"$folder/sources/file"
  expect 'commit of a changed checkout' "$(commit)" "$head, modified"
fi
exit $status
