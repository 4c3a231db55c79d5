// SPDX-License-Identifier: BSD-3-Clause
//
// Looks up the engine's atomics, and makes the others out of its compare-and-swap (atomic_table.h).
#include "binding/atomic_table.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <type_traits>

#include "binding/areas.h"
#include "binding/state.h"

namespace shmem::binding {

EngineAmoFunction amo_functions[kAmoCount][ENGINE_TYPE_COUNT];
EngineAmoNbiFunction amo_nbi_functions[ENGINE_AMO_COUNT][ENGINE_TYPE_COUNT];

namespace {

template <class T>
using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;

// The engine's type by which a loop for T swaps: the unsigned type of its size.
template <class T>
constexpr int kSwapped = engine_type_of<Bits<T>>();

// The value after the operation. min and max are NumPy's minimum and maximum: a NaN wins.
template <class T, int amo>
T applied(T before, T operand) {
  if constexpr (amo == ENGINE_AMO_FETCH_ADD || amo == ENGINE_AMO_FETCH_INC) {
    return before + operand;
  } else {
    if constexpr (std::is_floating_point_v<T>) {
      if (std::isnan(before)) return before;
      if (std::isnan(operand)) return operand;
    }
    return (amo == kAmoFetchMin) == (operand < before) ? operand : before;
  }
}

// Swaps until no other update has come between the look and the swap. It compares bits, not values: a NaN equals
// itself, and -0.0 differs from 0.0. An engine that fails returns 0 for both calls, which ends the loop, too.
template <class T, int amo>
std::uint64_t by_swap(EngineCtx ctx, void* target, std::uint64_t operand_bits, std::uint64_t, int pe) {
  const EngineAmoFunction fetch = amo_functions[ENGINE_AMO_FETCH][kSwapped<T>];
  const EngineAmoFunction compare_swap = amo_functions[ENGINE_AMO_COMPARE_SWAP][kSwapped<T>];
  const T operand = amo == ENGINE_AMO_FETCH_INC ? T{1} : std::bit_cast<T>(static_cast<Bits<T>>(operand_bits));
  auto seen = static_cast<Bits<T>>(fetch(ctx, target, 0, 0, pe));
  for (;;) {
    const auto wanted = std::bit_cast<Bits<T>>(applied<T, amo>(std::bit_cast<T>(seen), operand));
    // The value is the least or greatest already, so the look was the whole operation.
    if ((amo == kAmoFetchMin || amo == kAmoFetchMax) && wanted == seen) return seen;
    const auto found = static_cast<Bits<T>>(compare_swap(ctx, target, wanted, seen, pe));
    if (found == seen) return seen;
    seen = found;
  }
}

// Blocks, which a nonblocking operation may do. The result is there on return.
template <class T, int amo>
void by_swap_nbi(EngineCtx ctx, void* fetch, void* target, std::uint64_t operand, std::uint64_t comparand, int pe) {
  const auto before = static_cast<Bits<T>>(by_swap<T, amo>(ctx, target, operand, comparand, pe));
  std::memcpy(fetch, &before, sizeof before);
}

template <class T>
bool can_swap() {
  return amo_functions[ENGINE_AMO_FETCH][kSwapped<T>] && amo_functions[ENGINE_AMO_COMPARE_SWAP][kSwapped<T>];
}

template <class T>
void make_extremes() {
  if (!can_swap<T>()) return;
  amo_functions[kAmoFetchMin][engine_type_of<T>()] = by_swap<T, kAmoFetchMin>;
  amo_functions[kAmoFetchMax][engine_type_of<T>()] = by_swap<T, kAmoFetchMax>;
}

template <class T>
void make_real() {
  constexpr int type = engine_type_of<T>();
  if (!can_swap<T>()) return;
  for (const int amo : {ENGINE_AMO_SET, ENGINE_AMO_FETCH, ENGINE_AMO_SWAP, ENGINE_AMO_COMPARE_SWAP}) {
    amo_functions[amo][type] = amo_functions[amo][kSwapped<T>];
    amo_nbi_functions[amo][type] = amo_nbi_functions[amo][kSwapped<T>];
  }
  amo_functions[ENGINE_AMO_ADD][type] = amo_functions[ENGINE_AMO_FETCH_ADD][type] = by_swap<T, ENGINE_AMO_FETCH_ADD>;
  amo_functions[ENGINE_AMO_INC][type] = amo_functions[ENGINE_AMO_FETCH_INC][type] = by_swap<T, ENGINE_AMO_FETCH_INC>;
  amo_nbi_functions[ENGINE_AMO_FETCH_ADD][type] = by_swap_nbi<T, ENGINE_AMO_FETCH_ADD>;
  amo_nbi_functions[ENGINE_AMO_FETCH_INC][type] = by_swap_nbi<T, ENGINE_AMO_FETCH_INC>;
}

}  // namespace

void look_up_atomics() {
  for (int amo = 0; amo < ENGINE_AMO_COUNT; ++amo) {
    for (int type = 0; type < ENGINE_TYPE_COUNT; ++type) {
      amo_functions[amo][type] = state.engine->amo(amo, type);
      amo_nbi_functions[amo][type] = state.engine->amo_nbi ? state.engine->amo_nbi(amo, type) : nullptr;
    }
  }
  make_real<float>();
  make_real<double>();
  make_extremes<std::int32_t>();
  make_extremes<std::int64_t>();
  make_extremes<std::uint32_t>();
  make_extremes<std::uint64_t>();
  make_extremes<float>();
  make_extremes<double>();
}

}  // namespace shmem::binding
