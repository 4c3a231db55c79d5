// SPDX-License-Identifier: BSD-3-Clause
//
// Leaving: how PEs come to their end together, and what becomes of those that still need one that has left.
//
// A PE leaves when it calls the last shmem_finalize, or when its program ends with status 0 without: then the library
// finalises for it. Either way it waits until all PEs have come. This rendezvous has a counter of its own in the job's
// header and uses nothing of any team, so no collective of the program can be taken for it, and it works after a team
// has been poisoned. Until all have come the others may go on: move data, lock, wait for each other.
//
// Some of their calls can no longer end. Their waits find that out when the timer wakes them, and fail with kLeft:
//   - a collective of a team that has lost a member. Members call a team's collectives in one order, so the counts of
//     messages and meetings that each has begun are the same in the same call. A PE publishes its counts when it
//     leaves; if one of them is behind mine, that PE has not been in my call and will never be.
//   - a lock whose holder has left: nobody else may clear it (lock/lock.cpp).
//   - a wait for a store when all other PEs have left and this one has neither another thread nor a child process.
//     What the others stored comes before the state that says that they have left, so a look after that finds it.
// None of these is a guess, and none has a time limit.
//
// Shared: PeState in each control block, with `finalisations`, how many the owner has come to. A PE has left for me
// while it has come to one that I have not come to. So it has not left any more once all have met, although its state
// is behind for a moment, and a PE that finalises itself knows of nobody who has left.
#pragma once

#include "smp/pe.h"
#include "smp/status.h"

namespace shmem::smp {

struct Team;

// Has this PE left, so that it calls nothing any more before I finalise as well? Never of oneself.
[[nodiscard]] bool has_left(const Pe& pe, int peer) noexcept;

// Has this PE left, as an observer sees it, which finalises nothing itself?
[[nodiscard]] bool has_left(const ControlBlock& control) noexcept;

// Has this PE come through its last finalisation?
[[nodiscard]] bool has_finalised(const ControlBlock& control) noexcept;

// Has this PE come to the end of its program without shmem_finalize, and waits there for the others?
[[nodiscard]] bool is_returning(const ControlBlock& control) noexcept;

// How a PE has left, to be put behind "PE 3, ": "which has called shmem_finalize".
[[nodiscard]] const char* leaving_words(const ControlBlock& control) noexcept;

// Collective over all PEs: the finalisation. `how`: kFinalizing or kReturning, which others see meanwhile. What a PE
// stored before is visible to all afterwards. kInterrupted, or kEnding.
Status finalise_together(Pe& pe, PeState how) noexcept;

// kLeft, worded, if a member of the team has left without having come to the collective that this PE is in.
[[gnu::cold]] Status refuse_without_members(const Pe& pe, const Team& team) noexcept;

// The timer has ended a sleep of a wait for `word`, which may be anything. kLeft, worded, if the wait cannot end
// because others have left. *deserted belongs to the wait: whether nobody was left when the timer last woke it.
[[gnu::cold]] Status refuse_without_leavers(Pe& pe, const volatile void* word, bool* deserted) noexcept;

}  // namespace shmem::smp
