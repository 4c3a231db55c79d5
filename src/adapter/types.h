// SPDX-License-Identifier: BSD-3-Clause
//
// types.h: element types of the engine table as C++ types, and their values as bits. tables/element_types.def names the
// routines of shmem.h that each type uses.
#pragma once

#include <complex>

#include "engine.h"
#include "library.h"

namespace shmem::adapter {

// The low bits of a register as T, and T's bits zero-extended (EngineAmoFunction).
template <class T>
inline T from_bits(uint64_t bits) {
  T value;
  std::memcpy(&value, &bits, sizeof value);  // little-endian, as asserted below
  return value;
}

template <class T>
inline uint64_t to_bits(T value) {
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  return bits;
}

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);

}  // namespace shmem::adapter
