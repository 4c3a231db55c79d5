# SPDX-License-Identifier: BSD-3-Clause
set(SHMEM_OS_SOURCES
  os/cgroup.cpp
  os/memory.cpp
  os/output.cpp
  os/pages.cpp
  os/prim.cpp
  os/process.cpp
  os/socket.cpp)
