// SPDX-License-Identifier: BSD-3-Clause
//
// Contexts, and sessions on them (standard, section Communication Management Routines).
//
// A session is a hint for networks that gain from batching. Shared memory gains nothing, so sessions are only checked.
// If no context can be made, the status says so; that is no error.
#include "smp/capi/collective_calls.h"
#include "smp/rma/order.h"

using namespace shmem::smp::capi;
namespace smp = shmem::smp;

namespace {

using smp::Pe;
using smp::Status;

constexpr long kOptions = SHMEM_CTX_PRIVATE | SHMEM_CTX_SERIALIZED | SHMEM_CTX_NOSTORE;

int create(const char* routine, shmem_team_t team, long options, shmem_ctx_t* ctx) noexcept {
  Pe& me = smp::this_pe();
  if (!is_given(routine, "ctx", ctx)) return SHMEMX_ERR_INVALID;
  *ctx = SHMEM_CTX_INVALID;
  if (!is_running(me, routine) || to_handle(team) == smp::kTeamInvalid) return SHMEMX_ERR_INVALID;
  if ((options & ~kOptions) != 0) {
    misuse(me, routine, "options", "= %ld has bits that are not options of contexts", options);
    return SHMEMX_ERR_INVALID;
  }
  if (team_of(me, routine, "team", team) == nullptr) return SHMEMX_ERR_INVALID;
  smp::CtxHandle handle = smp::kCtxInvalid;
  const Status status = me.contexts->create(to_handle(team), options, &handle);
  if (ok(status)) *ctx = to_ctx(handle);
  return static_cast<int>(status);
}

void destroy(const char* routine, shmem_ctx_t ctx) noexcept {
  Pe& me = smp::this_pe();
  if (!is_running(me, routine) || to_handle(ctx) == smp::kCtxInvalid) return;
  if (to_handle(ctx) == smp::kCtxDefault) {
    return misuse(me, routine, "ctx", "is SHMEM_CTX_DEFAULT, which cannot be destroyed");
  }
  smp::quiet();
  report_status(me, me.contexts->destroy(to_handle(ctx)), routine);
}

int get_team(const char* routine, shmem_ctx_t ctx, shmem_team_t* team) noexcept {
  Pe& me = smp::this_pe();
  if (!is_given(routine, "team", team)) return SHMEMX_ERR_INVALID;
  *team = SHMEM_TEAM_INVALID;
  if (!is_running(me, routine) || to_handle(ctx) == smp::kCtxInvalid) return SHMEMX_ERR_INVALID;
  if (to_handle(ctx) == smp::kCtxDefault) {
    *team = SHMEM_TEAM_WORLD;
    return 0;
  }
  const smp::Ctx* const found = me.contexts->find(to_handle(ctx));
  if (found == nullptr) {
    misuse(me, routine, "ctx", "is not a context, or was destroyed");
    return SHMEMX_ERR_INVALID;
  }
  *team = to_team(found->team);
  return 0;
}

// A session needs a live context. On SHMEM_CTX_INVALID it does nothing, like fence and quiet.
void session(const char* routine, shmem_ctx_t ctx) noexcept {
  Pe& me = smp::this_pe();
  const smp::CtxHandle handle = to_handle(ctx);
  if (!is_running(me, routine) || handle == smp::kCtxInvalid || handle == smp::kCtxDefault) return;
  if (me.contexts->find(handle) == nullptr) misuse(me, routine, "ctx", "is not a context, or was destroyed");
}

}  // namespace

SHMEM_DEFINE(int, ctx_create, create(routine.name, SHMEM_TEAM_WORLD, options, ctx), long options, shmem_ctx_t* ctx)
SHMEM_DEFINE(int, team_create_ctx, create(routine.name, team, options, ctx), shmem_team_t team, long options,
             shmem_ctx_t* ctx)
SHMEM_DEFINE(void, ctx_destroy, destroy(routine.name, ctx), shmem_ctx_t ctx)
SHMEM_DEFINE(int, ctx_get_team, get_team(routine.name, ctx, team), shmem_ctx_t ctx, shmem_team_t* team)
SHMEM_DEFINE(void, ctx_session_start, session(routine.name, ctx), shmem_ctx_t ctx, long,
             const shmem_ctx_session_config_t*, long)
SHMEM_DEFINE(void, ctx_session_stop, session(routine.name, ctx), shmem_ctx_t ctx)
