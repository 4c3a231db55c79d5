# SPDX-License-Identifier: BSD-3-Clause
set(SHMEM_WAIT_SOURCES
  wait/backoff.cpp
  wait/eventcount.cpp
  wait/long_wait.cpp
  wait/wait.cpp
  wait/wake_check.cpp)
