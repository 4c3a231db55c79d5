// SPDX-License-Identifier: BSD-3-Clause
//
// The table of atomic operations: a function for each operation and type, and the types that each operation has.
// Operands and results are passed as bits.
//
// The operations of the standard are the engine's own functions, which are looked up when the engine is loaded. min and
// max, and the addition of real numbers, are loops over the engine's compare-and-swap (atomic_table.cpp). All
// operations on a real type work on the unsigned type of the same size. The reason is that an engine need not make
// atomics of two types exclude each other. Nothing writes the table after it has been filled.
#pragma once

#include <cstdint>

#include "binding/python.h"
#include "binding/types.h"
#include "engine/engine.h"

namespace shmem::binding {

// The operations of the table: those of EngineAmo, and two that no engine has.
enum Amo : int { kAmoFetchMin = ENGINE_AMO_COUNT, kAmoFetchMax, kAmoCount };

extern EngineAmoFunction amo_functions[kAmoCount][ENGINE_TYPE_COUNT];
extern EngineAmoNbiFunction amo_nbi_functions[ENGINE_AMO_COUNT][ENGINE_TYPE_COUNT];

inline constexpr std::uint32_t kRealTypes = 1U << ENGINE_FLOAT | 1U << ENGINE_DOUBLE;

constexpr bool is_bitwise(int amo) {
  return (amo >= ENGINE_AMO_AND && amo <= ENGINE_AMO_XOR) ||
         (amo >= ENGINE_AMO_FETCH_AND && amo <= ENGINE_AMO_FETCH_XOR);
}

// The types that an operation has.
constexpr std::uint32_t types_of(int amo) {
  return is_bitwise(amo) ? kTypeGroups.atomic_bitwise : kTypeGroups.atomic_extended;
}

static_assert(kTypeGroups.atomic_extended == (kTypeGroups.atomic | kRealTypes));

constexpr bool fetches(int amo) {
  return amo >= ENGINE_AMO_FETCH;
}

}  // namespace shmem::binding
