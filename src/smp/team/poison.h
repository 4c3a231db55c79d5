// SPDX-License-Identifier: BSD-3-Clause
//
// Poison: the end of a team one of whose members has left a collective before its end.
//
// The other members may wait for that member, now or in a later call. So it stores a value in every word that they can
// wait for, greater than any that they expect, and rings them. A member that reads poison does the same on its side, so
// the news reaches every member whatever it waits for. Later calls on the team fail at once.
#pragma once

#include "smp/status.h"
#include "smp/team/team.h"

namespace shmem::smp {

// For a wait that has failed (`status`), or that has read another member's poison (kOk). Poisons the team here and in
// all members' cells, unless the whole job is ending. Returns the reason for which the caller must leave.
[[gnu::cold]] Status abandon(Pe& pe, Team& team, Status status) noexcept;

// Reports an error for a call on a poisoned team: kPoisoned.
[[gnu::cold]] Status refuse_poisoned(const Team& team) noexcept;

}  // namespace shmem::smp
