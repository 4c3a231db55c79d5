// SPDX-License-Identifier: BSD-3-Clause
//
// The sizes at which the algorithms change. All members must make the same choice, so it depends on the call's
// arguments and the team alone.
//
// A message through a slot costs its sender one more copy. A message read from the sender's source costs a second
// rendezvous, whose time grows with each doubling of the PEs and is that of copying tens of KB where PEs share cores.
// The measurements are in docs/notes/2026-11-collectives.md.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>

#include "smp/memory/team_cell.h"
#include "smp/team/team.h"

namespace shmem::smp {

[[nodiscard]] inline std::size_t slot_limit(const Team& team, std::size_t per_doubling) noexcept {
  if (team.central) return kParcelNbytes;
  const auto doublings = static_cast<std::size_t>(std::bit_width(static_cast<unsigned>(std::max(team.size - 1, 1))));
  return std::min(kParcelNbytes, per_doubling * doublings);
}

// The largest message that goes through a slot: where one member sends, which need not wait for its readers then, and
// where all members send and wait for each other anyway.
[[nodiscard]] inline std::size_t one_sender_limit(const Team& team) noexcept {
  return slot_limit(team, 1024);
}
[[nodiscard]] inline std::size_t all_senders_limit(const Team& team) noexcept {
  return slot_limit(team, 256);
}

// Whether blocks too large for slots move in pairs (Exchange::receive_in_pairs). That saves a rendezvous, which is a
// switch of processes for most members. But the last member to arrive moves most of the data, so with larger blocks the
// other members' cores would be idle.
[[nodiscard]] inline bool moves_in_pairs(const Team& team, std::size_t block_nbytes) noexcept {
  return team.central && team.size <= kMaxPaired && block_nbytes <= std::size_t{32} << 10;
}

// A small reduction or scan is computed by every member from the contributions of all; a reduction where members share
// cores, by the last member to arrive. Larger ones are divided (shares.h).
[[nodiscard]] inline std::size_t whole_scan_limit(const Team& team) noexcept {
  constexpr std::size_t kRead = 2048;  // what a member reads in the time of a rendezvous
  constexpr std::size_t kReadWhileOthersSleep = std::size_t{32} << 10;
  const std::size_t total = team.central ? kReadWhileOthersSleep : kRead;
  return std::min(kParcelNbytes, total / static_cast<std::size_t>(team.size));
}
[[nodiscard]] inline std::size_t whole_reduction_limit(const Team& team) noexcept {
  return team.central ? kParcelNbytes : whole_scan_limit(team);
}

// A divided reduction or scan goes through its share in pieces that fit the nearest cache.
inline constexpr std::size_t kPieceNbytes = 8192;

}  // namespace shmem::smp
