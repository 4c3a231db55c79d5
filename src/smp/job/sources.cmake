# SPDX-License-Identifier: BSD-3-Clause
#
# Relative to src/smp.
set(SHMEM_JOB_SOURCES
  job/attach.cpp
  job/create.cpp
  job/foreign.cpp
  job/leaving.cpp
  job/mapping.cpp
  job/peers.cpp
  job/server.cpp
  job/stall.cpp
  job/state.cpp
  job/wait_words.cpp
  os/memory.cpp
  os/process.cpp
  os/socket.cpp)
