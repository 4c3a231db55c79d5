// SPDX-License-Identifier: BSD-3-Clause
//
// signals.h: puts that update a signal at the target once their data are there.
//
// A supplied one is a put, a fence, which orders it before what follows to the same PE, and an atomic on the signal.
#pragma once

#include "rma.h"
#include "waits.h"

namespace shmem::adapter {

inline constexpr bool is_add(int signal_op) {
  return signal_op == ENGINE_SIGNAL_ADD;
}

#if SHMEM4PY_HAS_SIGNALS

using SignalFunction = void (*)(shmem_ctx_t, void*, const void*, size_t, uint64_t*, uint64_t, int, int);

inline constexpr SignalFunction kPutSignal[] = {shmem_ctx_put8_signal, shmem_ctx_put16_signal, shmem_ctx_put32_signal,
                                                shmem_ctx_put64_signal, shmem_ctx_put128_signal};
inline constexpr SignalFunction kPutSignalNbi[] = {shmem_ctx_put8_signal_nbi, shmem_ctx_put16_signal_nbi,
                                                   shmem_ctx_put32_signal_nbi, shmem_ctx_put64_signal_nbi,
                                                   shmem_ctx_put128_signal_nbi};

inline void put_signal(EngineCtx ctx, void* dest, const void* source, size_t nelems, int log2, uint64_t* signal,
                       uint64_t value, int signal_op, int pe) {
  kPutSignal[log2](handle(ctx), dest, source, nelems, signal, value,
                   is_add(signal_op) ? SHMEM_SIGNAL_ADD : SHMEM_SIGNAL_SET, peer(ctx, pe));
}
inline void put_signal_nbi(EngineCtx ctx, void* dest, const void* source, size_t nelems, int log2, uint64_t* signal,
                           uint64_t value, int signal_op, int pe) {
  kPutSignalNbi[log2](handle(ctx), dest, source, nelems, signal, value,
                      is_add(signal_op) ? SHMEM_SIGNAL_ADD : SHMEM_SIGNAL_SET, peer(ctx, pe));
}
inline uint64_t signal_fetch(const uint64_t* signal) {
  return shmem_signal_fetch(signal);
}

#endif

#if SHMEM4PY_HAS_SIGNAL_UPDATES
inline void signal_set(EngineCtx ctx, uint64_t* signal, uint64_t value, int pe) {
  shmem_ctx_signal_set(handle(ctx), signal, value, peer(ctx, pe));
}
inline void signal_add(EngineCtx ctx, uint64_t* signal, uint64_t value, int pe) {
  shmem_ctx_signal_add(handle(ctx), signal, value, peer(ctx, pe));
}
#else
inline void signal_set(EngineCtx ctx, uint64_t* signal, uint64_t value, int pe) {
  shmem_ctx_ulong_atomic_set(handle(ctx), reinterpret_cast<unsigned long*>(signal), value, peer(ctx, pe));
}
inline void signal_add(EngineCtx ctx, uint64_t* signal, uint64_t value, int pe) {
  shmem_ctx_ulong_atomic_add(handle(ctx), reinterpret_cast<unsigned long*>(signal), value, peer(ctx, pe));
}
#endif

#if !SHMEM4PY_HAS_SIGNALS

inline void raise_signal(EngineCtx ctx, uint64_t* signal, uint64_t value, int signal_op, int pe) {
  shmem_ctx_fence(handle(ctx));
  (is_add(signal_op) ? signal_add : signal_set)(ctx, signal, value, pe);
}
inline void put_signal(EngineCtx ctx, void* dest, const void* source, size_t nelems, int log2, uint64_t* signal,
                       uint64_t value, int signal_op, int pe) {
  if (nelems != 0) put(ctx, dest, source, nelems, log2, pe);
  raise_signal(ctx, signal, value, signal_op, pe);
}
inline void put_signal_nbi(EngineCtx ctx, void* dest, const void* source, size_t nelems, int log2, uint64_t* signal,
                           uint64_t value, int signal_op, int pe) {
  if (nelems != 0) put_nbi(ctx, dest, source, nelems, log2, pe);
  raise_signal(ctx, signal, value, signal_op, pe);
}
// A program may fetch in a loop, so each fetch drives the library's progress.
inline uint64_t signal_fetch(const uint64_t* signal) {
  progress();
  return shmem_ulong_atomic_fetch(reinterpret_cast<const unsigned long*>(signal), shmem_my_pe());
}

#endif

#if SHMEM4PY_HAS_SIGNALS && SHMEM4PY_HAS_SHMEMX
inline uint64_t signal_wait_until(uint64_t* signal, int cmp, uint64_t value) {
  return shmem_signal_wait_until(signal, kCmp[cmp], value);
}
#else
// Polls, so that the wait can be left. Returns the value that satisfied the comparison.
inline uint64_t signal_wait_until(uint64_t* signal, int cmp, uint64_t value) {
  for (Poll poll;;) {
    const uint64_t found = signal_fetch(signal);
    if (holds<uint64_t>(found, cmp, value)) return found;
    if (!poll.pause()) return found;
  }
}
#endif

}  // namespace shmem::adapter
