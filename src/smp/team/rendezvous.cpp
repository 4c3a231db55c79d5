// SPDX-License-Identifier: BSD-3-Clause
#include "smp/team/rendezvous.h"

#include "smp/error.h"
#include "smp/leaving/leaving.h"
#include "smp/team/standstill.h"

namespace shmem::smp {

static_assert(1 << kMaxRounds >= kMaxPes);

namespace {

// What a member passes on once it has heard two different things.
constexpr std::uint64_t kSaysDifferent = 1;

// What a member says travels with its words. Each compares what it hears with its own, and passes on whether all that
// it has heard of said the same; in the end every member has heard of all.
Status disseminate(Pe& pe, Team& team, const std::uint64_t saying) noexcept {
  const std::uint64_t meeting = ++team.meetings;
  std::uint64_t says = saying;
  TeamCell& mine = team.cell(pe, team.my_index);
  for (int round = 0, distance = 1; distance < team.size; ++round, distance *= 2) {
    int to = team.my_index + distance;
    if (to >= team.size) to -= team.size;
    TeamRound& word = team.cell(pe, to).rounds[round];
    // Relaxed: ordered by the word itself.
    word.saying[meeting % 2].store(says, std::memory_order_relaxed);
    // Release: pairs with the acquire in that member's await_sequence. The word has no other writer, and what a
    // fast member stores for the next meeting is a greater number, which ends this wait as well.
    word.value.store(meeting, std::memory_order_release);
    ring(pe, team.control(pe, to), &word, sizeof word);
    const TeamRound& heard = mine.rounds[round];
    if (const Status status = await_sequence(pe, team, heard.value, meeting); !ok(status)) return status;
    if (heard.saying[meeting % 2].load(std::memory_order_relaxed) != saying) says = kSaysDifferent;
  }
  team.agreed = says == saying;
  return Status::kOk;
}

// Of TeamArrivals::count: how many have come, and above it the sum of what they say.
constexpr int kArrivalsShift = 16;
constexpr std::uint64_t kArrivalsMask = (std::uint64_t{1} << kArrivalsShift) - 1;
static_assert(kMaxPes <= kArrivalsMask);

// What member `last[i]` says: the meeting that it came to and the processor that it ran on, as far as they fit.
constexpr std::uint32_t arrival(std::uint64_t meeting, int processor) noexcept {
  return static_cast<std::uint32_t>(meeting) << 12 | (static_cast<std::uint32_t>(processor) & 0xfff);
}

// Is a member missing that was on this processor when it last came? It cannot come while I look. All relaxed: a hint.
bool keeps_away(const Team& team, const TeamArrivals& arrivals, std::uint32_t mine) noexcept {
  for (int index = 0; index < team.size; ++index) {
    const std::uint32_t difference = arrivals.last[index].load(std::memory_order_relaxed) ^ mine;
    if ((difference & 0xfff) == 0 && difference != 0) return true;
  }
  return false;
}

// Waits until the last to come has released this meeting. Each look beyond those that help costs a turn of somebody who
// has yet to come: with others on this processor that are missing there is one look, and else, when those are missing
// that run now on other processors, some more than a turn would take.
Status await_release(Pe& pe, Team& team, TeamCell& first, std::uint64_t meeting, std::uint32_t mine) noexcept {
  constexpr int kLooks = 64;
  const std::atomic<std::uint64_t>& released = first.released.value;
  Waiter waiter(pe, {&released, sizeof released});
  while (true) {
    for (int look = 0; look < kLooks; ++look) {
      // Acquire: pairs with the release of the last to come.
      const std::uint64_t seen = released.load(std::memory_order_acquire);
      if (seen == kPoisonedSequence) [[unlikely]]
        return abandon(pe, team, Status::kOk);
      if (seen >= meeting) return Status::kOk;
      if (team.size > kMaxNamed || keeps_away(team, first.arrivals, mine)) break;
      os::relax();
    }
    waiter.hurry();
    if (const Status status = waiter.pause(); !ok(status)) [[unlikely]]
      return abandon(pe, team, status);
  }
}

// Ends every wait that another member is in or will come to on this team. All stores are releases by habit
// only: what they guard is not read after a poisoned wait.
void poison_cells(Pe& pe, Team& team) noexcept {
  TeamCell& mine = team.cell(pe, team.my_index);
  for (TeamSlot& slot : mine.slots) slot.sequence.store(kPoisonedSequence, std::memory_order_release);
  for (int round = 0, distance = 1; distance < team.size; ++round, distance *= 2) {
    const int to = (team.my_index + distance) % team.size;
    team.cell(pe, to).rounds[round].value.store(kPoisonedSequence, std::memory_order_release);
  }
  team.cell(pe, 0).released.value.store(kPoisonedSequence, std::memory_order_release);
  for (int index = 0; index < team.size; ++index) {
    team.cell(pe, index).done.value.fetch_or(kPoisonedCount, std::memory_order_release);
  }
  for (int index = 0; index < team.size; ++index) ring_sleepers(pe.control_of(team.world_pe(index)));
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
    // Relaxed: ordered by the release of this meeting, and not stored again before this member has come to the next.
    team.agreed = first.released.agreed.load(std::memory_order_relaxed);
    return status;
  }
  team.agreed = arrivals == mine_and_says * size;
  // Both relaxed: ordered by the release below; nobody comes to the next meeting before that.
  first.arrivals.count.store(0, std::memory_order_relaxed);
  first.released.agreed.store(team.agreed, std::memory_order_relaxed);
  if (team.agreed && last.act != nullptr) last.act(last.argument);
  // A member that was interrupted after it arrived may have stored poison, which must stay.
  std::uint64_t before = first.released.value.load(std::memory_order_relaxed);
  // Release: pairs with the acquire in await_sequence above.
  if (before == kPoisonedSequence || !first.released.value.compare_exchange_strong(
                                         before, meeting, std::memory_order_release, std::memory_order_relaxed)) {
    return abandon(pe, team, Status::kOk);
  }
  ring_members(pe, team, first.released.value);
  return Status::kOk;
}

Status meet(Pe& pe, Team& team, std::uint64_t says) noexcept {
  return team.central ? meet_at_counter(pe, team, says) : disseminate(pe, team, says);
}

Status abandon(Pe& pe, Team& team, Status status) noexcept {
  if (status == Status::kEnding) return status;
  // By another's poison: each says in its own words what that one has found.
  if (ok(status)) status = found_by_another(pe, team);
  if (ok(status)) status = refuse_without_members(pe, team);
  if (!team.poisoned) {
    team.poisoned = true;
    team.poisoned_by = status;
    poison_cells(pe, team);
  }
  return ok(status) ? refuse_poisoned(team) : status;
}

Status refuse_poisoned(const Team& team) noexcept {
  const char* const why = team.poisoned_by == Status::kMismatch ? "its members called different collectives"
                          : team.poisoned_by == Status::kLeft   ? "a member has left"
                                                                : "one of its collectives was interrupted";
  return fail(Status::kPoisoned, "the team of %d PEs that starts at PE %d cannot be used any more: %s", team.size,
              team.start, why);
}

}  // namespace shmem::smp
