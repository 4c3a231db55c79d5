// SPDX-License-Identifier: BSD-3-Clause
//
// Teams: ordered, strided sets of PEs, and the private half of their collective state.
//
// A team is a slot number (the index of its TeamCell in every member's control block) plus arithmetic:
// member i is world PE start + i * stride. Strides of subsets of subsets multiply, so translation never needs
// a table. The handle that C programs hold is not a pointer but (generation << 16 | slot + 1): a destroyed
// team's handle is recognised as stale instead of reaching freed memory. SHMEM_TEAM_INVALID is 0,
// SHMEM_TEAM_WORLD 1 and SHMEM_TEAM_SHARED 2 by the same rule (generation 0).
#pragma once

#include <atomic>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "smp/pe.h"
#include "smp/status.h"

namespace shmem::smp {

using TeamHandle = std::uintptr_t;
inline constexpr TeamHandle kTeamInvalid = 0;
inline constexpr TeamHandle kTeamWorld = 1;
inline constexpr TeamHandle kTeamShared = 2;

// Members of one team call its collectives in one order, so the counts below are equal on all of them whenever
// they are in the same call, except `poisoned`, `poisoned_by`, `awaited_done` and `inside`.
struct Team {
  int slot = -1;
  std::uint32_t generation = 0;
  int start = 0;   // world PE of member 0
  int stride = 1;  // between members; may be negative
  int size = 0;
  int my_index = -1;     // my number in the team
  int num_contexts = 0;  // what the config asked for
  long config_mask = 0;
  bool central = false;                       // more PEs than cores: meet at a counter instead of by dissemination
  bool poisoned = false;                      // a collective was left before its end: later ones fail with kPoisoned
  Status poisoned_by = Status::kInterrupted;  // why: kMismatch (standstill.h), kLeft (leaving/leaving.h), or else
  std::uint64_t base = 0;                     // where both sequences began
  std::uint64_t sequence = 0;                 // messages begun (exchange.h)
  std::uint64_t finished = 0;                 // messages up to this one have been read by all: their slots are free
  std::uint64_t meetings = 0;                 // rendezvous begun
  std::uint64_t awaited_done = 0;  // what my cell's `done` will have reached when my last large broadcast is read
  std::uint32_t history = 0;       // a hash of all calls that carry data, in their order (exchange.h, rendezvous.h)
  std::uint64_t told = 0;          // differences up to this message have been told
  Operation inside = Operation::kNone;  // what a thread of this PE is in; kept where there may be several (entrance.h)

  // Adds a call to the history. The factor is odd, so different histories stay different as long as calls are alike.
  [[gnu::always_inline]] void remember(std::uint32_t call) noexcept { history = (history ^ call) * kHistoryFactor; }
  static constexpr std::uint32_t kHistoryFactor = 0x9e3779b1u;

  [[nodiscard]] int world_pe(int index) const noexcept { return start + index * stride; }
  [[nodiscard]] bool contains(int index) const noexcept {
    return static_cast<unsigned>(index) < static_cast<unsigned>(size);
  }
  // The number in this team of a world PE, or -1.
  [[nodiscard]] int index_of(int world_pe) const noexcept {
    const int distance = world_pe - start;
    const int index = distance / stride;
    return distance % stride == 0 && contains(index) ? index : -1;
  }
  // The number in `other` of this team's member `index`, or -1.
  [[nodiscard]] int translate(int index, const Team& other) const noexcept {
    return contains(index) ? other.index_of(world_pe(index)) : -1;
  }
  [[nodiscard]] TeamHandle handle() const noexcept {
    return static_cast<TeamHandle>(generation) << 16 | static_cast<TeamHandle>(slot + 1);
  }
  [[nodiscard]] ControlBlock& control(const Pe& pe, int index) const noexcept { return pe.control_of(world_pe(index)); }
  [[nodiscard]] TeamCell& cell(const Pe& pe, int index) const noexcept { return control(pe, index).cells[slot]; }
};

struct Call;  // call.h

class TeamTable {
 public:
  explicit TeamTable(Pe& pe);

  // The team behind a handle; nullptr for invalid and stale ones. Safe against splits by other threads.
  [[nodiscard]] Team* find(TeamHandle handle) noexcept {
    const std::size_t slot = (handle & 0xffff) - 1;
    if (slot >= static_cast<std::size_t>(kMaxTeams)) [[unlikely]]
      return nullptr;
    // Acquire: pairs with the release in `publish`, which comes after the team was filled in.
    return handles_[slot].load(std::memory_order_acquire) == handle ? &teams_[slot] : nullptr;
  }
  [[nodiscard]] Team& world() noexcept { return teams_[0]; }
  // The team that has this slot, to one of whose collectives a caller belongs.
  [[nodiscard]] const Team& in_slot(std::size_t slot) const noexcept { return teams_[slot]; }

  // Collective over `parent`. Members of the new team get its handle, the others kTeamInvalid. All PEs of
  // the parent agree on a slot that is free on every member; kNoMemory if there is none; kInvalid (on all
  // alike) if the triplet is not a subset of the parent. The new team is usable when this returns. Concurrent
  // splits of different parents by threads are fine.
  Status split_strided(Team& parent, int start, int stride, int size, int num_contexts, long config_mask,
                       TeamHandle* new_team) noexcept;
  Status split_2d(Team& parent, int xrange, int x_contexts, long x_mask, TeamHandle* x_team, int y_contexts,
                  long y_mask, TeamHandle* y_team) noexcept;
  // Collective over the team; not for the predefined ones. Ends the contexts made from it.
  Status destroy(Team& team) noexcept;

  // Before the finalisation that ends the PE's life: tells what this PE has called in its teams. After it:
  // kMismatch if another member has called something else in one of them and nobody has met there since.
  void tell_histories() noexcept;
  Status compare_histories() noexcept;
  // Tells the members of all teams, now or once mine, how far this PE has come in their calls; before it leaves.
  void publish_counts() noexcept;

  // Destroys all teams but the predefined ones, and all contexts; after the barrier that ends the PE's life, so that
  // no member is in any of them. A later life begins with the predefined teams where this one has left them.
  void forget_all() noexcept;

 private:
  void forget(Team& team) noexcept;
  template <class Visit>
  void for_each_used(Visit visit) noexcept;

  struct Wish;
  using SlotSet = std::bitset<kMaxTeams>;

  Status agree_on_slots(Team& parent, Wish* wishes, int nwishes, const Call& call) noexcept;
  bool reserve(const Wish* wishes, int nwishes) noexcept;
  void release(const Wish* wishes, int nwishes) noexcept;
  TeamHandle publish(const Team& parent, const Wish& wish, int num_contexts, long config_mask) noexcept;

  Pe& pe_;
  std::mutex mutex_;                                 // guards the next two
  SlotSet free_;                                     // slots that no team of mine has and no split has reserved
  std::uint64_t high_water_[kMaxTeams] = {};         // the highest sequence that my cell of a slot has seen
  std::atomic<TeamHandle> handles_[kMaxTeams] = {};  // of live teams
  Team teams_[kMaxTeams];
};

}  // namespace shmem::smp
