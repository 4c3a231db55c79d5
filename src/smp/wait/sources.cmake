# SPDX-License-Identifier: BSD-3-Clause
set(SHMEM_WAIT_SOURCES
  wait/long_wait.cpp
  wait/wait.cpp)
