# SPDX-License-Identifier: BSD-3-Clause
set(SHMEM_COLLECTIVES_SOURCES
  collectives/active_set.cpp
  collectives/alltoall.cpp
  collectives/barrier.cpp
  collectives/broadcast.cpp
  collectives/collect.cpp
  collectives/reduce.cpp
  collectives/reduce_kernels.cpp)

# All copies of a loop must round alike, on processors with fused multiply-add too.
set_source_files_properties(collectives/reduce_kernels.cpp PROPERTIES
  COMPILE_OPTIONS "-ffp-contract=off;$<$<NOT:$<CONFIG:Debug>>:-O3>")
