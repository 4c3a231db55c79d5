// SPDX-License-Identifier: BSD-3-Clause
//
// dtypes: the engine's element type of a dtype, the groups of routines that exist for it, and its values as bits.
//
// The groups come from the table of C types (interface/types.def). A routine takes a dtype if it exists for any C type
// of the same size and class. The dtypes 'l', 'q' and 'p' are names of different C types, and count as one.
#pragma once

#include <complex>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "binding/python.h"
#include "binding/signature.h"
#include "engine/engine.h"

namespace shmem::binding {

inline constexpr int kNoType = -1;

template <class T>
inline constexpr std::size_t kSizeAndClass = 8 * sizeof(T) + (std::is_integral_v<T> ? 4 : 0) +
                                             (std::is_floating_point_v<T> ? 2 : 0) + (std::is_signed_v<T> ? 1 : 0);

// The EngineType of a C type.
template <class C>
constexpr int engine_type_of() {
  constexpr std::size_t wanted = kSizeAndClass<C>;
#define SHMEM_ELEMENT_TYPE(name, constant, text, dtype, routine, unsigned_routine, T) \
  if (wanted == kSizeAndClass<T>) return ENGINE_##name;
#include "tables/element_types.def"
  return kNoType;
}

// Groups of routines; a bit per EngineType.
struct TypeGroups {
  std::uint32_t atomic = 0;           // inc, add, compare_swap, and their fetching forms; waits on arrays
  std::uint32_t atomic_extended = 0;  // set, fetch, swap
  std::uint32_t atomic_bitwise = 0;
  std::uint32_t wait_one = 0;  // wait_until and test of one variable
  std::uint32_t reduce_bitwise = 0;
  std::uint32_t reduce_ordered = 0;  // max, min
  std::uint32_t reduce_sum = 0;      // sum, prod, scans
};

constexpr TypeGroups make_type_groups() {
  TypeGroups groups;
#define SHMEM_TYPE(name, ctype, base, class_, rma, amo, ext, bit, sync, wait, old, old_ext, rbit, rord, rsum, tbit, \
                   tord, tsum)                                                                                      \
  groups.atomic |= std::uint32_t{amo} << engine_type_of<ctype>();                                                   \
  groups.atomic_extended |= std::uint32_t{ext} << engine_type_of<ctype>();                                          \
  groups.atomic_bitwise |= std::uint32_t{bit} << engine_type_of<ctype>();                                           \
  groups.wait_one |= std::uint32_t{sync} << engine_type_of<ctype>();                                                \
  groups.reduce_bitwise |= std::uint32_t{rbit} << engine_type_of<ctype>();                                          \
  groups.reduce_ordered |= std::uint32_t{rord} << engine_type_of<ctype>();                                          \
  groups.reduce_sum |= std::uint32_t{rsum} << engine_type_of<ctype>();
#include "interface/types.def"
#undef SHMEM_TYPE
  return groups;
}

inline constexpr TypeGroups kTypeGroups = make_type_groups();

// The EngineType of each type number of NumPy, or kNoType.
extern const short kEngineTypes[NPY_CLONGDOUBLE + 1];

// The EngineType of a dtype, or kNoType (bool, float16, strings, data of the other byte order, …).
inline int engine_type(PyArray_Descr* dtype) {
  const int number = dtype->type_num;
  if (static_cast<unsigned>(number) <= NPY_CLONGDOUBLE) [[likely]] {
    return PyDataType_ISNOTSWAPPED(dtype) ? kEngineTypes[number] : kNoType;
  }
  // dtype('c'), 1.0's name of C's char.
  return number == NPY_STRING && dtype->type == 'c' ? int{ENGINE_INT8} : kNoType;
}

// The EngineType of `dtype` if `group` has it. Otherwise kNoType, with a TypeError.
[[gnu::cold]] int wrong_type(const Signature& call, const char* argument, PyArray_Descr* dtype, std::uint32_t group);

