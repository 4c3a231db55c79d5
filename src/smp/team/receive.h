// SPDX-License-Identifier: BSD-3-Clause
//
// Receiving the message of one member, or those of all.
//
// With a core for each member, a reader waits for each sender's slot: a direct all-to-all exchange, in which the first
// messages are used while the last are under way. Members that share cores meet at the counter instead, so that each of
// them waits once; all messages are there then.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "smp/team/exchange.h"
#include "smp/wait/wait.h"

namespace shmem::smp {

// Waits until `word` has reached `sequence`.
[[gnu::always_inline]] inline Status await_sequence(Pe& pe, Team& team, const std::atomic<std::uint64_t>& word,
                                                    std::uint64_t sequence) noexcept {
  std::uint64_t seen = 0;
  const Status status = wait_until(pe, {&word, sizeof word}, [&] {
    // Acquire: pairs with the release in Exchange::announce.
    seen = word.load(std::memory_order_acquire);
    return seen >= sequence;
  });
  if (!ok(status) || seen == kPoisonedSequence) [[unlikely]]
    return abandon(pe, team, status);
  return Status::kOk;
}

// The counter's meeting of members that have all announced their messages. These are alike if all say the same.
inline Status meet_with_messages(Exchange& exchange) noexcept {
  const Status status =
      meet_at_counter(exchange.pe(), exchange.team(), saying(exchange.team(), MeetingKind::kMessages));
  if (!ok(status)) [[unlikely]]
    return settle(exchange.pe(), exchange.team(), MeetingKind::kMessages, status);
  exchange.finish_before();
  return Status::kOk;
}

// Waits for one member's message.
inline Status receive_from(Exchange& exchange, int index) noexcept {
  Team& team = exchange.team();
  if (const Status status = await_sequence(exchange.pe(), team, exchange.of(index).sequence, team.sequence);
      !ok(status)) {
    return status;
  }
  if (exchange.matches(index)) [[likely]]
    return Status::kOk;
  return tell_difference(exchange.pe(), team, index, exchange.history_of(index));
}

// Waits for all members' messages, and calls use(index) for each member in an order that spreads readers over sources,
// as messages come. This member is the first. What it has published it better takes from where it has it: its slot's
// line is on its way to others now, and reading it again costs as much as another message. All members must call this.
template <class Use>
Status receive_all(Exchange& exchange, Use use) noexcept {
  Team& team = exchange.team();
  if (team.central) {
    if (const Status status = meet_with_messages(exchange); !ok(status)) return status;
  }
  for (int n = 0, index = team.my_index; n < team.size; ++n, index = index + 1 == team.size ? 0 : index + 1) {
    if (index != team.my_index && !team.central) {
      const Status status = await_sequence(exchange.pe(), team, exchange.of(index).sequence, team.sequence);
      if (!ok(status)) [[unlikely]]
        return status;
      // Each of two members that differ comes to the lesser history.
      if (!exchange.matches(index)) [[unlikely]] {
        return tell_difference(exchange.pe(), team, index, std::min(exchange.history_of(index), exchange.my_history()));
      }
    }
    use(index);
  }
  exchange.finish_before();
  return Status::kOk;
}

inline Status receive_all(Exchange& exchange) noexcept {
  return receive_all(exchange, [](int) noexcept {});
}

}  // namespace shmem::smp
