#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
#
# Compiles every installed header alone with a compiler, in each standard of its language. Warnings are errors.
#
# usage: check_headers.sh INCLUDE_DIR COMPILER LANGUAGE (c or c++)
set -u
include=$1
compiler=$2
language=$3
failures=0

check() { # standard [flag]
  for header in shmem.h shmemx.h pshmem.h mpp/shmem.h mpp/shmemx.h; do
    if ! echo "#include <$header>" |
      "$compiler" -x "$language" -std="$1" -Wall -Wextra -Wpedantic -Werror -I"$include" ${2-} -fsyntax-only -; then
      echo "$header does not compile with $compiler -std=$*"
      failures=$((failures + 1))
    fi
  done
}

if [ "$language" = c ]; then
  for standard in c99 c11 c17; do check $standard; done
  check c11 -DSHMEM4PY_WARN_DEPRECATED
else
  for standard in c++17 c++20; do check $standard; done
  check c++11 -DSHMEM4PY_WARN_DEPRECATED
fi
[ $failures -eq 0 ]
