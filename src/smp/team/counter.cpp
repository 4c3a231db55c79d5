// SPDX-License-Identifier: BSD-3-Clause
//
// Arrivals at the counter in the first member's cell, the wait for the release, and the release (counter.h). The last
// member to arrive ends the meeting: it sets the count to zero and stores the release. A member that waits looks at the
// release alone; `last` is a hint that decides how often it looks.
#include "smp/team/counter.h"

#include "smp/os/prim.h"
#include "smp/team/poison.h"
#include "smp/team/ring.h"
#include "smp/wait/wait.h"

namespace shmem::smp {

namespace {

// Of TeamArrivals::count: how many have come, and above it the sum of what they say.
constexpr int kArrivalsShift = 16;
constexpr std::uint64_t kArrivalsMask = (std::uint64_t{1} << kArrivalsShift) - 1;
static_assert(kMaxPes <= kArrivalsMask);

// What member i stores in `last[i]`: the meeting that it came to and the processor that it ran on, as far as they fit.
constexpr std::uint32_t stamp_of(std::uint64_t meeting, int processor) noexcept {
  return static_cast<std::uint32_t>(meeting) << 12 | (static_cast<std::uint32_t>(processor) & 0xfff);
}

// Is a member missing that was on this processor when it last came? It cannot come while this one looks. All relaxed: a
// hint.
bool keeps_away(const Team& team, const TeamArrivals& arrivals, std::uint32_t mine) noexcept {
  for (int index = 0; index < team.size; ++index) {
    const std::uint32_t difference = arrivals.last[index].load(std::memory_order_relaxed) ^ mine;
    if ((difference & 0xfff) == 0 && difference != 0) return true;
  }
  return false;
}

// Waits until the last member to arrive has released this meeting. Each look beyond those that help costs a turn of a
// member that has yet to come. If a missing member was on this processor, there is one look before each pause. If the
// missing ones run on other processors, there are more looks, which take longer than a turn would.
Status look_for_release(Pe& pe, Team& team, const TeamCell& first, const Arrival& arrival) noexcept {
  constexpr int kLooks = 64;
  const std::atomic<std::uint64_t>& released = first.released.value;
  Waiter waiter(pe, {&released, sizeof released});
  while (true) {
    for (int look = 0; look < kLooks; ++look) {
      // Acquire: pairs with the release of the last to arrive.
      const std::uint64_t seen = released.load(std::memory_order_acquire);
      if (seen == kPoisonedSequence) [[unlikely]]
        return abandon(pe, team, Status::kOk);
      // No member can come to the next meeting before this one has left.
      if (seen >= 2 * arrival.meeting) return seen == 2 * arrival.meeting ? Status::kOk : Status::kDiffer;
      if (team.size > kMaxNamed || keeps_away(team, first.arrivals, arrival.stamp)) break;
      os::relax();
    }
    waiter.hurry();
    if (const Status status = waiter.pause(); !ok(status)) [[unlikely]]
      return abandon(pe, team, status);
  }
}

}  // namespace

Arrival arrive_at_counter(Pe& pe, Team& team, std::uint64_t says) noexcept {
  const std::uint64_t meeting = ++team.meetings;
  TeamArrivals& arrivals = team.cell(pe, 0).arrivals;
  const std::uint32_t stamp = stamp_of(meeting, os::this_processor());
  // Relaxed: a hint for keeps_away.
  if (team.my_index < kMaxNamed) arrivals.last[team.my_index].store(stamp, std::memory_order_relaxed);
  const std::uint64_t mine = says << kArrivalsShift | 1;
  const auto size = static_cast<std::uint64_t>(team.size);
  // Acquire and release, paired with itself: takes over what those before brought and hands it on, up to the last.
  const std::uint64_t count = arrivals.count.fetch_add(mine, std::memory_order_acq_rel) + mine;
  return {meeting, stamp, (count & kArrivalsMask) == size, count == mine * size};
}

Status await_release(Pe& pe, Team& team, const Arrival& arrival) noexcept {
  const TeamCell& first = team.cell(pe, 0);
  // Both relaxed: this thread has written it, if it has slept.
  const std::uint64_t sleeps = pe.control->sleeps.load(std::memory_order_relaxed);
  const Status status = look_for_release(pe, team, first, arrival);
  if (pe.control->sleeps.load(std::memory_order_relaxed) != sleeps) ring_next(pe, team, first.released.value);
  return status;
}

Status release_from_counter(Pe& pe, Team& team, const Arrival& arrival) noexcept {
  TeamCell& first = team.cell(pe, 0);
  // Relaxed: ordered by the release below; nobody comes to the next meeting before that.
  first.arrivals.count.store(0, std::memory_order_relaxed);
  const std::uint64_t release = 2 * arrival.meeting + (arrival.agreed ? 0 : 1);
  // A member that was interrupted after it arrived may have stored poison, which must stay.
  std::uint64_t before = first.released.value.load(std::memory_order_relaxed);
  // Release: pairs with the acquire in look_for_release.
  if (before == kPoisonedSequence || !first.released.value.compare_exchange_strong(
                                         before, release, std::memory_order_release, std::memory_order_relaxed)) {
    return abandon(pe, team, Status::kOk);
  }
  ring_members(pe, team, first.released.value);
  return arrival.agreed ? Status::kOk : Status::kDiffer;
}

Status meet_at_counter(Pe& pe, Team& team, std::uint64_t says) noexcept {
  const Arrival arrival = arrive_at_counter(pe, team, says);
  return arrival.is_last ? release_from_counter(pe, team, arrival) : await_release(pe, team, arrival);
}

}  // namespace shmem::smp
