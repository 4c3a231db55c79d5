// SPDX-License-Identifier: BSD-3-Clause
//
// Operands of reductions, and what a plain loop makes of them. Values are chosen so that every order of combining them
// gives the same result: integers wrap, reals and complex numbers are small whole numbers.
#pragma once

#include "suite.h"

namespace suite {

enum class Op { kAnd, kOr, kXor, kMax, kMin, kSum, kProd };

template <class T>
T operand(int pe, std::size_t i) {
  if constexpr (is_complex<T>) {
    return make_complex<T>((pe + static_cast<int>(i % 3)) % 3 - 1, static_cast<int>(i % 2));
  } else if constexpr (std::is_floating_point_v<T>) {
    return static_cast<T>((pe * 3 + static_cast<int>(i)) % 7) - T(3);
  } else {
    return value<T>(pe, i);
  }
}

// Wrapping arithmetic of integers, in the unsigned type of their size.
template <class T>
T combine(Op op, T a, T b) {
  if constexpr (is_complex<T>) {
    return op == Op::kSum ? a + b : a * b;
  } else if constexpr (std::is_floating_point_v<T>) {
    switch (op) {
      case Op::kMax:
        return a > b ? a : b;
      case Op::kMin:
        return a < b ? a : b;
      case Op::kSum:
        return a + b;
      default:
        return a * b;
    }
  } else {
    const auto ua = static_cast<std::uint64_t>(a), ub = static_cast<std::uint64_t>(b);
    switch (op) {
      case Op::kAnd:
        return static_cast<T>(ua & ub);
      case Op::kOr:
        return static_cast<T>(ua | ub);
      case Op::kXor:
        return static_cast<T>(ua ^ ub);
      case Op::kMax:
        return a > b ? a : b;
      case Op::kMin:
        return a < b ? a : b;
      case Op::kSum:
        return static_cast<T>(ua + ub);
      default:
        return static_cast<T>(ua * ub);
    }
  }
}

// Element i of the reduction over members first..last (inclusive).
template <class T>
T reduced(Op op, int first, int last, std::size_t i) {
  T result = operand<T>(first, i);
  for (int index = first + 1; index <= last; ++index) result = combine(op, result, operand<T>(index, i));
  return result;
}

template <class T>
void fill_operands(T* array, std::size_t nelems, int pe) {
  for (std::size_t i = 0; i < nelems; ++i) array[i] = operand<T>(pe, i);
}

}  // namespace suite
