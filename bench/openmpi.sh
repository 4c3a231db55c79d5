#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
#
# openmpi.sh LAUNCHER [option ...] -n N program ...: Open MPI's launcher with PEs pinned to cores where there are as
# many, and free, told of the others, where there are not.
launcher=$1
shift
for word; do
  test "$before" = -n && npes=$word && break
  before=$word
done
if test "$npes" -le "$(nproc)"; then
  exec "$launcher" --bind-to core --map-by core "$@"
fi
exec "$launcher" --bind-to none --oversubscribe "$@"
