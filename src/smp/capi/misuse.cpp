// SPDX-License-Identifier: BSD-3-Clause
//
// The messages of refused calls. Cold: a call comes here after a fast check has failed, to find out which one.
#include "smp/capi/routine.h"

namespace shmem::smp::capi {

void refuse_phase(const char* routine) noexcept {
  // misuse_address tells the cases apart: before init, after finalize, in a forked child.
  misuse_address(this_pe(), routine, "", nullptr, 0, 0);
}

void refuse_target(const Routine& routine, const char* argument, const volatile void* address, std::size_t nbytes,
                   int pe) noexcept {
  Pe& me = this_pe();
  if (me.phase != Phase::kRunning) return refuse_phase(routine.name);
  int world = pe;
  if (routine.ctx != kCtxDefault) {
    const Ctx* ctx = me.contexts->find(routine.ctx);
    if (ctx == nullptr) {
      return misuse(me, routine.name, "ctx",
                    routine.ctx == kCtxInvalid ? "is SHMEM_CTX_INVALID" : "is not a context, or was destroyed");
    }
    if (pe < 0 || pe >= ctx->size) {
      return misuse(me, routine.name, "pe", "= %d is out of range: the context's team has %d PEs", pe, ctx->size);
    }
    world = ctx->start + pe * ctx->stride;
  }
  const bool pe_exists = world >= 0 && world < me.npes;
  if (nbytes == 0 && pe_exists) return;  // nothing moves, so any address will do
  misuse_address(me, routine.name, argument, address, nbytes, world);
}

void refuse_local(const char* routine, const char* argument, const volatile void* address,
                  std::size_t nbytes) noexcept {
  misuse_address(this_pe(), routine, argument, address, nbytes, this_pe().me);
}

void refuse_null(const char* routine, const char* argument) noexcept {
  misuse(this_pe(), routine, argument, "is NULL");
}

void refuse_alignment(const char* routine, const char* argument, const volatile void* address,
                      std::size_t alignment) noexcept {
  misuse(this_pe(), routine, argument, "= %p is not aligned to %zu bytes", const_cast<const void*>(address), alignment);
}

}  // namespace shmem::smp::capi
