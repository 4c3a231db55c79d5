// SPDX-License-Identifier: BSD-3-Clause
//
// Reads the states by which PEs say that they have left (leaving.h), and writes none. Every state is loaded with
// acquire, so all that the PE stored before it left is visible to a thread that sees the state.
#include "smp/leaving/leaving.h"

#include "smp/error.h"
#include "smp/os/process.h"

namespace shmem::smp {

namespace {

// Acquire: pairs with the releases in life/. What the PE stored before it left, its counts included, is visible to a
// thread that sees the state.
PeState state_of(const ControlBlock& control) noexcept {
  return static_cast<PeState>(control.state.load(std::memory_order_acquire));
}

bool all_others_have_left(const Pe& pe) noexcept {
  for (int peer = 0; peer < pe.npes; ++peer) {
    if (peer != pe.me && !has_left(pe, peer)) return false;
  }
  return pe.npes > 1;
}

// Whether no other thread of this process, and no child of it, could store while this thread waits.
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
  // Both relaxed: the state publishes the peer's count. This PE's own was stored by this thread or by one that leaves.
  return has_left(control) &&
         control.finalisations.load(std::memory_order_relaxed) > pe.finalisations.load(std::memory_order_relaxed);
}

bool has_finalised(const ControlBlock& control) noexcept {
  const PeState state = state_of(control);
  return state == PeState::kFinalized || state == PeState::kGone;
}

bool is_gone(const ControlBlock& control) noexcept {
  return state_of(control) == PeState::kGone;
}

bool is_returning(const ControlBlock& control) noexcept {
  return state_of(control) == PeState::kReturning;
}

const char* how_it_left(const ControlBlock& control) noexcept {
  switch (state_of(control)) {
    case PeState::kReturning:
      return "whose program has ended";
    case PeState::kGone:
      return "whose program has ended after shmem_finalize";
    default:
      return "which has called shmem_finalize";
  }
}

Status refuse_where_deserted(const Pe& pe, bool* deserted) noexcept {
  // In this order: since the wait was found deserted, its thread has looked at what the last of the others stored, be
  // it another PE or a thread of this one.
  if (*deserted) {
    const int peer = pe.me == 0 ? 1 : 0;
    return fail(Status::kLeft, "nobody is left who could store what PE %d waits for: PE %d, %s, %s", pe.me, peer,
                how_it_left(pe.control_of(peer)), pe.npes > 2 ? "and all others have left" : "was the only other");
  }
  *deserted = all_others_have_left(pe) && is_alone(pe);
  return Status::kOk;
}

}  // namespace shmem::smp
