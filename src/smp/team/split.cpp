// SPDX-License-Identifier: BSD-3-Clause
//
// Splitting teams: how all PEs of a parent agree on slots.
//
// Each PE publishes the set of its free slots. All take the intersection, and from it the same candidate. Another
// thread of some PE may be splitting another parent at the same time, and may take the candidate first. So each PE
// reserves the candidate, and publishes whether it could and the highest sequence that its cell of that slot has seen.
// If all could, the slot is taken, and the new team begins at the maximum of the sequences. If not, all give the
// candidate back and try again. The search then begins at a slot that differs between parents, so that two splits do
// not pick the same candidates again and again.
//
// Shared: the PE's TeamTable, whose mutex guards the free slots, and its cell of the slot. Invariant: before a member
// says that it has reserved a slot, it has set to zero, in its cell, the counters and the words of the dissemination.
#include <algorithm>
#include <climits>

#include "smp/error.h"
#include "smp/team/entrance.h"
#include "smp/team/exchange.h"
#include "smp/team/receive.h"

namespace shmem::smp {

// One new team as this PE of the parent sees it. Disjoint teams of one split share one slot.
struct TeamTable::Wish {
  int start = 0;  // a PE of the world
  int stride = 1;
  int size = 0;
  int my_index = -1;  // -1: this PE is no member
  int slot = -1;
  std::uint64_t base = 0;
};

namespace {

constexpr int kWords = kMaxTeams / 64;
constexpr int kMaxWishes = 2;

struct Proposal {
  std::uint64_t free[kWords];
};
struct Confirmation {
  std::uint64_t reserved;
  std::uint64_t high_water[kMaxWishes];
};

// Finds `count` set bits, from bit `first` on and then from bit 0. False if there are not as many.
bool pick_slots(const Proposal& common, int first, int count, int* slots) noexcept {
  for (int i = 0; i < kMaxTeams && count > 0; ++i) {
    const int slot = (first + i) % kMaxTeams;
    if ((common.free[slot / 64] >> slot % 64 & 1) != 0) {
      *slots++ = slot;
      --count;
    }
  }
  return count == 0;
}

// Publishes `mine` and folds the messages of all members into it.
template <class Message, class Fold>
Status fold_all(Pe& pe, Team& team, const Call& call, Message& mine, Fold fold) noexcept {
  Exchange exchange(pe, team, call, sizeof mine);
  if (const Status status = exchange.open(); !ok(status)) return status;
  std::memcpy(exchange.my_data(), &mine, sizeof mine);
  exchange.publish();
  if (const Status status = receive_all(exchange); !ok(status)) return status;
  for (int index = 0; index < team.size; ++index) {
    Message other;
    std::memcpy(&other, exchange.data(index), sizeof other);
    fold(mine, other);
  }
  return Status::kOk;
}

bool in_range(long long index, const Team& team) noexcept {
  return index >= 0 && index < team.size;
}

}  // namespace

bool TeamTable::reserve(const Wish* wishes, int nwishes) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (int i = 0; i < nwishes; ++i) {
    if (wishes[i].my_index >= 0 && !free_.test(static_cast<std::size_t>(wishes[i].slot))) return false;
  }
  for (int i = 0; i < nwishes; ++i) {
    if (wishes[i].my_index >= 0) free_.reset(static_cast<std::size_t>(wishes[i].slot));
  }
  return true;
}

void TeamTable::release(const Wish* wishes, int nwishes) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (int i = 0; i < nwishes; ++i) {
    if (wishes[i].my_index >= 0) free_.set(static_cast<std::size_t>(wishes[i].slot));
  }
}

Status TeamTable::agree_on_slots(Team& parent, Wish* wishes, int nwishes, const Call& call) noexcept {
  const bool member = std::any_of(wishes, wishes + nwishes, [](const Wish& wish) { return wish.my_index >= 0; });
  for (int attempt = 0;; ++attempt) {
    Proposal proposal;
    for (int word = 0; word < kWords; ++word) proposal.free[word] = ~std::uint64_t{0};
    if (member) {
      const std::lock_guard<std::mutex> lock(mutex_);
      for (int slot = 0; slot < kMaxTeams; ++slot) {
        if (!free_.test(static_cast<std::size_t>(slot))) proposal.free[slot / 64] &= ~(std::uint64_t{1} << slot % 64);
      }
    }
    Status status = fold_all(pe_, parent, call, proposal, [](Proposal& all, const Proposal& other) {
      for (int word = 0; word < kWords; ++word) all.free[word] &= other.free[word];
    });
    if (!ok(status)) return status;
    int slots[kMaxWishes];
    if (!pick_slots(proposal, attempt * (2 * parent.slot + 1) % kMaxTeams, nwishes, slots)) {
      return fail(Status::kNoMemory, "no team slot is free on all PEs: %d teams exist already on some PE", kMaxTeams);
    }
    for (int i = 0; i < nwishes; ++i) wishes[i].slot = slots[i];

    Confirmation confirmation{.reserved = reserve(wishes, nwishes) ? 1u : 0u, .high_water = {}};
    const bool reserved = confirmation.reserved != 0;
    for (int i = 0; reserved && i < nwishes; ++i) {
      if (wishes[i].my_index < 0) continue;
      confirmation.high_water[i] = high_water_[wishes[i].slot];  // the reservation keeps others away
      TeamCell& cell = pe_.control->cells[wishes[i].slot];
      // Relaxed: the release that publishes this message hands it to the members.
      cell.arrivals.count.store(0, std::memory_order_relaxed);
      cell.done.value.store(0, std::memory_order_relaxed);
      for (TeamRound& round : cell.rounds) {
        for (std::atomic<std::uint64_t>& word : round.said) word.store(0, std::memory_order_relaxed);
      }
    }
    // In a 2D split each member takes the maxima over all PEs, not over the team's members only. A greater base does no
    // harm.
    status = fold_all(pe_, parent, call, confirmation, [&](Confirmation& all, const Confirmation& other) {
      all.reserved &= other.reserved;
      for (int i = 0; i < nwishes; ++i) all.high_water[i] = std::max(all.high_water[i], other.high_water[i]);
    });
    // After a failure other members may have taken the slot, so it stays reserved here for ever.
    if (!ok(status)) return status;
    if (confirmation.reserved != 0) {
      for (int i = 0; i < nwishes; ++i) wishes[i].base = confirmation.high_water[i];
      return Status::kOk;
    }
    if (reserved) release(wishes, nwishes);
  }
}

