// SPDX-License-Identifier: BSD-3-Clause
//
// Turns a team handle into a team, with a report if there is none (collective_calls.h).
#include "smp/capi/collective_calls.h"

namespace shmem::smp::capi {

Team* team_of(Pe& me, const char* routine, const char* argument, shmem_team_t team) noexcept {
  if (!is_running(me, routine)) return nullptr;
  Team* const found = find_team(me, team);
  if (found == nullptr) {
    misuse(me, routine, argument,
           to_handle(team) == kTeamInvalid ? "is SHMEM_TEAM_INVALID" : "is not a team of this PE, or was destroyed");
  }
  return found;
}

}  // namespace shmem::smp::capi
