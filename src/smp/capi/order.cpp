// SPDX-License-Identifier: BSD-3-Clause
//
// fence, quiet and pe_quiet (standard, section Memory Ordering).
//
// All contexts share one order here, so fence and quiet act for all of them. On SHMEM_CTX_INVALID they do nothing.
#include "smp/capi/call.h"
#include "smp/rma/transfer.h"

using namespace shmem::smp::capi;
namespace smp = shmem::smp;

namespace {

// Whether the call has a context on which to act. Reports a handle that is not valid.
bool is_context(smp::Pe& me, const Call& call) noexcept {
  if (!is_running(me, call.routine) || call.ctx == smp::kCtxInvalid) return false;
  if (call.ctx == smp::kCtxDefault || me.contexts->find(call.ctx) != nullptr) return true;
  smp::misuse(me, call.routine, "ctx", "is not a context, or was destroyed");
  return false;
}

void fence(const Call& call) noexcept {
  if (is_context(smp::this_pe(), call)) smp::fence();
}

void quiet(const Call& call) noexcept {
  if (is_context(smp::this_pe(), call)) smp::quiet();
}

void pe_quiet(const Call& call, const int* target_pes, std::size_t npes) noexcept {
  smp::Pe& me = smp::this_pe();
  if (!is_context(me, call) || (npes != 0 && !is_given(call.routine, "target_pes", target_pes))) return;
  for (std::size_t i = 0; i < npes; ++i) {
    const int world = smp::ctx_world_pe(me, call.ctx, target_pes[i]);
    if (world < 0 || world >= me.npes) {
      return smp::misuse(me, call.routine, "target_pes", "[%zu] = %d is out of range", i, target_pes[i]);
    }
  }
  smp::quiet();
}

}  // namespace

SHMEM_DEFINE(void, fence, fence(call), void)
SHMEM_DEFINE(void, ctx_fence, fence({call.routine, to_handle(ctx)}), shmem_ctx_t ctx)
SHMEM_DEFINE(void, quiet, quiet(call), void)
SHMEM_DEFINE(void, ctx_quiet, quiet({call.routine, to_handle(ctx)}), shmem_ctx_t ctx)
SHMEM_DEFINE_CTX(void, pe_quiet, pe_quiet(call, target_pes, npes), const int* target_pes, std::size_t npes)
