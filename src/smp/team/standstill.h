// SPDX-License-Identifier: BSD-3-Clause
//
// Standstill: all members of a team wait in its collectives, and none of these waits can end.
//
// That is what becomes of members that called different collectives which do not hear each other: one is in a barrier,
// another waits for a broadcast. Where messages are exchanged, exchange.h compares them; here nobody gets one.
//
// The words that a collective waits for are stored by members of its team only, and only while they are in one of its
// collectives. So nobody will store any more once there has been a moment at which all members waited, and each has
// looked at its words after that moment in vain. To find such a moment, the members count up one clock, in the first
// member's cell, each time that a timer ends one of their sleeps, and tell of the wait that they are in
//   since:  the tick of its first such wake,
//   looked: the tick of a later one, told once the look that follows has been in vain.
// Let n be the greatest `since` of all members. If every `looked` is greater than n, then
//   - each member's wait had begun before tick n, and lasted beyond it: all waited when the clock went from n to n + 1;
//   - what any member stored before its wait comes before its `since`; the ticks are read-modify-writes of one word,
//     each an acquire and a release, so it also comes before every tick after n and was seen by each member's look;
//   - these looks were in vain, sequences only grow, and a member that waits stores nothing. So no wait can be the
//   first to end.
// `looked` is read before `since`: had the member come from one wait into the next in between, `since` would be the
// greater one. A member that computes, sleeps in another team's collective, waits for data or is stopped has a `since`
// of zero or does not look, and nothing is found. Hence no false alarms, and no time limit that could be too short.
//
// The argument needs nothing of a PE's other threads: the standard forbids two of them to be in collectives of the same
// team at the same time.
#pragma once

#include "smp/pe.h"
#include "smp/status.h"

namespace shmem::smp {

struct Team;

// The team whose collective waits for `word`; nullptr if that lies in no cell.
[[nodiscard]] const Team* waiting_team(const Pe& pe, const volatile void* word) noexcept;

// A wait for `word`, which may be anything, was ended by its timer; the caller will look again. kMismatch: all wait for
// ever. All other members hear of it as well, when a timer wakes them or when this one abandons the team
// (poison.h).
[[gnu::cold]] Status woken_by_timer(Pe& pe, const volatile void* word) noexcept;

// That look was in vain.
[[gnu::cold]] void looked_in_vain(Pe& pe, const volatile void* word) noexcept;

// The wait, which has slept, is over.
[[gnu::cold]] void wait_is_over(Pe& pe, const volatile void* word) noexcept;

// Another member has found the standstill that this one is in: reports it for this one. Else kOk.
[[gnu::cold]] Status found_by_another(const Pe& pe, const Team& team) noexcept;

}  // namespace shmem::smp
