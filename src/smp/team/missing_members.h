// SPDX-License-Identifier: BSD-3-Clause
//
// Missing members: a collective that waits for a member which has left the job (leaving/leaving.h).
//
// Members call a team's collectives in one order, so in the same call each has begun the same number of messages and
// meetings. A PE publishes its counts when it leaves. If one of them is behind this PE's, that PE has not been in this
// PE's call and will never be.
//
// Shared: `left_sequence` and `left_meetings` of the leaver's cell (memory/team_cell.h). It stores them before the
// state that says that it has left, and does not change them while it has.
#pragma once

#include "smp/pe.h"
#include "smp/status.h"

namespace shmem::smp {

struct Team;

// kLeft, worded, if a member of the team has left without having come to the collective that this PE is in.
[[gnu::cold]] Status refuse_without_members(const Pe& pe, const Team& team) noexcept;

}  // namespace shmem::smp
