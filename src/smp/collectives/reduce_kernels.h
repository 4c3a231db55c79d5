// SPDX-License-Identifier: BSD-3-Clause
//
// The inner loops of reductions and scans: result[i] = left[i] op right[i]. They share nothing and keep no state.
#pragma once

#include <cstddef>

#include "smp/team/call.h"

namespace shmem::smp {

// One operator on one element type, compiled for this processor. `result` may be `left` or `right`, but must not
// overlap them in any other way. No alignment is needed.
class ReduceKernel {
 public:
  using Loop = void (*)(void* result, const void* left, const void* right, std::size_t nelems);

  constexpr ReduceKernel() = default;
  constexpr ReduceKernel(Loop loop, std::size_t scale) : loop_(loop), scale_(scale) {}

  explicit operator bool() const noexcept { return loop_ != nullptr; }
  void operator()(void* result, const void* left, const void* right, std::size_t nelems) const noexcept {
    loop_(result, left, right, nelems * scale_);
  }

 private:
  Loop loop_ = nullptr;
  std::size_t scale_ = 1;  // numbers per element: two where a complex one is handled as two real ones
};

// Empty if the type has no such operator: and, or, xor of a type that is not an integer; max, min of a complex type.
[[nodiscard]] const ReduceKernel& find_kernel(ReduceOp op, ElementType type) noexcept;

}  // namespace shmem::smp
