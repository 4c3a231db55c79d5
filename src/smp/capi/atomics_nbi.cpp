// SPDX-License-Identifier: BSD-3-Clause
//
// The nonblocking fetching atomics. In shared memory the result exists at once, so the call itself writes *fetch, which
// the standard allows.
#include "smp/capi/atomic_calls.h"

using namespace shmem::smp::capi;

#define STAMP_FETCH(NAME, BODY, T, ...)                                                                        \
  SHMEM_DEFINE_CTX(void, NAME, is_given(routine.name, "fetch", fetch_to) ? (void)(*fetch_to = BODY) : (void)0, \
                   T* fetch_to, __VA_ARGS__)

#define SHMEM_STAMP_AMO_EXT(NAME, T, CLASS)                                                    \
  STAMP_FETCH(NAME##_atomic_fetch_nbi, fetch(routine, source, pe), T, const T* source, int pe) \
  STAMP_FETCH(NAME##_atomic_swap_nbi, swap(routine, dest, value, pe), T, T* dest, T value, int pe)
#define SHMEM_STAMP_AMO(NAME, T, CLASS)                                                                         \
  STAMP_FETCH(NAME##_atomic_compare_swap_nbi, compare_swap(routine, dest, cond, value, pe), T, T* dest, T cond, \
              T value, int pe)                                                                                  \
  STAMP_FETCH(NAME##_atomic_fetch_inc_nbi, fetch_add(routine, dest, static_cast<T>(1), pe), T, T* dest, int pe) \
  STAMP_FETCH(NAME##_atomic_fetch_add_nbi, fetch_add(routine, dest, value, pe), T, T* dest, T value, int pe)
#define SHMEM_STAMP_AMO_BIT(NAME, T, CLASS)                                                                  \
  STAMP_FETCH(NAME##_atomic_fetch_and_nbi, fetch_and(routine, dest, value, pe), T, T* dest, T value, int pe) \
  STAMP_FETCH(NAME##_atomic_fetch_or_nbi, fetch_or(routine, dest, value, pe), T, T* dest, T value, int pe)   \
  STAMP_FETCH(NAME##_atomic_fetch_xor_nbi, fetch_xor(routine, dest, value, pe), T, T* dest, T value, int pe)
#include "interface/stamp.h"

#undef STAMP_FETCH