inline int grouped_type(const Signature& call, const char* argument, PyArray_Descr* dtype, std::uint32_t group) {
  const int type = engine_type(dtype);
  if (type != kNoType && (group >> type & 1)) [[likely]]
    return type;
  return wrong_type(call, argument, dtype, group);
}

// False with a TypeError for elements that hold references to Python objects.
[[gnu::cold]] bool refuse_objects(const Signature& call, const char* argument, PyArray_Descr* dtype);

inline bool movable(const Signature& call, const char* argument, PyArray_Descr* dtype) {
  if (static_cast<unsigned>(dtype->type_num) <= NPY_CLONGDOUBLE) [[likely]]
    return true;
  return refuse_objects(call, argument, dtype);
}

[[gnu::cold]] bool types_differ(const Signature& call, const char* target, PyArray_Descr* a, const char* source,
                                PyArray_Descr* b);

// Same type, size and byte order, whatever it is called.
inline bool same_type(const Signature& call, PyArray_Descr* target, PyArray_Descr* source,
                      const char* target_name = "target", const char* source_name = "source") {
  if (target == source || PyArray_EquivTypes(target, source)) [[likely]]
    return true;
  return types_differ(call, target_name, target, source_name, source);
}

// --- values as bits, for types of at most 8 bytes ---

[[gnu::cold]] bool bits_slowly(const Signature& call, const char* argument, int type, PyObject* value,
                               std::uint64_t* bits);

// `value` as an element of `type`, which is an integer type, float or double. A number that does not fit raises
// OverflowError, an object that is no such number TypeError.
inline bool to_bits(const Signature& call, const char* argument, int type, PyObject* value, std::uint64_t* bits) {
  if (type <= ENGINE_UINT64) {
    if (PyLong_CheckExact(value)) [[likely]] {
      int overflow;
      const long long number = PyLong_AsLongLongAndOverflow(value, &overflow);
      if (!overflow) [[likely]] {
        if (type == ENGINE_INT64 || (type == ENGINE_UINT64 && number >= 0)) [[likely]] {
          *bits = static_cast<std::uint64_t>(number);
          return true;
        }
      }
    }
  } else if (type == ENGINE_DOUBLE && PyFloat_CheckExact(value)) {
    const double number = PyFloat_AS_DOUBLE(value);
    std::memcpy(bits, &number, sizeof number);
    return true;
  }
  return bits_slowly(call, argument, type, value, bits);
}

// The Python number with these bits, zero-extended: int or float.
inline PyObject* from_bits(int type, std::uint64_t bits) {
  switch (type) {
    case ENGINE_INT8:
      return PyLong_FromLong(static_cast<std::int8_t>(bits));
    case ENGINE_INT16:
      return PyLong_FromLong(static_cast<std::int16_t>(bits));
    case ENGINE_INT32:
      return PyLong_FromLong(static_cast<std::int32_t>(bits));
    case ENGINE_INT64:
      return PyLong_FromLongLong(static_cast<std::int64_t>(bits));
    case ENGINE_FLOAT: {
      const auto low = static_cast<std::uint32_t>(bits);
      float number;
      std::memcpy(&number, &low, sizeof number);
      return PyFloat_FromDouble(number);
    }
    case ENGINE_DOUBLE: {
      double number;
      std::memcpy(&number, &bits, sizeof number);
      return PyFloat_FromDouble(number);
    }
    default:
      return PyLong_FromUnsignedLongLong(bits);
  }
}

// `value`, a number or an array of one element, as an array of `dtype` without dimensions. For the dtypes that to_bits
// cannot serve.
ArrayRef to_element(const Signature& call, const char* argument, PyArray_Descr* dtype, PyObject* value);

// `values` as `nelems` or more contiguous elements of `type`, converted one by one.
ArrayRef to_elements(const Signature& call, const char* argument, int type, PyArray_Descr* dtype, PyObject* values,
                     std::size_t nelems);

[[nodiscard]] inline bool is_number(PyObject* object) noexcept {
  return PyLong_Check(object) || PyFloat_Check(object) || PyComplex_Check(object) || PyArray_IsScalar(object, Generic);
}

}  // namespace shmem::binding
