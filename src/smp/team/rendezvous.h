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

// What a member of a meeting that agrees on nothing says, and what it passes on once it has heard two different things.
inline constexpr std::uint64_t kSaysNothing = 0;
inline constexpr std::uint64_t kSaysDifferent = 1;

// Does not look at team.poisoned; callers do, once per collective. kInterrupted, kEnding, kPoisoned, or kMismatch if
// all members wait for ever (standstill.h). Afterwards team.agreed is set if all members are known to have said the
// same.
Status meet(Pe& pe, Team& team, std::uint64_t saying = kSaysNothing) noexcept;

// What the last member to come to a central meeting does before it lets the others go; they see what it stores.
struct LastAct {
  void (*act)(void* argument) noexcept = nullptr;
  void* argument = nullptr;
};

// The same for central teams.
Status meet_at_counter(Pe& pe, Team& team, LastAct last = {}) noexcept;

// The rendezvous of members that have all read what they wanted of earlier messages (exchange.h).
[[gnu::always_inline]] inline Status rendezvous(Pe& pe, Team& team, std::uint64_t saying = kSaysNothing) noexcept {
  const Status status = meet(pe, team, saying);
  if (ok(status)) [[likely]]
    team.finished = team.sequence;
  return status;
}

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
