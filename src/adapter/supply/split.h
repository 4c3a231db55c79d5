// SPDX-License-Identifier: BSD-3-Clause
//
// split.h: making and destroying supplied teams.
//
// A split is one gather on the parent: each member sends its arguments and its free slots. From these every member
// computes the same result: whether the arguments agree, and for each new team the first slot that is free on all its
// members. Splits of disjoint parents may run at the same time, since a slot need only be free on the team's own PEs.
#pragma once

#include "exchange.h"

namespace shmem::adapter::supply {

// A new team in terms of its parent.
struct Triplet {
  int start;
  int stride;
  int size;

  bool within(int parent_size) const {
    if (size < 1 || (stride == 0 && size != 1)) return false;
    const long last = start + static_cast<long>(stride) * (size - 1);
    return start >= 0 && start < parent_size && last >= 0 && last < parent_size;
  }
};

struct Proposal {
  int arguments[3];  // must be the same on all members
  int unused = 0;
  SlotMask free;
};
static_assert(sizeof(Proposal) <= kLine, "a line per member is what an exchange can always gather");

inline int usable(const Team* team, const char* routine) {
  if (team == nullptr) return fail(ENGINE_INVALID, "%s: no such team", routine);
  if (team->poisoned) return fail(ENGINE_POISONED, "%s: a collective on this team was interrupted", routine);
  return ENGINE_OK;
}

// The first slot that is free on all members of `triplet`, or -1.
inline int common_slot(const Proposal* proposals, const Triplet& triplet) {
  SlotMask mask;
  mask.fill(~uint64_t{0});
  for (int i = 0; i < triplet.size; ++i) {
    const Proposal& proposal = proposals[triplet.start + i * triplet.stride];
    for (size_t word = 0; word < mask.size(); ++word) mask[word] &= proposal.free[word];
  }
  return first_slot(mask);
}

// Makes one team for each triplet `triplets(i)`, 0 <= i < count. The triplets are disjoint, and the same on all
// members. `*made` is the team that this PE is a member of, or nullptr.
template <class Triplets>
[[nodiscard]] int make_teams(Team& parent, const int (&arguments)[3], int count, Triplets triplets, int num_contexts,
                             const char* routine, Team** made) {
  *made = nullptr;
  Proposal mine{{arguments[0], arguments[1], arguments[2]}, 0, free_slots};
  const char* gathered = nullptr;
  if (const int status = gather(parent, &mine, sizeof mine, &gathered)) return status;
  const auto* const proposals = reinterpret_cast<const Proposal*>(gathered);
  for (int pe = 0; pe < parent.size; ++pe) {
    if (std::memcmp(proposals[pe].arguments, mine.arguments, sizeof mine.arguments) != 0) {
      return fail(ENGINE_MISMATCH, "%s: PE %d of the parent team passed other arguments than PE %d", routine, pe,
                  parent.rank);
    }
  }
  int slot = -1;
  Team team;
  for (int i = 0; i < count; ++i) {
    const Triplet triplet = triplets(i);
    const int common = common_slot(proposals, triplet);
    if (common < 0) {
      delete *made;
      *made = nullptr;
      return fail(ENGINE_NO_MEMORY, "%s: more than %d teams at a time", routine, kSlots);
    }
    team.start = parent.world(triplet.start);
    team.stride = parent.stride * triplet.stride;
    team.size = triplet.size;
    team.rank = team.member(parent.world(parent.rank));
    if (team.rank >= 0) {
      slot = common;
      *made = new Team(team);
      (*made)->slot = slot;
      (*made)->num_contexts = num_contexts < 0 ? 0 : num_contexts;
    }
  }
  if (slot >= 0) take_slot(slot);
  return ENGINE_OK;
}

[[nodiscard]] inline int split_strided(Team* parent, int start, int stride, int size, int num_contexts, Team** made) {
  constexpr auto kRoutine = "shmem_team_split_strided";
  *made = nullptr;
  if (const int status = usable(parent, kRoutine)) return status;
  const Triplet triplet{start, stride, size};
  // Even with wrong arguments a member takes part in the exchange: if it returned before, members with right arguments
  // would wait for it for ever.
  const bool valid = triplet.within(parent->size);
  const int status = make_teams(
      *parent, {start, stride, size}, valid ? 1 : 0, [&](int) { return triplet; }, num_contexts, kRoutine, made);
  if (status == ENGINE_OK && !valid) {
    return fail(ENGINE_INVALID, "%s: (start %d, stride %d, size %d) does not lie in a team of %d", kRoutine, start,
                stride, size, parent->size);
  }
  return status;
}

inline void destroy(Team* team) {
  if (team == nullptr || team == &world || team == &shared) return;
  // When the last sync ends here, no signal to this PE is under way, since it has waited for one in every round. So the
  // flags can be zeroed for the slot's next team. If a wait was left early, signals may still arrive, so the slot is
  // not used again.
  if (!team->poisoned && sync(*team) == ENGINE_OK) {
    std::memset(work.flags(team->slot), 0, Work::kFlagsNbytes);
    give_slot(team->slot);
  }
  delete team;
}

[[nodiscard]] inline int split_2d(Team* parent, int xrange, Team** xteam, Team** yteam) {
  constexpr auto kRoutine = "shmem_team_split_2d";
  *xteam = *yteam = nullptr;
  if (const int status = usable(parent, kRoutine)) return status;
  const int size = parent->size;
  const bool valid = xrange >= 1;
  const int width = !valid ? size : xrange < size ? xrange : size;
  const int height = (size + width - 1) / width;
  const auto row = [&](int y) { return Triplet{y * width, 1, y == height - 1 ? size - y * width : width}; };
  const auto column = [&](int x) { return Triplet{x, width, (size - x + width - 1) / width}; };
  if (const int status = make_teams(*parent, {xrange, 0, 0}, valid ? height : 0, row, -1, kRoutine, xteam)) {
    return status;
  }
  if (!valid) return fail(ENGINE_INVALID, "%s: xrange %d is not positive", kRoutine, xrange);
  if (const int status = make_teams(*parent, {xrange, 1, 0}, width, column, -1, kRoutine, yteam)) {
    destroy(*xteam);
    *xteam = nullptr;
    return status;
  }
  return ENGINE_OK;
}

// --- the teams that are always there ---

// SHMEM_TEAM_SHARED: the PEs that shmem_ptr reaches, if they form a strided set and agree about it. Otherwise the PE
// alone, which the standard allows.
[[nodiscard]] inline int start_teams() {
  free_slots.fill(~uint64_t{0});
  world = Team{0, 1, shmem_n_pes(), shmem_my_pe(), 0, 0, false, 0};
  take_slot(0);
  take_slot(1);

  Triplet mine{0, 1, 0};
  int last = -1;
  bool strided = true;
  for (int pe = 0; pe < world.size; ++pe) {
    if (shmem_ptr(work.base, pe) == nullptr) continue;
    if (mine.size == 0) {
      mine.start = pe;
    } else if (mine.size == 1) {
      mine.stride = pe - last;
    } else if (pe - last != mine.stride) {
      strided = false;
    }
    last = pe;
    ++mine.size;
  }
  if (!strided || mine.size == 0) mine = {world.rank, 1, 1};
  const char* gathered = nullptr;
  if (const int status = gather(world, &mine, sizeof mine, &gathered)) return status;
  shared = Team{mine.start, mine.stride, mine.size, 0, 1, 0, false, 0};
  for (int i = 0; i < mine.size; ++i) {
    if (std::memcmp(gathered + static_cast<size_t>(shared.world(i)) * sizeof mine, &mine, sizeof mine) != 0) {
      shared = Team{world.rank, 1, 1, 0, 1, 0, false, 0};
      break;
    }
  }
  shared.rank = shared.member(world.rank);
  return ENGINE_OK;
}

}  // namespace shmem::adapter::supply
