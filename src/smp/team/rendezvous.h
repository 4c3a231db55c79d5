// SPDX-License-Identifier: BSD-3-Clause
//
// Rendezvous: nobody leaves before all members of the team have come. Under barrier, sync, the ends of large
// collectives and the freeing of slots.
//
// With a core for each PE it is a dissemination: in round r a member stores to the member 2^r after it and waits
// for the one 2^r before it, log2(size) line transfers in all. With more PEs than cores what counts is how often
// a PE loses its core: all count up one word of the first member, the last to arrive stores the release, and each
// of the others has waited exactly once.
//
// What a member stored before its call is visible to all others after theirs: the words are stored with release
// and read with acquire order, and each member's arrival reaches every other through a chain of those.
#pragma once

#include <atomic>
#include <cstdint>

#include "smp/team/team.h"
#include "smp/wait/wait.h"

namespace shmem::smp {

// What a meeting is for. All members say it, with the history of the team's calls, and learn whether all have said the
// same. Members whose calls with data have differed, in whatever they must have alike, hear of it here at the latest.
// The numbers are irregular, so that no sum of some is a multiple of another.
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

// Does not look at team.poisoned; callers do, once per collective. kInterrupted, kEnding, kPoisoned, or kMismatch if
// all members wait for ever (standstill.h). Afterwards team.agreed says on all members alike whether all have said the
// same, and if not, all must come to `disagree`.
Status meet(Pe& pe, Team& team, std::uint64_t says) noexcept;

// What the last member to come to a central meeting does, if all have said the same, before it lets the others go; they
// see what it stores.
struct LastAct {
  void (*act)(void* argument) noexcept = nullptr;
  void* argument = nullptr;
};

// The same for central teams.
Status meet_at_counter(Pe& pe, Team& team, std::uint64_t says, LastAct last = {}) noexcept;

// After a meeting at which members have said different things: tells the others what this one is in, waits until all
// have told, and words the first difference: kMismatch. kOk if this one asks something of the heap, which words itself
// what others do instead. Afterwards all members are at the same message with the same history, and the team goes on.
[[gnu::cold]] Status disagree(Pe& pe, Team& team, MeetingKind kind) noexcept;

// The rendezvous of members that have all read what they wanted of earlier messages (exchange.h).
[[gnu::always_inline]] inline Status rendezvous(Pe& pe, Team& team, MeetingKind kind = MeetingKind::kEnd) noexcept {
  const Status status = meet(pe, team, saying(team, kind));
  if (!ok(status)) [[unlikely]]
    return status;
  team.finished = team.sequence;
  if (!team.agreed) [[unlikely]]
    return disagree(pe, team, kind);
  return Status::kOk;
}

// Words the first call in which the history of member `index`, which has come to this message, differs from mine, as
// far as slots still hold it: kMismatch. My history is `history` from now on.
[[gnu::cold]] Status tell_difference(Pe& pe, Team& team, int index, std::uint64_t history) noexcept;

// The same for a member that has come to message `sequence`, and without a change. `current`: the message that I am in.
[[gnu::cold]] Status word_difference(const Pe& pe, const Team& team, int index, std::uint64_t sequence,
                                     std::uint64_t current = 0) noexcept;

// After a wait that ended badly (`status`), or well because of another's poison (kOk): poisons the team here and
// in all members' cells, unless the whole job is ending. Returns why the caller must leave.
[[gnu::cold]] Status abandon(Pe& pe, Team& team, Status status) noexcept;

// Says that the team is poisoned.
[[gnu::cold]] Status refuse_poisoned(const Team& team) noexcept;

// Rings all other members that watch this word: each of them may wait for it.
[[gnu::always_inline]] inline void ring_members(const Pe& pe, const Team& team,
                                                const std::atomic<std::uint64_t>& word) noexcept {
  for (int index = 0; index < team.size; ++index) {
    if (index != team.my_index) ring(pe, team.world_pe(index), &word, sizeof word);
  }
}

// The same for the next member alone, by who has slept: who is woken may take the core of who wakes, before that one
// has rung all, so each passes it on. Members are rung in their order, so nobody is left out.
[[gnu::always_inline]] inline void ring_next(const Pe& pe, const Team& team,
                                             const std::atomic<std::uint64_t>& word) noexcept {
  const int next = team.my_index + 1 == team.size ? 0 : team.my_index + 1;
  ring(pe, team.world_pe(next), &word, sizeof word);
}

// Waits until `word` has reached `sequence`.
[[gnu::always_inline]] inline Status await_sequence(Pe& pe, Team& team, const std::atomic<std::uint64_t>& word,
                                                    std::uint64_t sequence) noexcept {
  std::uint64_t seen = 0;
  const Status status = wait_until(pe, {&word, sizeof word}, [&] {
    // Acquire: pairs with the release store of the member that `word` comes from.
    seen = word.load(std::memory_order_acquire);
    return seen >= sequence;
  });
  if (!ok(status) || seen == kPoisonedSequence) [[unlikely]]
    return abandon(pe, team, status);
  return Status::kOk;
}

}  // namespace shmem::smp
