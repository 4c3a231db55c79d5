# SPDX-License-Identifier: BSD-3-Clause
set(SHMEM_STALL_SOURCES
  stall/place.cpp
  stall/stall.cpp
  stall/wait_text.cpp)
