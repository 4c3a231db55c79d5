# SPDX-License-Identifier: BSD-3-Clause
set(SHMEM_ENDING_SOURCES
  ending/ending.cpp
  ending/peers.cpp)
