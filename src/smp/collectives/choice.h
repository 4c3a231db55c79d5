// SPDX-License-Identifier: BSD-3-Clause
//
// Which algorithm a collective takes. All members must make the same choice, so it depends on the call's arguments and
// the team alone. Sizes are those of a member's block; `limit` of n bytes is n for each doubling of the members, and
// never more than a parcel (4160 bytes). Members share cores if the job has more PEs than cores.
//
// [table] quoted by docs/internals/collectives.md
//
//   collective          cores    size            algorithm                                             file
//   ------------------  -------  --------------  ----------------------------------------------------
//   ------------------ barrier, sync       own      -               dissemination barrier dissemination.h barrier, sync
//   shared   -               central counter barrier                               counter.h broadcast           own
//   limit 1 KB      flat: all read the root's slot or parcel              broadcast.cpp broadcast           shared   a
//   parcel        the same                                              broadcast.cpp broadcast           any      more
//   flat, from the source; the root waits for a counter   broadcast.cpp fcollect, alltoall  own      limit 256 B direct
//   exchange: each reads all slots                 receive.h fcollect, alltoall  shared   a parcel        counter, then
//   each reads all slots                    receive.h fcollect, alltoall  shared   32 KB, 32 PEs   in pairs: the later
//   of two copies both ways           receive_in_pairs.h fcollect, alltoall  any      more            direct exchange
//   from the sources, then a barrier      receive.h collect             own      limit 256 B     direct exchange of
//   lengths and blocks                 collect.cpp collect             shared   a parcel        the same, after the
//   counter                           collect.cpp collect             any      more            the same from the
//   sources, then a barrier             collect.cpp reduction           own      2 KB / members  direct exchange; each
//   combines all                    reduce.cpp reduction           shared   a parcel        the last to arrive combines
//   for all                   receive_from_last.h reduction           any      more            reduce-scatter and
//   allgather in one pass, a barrier   shares.h scan                own      2 KB / members  direct exchange; each
//   combines those before it        reduce.cpp scan                shared   32 KB / members the same, after the counter
//   reduce.cpp scan                any      more            in shares as a reduction, then a barrier shares.h
//
// [end of table]
//
// A message through a slot costs its sender one more copy. A message read from the sender's source costs a second
// rendezvous, whose time grows with each doubling of the PEs and is that of copying tens of KB where PEs share cores.
// The measurements are in docs/notes/2026-11-collectives.md.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>

#include "smp/team/team.h"

namespace shmem::smp {

[[nodiscard]] inline std::size_t slot_limit(const Team& team, std::size_t per_doubling) noexcept {
  if (team.central) return kParcelNbytes;
  const auto doublings = static_cast<std::size_t>(std::bit_width(static_cast<unsigned>(std::max(team.size - 1, 1))));
  return std::min(kParcelNbytes, per_doubling * doublings);
}

// The largest message that goes through a slot where one member sends, which need not wait for its readers then.
[[nodiscard]] inline std::size_t one_sender_limit(const Team& team) noexcept {
  return slot_limit(team, 1024);
}
// The same where all members send and wait for each other anyway. All blocks of a member count, in alltoall.
[[nodiscard]] inline std::size_t all_senders_limit(const Team& team) noexcept {
  return slot_limit(team, 256);
}

// Whether blocks too large for slots move in pairs (receive_in_pairs.h). That saves a rendezvous, which is a switch of
// processes for most members. But the last member to arrive moves most of the data, so with larger blocks the other
// members' cores would be idle.
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
