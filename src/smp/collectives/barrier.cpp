// SPDX-License-Identifier: BSD-3-Clause
//
// Barrier and sync: a rendezvous of the team's members. The barrier completes this PE's stores first.
#include "smp/collectives/collectives.h"
#include "smp/rma/order.h"
#include "smp/team/entrance.h"
#include "smp/team/poison.h"
#include "smp/team/rendezvous.h"

namespace shmem::smp {

Status barrier(Pe& pe, Team& team) noexcept {
  const Entrance entrance(pe, team, Operation::kBarrierAll);
  if (!entrance) [[unlikely]]
    return entrance.refuse();
  quiet();
  if (team.poisoned) [[unlikely]]
    return refuse_poisoned(team);
  return rendezvous(pe, team, MeetingKind::kBarrier);
}

Status sync(Pe& pe, Team& team) noexcept {
  const Entrance entrance(pe, team, team.slot == 0 ? Operation::kSyncAll : Operation::kTeamSync);
  if (!entrance) [[unlikely]]
    return entrance.refuse();
  if (team.poisoned) [[unlikely]]
    return refuse_poisoned(team);
  return rendezvous(pe, team, MeetingKind::kSync);
}

}  // namespace shmem::smp
