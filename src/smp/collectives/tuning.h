// SPDX-License-Identifier: BSD-3-Clause
//
// Where the algorithms change. All members must come to the same choice, so these depend on the call's arguments
// and the team alone.
//
// What is compared: a message through a slot costs its sender one copy more, a message from where the data lie costs a
// second rendezvous. With 2 PEs on two cores a rendezvous is one line transfer there and back; each doubling of the
// PEs adds as much. With 8 PEs on the two cores it is 8 us, the time of copying tens of KB. The measurements are in
// docs/internals/collectives.md.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>

#include "smp/team/cell.h"
#include "smp/team/team.h"

namespace shmem::smp {

[[nodiscard]] inline std::size_t slot_limit(const Team& team, std::size_t per_doubling) noexcept {
  if (team.central) return kParcelNbytes;
  const auto doublings = static_cast<std::size_t>(std::bit_width(static_cast<unsigned>(std::max(team.size - 1, 1))));
  return std::min(kParcelNbytes, per_doubling * doublings);
}

// The largest message that goes through a slot: where one member sends, who need not wait for its readers then, and
// where all send and wait for each other anyway.
[[nodiscard]] inline std::size_t one_sender_limit(const Team& team) noexcept {
  return slot_limit(team, 1024);
}
[[nodiscard]] inline std::size_t all_senders_limit(const Team& team) noexcept {
  return slot_limit(team, 256);
}

// Whether blocks too large for slots are moved in pairs (Exchange::receive_in_pairs). That saves a rendezvous, a change
// of processes for most members. But who comes last moves most: with larger blocks others' cores have nothing to do
// meanwhile.
[[nodiscard]] inline bool moves_in_pairs(const Team& team, std::size_t block_nbytes) noexcept {
  return team.central && team.size <= kMaxPaired && block_nbytes <= std::size_t{32} << 10;
}

// Small reductions and scans are computed by every member from the contributions of all, and reductions where members
// share cores by the last to come; larger ones are divided.
[[nodiscard]] inline std::size_t whole_scan_limit(const Team& team) noexcept {
  constexpr std::size_t kRead = 2048;  // what a member reads in the time of a rendezvous
  constexpr std::size_t kReadWhileOthersSleep = std::size_t{32} << 10;
  const std::size_t total = team.central ? kReadWhileOthersSleep : kRead;
  return std::min(kParcelNbytes, total / static_cast<std::size_t>(team.size));
}
[[nodiscard]] inline std::size_t whole_reduction_limit(const Team& team) noexcept {
  return team.central ? kParcelNbytes : whole_scan_limit(team);
}

// Divided ones go through their share in pieces that stay in the nearest cache.
inline constexpr std::size_t kPieceNbytes = 8192;

}  // namespace shmem::smp
