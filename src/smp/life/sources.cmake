# SPDX-License-Identifier: BSD-3-Clause
set(SHMEM_LIFE_SOURCES
  life/finalisation.cpp
  life/lifecycle.cpp)
