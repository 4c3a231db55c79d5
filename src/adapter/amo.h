// SPDX-License-Identifier: BSD-3-Clause
//
// amo.h: atomics, one function per operation and type, with values as bits in a register. Rows: unsigned 32 and 64 bits
// (which serve the signed types too), float and double. The library's routine is a template argument, so each function
// is a direct call.
#pragma once

#include "context.h"
#include "faults.h"
#include "types.h"

namespace shmem::adapter {

// --- one template per shape of the library's routines ---

template <class T, auto kRoutine>
uint64_t amo_update(EngineCtx ctx, void* target, uint64_t operand, uint64_t, int pe) {
  kRoutine(handle(ctx), static_cast<T*>(target), from_bits<T>(operand), peer(ctx, pe));
  return 0;
}
template <class T, auto kRoutine>
uint64_t amo_inc(EngineCtx ctx, void* target, uint64_t, uint64_t, int pe) {
  kRoutine(handle(ctx), static_cast<T*>(target), peer(ctx, pe));
  return 0;
}
template <class T, auto kRoutine>
uint64_t amo_fetch(EngineCtx ctx, void* target, uint64_t, uint64_t, int pe) {
  return to_bits<T>(kRoutine(handle(ctx), static_cast<T*>(target), peer(ctx, pe)));
}
template <class T, auto kRoutine>
uint64_t amo_fetch_update(EngineCtx ctx, void* target, uint64_t operand, uint64_t, int pe) {
  return to_bits<T>(kRoutine(handle(ctx), static_cast<T*>(target), from_bits<T>(operand), peer(ctx, pe)));
}
template <class T, auto kRoutine>
uint64_t amo_compare_swap(EngineCtx ctx, void* target, uint64_t operand, uint64_t comparand, int pe) {
  return to_bits<T>(
      kRoutine(handle(ctx), static_cast<T*>(target), from_bits<T>(comparand), from_bits<T>(operand), peer(ctx, pe)));
}

// compare_swap of 32 bits by compare_swap of the 64 bits around them (faults.h). It stores only if all 64 bits are as
// they were read.
inline unsigned int compare_swap_within_64(shmem_ctx_t ctx, unsigned int* target, unsigned int comparand,
                                           unsigned int value, int pe) {
  const auto address = reinterpret_cast<uintptr_t>(target);
  auto* const word = reinterpret_cast<unsigned long*>(address & ~uintptr_t{7});
  const unsigned shift = (address & 4) != 0 ? 32 : 0;
  const unsigned long mask = 0xffffffffUL << shift;
  unsigned long seen = shmem_ctx_ulong_atomic_fetch(ctx, word, pe);
  for (;;) {
    const auto found = static_cast<unsigned int>(seen >> shift);
    if (found != comparand) return found;
    const unsigned long wanted = (seen & ~mask) | (static_cast<unsigned long>(value) << shift);
    const unsigned long before = shmem_ctx_ulong_atomic_compare_swap(ctx, word, seen, wanted, pe);
    if (before == seen) return found;
    seen = before;
  }
}

inline unsigned int compare_swap_uint(shmem_ctx_t ctx, unsigned int* target, unsigned int comparand, unsigned int value,
                                      int pe) {
  if constexpr (kCompareSwap32SmashesStack) {
    return compare_swap_within_64(ctx, target, comparand, value, pe);
  } else {
    return shmem_ctx_uint_atomic_compare_swap(ctx, target, comparand, value, pe);
  }
}

inline unsigned long compare_swap_ulong(shmem_ctx_t ctx, unsigned long* target, unsigned long comparand,
                                        unsigned long value, int pe) {
  return shmem_ctx_ulong_atomic_compare_swap(ctx, target, comparand, value, pe);
}

// A fetching bitwise operation made of fetch and compare_swap, for libraries whose own is wrong (faults.h).
template <class T, auto kFetch, auto kCompareSwap, int kOp>
uint64_t amo_fetch_bitwise_by_swap(EngineCtx ctx, void* target, uint64_t operand, uint64_t, int pe) {
  const auto at = static_cast<T*>(target);
  const auto value = static_cast<T>(operand);
  T expected = kFetch(handle(ctx), at, peer(ctx, pe));
  for (;;) {
    const T wanted = kOp == ENGINE_AMO_FETCH_AND  ? expected & value
                     : kOp == ENGINE_AMO_FETCH_OR ? expected | value
                                                  : expected ^ value;
    const T found = kCompareSwap(handle(ctx), at, expected, wanted, peer(ctx, pe));
    if (found == expected) return to_bits<T>(found);
    expected = found;
  }
}

// --- rows, in the order of EngineAmo ---

using AmoRow = EngineAmoFunction[ENGINE_AMO_COUNT];

#define SHMEM4PY_INTEGER_ROW(name, T)                        \
  {amo_update<T, shmem_ctx_##name##_atomic_set>,             \
   amo_inc<T, shmem_ctx_##name##_atomic_inc>,                \
   amo_update<T, shmem_ctx_##name##_atomic_add>,             \
   amo_update<T, shmem_ctx_##name##_atomic_and>,             \
   amo_update<T, shmem_ctx_##name##_atomic_or>,              \
   amo_update<T, shmem_ctx_##name##_atomic_xor>,             \
   amo_fetch<T, shmem_ctx_##name##_atomic_fetch>,            \
   amo_fetch_update<T, shmem_ctx_##name##_atomic_swap>,      \
   amo_compare_swap<T, compare_swap_##name>,                 \
   amo_fetch<T, shmem_ctx_##name##_atomic_fetch_inc>,        \
   amo_fetch_update<T, shmem_ctx_##name##_atomic_fetch_add>, \
   amo_fetch_update<T, shmem_ctx_##name##_atomic_fetch_and>, \
   amo_fetch_update<T, shmem_ctx_##name##_atomic_fetch_or>,  \
   amo_fetch_update<T, shmem_ctx_##name##_atomic_fetch_xor>}

// Real types have set, fetch and swap only (Table 7 of the standard).
#define SHMEM4PY_REAL_ROW(name, T)                      \
  {amo_update<T, shmem_ctx_##name##_atomic_set>,        \
   nullptr,                                             \
   nullptr,                                             \
   nullptr,                                             \
   nullptr,                                             \
   nullptr,                                             \
   amo_fetch<T, shmem_ctx_##name##_atomic_fetch>,       \
   amo_fetch_update<T, shmem_ctx_##name##_atomic_swap>, \
   nullptr,                                             \
   nullptr,                                             \
   nullptr,                                             \
   nullptr,                                             \
   nullptr,                                             \
   nullptr}

inline constexpr AmoRow kAmo32 = SHMEM4PY_INTEGER_ROW(uint, unsigned int);
inline constexpr AmoRow kAmo64 = SHMEM4PY_INTEGER_ROW(ulong, unsigned long);
inline constexpr AmoRow kAmoFloat = SHMEM4PY_REAL_ROW(float, float);
inline constexpr AmoRow kAmoDouble = SHMEM4PY_REAL_ROW(double, double);

#define SHMEM4PY_BY_SWAP(name, T, op) \
  amo_fetch_bitwise_by_swap<T, shmem_ctx_##name##_atomic_fetch, compare_swap_##name, op>

inline constexpr EngineAmoFunction kBitwiseBySwap32[] = {SHMEM4PY_BY_SWAP(uint, unsigned int, ENGINE_AMO_FETCH_AND),
                                                         SHMEM4PY_BY_SWAP(uint, unsigned int, ENGINE_AMO_FETCH_OR),
                                                         SHMEM4PY_BY_SWAP(uint, unsigned int, ENGINE_AMO_FETCH_XOR)};
inline constexpr EngineAmoFunction kBitwiseBySwap64[] = {SHMEM4PY_BY_SWAP(ulong, unsigned long, ENGINE_AMO_FETCH_AND),
                                                         SHMEM4PY_BY_SWAP(ulong, unsigned long, ENGINE_AMO_FETCH_OR),
                                                         SHMEM4PY_BY_SWAP(ulong, unsigned long, ENGINE_AMO_FETCH_XOR)};

#undef SHMEM4PY_BY_SWAP
#undef SHMEM4PY_REAL_ROW
#undef SHMEM4PY_INTEGER_ROW

inline constexpr bool is_fetching_bitwise(int op) {
  return op >= ENGINE_AMO_FETCH_AND && op <= ENGINE_AMO_FETCH_XOR;
}
inline constexpr bool is_32_bit(int type) {
  return type == ENGINE_INT32 || type == ENGINE_UINT32;
}
inline constexpr bool is_64_bit(int type) {
  return type == ENGINE_INT64 || type == ENGINE_UINT64;
}

inline EngineAmoFunction amo(int op, int type) {
  if (op < 0 || op >= ENGINE_AMO_COUNT) return nullptr;
  if (is_32_bit(type)) {
    return faults.fetching_bitwise && is_fetching_bitwise(op) ? kBitwiseBySwap32[op - ENGINE_AMO_FETCH_AND]
                                                              : kAmo32[op];
  }
  if (is_64_bit(type)) {
    return faults.fetching_bitwise && is_fetching_bitwise(op) ? kBitwiseBySwap64[op - ENGINE_AMO_FETCH_AND]
                                                              : kAmo64[op];
  }
  if (type == ENGINE_FLOAT) return kAmoFloat[op];
  if (type == ENGINE_DOUBLE) return kAmoDouble[op];
  return nullptr;
}

// --- the same, with the result stored in *fetch ---

// Uses the blocking operation: complete at once, and so complete after quiet.
template <class T, int kOp, int kType>
void amo_nbi_blocking(EngineCtx ctx, void* fetch, void* target, uint64_t operand, uint64_t comparand, int pe) {
  *static_cast<T*>(fetch) = from_bits<T>(amo(kOp, kType)(ctx, target, operand, comparand, pe));
}

using AmoNbiRow = EngineAmoNbiFunction[ENGINE_AMO_COUNT];

#if SHMEM4PY_HAS_AMO_NBI

template <class T, auto kRoutine>
void amo_nbi_fetch(EngineCtx ctx, void* fetch, void* target, uint64_t, uint64_t, int pe) {
  kRoutine(handle(ctx), static_cast<T*>(fetch), static_cast<T*>(target), peer(ctx, pe));
}
template <class T, auto kRoutine>
void amo_nbi_update(EngineCtx ctx, void* fetch, void* target, uint64_t operand, uint64_t, int pe) {
  kRoutine(handle(ctx), static_cast<T*>(fetch), static_cast<T*>(target), from_bits<T>(operand), peer(ctx, pe));
}
template <class T, auto kRoutine>
void amo_nbi_compare_swap(EngineCtx ctx, void* fetch, void* target, uint64_t operand, uint64_t comparand, int pe) {
  kRoutine(handle(ctx), static_cast<T*>(fetch), static_cast<T*>(target), from_bits<T>(comparand), from_bits<T>(operand),
           peer(ctx, pe));
}

#define SHMEM4PY_INTEGER_ROW(name, T, type)                             \
  {nullptr,                                                             \
   nullptr,                                                             \
   nullptr,                                                             \
   nullptr,                                                             \
   nullptr,                                                             \
   nullptr,                                                             \
   amo_nbi_fetch<T, shmem_ctx_##name##_atomic_fetch_nbi>,               \
   amo_nbi_update<T, shmem_ctx_##name##_atomic_swap_nbi>,               \
   amo_nbi_compare_swap<T, shmem_ctx_##name##_atomic_compare_swap_nbi>, \
   amo_nbi_fetch<T, shmem_ctx_##name##_atomic_fetch_inc_nbi>,           \
   amo_nbi_update<T, shmem_ctx_##name##_atomic_fetch_add_nbi>,          \
   amo_nbi_update<T, shmem_ctx_##name##_atomic_fetch_and_nbi>,          \
   amo_nbi_update<T, shmem_ctx_##name##_atomic_fetch_or_nbi>,           \
   amo_nbi_update<T, shmem_ctx_##name##_atomic_fetch_xor_nbi>}
#define SHMEM4PY_REAL_ROW(name, T, type)                  \
  {nullptr,                                               \
   nullptr,                                               \
   nullptr,                                               \
   nullptr,                                               \
   nullptr,                                               \
   nullptr,                                               \
   amo_nbi_fetch<T, shmem_ctx_##name##_atomic_fetch_nbi>, \
   amo_nbi_update<T, shmem_ctx_##name##_atomic_swap_nbi>, \
   nullptr,                                               \
   nullptr,                                               \
   nullptr,                                               \
   nullptr,                                               \
   nullptr,                                               \
   nullptr}

#else

#define SHMEM4PY_INTEGER_ROW(name, T, type)            \
  {nullptr,                                            \
   nullptr,                                            \
   nullptr,                                            \
   nullptr,                                            \
   nullptr,                                            \
   nullptr,                                            \
   amo_nbi_blocking<T, ENGINE_AMO_FETCH, type>,        \
   amo_nbi_blocking<T, ENGINE_AMO_SWAP, type>,         \
   amo_nbi_blocking<T, ENGINE_AMO_COMPARE_SWAP, type>, \
   amo_nbi_blocking<T, ENGINE_AMO_FETCH_INC, type>,    \
   amo_nbi_blocking<T, ENGINE_AMO_FETCH_ADD, type>,    \
   amo_nbi_blocking<T, ENGINE_AMO_FETCH_AND, type>,    \
   amo_nbi_blocking<T, ENGINE_AMO_FETCH_OR, type>,     \
   amo_nbi_blocking<T, ENGINE_AMO_FETCH_XOR, type>}
#define SHMEM4PY_REAL_ROW(name, T, type)        \
  {nullptr,                                     \
   nullptr,                                     \
   nullptr,                                     \
   nullptr,                                     \
   nullptr,                                     \
   nullptr,                                     \
   amo_nbi_blocking<T, ENGINE_AMO_FETCH, type>, \
   amo_nbi_blocking<T, ENGINE_AMO_SWAP, type>,  \
   nullptr,                                     \
   nullptr,                                     \
   nullptr,                                     \
   nullptr,                                     \
   nullptr,                                     \
   nullptr}

#endif

inline constexpr AmoNbiRow kAmoNbi32 = SHMEM4PY_INTEGER_ROW(uint, unsigned int, ENGINE_UINT32);
inline constexpr AmoNbiRow kAmoNbi64 = SHMEM4PY_INTEGER_ROW(ulong, unsigned long, ENGINE_UINT64);
inline constexpr AmoNbiRow kAmoNbiFloat = SHMEM4PY_REAL_ROW(float, float, ENGINE_FLOAT);
inline constexpr AmoNbiRow kAmoNbiDouble = SHMEM4PY_REAL_ROW(double, double, ENGINE_DOUBLE);

// Where the library's fetching bitwise ones are wrong, its non-blocking ones are not trusted either.
inline constexpr EngineAmoNbiFunction kBitwiseNbi32[] = {
    amo_nbi_blocking<unsigned int, ENGINE_AMO_FETCH_AND, ENGINE_UINT32>,
    amo_nbi_blocking<unsigned int, ENGINE_AMO_FETCH_OR, ENGINE_UINT32>,
    amo_nbi_blocking<unsigned int, ENGINE_AMO_FETCH_XOR, ENGINE_UINT32>};
inline constexpr EngineAmoNbiFunction kBitwiseNbi64[] = {
    amo_nbi_blocking<unsigned long, ENGINE_AMO_FETCH_AND, ENGINE_UINT64>,
    amo_nbi_blocking<unsigned long, ENGINE_AMO_FETCH_OR, ENGINE_UINT64>,
    amo_nbi_blocking<unsigned long, ENGINE_AMO_FETCH_XOR, ENGINE_UINT64>};

#undef SHMEM4PY_REAL_ROW
#undef SHMEM4PY_INTEGER_ROW

inline EngineAmoNbiFunction amo_nbi(int op, int type) {
  if (op < 0 || op >= ENGINE_AMO_COUNT) return nullptr;
  const bool by_swap = faults.fetching_bitwise && is_fetching_bitwise(op);
  if (is_32_bit(type)) return by_swap ? kBitwiseNbi32[op - ENGINE_AMO_FETCH_AND] : kAmoNbi32[op];
  if (is_64_bit(type)) return by_swap ? kBitwiseNbi64[op - ENGINE_AMO_FETCH_AND] : kAmoNbi64[op];
  if (type == ENGINE_FLOAT) return kAmoNbiFloat[op];
  if (type == ENGINE_DOUBLE) return kAmoNbiDouble[op];
  return nullptr;
}

}  // namespace shmem::adapter
