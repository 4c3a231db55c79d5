// SPDX-License-Identifier: BSD-3-Clause
//
// fence, quiet and pe_quiet (standard, section Memory Ordering).
//
// All contexts share one order here, so fence and quiet act for all of them. On SHMEM_CTX_INVALID they do nothing.
#include "smp/rma/order.h"
#include "smp/capi/routine.h"

using namespace shmem::smp::capi;
namespace smp = shmem::smp;

namespace {

// Whether the call has a context on which to act. Reports a handle that is not valid.
bool is_context(smp::Pe& me, const Routine& routine) noexcept {
  if (!is_running(me, routine.name) || routine.ctx == smp::kCtxInvalid) return false;
  if (routine.ctx == smp::kCtxDefault || me.contexts->find(routine.ctx) != nullptr) return true;
  misuse(me, routine.name, "ctx", "is not a context, or was destroyed");
  return false;
}

void fence(const Routine& routine) noexcept {
  if (is_context(smp::this_pe(), routine)) smp::fence();
}

void quiet(const Routine& routine) noexcept {
  if (is_context(smp::this_pe(), routine)) smp::quiet();
}

void pe_quiet(const Routine& routine, const int* target_pes, std::size_t npes) noexcept {
  smp::Pe& me = smp::this_pe();
  if (!is_context(me, routine) || (npes != 0 && !is_given(routine.name, "target_pes", target_pes))) return;
  for (std::size_t i = 0; i < npes; ++i) {
    const int world = smp::ctx_world_pe(me, routine.ctx, target_pes[i]);
    if (world < 0 || world >= me.npes) {
      return misuse(me, routine.name, "target_pes", "[%zu] = %d is out of range", i, target_pes[i]);
    }
  }
  smp::quiet();
}

}  // namespace

SHMEM_DEFINE(void, fence, fence(routine), void)
SHMEM_DEFINE(void, ctx_fence, fence({routine.name, to_handle(ctx)}), shmem_ctx_t ctx)
SHMEM_DEFINE(void, quiet, quiet(routine), void)
SHMEM_DEFINE(void, ctx_quiet, quiet({routine.name, to_handle(ctx)}), shmem_ctx_t ctx)
SHMEM_DEFINE_CTX(void, pe_quiet, pe_quiet(routine, target_pes, npes), const int* target_pes, std::size_t npes)
