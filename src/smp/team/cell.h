// SPDX-License-Identifier: BSD-3-Clause
//
// TeamCell: what one PE publishes to the other members of one team.
//
// Every PE's control block holds one cell per team slot; a team is a slot number that is free on all its
// members. Sequence numbers grow and are never reset while a team lives.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace shmem::smp {

inline constexpr int kMaxTeams = 256;                 // slots; 0 is the world, 1 is SHMEM_TEAM_SHARED
inline constexpr std::size_t kTeamCellNbytes = 8192;  // two pages: flags, then slots for small messages

struct alignas(64) TeamCell {
  std::byte reserved[kTeamCellNbytes];
};
static_assert(sizeof(TeamCell) == kTeamCellNbytes);

}  // namespace shmem::smp
