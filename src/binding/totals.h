// SPDX-License-Identifier: BSD-3-Clause
//
// The sum of sizes over a team, which a collect needs before it writes. No PE knows the sum alone, nor the smallest
// target.
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

// Collective over the world, as part of initialisation; before open_handles.
bool start_totals(const char* call);

// Collective over `parent`. `words` gets one entry for each of `nteams` new teams; kNoWords if there are too many
// teams.
bool agree_on_words(const char* call, TeamRecord* parent, int* words, int nteams);
// A member takes them; and gives them back when its team ends.
void take_words(int words) noexcept;
void return_words(int words) noexcept;

// Collective over `team`: the sum of `nbytes`; false with a ValueError on all members if it exceeds the smallest
// `capacity`.
bool total_over(const Signature& call, TeamRecord* team, std::size_t nbytes, std::size_t capacity, std::size_t* total);

}  // namespace shmem::binding
