// SPDX-License-Identifier: BSD-3-Clause
//
// Teams: queries, splits and destruction (standard, section Team Management Routines).
//
// SHMEM_TEAM_INVALID is a valid argument: queries return -1 for it, splits a nonzero status.
#include "smp/capi/collective_calls.h"

using namespace shmem::smp::capi;
namespace smp = shmem::smp;

namespace {

using smp::Pe;
using smp::Status;
using smp::Team;

// The team; nullptr for SHMEM_TEAM_INVALID, and after a report for a stale handle.
Team* valid_team(Pe& me, const char* routine, const char* argument, shmem_team_t team) noexcept {
  if (!is_running(me, routine) || to_handle(team) == smp::kTeamInvalid) return nullptr;
  return team_of(me, routine, argument, team);
}

int my_pe(const char* routine, shmem_team_t handle) noexcept {
  const Team* const team = valid_team(smp::this_pe(), routine, "team", handle);
  return team == nullptr ? -1 : team->my_index;
}

int n_pes(const char* routine, shmem_team_t handle) noexcept {
  const Team* const team = valid_team(smp::this_pe(), routine, "team", handle);
  return team == nullptr ? -1 : team->size;
}

int get_config(const char* routine, shmem_team_t handle, long mask, shmem_team_config_t* config) noexcept {
  const Team* const team = valid_team(smp::this_pe(), routine, "team", handle);
  if (team == nullptr) return SHMEMX_ERR_INVALID;
  if ((mask & SHMEM_TEAM_NUM_CONTEXTS) == 0) return 0;
  if (!is_given(routine, "config", config)) return SHMEMX_ERR_INVALID;
  config->num_contexts = team->num_contexts;
  return 0;
}

int translate_pe(const char* routine, shmem_team_t src_team, int src_pe, shmem_team_t dest_team) noexcept {
  Pe& me = smp::this_pe();
  const Team* const source = valid_team(me, routine, "src_team", src_team);
  const Team* const dest = valid_team(me, routine, "dest_team", dest_team);
  if (source == nullptr || dest == nullptr || !source->contains(src_pe)) return -1;
  return dest->index_of(source->world_pe(src_pe));
}

// A split that is not possible returns the same status on all PEs. Any other failure is reported as an error.
int split_status(Pe& me, Status status, const char* routine) noexcept {
  if (status == Status::kInvalid || status == Status::kNoMemory) return static_cast<int>(status);
  return report_status(me, status, routine);
}

int contexts_wanted(const shmem_team_config_t* config, long mask) noexcept {
  return config != nullptr && (mask & SHMEM_TEAM_NUM_CONTEXTS) != 0 ? config->num_contexts : 0;
}

int split_strided(const char* routine, shmem_team_t parent, int start, int stride, int size,
                  const shmem_team_config_t* config, long mask, shmem_team_t* new_team) noexcept {
  Pe& me = smp::this_pe();
  if (!is_given(routine, "new_team", new_team)) return SHMEMX_ERR_INVALID;
  *new_team = SHMEM_TEAM_INVALID;
  Team* const team = valid_team(me, routine, "parent_team", parent);
  if (team == nullptr) return SHMEMX_ERR_INVALID;
  smp::TeamHandle handle = smp::kTeamInvalid;
  const Status status =
      me.teams->split_strided(*team, start, stride, size, contexts_wanted(config, mask), mask, &handle);
  *new_team = to_team(handle);
  return split_status(me, status, routine);
}

int split_2d(const char* routine, shmem_team_t parent, int xrange, const shmem_team_config_t* x_config, long x_mask,
             shmem_team_t* x_team, const shmem_team_config_t* y_config, long y_mask, shmem_team_t* y_team) noexcept {
  Pe& me = smp::this_pe();
  if (!is_given(routine, "xaxis_team", x_team) || !is_given(routine, "yaxis_team", y_team)) return SHMEMX_ERR_INVALID;
  *x_team = *y_team = SHMEM_TEAM_INVALID;
  Team* const team = valid_team(me, routine, "parent_team", parent);
  if (team == nullptr) return SHMEMX_ERR_INVALID;
  smp::TeamHandle x = smp::kTeamInvalid, y = smp::kTeamInvalid;
  const Status status = me.teams->split_2d(*team, xrange, contexts_wanted(x_config, x_mask), x_mask, &x,
                                           contexts_wanted(y_config, y_mask), y_mask, &y);
  *x_team = to_team(x);
  *y_team = to_team(y);
  return split_status(me, status, routine);
}

void destroy(const char* routine, shmem_team_t handle) noexcept {
  Pe& me = smp::this_pe();
  if (Team* const team = valid_team(me, routine, "team", handle)) report_status(me, me.teams->destroy(*team), routine);
}

void* ptr(const char* routine, shmem_team_t handle, const void* dest, int pe) noexcept {
  Pe& me = smp::this_pe();
  const Team* const team = valid_team(me, routine, "team", handle);
  if (team == nullptr || !team->contains(pe)) return nullptr;
  return const_cast<void*>(me.translate(dest, 1, team->world_pe(pe)));
}

}  // namespace

SHMEM_DEFINE(int, team_my_pe, my_pe(routine.name, team), shmem_team_t team)
SHMEM_DEFINE(int, team_n_pes, n_pes(routine.name, team), shmem_team_t team)
SHMEM_DEFINE(int, team_get_config, get_config(routine.name, team, config_mask, config), shmem_team_t team,
             long config_mask, shmem_team_config_t* config)
SHMEM_DEFINE(int, team_translate_pe, translate_pe(routine.name, src_team, src_pe, dest_team), shmem_team_t src_team,
             int src_pe, shmem_team_t dest_team)
SHMEM_DEFINE(int, team_split_strided,
             split_strided(routine.name, parent_team, start, stride, size, config, config_mask, new_team),
             shmem_team_t parent_team, int start, int stride, int size, const shmem_team_config_t* config,
             long config_mask, shmem_team_t* new_team)
SHMEM_DEFINE(int, team_split_2d,
             split_2d(routine.name, parent_team, xrange, xaxis_config, xaxis_mask, xaxis_team, yaxis_config, yaxis_mask,
                      yaxis_team),
             shmem_team_t parent_team, int xrange, const shmem_team_config_t* xaxis_config, long xaxis_mask,
             shmem_team_t* xaxis_team, const shmem_team_config_t* yaxis_config, long yaxis_mask,
             shmem_team_t* yaxis_team)
SHMEM_DEFINE(void, team_destroy, destroy(routine.name, team), shmem_team_t team)
SHMEM_DEFINE(void*, team_ptr, ptr(routine.name, team, dest, pe), shmem_team_t team, const void* dest, int pe)
