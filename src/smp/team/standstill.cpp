// SPDX-License-Identifier: BSD-3-Clause
//
// The ticks of the team's clock, and the look at all members' waits (standstill.h has the argument). Shared: TeamWait
// in each cell. Each member writes its own, except the first member's `clock`, which all count up, and `found`, which
// the member that finds the standstill sets for all, and so does each that hears of it.
#include "smp/team/standstill.h"

#include <algorithm>
#include <cstdio>

#include "smp/error.h"
#include "smp/team/call.h"
#include "smp/team/team.h"

namespace shmem::smp {

namespace {

TeamWait& wait_of(const Pe& pe, const Team& team, int index) noexcept {
  return team.cell(pe, index).wait;
}

bool stands_still(const Pe& pe, const Team& team) noexcept {
  std::uint64_t all_since = 0;
  std::uint64_t all_looked = ~std::uint64_t{0};
  for (int index = 0; index < team.size; ++index) {
    const TeamWait& wait = wait_of(pe, team, index);
    // Acquire: pairs with the release in looked_in_vain, so that `since` is not older than `looked`.
    all_looked = std::min(all_looked, wait.looked.load(std::memory_order_acquire));
    const std::uint64_t since = wait.since.load(std::memory_order_relaxed);
    if (since == 0) return false;
    all_since = std::max(all_since, since);
  }
  return all_looked > all_since;
}

// Release: pairs with the acquire in found_by_another.
void tell_all(const Pe& pe, const Team& team) noexcept {
  for (int index = 0; index < team.size; ++index) {
    wait_of(pe, team, index).found.store(true, std::memory_order_release);
  }
}

Status say(const Pe& pe, const Team& team) noexcept {
  const auto call_of = [&](int index) {
    return wait_of(pe, team, index).call.load(std::memory_order_relaxed);  // written before the wait's `looked`
  };
  const std::uint64_t mine = call_of(team.my_index);
  for (int index = 0; index < team.size; ++index) {
    if (call_of(index) == mine) continue;
    return fail(Status::kMismatch, "PE %d called %s where PE %d called %s, and all wait for each other", pe.me,
                NoteText(mine).text, team.world_pe(index), NoteText(call_of(index)).text);
  }
  return fail(Status::kMismatch, "all %d PEs of the team wait for each other in %s: an earlier call did not match",
              team.size, NoteText(mine).text);
}

}  // namespace

const Team* waiting_team(const Pe& pe, const volatile void* word) noexcept {
  const std::size_t offset = reinterpret_cast<std::uintptr_t>(word) - reinterpret_cast<std::uintptr_t>(pe.control_zero);
  if (offset >= static_cast<std::size_t>(pe.npes) * sizeof(ControlBlock)) return nullptr;
  const std::size_t in_block = offset % sizeof(ControlBlock);
  if (in_block < offsetof(ControlBlock, cells)) return nullptr;
  return &pe.teams->in_slot((in_block - offsetof(ControlBlock, cells)) / sizeof(TeamCell));
}

Status woken_by_timer(Pe& pe, const volatile void* word) noexcept {
  const Team* const team = waiting_team(pe, word);
  if (team == nullptr) return Status::kOk;
  // Acquire and release: see the header.
  const std::uint64_t tick = wait_of(pe, *team, 0).clock.fetch_add(1, std::memory_order_acq_rel) + 1;
  TeamWait& wait = wait_of(pe, *team, team->my_index);
  wait.woken.store(tick, std::memory_order_relaxed);
  if (wait.since.load(std::memory_order_relaxed) == 0) {
    wait.call.store(pe.control->note.load(std::memory_order_relaxed), std::memory_order_relaxed);
    wait.since.store(tick, std::memory_order_relaxed);
    return Status::kOk;
  }
  // Poison ends the waits for the words of a member that has left. The other members hear of it here.
  if (const Status status = found_by_another(pe, *team); !ok(status)) return status;
  if (!stands_still(pe, *team)) return Status::kOk;
  tell_all(pe, *team);
  return say(pe, *team);
}

void looked_in_vain(Pe& pe, const volatile void* word) noexcept {
  const Team* const team = waiting_team(pe, word);
  if (team == nullptr) return;
  TeamWait& wait = wait_of(pe, *team, team->my_index);
  // Release: pairs with the acquire in stands_still; this wait's `since` and `call` come first.
  wait.looked.store(wait.woken.load(std::memory_order_relaxed), std::memory_order_release);
}

void wait_is_over(Pe& pe, const volatile void* word) noexcept {
  const Team* const team = waiting_team(pe, word);
  if (team == nullptr) return;
  TeamWait& wait = wait_of(pe, *team, team->my_index);
  if (wait.since.load(std::memory_order_relaxed) == 0) return;
  // Both, since the slot's next team may have another clock. Relaxed: before that team's members can look here, they
  // have heard of this one in the split that made it.
  wait.looked.store(0, std::memory_order_relaxed);
  wait.since.store(0, std::memory_order_relaxed);
}

Status found_by_another(const Pe& pe, const Team& team) noexcept {
  // Acquire: pairs with the release in tell_all. What members say of their waits is not taken back after that.
  if (!wait_of(pe, team, team.my_index).found.load(std::memory_order_acquire)) return Status::kOk;
  // The member that has found the standstill may not have told all yet. This member's poison must not reach one that
  // would then know no reason.
  tell_all(pe, team);
  return say(pe, team);
}

}  // namespace shmem::smp
