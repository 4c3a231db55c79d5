// SPDX-License-Identifier: BSD-3-Clause
//
// Receiving from the last member to arrive, for teams that meet at a counter.
//
// Where members share cores, what all of them do is done by one after the other. So the last member to arrive at the
// counter, which has everybody's message, does once what all would do alike. The others read one message instead of
// all.
#pragma once

#include <cstdint>

#include "smp/team/counter.h"
#include "smp/team/exchange.h"

namespace shmem::smp {

// After `publish`. The last member to arrive calls make() once, if all have called alike: it puts into its `my_data`
// what all want. Returns where that is, or nullptr, and why in *status. All members must call this.
template <class Make>
const std::byte* receive_from_last(Exchange& exchange, Make make, Status* status) noexcept {
  Pe& pe = exchange.pe();
  Team& team = exchange.team();
  TeamRelease& released = team.cell(pe, 0).released;
  const Arrival arrival = arrive_at_counter(pe, team, saying(team, MeetingKind::kMessages));
  if (arrival.is_last) {
    if (arrival.agreed) {
      make();
      // Relaxed: ordered by the release of the meeting, and not stored again before all have come to the next.
      released.member.store(static_cast<std::uint32_t>(team.my_index), std::memory_order_relaxed);
    }
    *status = release_from_counter(pe, team, arrival);
  } else {
    *status = await_release(pe, team, arrival);
  }
  if (!ok(*status)) [[unlikely]] {
    *status = settle(pe, team, MeetingKind::kMessages, *status);
    return nullptr;
  }
  exchange.finish_before();
  return exchange.data(static_cast<int>(released.member.load(std::memory_order_relaxed)));
}

}  // namespace shmem::smp
