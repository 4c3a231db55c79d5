# SPDX-License-Identifier: BSD-3-Clause
set(SHMEM_LEAVING_SOURCES
  leaving/leaving.cpp)
