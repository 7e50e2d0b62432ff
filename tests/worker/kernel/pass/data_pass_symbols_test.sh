#!/bin/bash
# Usage: data_pass_symbols_test.sh COUNT OBJECT...
# The COUNT objects compiled for wider instruction sets must define nothing that the
# linker could merge with a function of another object: an older machine would
# then run it and die of an illegal instruction.
set -u
expected=$1 failed=0
shift
for object in "$@"; do
  shared=$(nm --defined-only --demangle "$object" |
    grep -E '^[0-9a-f]+ [A-Zuvw] ' |
    grep -vE ' T .*fathom::worker::kernel::(DataPass|Factor|Conv)Loops<.*>\(\)$')
  if [ -n "$shared" ]; then
    echo "$object defines symbols that other files may share:"
    echo "$shared"
    failed=1
  fi
done
[ $# -eq "$expected" ] || { echo "expected $expected objects, found $#"; exit 1; }
exit "$failed"
