// SPDX-License-Identifier: BSD-3-Clause
//
// The blocking atomics, also under their names from before OpenSHMEM 1.4.
//
// A routine without a result is the fetching one with the result dropped; on x86 the compiler then takes the cheaper
// instruction.
#include "smp/capi/atomic_calls.h"

using namespace shmem::smp::capi;

#define STAMP_VALUE(RETURN, NAME, BODY, T) SHMEM_DEFINE_CTX(RETURN, NAME, BODY, T* dest, T value, int pe)

#define SHMEM_STAMP_AMO_EXT(NAME, T, CLASS)                                                     \
  SHMEM_DEFINE_CTX(T, NAME##_atomic_fetch, fetch(routine, source, pe), const T* source, int pe) \
  STAMP_VALUE(void, NAME##_atomic_set, set(routine, dest, value, pe), T)                        \
  STAMP_VALUE(T, NAME##_atomic_swap, swap(routine, dest, value, pe), T)
#define SHMEM_STAMP_AMO(NAME, T, CLASS)                                                                             \
  SHMEM_DEFINE_CTX(T, NAME##_atomic_compare_swap, compare_swap(routine, dest, cond, value, pe), T* dest, T cond,    \
                   T value, int pe)                                                                                 \
  SHMEM_DEFINE_CTX(T, NAME##_atomic_fetch_inc, fetch_add(routine, dest, static_cast<T>(1), pe), T* dest, int pe)    \
  SHMEM_DEFINE_CTX(void, NAME##_atomic_inc, (void)fetch_add(routine, dest, static_cast<T>(1), pe), T* dest, int pe) \
  STAMP_VALUE(T, NAME##_atomic_fetch_add, fetch_add(routine, dest, value, pe), T)                                   \
  STAMP_VALUE(void, NAME##_atomic_add, (void)fetch_add(routine, dest, value, pe), T)
#define SHMEM_STAMP_AMO_BIT(NAME, T, CLASS)                                          \
  STAMP_VALUE(T, NAME##_atomic_fetch_and, fetch_and(routine, dest, value, pe), T)    \
  STAMP_VALUE(void, NAME##_atomic_and, (void)fetch_and(routine, dest, value, pe), T) \
  STAMP_VALUE(T, NAME##_atomic_fetch_or, fetch_or(routine, dest, value, pe), T)      \
  STAMP_VALUE(void, NAME##_atomic_or, (void)fetch_or(routine, dest, value, pe), T)   \
  STAMP_VALUE(T, NAME##_atomic_fetch_xor, fetch_xor(routine, dest, value, pe), T)    \
  STAMP_VALUE(void, NAME##_atomic_xor, (void)fetch_xor(routine, dest, value, pe), T)

#define SHMEM_STAMP_OLD_AMO_EXT(NAME, T, CLASS)                                           \
  SHMEM_DEFINE(T, NAME##_fetch, fetch(routine, source, pe), const T* source, int pe)      \
  SHMEM_DEFINE(void, NAME##_set, set(routine, dest, value, pe), T* dest, T value, int pe) \
  SHMEM_DEFINE(T, NAME##_swap, swap(routine, dest, value, pe), T* dest, T value, int pe)
#define SHMEM_STAMP_OLD_AMO(NAME, T, CLASS)                                                                     \
  SHMEM_DEFINE(T, NAME##_cswap, compare_swap(routine, dest, cond, value, pe), T* dest, T cond, T value, int pe) \
  SHMEM_DEFINE(T, NAME##_finc, fetch_add(routine, dest, static_cast<T>(1), pe), T* dest, int pe)                \
  SHMEM_DEFINE(void, NAME##_inc, (void)fetch_add(routine, dest, static_cast<T>(1), pe), T* dest, int pe)        \
  SHMEM_DEFINE(T, NAME##_fadd, fetch_add(routine, dest, value, pe), T* dest, T value, int pe)                   \
  SHMEM_DEFINE(void, NAME##_add, (void)fetch_add(routine, dest, value, pe), T* dest, T value, int pe)
#include "interface/stamp.h"

#undef STAMP_VALUE
