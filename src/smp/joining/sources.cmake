# SPDX-License-Identifier: BSD-3-Clause
set(SHMEM_JOINING_SOURCES
  joining/attach.cpp
  joining/foreign.cpp
  joining/globals.cpp
  joining/server.cpp
  joining/settings.cpp)
