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

// One member's arrival at a meeting.
struct Arrival {
  std::uint64_t meeting;
  std::uint32_t stamp;  // what the member has stored in TeamArrivals::last
  bool is_last;
  bool agreed;  // if it is the last: all have said the same low 48 bits, as far as a sum tells
};

// Counts this member in. The last to arrive sees what all have stored before; it must then call release_from_counter,
// and the others await_release.
[[nodiscard]] Arrival arrive_at_counter(Pe& pe, Team& team, std::uint64_t says) noexcept;

// Both: kOk if all have said the same, kDiffer if not, as all hear. Else the reason for which the meeting was left; the
// team is poisoned then, unless the job is ending. After them a member sees what the last one has stored before.
Status await_release(Pe& pe, Team& team, const Arrival& arrival) noexcept;
Status release_from_counter(Pe& pe, Team& team, const Arrival& arrival) noexcept;

// One meeting: an arrival and its end.
Status meet_at_counter(Pe& pe, Team& team, std::uint64_t says) noexcept;

}  // namespace shmem::smp
