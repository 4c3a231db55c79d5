// SPDX-License-Identifier: BSD-3-Clause
//
// Rings for the members of a team that may sleep until a word of a cell changes (wait/wait.h).
#pragma once

#include <atomic>
#include <cstdint>

#include "smp/team/team.h"
#include "smp/wait/wait.h"

namespace shmem::smp {

// Rings all other members that watch this word.
[[gnu::always_inline]] inline void ring_members(const Pe& pe, const Team& team,
                                                const std::atomic<std::uint64_t>& word) noexcept {
  for (int index = 0; index < team.size; ++index) {
    if (index != team.my_index) ring(pe, team.world_pe(index), &word, sizeof word);
  }
}

// Rings the next member alone. A member that has slept calls this when it goes on: a member that wakes others may lose
// its core to the first of them before it has rung them all, so each passes the ring on. Members are rung in their
// order, so nobody is left out.
[[gnu::always_inline]] inline void ring_next(const Pe& pe, const Team& team,
                                             const std::atomic<std::uint64_t>& word) noexcept {
  const int next = team.my_index + 1 == team.size ? 0 : team.my_index + 1;
  ring(pe, team.world_pe(next), &word, sizeof word);
}

}  // namespace shmem::smp
