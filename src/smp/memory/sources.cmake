# SPDX-License-Identifier: BSD-3-Clause
set(SHMEM_MEMORY_SOURCES
  memory/create.cpp
  memory/mapping.cpp)
