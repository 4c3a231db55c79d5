// SPDX-License-Identifier: BSD-3-Clause
#include "smp/leaving/leaving.h"

#include "smp/error.h"
#include "smp/os/process.h"
#include "smp/team/standstill.h"
#include "smp/team/team.h"
#include "smp/wait/wait.h"

namespace shmem::smp {

namespace {

// Acquire: pairs with the releases in finalise_together and lifecycle.cpp. What the PE stored before it left, its
// counts included, comes before what follows from its state.
PeState state_of(const ControlBlock& control) noexcept {
  return static_cast<PeState>(control.state.load(std::memory_order_acquire));
}

// A member that has not come to the call that this PE is in, and has left; -1 if there is none.
int missing_member(const Pe& pe, const Team& team) noexcept {
  for (int index = 0; index < team.size; ++index) {
    if (index == team.my_index) continue;
    const int peer = team.world_pe(index);
    if (state_of(pe.control_of(peer)) == PeState::kGone) return peer;  // and I wait for it in shmem_init
    if (!has_left(pe, peer)) continue;
    const TeamWait& wait = team.cell(pe, index).wait;
    if (wait.left_sequence.load(std::memory_order_relaxed) < team.sequence ||
        wait.left_meetings.load(std::memory_order_relaxed) < team.meetings) {
      return peer;
    }
  }
  return -1;
}

bool all_others_have_left(const Pe& pe) noexcept {
  for (int peer = 0; peer < pe.npes; ++peer) {
    if (peer != pe.me && !has_left(pe, peer)) return false;
  }
  return pe.npes > 1;
}

// Is there nobody in this process who could store while this thread waits?
bool is_alone(const Pe& pe) noexcept {
  // Acquire: pairs with the release in shmemx_set_place_hook.
  int (*const hook)(char*, std::size_t) = pe.place_hook.load(std::memory_order_acquire);
  return (hook != nullptr ? hook(nullptr, 0) == 0 : os::has_one_thread()) && !os::has_children();
}

}  // namespace

bool has_left(const ControlBlock& control) noexcept {
  switch (state_of(control)) {
    case PeState::kUnclaimed:
    case PeState::kAttached:
    case PeState::kRunning:
      return false;
    case PeState::kFinalizing:
    case PeState::kReturning:
    case PeState::kFinalized:
    case PeState::kGone:
      break;
  }
  return true;
}

bool has_left(const Pe& pe, int peer) noexcept {
  const ControlBlock& control = pe.control_of(peer);
  // Both relaxed: the peer's is published by its state, and mine is this thread's, or that of a thread which leaves.
  return has_left(control) &&
         control.finalisations.load(std::memory_order_relaxed) > pe.finalisations.load(std::memory_order_relaxed);
}

bool has_finalised(const ControlBlock& control) noexcept {
  const PeState state = state_of(control);
  return state == PeState::kFinalized || state == PeState::kGone;
}

bool is_returning(const ControlBlock& control) noexcept {
  return state_of(control) == PeState::kReturning;
}

const char* leaving_words(const ControlBlock& control) noexcept {
  switch (state_of(control)) {
    case PeState::kReturning:
      return "whose program has ended";
    case PeState::kGone:
      return "whose program has ended after shmem_finalize";
    default:
      return "which has called shmem_finalize";
  }
}

Status finalise_together(Pe& pe, PeState how) noexcept {
  const std::uint64_t mine = pe.finalisations.load(std::memory_order_relaxed) + 1;
  pe.teams->publish_counts();
  pe.finalisations.store(mine, std::memory_order_relaxed);
  pe.control->finalisations.store(mine, std::memory_order_relaxed);
  // Release: pairs with the acquire in state_of.
  pe.control->state.store(static_cast<std::uint32_t>(how), std::memory_order_release);

  std::atomic<std::uint64_t>& count = pe.job->finalisations;
  const std::uint64_t all = mine * static_cast<std::uint64_t>(pe.npes);
  // Acquire and release: takes over what those before brought and hands it on, up to the last, which rings all.
  if (count.fetch_add(1, std::memory_order_acq_rel) + 1 == all) {
    for (int peer = 0; peer < pe.npes; ++peer) {
      if (peer != pe.me) ring(pe, peer, &count, sizeof count);
    }
    return Status::kOk;
  }
  // Acquire: pairs with the last one's release, which all earlier ones come before.
  return wait_until(
      pe, {&count, sizeof count}, [&] { return count.load(std::memory_order_acquire) >= all; },
      [](WaitNote& note) { note.kind = WaitKind::kFinalisation; });
}

Status refuse_without_members(const Pe& pe, const Team& team) noexcept {
  const int peer = missing_member(pe, team);
  if (peer < 0) return Status::kOk;
  return fail(Status::kLeft, "PE %d waits for PE %d, %s", pe.me, peer, leaving_words(pe.control_of(peer)));
}

Status refuse_without_leavers(Pe& pe, const volatile void* word, bool* deserted) noexcept {
  if (const Team* const team = waiting_team(pe, word)) return refuse_without_members(pe, *team);
  // In this order: what the last of them stored, another PE or a thread that has ended, has been looked at since.
  if (*deserted) {
    const int peer = pe.me == 0 ? 1 : 0;
    return fail(Status::kLeft, "nobody is left who could store what PE %d waits for: PE %d, %s, %s", pe.me, peer,
                leaving_words(pe.control_of(peer)), pe.npes > 2 ? "and all others have left" : "was the only other");
  }
  *deserted = all_others_have_left(pe) && is_alone(pe);
  return Status::kOk;
}

}  // namespace shmem::smp
