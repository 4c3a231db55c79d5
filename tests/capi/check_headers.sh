#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
#
# Compiles every installed header alone, in each language that it is written for, with the compilers given and with
# gcc and clang where the machine has them. Warnings are errors.
#
# usage: check_headers.sh INCLUDE_DIR CC CXX
set -u
include=$1
failures=0

check() { # compiler language standard [flag]
  command -v "$1" >/dev/null 2>&1 || return 0
  for header in shmem.h shmemx.h pshmem.h mpp/shmem.h mpp/shmemx.h; do
    if ! echo "#include <$header>" |
      "$1" -x "$2" -std="$3" -Wall -Wextra -Wpedantic -Werror -I"$include" ${4-} -fsyntax-only -; then
      echo "$header does not compile with $*"
      failures=$((failures + 1))
    fi
  done
}

# Each compiler once, under whatever name it was given.
for compiler in $(printf '%s\n' "$2" gcc clang | sort -u); do
  for standard in c99 c11 c17; do check "$compiler" c $standard; done
  check "$compiler" c c11 -DSHMEM4PY_WARN_DEPRECATED
done
for compiler in $(printf '%s\n' "$3" g++ clang++ | sort -u); do
  for standard in c++17 c++20; do check "$compiler" c++ $standard; done
  check "$compiler" c++ c++11 -DSHMEM4PY_WARN_DEPRECATED
done
[ $failures -eq 0 ]
