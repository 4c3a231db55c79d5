// SPDX-License-Identifier: BSD-3-Clause
#include "smp/collectives/collectives.h"
#include "smp/rma/transfer.h"
#include "smp/team/rendezvous.h"

namespace shmem::smp {

Status barrier(Pe& pe, Team& team) noexcept {
  const NoteScope note(pe, Operation::kBarrierAll, -1, team.slot);
  quiet();
  if (team.poisoned) [[unlikely]]
    return refuse_poisoned(team);
  return rendezvous(pe, team);
}

Status sync(Pe& pe, Team& team) noexcept {
  const NoteScope note(pe, team.slot == 0 ? Operation::kSyncAll : Operation::kTeamSync, -1, team.slot);
  if (team.poisoned) [[unlikely]]
    return refuse_poisoned(team);
  return rendezvous(pe, team);
}

}  // namespace shmem::smp
