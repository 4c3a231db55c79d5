// SPDX-License-Identifier: BSD-3-Clause
//
// The checks of the team collectives: the team exists, and dest and source lie in symmetric memory of this PE. That
// they do so on the other members follows, since the same call is checked there.
#pragma once

#include "smp/capi/call.h"
#include "smp/collectives/collectives.h"

namespace shmem::smp::capi {

// The team of a handle, or nullptr after a report of why there is none.
[[nodiscard]] Team* team_of(Pe& me, const char* routine, const char* argument, shmem_team_t team) noexcept;

// The same without a report, for routines that return -1 or a nonzero status.
[[nodiscard]] inline Team* find_team(Pe& me, shmem_team_t team) noexcept {
  return me.teams == nullptr ? nullptr : me.teams->find(to_handle(team));
}

// Whether dest and source are symmetric for the given sizes. For zero bytes any address will do, since nothing moves.
[[nodiscard]] inline bool are_symmetric(Pe& me, const char* routine, const void* dest, std::size_t dest_nbytes,
                                        const void* source, std::size_t source_nbytes) noexcept {
  return (dest_nbytes == 0 || is_symmetric(me, routine, "dest", dest, dest_nbytes)) &&
         (source_nbytes == 0 || is_symmetric(me, routine, "source", source, source_nbytes));
}

// The bytes from the begin of a strided array to its end: nelems elements, `stride` elements apart.
[[nodiscard]] inline std::size_t strided_nbytes(std::size_t nelems, std::ptrdiff_t stride,
                                                std::size_t element) noexcept {
  if (nelems == 0) return 0;
  std::size_t last;
  if (stride < 0 || __builtin_mul_overflow(nelems - 1, static_cast<std::size_t>(stride), &last)) return SIZE_MAX;
  return to_nbytes(last + 1, element);
}

// The engine's element type for a C type of the reductions.
template <class T>
[[nodiscard]] constexpr ElementType element_type() {
  if constexpr (std::is_same_v<T, float>)
    return ElementType::kFloat;
  else if constexpr (std::is_same_v<T, double>)
    return ElementType::kDouble;
  else if constexpr (std::is_same_v<T, long double>)
    return ElementType::kLongDouble;
  else if constexpr (std::is_same_v<T, shmem4py_complexf>)
    return ElementType::kComplexFloat;
  else if constexpr (std::is_same_v<T, shmem4py_complexd>)
    return ElementType::kComplexDouble;
  else {
    static_assert(std::is_integral_v<T>);
    constexpr bool is_signed = std::is_signed_v<T>;
    switch (sizeof(T)) {
      case 1:
        return is_signed ? ElementType::kInt8 : ElementType::kUint8;
      case 2:
        return is_signed ? ElementType::kInt16 : ElementType::kUint16;
      case 4:
        return is_signed ? ElementType::kInt32 : ElementType::kUint32;
      default:
        static_assert(sizeof(T) <= 8);
        return is_signed ? ElementType::kInt64 : ElementType::kUint64;
    }
  }
}

}  // namespace shmem::smp::capi
