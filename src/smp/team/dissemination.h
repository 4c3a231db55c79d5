// SPDX-License-Identifier: BSD-3-Clause
//
// The dissemination barrier (Hensgen, Finkel and Manber 1988; Mellor-Crummey and Scott 1991), for members that have a
// core each: log2(size) rounds. In round r, member i stores a word for member i + 2^r and waits for the word of member
// i - 2^r. A meeting costs each member one transfer of a cache line in each round.
//
// The word is the number of the meeting, in the low half, and what the members say, in the high half. A member compares
// each word that it gets with the one that it would have stored itself: one load and one compare tell that the other
// member has come and that it has said the same. A member that has got a different word sets kDiffers in the words that
// it stores from then on. So after the last round every member knows whether all have said the same.
//
// Shared: TeamRound in each cell. Word r is written by the member 2^r before the owner and read by the owner alone.
// Invariant: when the owner waits for meeting n, its two words of a round hold meeting n or n - 2 and meeting n - 1 or
// n + 1, since the writer cannot end meeting n + 1 without the owner. Two words used by turns therefore suffice, and
// the low bits of the number tell a new word from an old one.
#pragma once

#include <cstdint>

#include "smp/status.h"
#include "smp/team/team.h"

namespace shmem::smp {

// One meeting. kOk: all have said the same low half of `says`. kDiffer: they have not, as all of them hear. Else the
// reason for which the meeting was left; the team is poisoned then, unless the job is ending.
Status disseminate(Pe& pe, Team& team, std::uint64_t says) noexcept;

}  // namespace shmem::smp