TeamHandle TeamTable::publish(const Team& parent, const Wish& wish, int num_contexts, long config_mask) noexcept {
  if (wish.my_index < 0) return kTeamInvalid;
  Team& team = teams_[wish.slot];
  const std::uint32_t generation = team.generation + 1;
  team = Team{.slot = wish.slot,
              .generation = generation,
              .start = wish.start,
              .stride = wish.stride,
              .size = wish.size,
              .my_index = wish.my_index,
              .num_contexts = num_contexts,
              .config_mask = config_mask,
              .central = parent.central,
              .base = wish.base,
              .sequence = wish.base,
              .finished = wish.base,
              .meetings = wish.base};
  const TeamHandle handle = team.handle();
  handles_[wish.slot].store(handle, std::memory_order_release);  // pairs with find
  return handle;
}

Status TeamTable::split_strided(Team& parent, int start, int stride, int size, int num_contexts, long config_mask,
                                TeamHandle* new_team) noexcept {
  *new_team = kTeamInvalid;
  const Entrance entrance(pe_, parent, Operation::kTeamSplit);
  if (!entrance) return entrance.refuse();
  const Call call{.operation = Operation::kTeamSplit,
                  .argument = static_cast<std::int16_t>(start),
                  .nbytes = static_cast<std::uint64_t>(static_cast<std::uint32_t>(stride)) << 32 |
                            static_cast<std::uint32_t>(size)};
  const long long last = start + static_cast<long long>(stride) * (size - 1LL);
  if (size < 1 || (stride == 0 && size > 1) || !in_range(start, parent) || !in_range(last, parent)) {
    return fail(Status::kInvalid, "start %d, stride %d and size %d do not give a subset of a team of %d PEs", start,
                stride, size, parent.size);
  }
  Wish wish;
  wish.start = parent.world_pe(start);
  wish.stride = size == 1 ? 1 : stride * parent.stride;
  wish.size = size;
  wish.my_index = Team{.start = wish.start, .stride = wish.stride, .size = size}.index_of(pe_.me);
  if (const Status status = agree_on_slots(parent, &wish, 1, call); !ok(status)) return status;
  *new_team = publish(parent, wish, num_contexts, config_mask);
  return Status::kOk;
}

Status TeamTable::split_2d(Team& parent, int xrange, int x_contexts, long x_mask, TeamHandle* x_team, int y_contexts,
                           long y_mask, TeamHandle* y_team) noexcept {
  *x_team = *y_team = kTeamInvalid;
  const Entrance entrance(pe_, parent, Operation::kTeamSplit);
  if (!entrance) return entrance.refuse();
  if (xrange < 1) return fail(Status::kInvalid, "xrange %d is not positive", xrange);
  const int width = std::min(xrange, parent.size);
  const int x = parent.my_index % width;
  const int y = parent.my_index / width;
  const int height = (parent.size + width - 1) / width;
  const Call call{.operation = Operation::kTeamSplit, .argument = static_cast<std::int16_t>(width), .nbytes = 0};

  Wish wishes[kMaxWishes];
  Wish& row = wishes[0];
  row.start = parent.world_pe(y * width);
  row.size = std::min(width, parent.size - y * width);
  row.stride = row.size == 1 ? 1 : parent.stride;
  row.my_index = x;
  Wish& column = wishes[1];
  column.start = parent.world_pe(x);
  column.size = (height - 1) * width + x < parent.size ? height : height - 1;
  column.stride = column.size == 1 ? 1 : width * parent.stride;
  column.my_index = y;
  if (const Status status = agree_on_slots(parent, wishes, kMaxWishes, call); !ok(status)) return status;
  *x_team = publish(parent, row, x_contexts, x_mask);
  *y_team = publish(parent, column, y_contexts, y_mask);
  return Status::kOk;
}

}  // namespace shmem::smp
