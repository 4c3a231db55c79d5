// SPDX-License-Identifier: BSD-3-Clause
//
// Where the algorithms change. All members must come to the same choice, so these depend on the call's arguments
// and the team alone.
#pragma once

#include <cstddef>

#include "smp/team/cell.h"

namespace shmem::smp {

inline constexpr std::size_t kSmallBroadcastNbytes = kSlotDataNbytes;
inline constexpr std::size_t kSmallCollectNbytes = kSlotDataNbytes;
inline constexpr std::size_t kSmallAlltoallNbytes = kSlotDataNbytes;  // all blocks of a member together

// Small reductions are computed by every member from all contributions: that pays while it is cheaper than the
// second rendezvous of the divided one.
inline constexpr std::size_t kSmallReduceNbytes = kSlotDataNbytes;
inline constexpr std::size_t kSmallReduceTotalNbytes = std::size_t{32} << 10;  // times members

[[nodiscard]] constexpr bool is_small_reduction(std::size_t nbytes, int size) noexcept {
  return nbytes <= kSmallReduceNbytes && nbytes * static_cast<std::size_t>(size) <= kSmallReduceTotalNbytes;
}

// Divided reductions and scans go through their share in pieces that stay in the nearest cache.
inline constexpr std::size_t kPieceNbytes = 8192;

}  // namespace shmem::smp
