// SPDX-License-Identifier: BSD-3-Clause
//
// What a collect needs to know before it writes: the sum of all sizes, which no PE knows alone, against the smallest
// target. Each team has a few symmetric words of its own to reduce over. Members of a new team agree on which:
// the lowest that is free on every PE of the parent, found in one reduction as part of the split.
//
// The words of a team are reused as those of agreement.cpp: results land in two buffers by turns.
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
