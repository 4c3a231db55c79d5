// SPDX-License-Identifier: BSD-3-Clause
//
// The functions of the observer (observer.h). A wait that a timer has woken asks in this order: whether processes have
// died, whether a PE that it needs has left, and whether its team stands still. The first that has an answer ends the
// wait.
#include "smp/observer/observer.h"

#include "smp/ending/peers.h"
#include "smp/heap/heap.h"
#include "smp/leaving/leaving.h"
#include "smp/stall/stall.h"
#include "smp/team/missing_members.h"
#include "smp/team/standstill.h"
#include "smp/team/team.h"

namespace shmem::smp {

namespace {

Status woken(Pe& pe, const volatile void* word, bool* deserted) noexcept {
  if (!peers_alive(pe)) return Status::kEnding;
  const Team* const team = waiting_team(pe, word);
  const Status status = team != nullptr ? refuse_without_members(pe, *team) : refuse_where_deserted(pe, deserted);
  return ok(status) ? woken_by_timer(pe, word) : status;
}

bool tell_team(const Pe& pe, const volatile void* word, WaitNote& note) noexcept {
  const Team* const team = waiting_team(pe, word);
  if (team == nullptr) return false;
  note.kind = WaitKind::kTeam;
  note.team_slot = team->slot;
  note.team_start = team->start;
  note.team_stride = team->stride;
  note.team_size = team->size;
  return true;
}

bool find_block(const Pe& pe, const volatile void* address, std::uint64_t* offset, std::uint64_t* nbytes) noexcept {
  void* begin = nullptr;
  std::size_t size = 0;
  if (pe.heap == nullptr || !pe.heap->block_of(const_cast<const void*>(address), &begin, &size)) return false;
  *offset = static_cast<std::uint64_t>(static_cast<std::byte*>(begin) - pe.heap_begin);
  *nbytes = size;
  return true;
}

}  // namespace

constinit const WaitObserver kWaitObserver{
    .woken_by_timer = woken,
    .looked_in_vain = looked_in_vain,
    .wait_is_over = wait_is_over,
    .tell_team = tell_team,
    .find_block = find_block,
    .described = say_stall,
};

}  // namespace shmem::smp
