#!/bin/bash
# Usage: data_pass_symbols_test.sh OBJECT...
# The objects compiled for wider instruction sets must define nothing that the
# linker could merge with a function of another object: an older machine would
# then run it and die of an illegal instruction.
set -u
checked=0 failed=0
for object in "$@"; do
  case "$object" in *avx*) ;; *) continue ;; esac
  checked=$((checked + 1))
  shared=$(nm --defined-only --demangle "$object" |
    grep -E '^[0-9a-f]+ [A-Zuvw] ' | grep -vE ' T fathom::worker::kernel::Avx[0-9]+(Conv|Factor|Float)?Kernels\(\)$')
  if [ -n "$shared" ]; then
    echo "$object defines symbols that other files may share:"
    echo "$shared"
    failed=1
  fi
done
[ "$checked" -eq 6 ] || { echo "expected 6 objects, found $checked"; exit 1; }
exit "$failed"
