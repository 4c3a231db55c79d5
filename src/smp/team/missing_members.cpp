// SPDX-License-Identifier: BSD-3-Clause
//
// Compares the counts that a member has published with this PE's own (missing_members.h). It reads the cells of the
// other members, and writes nothing.
#include "smp/team/missing_members.h"

#include "smp/error.h"
#include "smp/leaving/leaving.h"
#include "smp/team/team.h"

namespace shmem::smp {

namespace {

// A member that has left without having come to the call that this PE is in; -1 if there is none.
int missing_member(const Pe& pe, const Team& team) noexcept {
  for (int index = 0; index < team.size; ++index) {
    if (index == team.my_index) continue;
    const int peer = team.world_pe(index);
    if (is_gone(pe.control_of(peer))) return peer;  // this PE waits for it in a second shmem_init
    if (!has_left(pe, peer)) continue;
    // Relaxed: the acquire in has_left makes them visible.
    const TeamWait& wait = team.cell(pe, index).wait;
    if (wait.left_sequence.load(std::memory_order_relaxed) < team.sequence ||
        wait.left_meetings.load(std::memory_order_relaxed) < team.meetings) {
      return peer;
    }
  }
  return -1;
}

}  // namespace

Status refuse_without_members(const Pe& pe, const Team& team) noexcept {
  const int peer = missing_member(pe, team);
  if (peer < 0) return Status::kOk;
  return fail(Status::kLeft, "PE %d waits for PE %d, %s", pe.me, peer, how_it_left(pe.control_of(peer)));
}

}  // namespace shmem::smp
