# SPDX-License-Identifier: BSD-3-Clause
set(SHMEM_HEAP_SOURCES
  heap/allocator.cpp
  heap/heap.cpp)
