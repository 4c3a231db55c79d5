// SPDX-License-Identifier: BSD-3-Clause
//
// Receiving in pairs, for teams that meet at a counter: what two members have for each other is moved by the one of
// them that comes later, both ways. One meeting after all copies is enough then, so no member must get a core twice, as
// with a meeting before and one after. With a core for each member, those that came first would only look on.
//
// Shared: TeamArrivals::in_pairs, a bit for each member that has come, below the low half of the message's number. A
// word with another number is one of an earlier message, and the first member to come replaces it.
#pragma once

#include <cstdint>

#include "smp/team/exchange.h"
#include "smp/team/receive.h"

namespace shmem::smp {

// Sets this member's bit. Returns those of the members that have come to this message before.
[[nodiscard]] inline std::uint32_t join_pairs(const Pe& pe, const Team& team) noexcept {
  std::atomic<std::uint64_t>& word = team.cell(pe, 0).arrivals.in_pairs;
  const std::uint64_t number = team.sequence << kMaxPaired;
  const std::uint64_t mine = std::uint64_t{1} << team.my_index;
  std::uint64_t seen = word.load(std::memory_order_relaxed);
  while (true) {
    const std::uint64_t joined = (seen ^ number) >> kMaxPaired == 0 ? seen : number;
    // Acquire and release, paired with itself: a member that comes later sees the messages of all before it.
    if (word.compare_exchange_weak(seen, joined | mine, std::memory_order_acq_rel, std::memory_order_relaxed)) {
      return static_cast<std::uint32_t>(joined);
    }
  }
}

// Announces my message, and calls both(index) for me and for each member that has come before me, whose arrays it reads
// and writes. All members must call this.
template <class Both>
Status receive_in_pairs(Exchange& exchange, Both both) noexcept {
  Team& team = exchange.team();
  exchange.announce();
  const std::uint32_t before = join_pairs(exchange.pe(), team);
  both(team.my_index);
  for (int index = 0; index < team.size; ++index) {
    // A bit without its message is one of 2^32 messages ago.
    if ((before >> index & 1) != 0 && exchange.has_come(index) && exchange.matches(index)) both(index);
  }
  return meet_with_messages(exchange);
}

}  // namespace shmem::smp
