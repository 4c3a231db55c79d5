#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
#
# openmpi.sh LAUNCHER [option ...] -n N program ...: runs Open MPI's launcher. It pins PEs to cores where there are
# enough cores; otherwise it leaves PEs free, and tells Open MPI of the oversubscription.
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
