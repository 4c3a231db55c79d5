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

struct Team {
  int slot = -1;           // -1: this entry is free
  std::uint32_t generation = 0;
  int start = 0;           // world PE of member 0
  int stride = 1;          // between members; may be negative
  int size = 0;
  int my_index = -1;       // my number in the team
  int num_contexts = 0;    // what the config asked for
  long config_mask = 0;
  bool poisoned = false;   // a collective was left by an interrupt: later ones fail with kPoisoned
  std::uint64_t sequence = 0;  // collectives begun on this team, equal on all members
  // More private state of the algorithms may be added by their owners.

  [[nodiscard]] int world_pe(int index) const noexcept { return start + index * stride; }
  [[nodiscard]] bool contains(int index) const noexcept {
    return static_cast<unsigned>(index) < static_cast<unsigned>(size);
  }
  // My number in this team for a world PE, or -1.
  [[nodiscard]] int index_of(int world_pe) const noexcept;
  [[nodiscard]] TeamHandle handle() const noexcept {
    return static_cast<TeamHandle>(generation) << 16 | static_cast<TeamHandle>(slot + 1);
  }
  [[nodiscard]] TeamCell& cell(const Pe& pe, int index) const noexcept {
    return pe.control_of(world_pe(index)).cells[slot];
  }
};

class TeamTable {
 public:
  explicit TeamTable(Pe& pe);

  // The team behind a handle; nullptr for invalid and stale ones.
  [[nodiscard]] Team* find(TeamHandle handle) noexcept {
    const std::size_t slot = (handle & 0xffff) - 1;
    if (slot >= static_cast<std::size_t>(kMaxTeams)) [[unlikely]] return nullptr;
    Team& team = teams_[slot];
    return team.slot >= 0 && team.generation == handle >> 16 ? &team : nullptr;
  }
  [[nodiscard]] Team& world() noexcept { return teams_[0]; }

  // Collective over `parent`. Members of the new team get its handle, the others kTeamInvalid. All PEs of
  // the parent agree on a slot that is free on every member; kNoMemory if there is none; kInvalid (on all
  // alike) if the triplet is not a subset of the parent. The new team is usable when this returns.
  Status split_strided(Team& parent, int start, int stride, int size, int num_contexts, long config_mask,
                       TeamHandle* new_team) noexcept;
  Status split_2d(Team& parent, int xrange, int x_contexts, long x_mask, TeamHandle* x_team, int y_contexts,
                  long y_mask, TeamHandle* y_team) noexcept;
  // Collective over the team; not for the predefined ones.
  Status destroy(Team& team) noexcept;

 private:
  Pe& pe_;
  std::mutex mutex_;
  Team teams_[kMaxTeams];
};

}  // namespace shmem::smp
