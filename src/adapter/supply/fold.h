// SPDX-License-Identifier: BSD-3-Clause
//
// fold.h: the operators of reductions on local arrays, and which of them a type has.
#pragma once

#include <algorithm>

#include "../types.h"

namespace shmem::adapter::supply {

template <class T>
inline constexpr bool is_complex = false;
template <class T>
inline constexpr bool is_complex<std::complex<T>> = true;

// By group of tables/operators.def.
template <class T>
inline constexpr bool has_bitwise_operators = std::is_integral_v<T>;
template <class T>
inline constexpr bool has_ordered_operators = !is_complex<T>;
template <class T>
inline constexpr bool has_arithmetic_operators = true;

// Integers wrap, as in the libraries' own reductions, so signed sums and products are computed as unsigned.
template <int kOp, class T>
inline T combine(T a, T b) {
  if constexpr (std::is_integral_v<T>) {
    using U = std::make_unsigned_t<std::conditional_t<(sizeof(T) < sizeof(int)), unsigned, T>>;
    switch (kOp) {
      case ENGINE_AND:
        return static_cast<T>(a & b);
      case ENGINE_OR:
        return static_cast<T>(a | b);
      case ENGINE_XOR:
        return static_cast<T>(a ^ b);
      case ENGINE_MAX:
        return std::max(a, b);
      case ENGINE_MIN:
        return std::min(a, b);
      case ENGINE_SUM:
        return static_cast<T>(static_cast<U>(a) + static_cast<U>(b));
      default:
        return static_cast<T>(static_cast<U>(a) * static_cast<U>(b));
    }
  } else if constexpr (kOp == ENGINE_MAX) {
    return std::max(a, b);
  } else if constexpr (kOp == ENGINE_MIN) {
    return std::min(a, b);
  } else if constexpr (kOp == ENGINE_SUM) {
    return a + b;
  } else {
    return a * b;
  }
}

template <int kOp, class T>
inline void fold(T* accumulator, const T* values, size_t nelems) {
  for (size_t i = 0; i < nelems; ++i) accumulator[i] = combine<kOp>(accumulator[i], values[i]);
}

}  // namespace shmem::adapter::supply
