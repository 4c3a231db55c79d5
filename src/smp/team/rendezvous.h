// SPDX-License-Identifier: BSD-3-Clause
//
// Rendezvous: no member of the team leaves before all have come. It is under barrier, sync, the ends of large
// collectives and the freeing of slots. Members that have a core each meet by dissemination (dissemination.h), members
// that share cores at a counter (counter.h).
//
// What a member stored before its call is visible to all others after theirs: the words of both algorithms are stored
// with release and read with acquire order, and each member's arrival reaches every other through a chain of those.
//
// All members say what they meet for, and learn whether all have said the same. Members whose calls with data have
// differed, in whatever they must have alike, hear of it here at the latest (mismatch.cpp).
#pragma once

#include <cstdint>

#include "smp/team/counter.h"
#include "smp/team/dissemination.h"
#include "smp/team/team.h"

namespace shmem::smp {

// What a meeting is for. All members say it, with the history of the team's calls. The numbers are irregular, so that
// no sum of some is a multiple of another.
enum class MeetingKind : std::uint64_t {
  kBarrier = 0x2545f491,
  kSync = 0x1b873593,
  kRoom = 0x5bd1e995,      // slots are needed again (Exchange::open)
  kMessages = 0x165667b1,  // messages are exchanged at it
  kEnd = 0x27d4eb2f,       // the end of a call whose messages have been compared
  kDestroy = 0x7feb352d,
  kLife = 0x3c6ef372,  // init and finalize
  kHeap = 0x4cf5ad43,  // with what is asked for
};

[[nodiscard]] inline std::uint64_t saying(const Team& team, MeetingKind kind) noexcept {
  return team.history + static_cast<std::uint64_t>(kind);
}

// One meeting. Does not look at team.poisoned; callers do, once per collective. kOk if all have said the same; they
// compare the low half of `says` at least. kDiffer if not, and then all members must come to `disagree`. Else
// kInterrupted, kEnding, kPoisoned, kLeft, or kMismatch if all members wait for ever (standstill.h).
[[gnu::always_inline]] inline Status meet(Pe& pe, Team& team, std::uint64_t says) noexcept {
  return team.central ? meet_at_counter(pe, team, says) : disseminate(pe, team, says);
}

// After a meeting at which members have said different things: tells the others what this one is in, waits until all
// have told, and reports the first difference: kMismatch. kOk if this one asks something of the heap, which reports
// itself what others do instead. Afterwards all members are at the same message with the same history, and the team
// goes on.
[[gnu::cold]] Status disagree(Pe& pe, Team& team, MeetingKind kind) noexcept;

// The same for a meeting that has ended with this status, which is not kOk; a failure is passed on.
[[gnu::cold]] Status settle(Pe& pe, Team& team, MeetingKind kind, Status status) noexcept;

// The rendezvous of members that have all read what they wanted of earlier messages (exchange.h).
[[gnu::always_inline]] inline Status rendezvous(Pe& pe, Team& team, MeetingKind kind = MeetingKind::kEnd) noexcept {
  if (const Status status = meet(pe, team, saying(team, kind)); !ok(status)) [[unlikely]]
    return settle(pe, team, kind, status);
  team.finished = team.sequence;
  return Status::kOk;
}

// Reports the first call in which the history of member `index`, which has come to this message, differs from mine, as
// far as slots still hold it: kMismatch. My history is `history` from now on.
[[gnu::cold]] Status tell_difference(Pe& pe, Team& team, int index, std::uint64_t history) noexcept;

// The same for a member that has come to message `sequence`, and without a change. `current`: the message that I am in.
[[gnu::cold]] Status report_difference(const Pe& pe, const Team& team, int index, std::uint64_t sequence,
                                       std::uint64_t current = 0) noexcept;

}  // namespace shmem::smp
