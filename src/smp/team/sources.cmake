# SPDX-License-Identifier: BSD-3-Clause
set(SHMEM_TEAM_SOURCES
  team/call.cpp
  team/counter.cpp
  team/ctx.cpp
  team/dissemination.cpp
  team/mismatch.cpp
  team/missing_members.cpp
  team/poison.cpp
  team/split.cpp
  team/standstill.cpp
  team/table.cpp)
