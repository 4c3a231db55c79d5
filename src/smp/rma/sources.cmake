# SPDX-License-Identifier: BSD-3-Clause
set(SHMEM_RMA_SOURCES
  rma/copy.cpp)
