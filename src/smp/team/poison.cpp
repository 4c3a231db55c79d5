// SPDX-License-Identifier: BSD-3-Clause
//
// Poisons a team and names the reason (poison.h). Shared: all words of the members' cells that a member can wait for.
// Invariant: a member stores poison once, when it sets `poisoned`, and then makes no further call on the team.
#include "smp/team/poison.h"

#include "smp/error.h"
#include "smp/team/missing_members.h"
#include "smp/team/standstill.h"
#include "smp/wait/wait.h"

namespace shmem::smp {

namespace {

// Ends every wait that another member is in or will come to on this team. Each store is a release by habit only: what a
// word guards is not read after a poisoned wait.
void poison_cells(Pe& pe, Team& team) noexcept {
  TeamCell& mine = team.cell(pe, team.my_index);
  for (TeamSlot& slot : mine.slots) slot.sequence.store(kPoisonedSequence, std::memory_order_release);
  for (int round = 0, distance = 1; distance < team.size; ++round, distance *= 2) {
    const int to = (team.my_index + distance) % team.size;
    for (auto& word : team.cell(pe, to).rounds[round].said) word.store(kPoisonedSequence, std::memory_order_release);
  }
  team.cell(pe, 0).released.value.store(kPoisonedSequence, std::memory_order_release);
  for (int index = 0; index < team.size; ++index) {
    team.cell(pe, index).done.value.fetch_or(kPoisonedCount, std::memory_order_release);
  }
  for (int index = 0; index < team.size; ++index) ring_sleepers(pe.control_of(team.world_pe(index)));
}

}  // namespace

Status abandon(Pe& pe, Team& team, Status status) noexcept {
  if (status == Status::kEnding) return status;
  // After another member's poison, this member reports for itself what that member has found.
  if (ok(status)) status = found_by_another(pe, team);
  if (ok(status)) status = refuse_without_members(pe, team);
  if (!team.poisoned) {
    team.poisoned = true;
    team.poisoned_by = status;
    poison_cells(pe, team);
  }
  return ok(status) ? refuse_poisoned(team) : status;
}

Status refuse_poisoned(const Team& team) noexcept {
  const char* const why = team.poisoned_by == Status::kMismatch ? "its members called different collectives"
                          : team.poisoned_by == Status::kLeft   ? "a member has left"
                                                                : "one of its collectives was interrupted";
  return fail(Status::kPoisoned, "the team of %d PEs that starts at PE %d cannot be used any more: %s", team.size,
              team.start, why);
}

}  // namespace shmem::smp
