// SPDX-License-Identifier: BSD-3-Clause
//
// The checks of the team collectives: the team exists, and dest and source lie in symmetric memory of this PE. That
// they do so on the other members follows, since the same call is checked there.
#pragma once

#include <complex>
#include <utility>

#include "smp/capi/routine.h"
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

// C++ has its own names for the complex types of C.
template <class T>
struct InTable {
  using type = T;
};
template <>
struct InTable<shmem4py_complexf> {
  using type = std::complex<float>;
};
template <>
struct InTable<shmem4py_complexd> {
  using type = std::complex<double>;
};

// The size of an integer, negative if it has a sign; 0 for all else.
template <class T>
inline constexpr int kIntegerSize = !std::is_integral_v<T> ? 0
                                    : std::is_signed_v<T>  ? -static_cast<int>(sizeof(T))
                                                           : static_cast<int>(sizeof(T));

template <class T, class Row>
inline constexpr bool kSameClass = kIntegerSize<T> != 0 ? std::cmp_equal(kIntegerSize<T>, kIntegerSize<Row>)
                                                        : std::is_same_v<typename InTable<T>::type, Row>;

// The engine's element type for a C type of the reductions: the row of its size and class.
template <class T>
[[nodiscard]] constexpr ElementType element_type() {
#define SHMEM_ELEMENT_TYPE(name, constant, text, dtype, routine, unsigned_routine, type) \
  if constexpr (kSameClass<T, type>)                                                     \
    return ElementType::constant;                                                        \
  else
#include "tables/element_types.def"
  static_assert(sizeof(T) == 0, "a type without a row in tables/element_types.def");
}

}  // namespace shmem::smp::capi
