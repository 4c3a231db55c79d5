// SPDX-License-Identifier: BSD-3-Clause
//
// Leaving: which PEs have left the job, and what becomes of waits that still need one of them.
//
// A PE leaves when it calls the last shmem_finalize, or when its program ends with status 0 without it: then the
// library finalises for the PE. Either way it waits until all PEs have come there (life/finalisation.h). Until then the
// others may go on: move data, lock, wait for each other.
//
// Some of their calls can no longer end. Their waits find that out when a timer wakes them, and fail with kLeft:
//   - a collective of a team that has lost a member (team/missing_members.h);
//   - a lock whose holder has left, since no other PE may clear it (lock/lock.cpp);
//   - a wait for a store, if all other PEs have left and this one has neither another thread nor a child process. What
//     the others stored comes before the state that says that they have left, so a look after that finds it.
// None of these is a guess, and none has a time limit.
//
// Shared: PeState in each control block, with `finalisations`, the number of finalisations that its owner has come to.
// Invariant: for this PE a peer has left while the peer has come to a finalisation that this PE has not come to. So
// once all have met, no peer has left any more, although its state is behind for a moment; and for a PE that finalises
// itself, no peer has left.
#pragma once

#include "smp/pe.h"
#include "smp/status.h"

namespace shmem::smp {

// Whether this peer has left, so that it calls nothing before this PE finalises as well. Never true of oneself.
[[nodiscard]] bool has_left(const Pe& pe, int peer) noexcept;

// The same for an observer, which does not finalise.
[[nodiscard]] bool has_left(const ControlBlock& control) noexcept;

// Whether this PE has completed its last finalisation.
[[nodiscard]] bool has_finalised(const ControlBlock& control) noexcept;

// Whether this PE's process has ended after it.
[[nodiscard]] bool is_gone(const ControlBlock& control) noexcept;

// Whether this PE's program has ended without shmem_finalize, and the PE waits for the others.
[[nodiscard]] bool is_returning(const ControlBlock& control) noexcept;

// How a PE has left, as text that follows "PE 3, ": "which has called shmem_finalize".
[[nodiscard]] const char* how_it_left(const ControlBlock& control) noexcept;

// A timer has ended a sleep of a wait that is no team's collective. kLeft, worded, if the wait cannot end because the
// other PEs have left. *deserted belongs to the wait: whether that was so already when the timer last woke it.
[[gnu::cold]] Status refuse_where_deserted(const Pe& pe, bool* deserted) noexcept;

}  // namespace shmem::smp
