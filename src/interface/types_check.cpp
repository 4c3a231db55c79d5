// SPDX-License-Identifier: BSD-3-Clause
//
// Checks types.def against the platform. A wrong BASE or CLASS would give generics and overloads that contradict each
// other, so the library does not compile then.

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace {

#define SHMEM_TYPE(NAME, T, ...) using Type_##NAME = T;
#include "interface/types.def"
#undef SHMEM_TYPE

enum class Class { INT, UINT, REAL, COMPLEX };

template <class T>
constexpr Class class_of() {
  if (std::is_floating_point_v<T>) return Class::REAL;
  if (!std::is_integral_v<T>) return Class::COMPLEX;
  // Plain char is a row of class INT, signed or not; only operators of char itself use it.
  return std::is_signed_v<T> || std::is_same_v<T, char> ? Class::INT : Class::UINT;
}

#define SHMEM_TYPE(NAME, T, BASE, CLASS, ...)              \
  static_assert(std::is_same_v<Type_##NAME, Type_##BASE>); \
  static_assert(class_of<Type_##NAME>() == Class::CLASS);
#include "interface/types.def"
#undef SHMEM_TYPE

}  // namespace
