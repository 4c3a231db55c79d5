// SPDX-License-Identifier: BSD-3-Clause
//
// The central counter barrier, for members that share cores. What counts there is how often a member loses its core:
// all members add to one word of the first member's cell, the last to arrive stores the release, and each of the others
// has waited exactly once.
//
// Each member adds one, and above it what it says. The last to arrive compares the sum with what it would be if all had
// said the same as itself, and tells the others with the release.
//
// Shared: TeamArrivals and TeamRelease in the first member's cell. The count is written by all, the release by the last
// to arrive. Invariant: nobody adds to the count for the next meeting before the release of this one, so the last to
// arrive may set the count to zero with a plain store before it.
#pragma once

#include <cstdint>

#include "smp/status.h"
#include "smp/team/team.h"

namespace shmem::smp {

// What the last member to arrive does before it lets the others go, if all have said the same. The others see what it
// stores.
struct LastAct {
  void (*act)(void* argument) noexcept = nullptr;
  void* argument = nullptr;
};

// One meeting. kOk: all have said the same low 48 bits of `says`, as far as a sum tells. Otherwise as `disseminate`.
Status meet_at_counter(Pe& pe, Team& team, std::uint64_t says, LastAct last = {}) noexcept;

}  // namespace shmem::smp
