# SPDX-License-Identifier: BSD-3-Clause
set(SHMEM_TEAM_SOURCES
  team/call.cpp
  team/ctx.cpp
  team/mismatch.cpp
  team/rendezvous.cpp
  team/split.cpp
  team/standstill.cpp
  team/table.cpp)
