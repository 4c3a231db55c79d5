# SPDX-License-Identifier: BSD-3-Clause
set(SHMEM_OBSERVER_SOURCES
  observer/observer.cpp)
