# SPDX-License-Identifier: BSD-3-Clause
#
# The C interface: one file per group of routines, so that they compile side by side.
set(SHMEM_CAPI_SOURCES
  ${PROJECT_SOURCE_DIR}/src/interface/types_check.cpp
  capi/active_sets.cpp
  capi/atomics.cpp
  capi/atomics_nbi.cpp
  capi/collectives.cpp
  capi/contexts.cpp
  capi/get.cpp
  capi/get_strided.cpp
  capi/lock.cpp
  capi/memory.cpp
  capi/misuse.cpp
  capi/old_names.cpp
  capi/order.cpp
  capi/put.cpp
  capi/put_strided.cpp
  capi/reductions.cpp
  capi/setup.cpp
  capi/shmemx.cpp
  capi/signal.cpp
  capi/team_arguments.cpp
  capi/teams.cpp
  capi/test.cpp
  capi/transfer.cpp
  capi/wait.cpp)
