// SPDX-License-Identifier: BSD-3-Clause
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
constexpr std::uint32_t arrival(std::uint64_t meeting, int processor) noexcept {
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
Status await_release(Pe& pe, Team& team, TeamCell& first, std::uint64_t meeting, std::uint32_t mine) noexcept {
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
      if (seen >= 2 * meeting) return seen == 2 * meeting ? Status::kOk : Status::kDiffer;
      if (team.size > kMaxNamed || keeps_away(team, first.arrivals, mine)) break;
      os::relax();
    }
    waiter.hurry();
    if (const Status status = waiter.pause(); !ok(status)) [[unlikely]]
      return abandon(pe, team, status);
  }
}

}  // namespace

Status meet_at_counter(Pe& pe, Team& team, std::uint64_t says, LastAct last) noexcept {
  const std::uint64_t meeting = ++team.meetings;
  TeamCell& first = team.cell(pe, 0);
  const std::uint32_t mine = arrival(meeting, os::this_processor());
  if (team.my_index < kMaxNamed) first.arrivals.last[team.my_index].store(mine, std::memory_order_relaxed);
  const std::uint64_t mine_and_says = says << kArrivalsShift | 1;
  const auto size = static_cast<std::uint64_t>(team.size);
  // Acquire and release: takes over what those before brought and hands it on, up to the last, who releases all.
  const std::uint64_t arrivals =
      first.arrivals.count.fetch_add(mine_and_says, std::memory_order_acq_rel) + mine_and_says;
  if ((arrivals & kArrivalsMask) != size) {
    const std::uint64_t sleeps = pe.control->sleeps.load(std::memory_order_relaxed);
    const Status status = await_release(pe, team, first, meeting, mine);
    if (pe.control->sleeps.load(std::memory_order_relaxed) != sleeps) ring_next(pe, team, first.released.value);
    return status;
  }
  const bool agreed = arrivals == mine_and_says * size;
  // Relaxed: ordered by the release below; nobody comes to the next meeting before that.
  first.arrivals.count.store(0, std::memory_order_relaxed);
  if (agreed && last.act != nullptr) last.act(last.argument);
  // A member that was interrupted after it arrived may have stored poison, which must stay.
  std::uint64_t before = first.released.value.load(std::memory_order_relaxed);
  // Release: pairs with the acquire in await_release.
  if (before == kPoisonedSequence ||
      !first.released.value.compare_exchange_strong(before, 2 * meeting + (agreed ? 0 : 1), std::memory_order_release,
                                                    std::memory_order_relaxed)) {
    return abandon(pe, team, Status::kOk);
  }
  ring_members(pe, team, first.released.value);
  return agreed ? Status::kOk : Status::kDiffer;
}

}  // namespace shmem::smp
