# SPDX-License-Identifier: BSD-3-Clause
set(SHMEM_COLLECTIVES_SOURCES
  collectives/barrier.cpp)
