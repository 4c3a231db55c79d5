// SPDX-License-Identifier: BSD-3-Clause
//
// What the members of a team must agree on before a collective: for a collect the sum of all sizes, which no PE knows
// alone, and the smallest target; and whether any member's data must be staged (staging.h).
//
// Each team has a few symmetric words of its own to reduce over. The members of a new team agree on them in one
// reduction over the parent, as part of the split: they take the lowest that are free on every PE of the parent.
//
// Results land in two buffers by turns, as in agreement.cpp.
#pragma once

#include <cstdint>

#include "binding/handles.h"

namespace shmem::binding {

inline constexpr int kNoWords = -1;
inline constexpr int kNumberedTeams = 256;  // that exist at a time and have words

// Collective over the world, as part of initialisation; before open_handles.
bool start_totals(const char* call);

// Collective over `parent`. `words` gets one entry for each of `nteams` new teams; kNoWords if there are too many
// teams.
bool agree_on_words(const char* call, TeamRecord* parent, int* words, int nteams);
// A member takes them; and gives them back when its team ends, unless the team's region is kept (staging.h).
void take_words(int words) noexcept;
void return_words(int words) noexcept;

// What a member says of a collect, in bytes. `exact`: its target must hold the total and no more.
struct Contribution {
  std::size_t nbytes;
  std::size_t capacity;
  bool exact;
  bool stages;
};

// What the members' contributions come to.
struct Totals {
  std::size_t nbytes;
  std::size_t least_capacity;
  std::size_t largest_exact;  // of the capacities that must be exact; 0 if none must
  bool any_stages;

  [[nodiscard]] bool fit() const noexcept { return nbytes <= least_capacity && largest_exact <= nbytes; }
};

// Collective over `team`.
bool total_over(const Signature& call, TeamRecord* team, const Contribution& mine, Totals* totals);

// Collective over `team`: the sum of `nbytes` over the members before this one.
bool sum_before(const Signature& call, TeamRecord* team, std::size_t nbytes, std::size_t* before);

// Collective over `team`: whether any member stages.
bool any_stages(const Signature& call, TeamRecord* team, bool stages, bool* any);
// The same, or the members' symmetric addresses differ.
bool any_stages_or_differs(const Signature& call, TeamRecord* team, bool stages, const void* target, const void* source,
                           bool* any);

}  // namespace shmem::binding
