#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
#
# oshcc, oshc++, oshCC, oshcxx, oshrun: the usual names, for Makefiles that call them. All are this file.
#
# The command shmem4py of this installation lies in bin/ of the prefix, or beside the package where pip has installed
# into a folder of its own (--target); else the one on PATH is taken.
case ${0##*/} in
  oshcc) set -- cc "$@" ;;
  oshrun) set -- run --engine smp "$@" ;;
  *) set -- c++ "$@" ;;
esac
file=$(readlink -f -- "$0")
here=${file%/*}
for command in "$here/../../../../../bin/shmem4py" "$here/../../bin/shmem4py"; do
  if [ -x "$command" ]; then exec "$command" "$@"; fi
done
exec shmem4py "$@"
