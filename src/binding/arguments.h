// SPDX-License-Identifier: BSD-3-Clause
//
// Conversions of single arguments: numbers, PEs, sizes, operators. Each names call and argument where it fails.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "binding/python.h"
#include "binding/signature.h"

namespace shmem::binding {

[[gnu::cold]] bool integer_slowly(const Signature& call, const char* argument, PyObject* object, std::int64_t* out);

// Any Python integer or object with __index__ that fits 64 bits.
inline bool integer(const Signature& call, const char* argument, PyObject* object, std::int64_t* out) {
  if (PyLong_Check(object)) [[likely]] {  // members of enums, too
    int overflow;
    *out = PyLong_AsLongLongAndOverflow(object, &overflow);
    if (!overflow) [[likely]]
      return true;
  }
  return integer_slowly(call, argument, object, out);
}

// The refusal of what is no array; tells an element that an index took out of one from the rest.
[[gnu::cold]] bool not_an_array(const Signature& call, const char* argument, PyObject* object,
                                const char* wanted = "a numpy.ndarray");

[[gnu::cold]] bool no_such_pe(const Signature& call, const char* argument, PyObject* pe, int n_pes);

inline bool pe_number(const Signature& call, const char* argument, PyObject* object, int n_pes, int* pe) {
  std::int64_t value;
  if (!integer(call, argument, object, &value)) [[unlikely]]
    return false;
  if (static_cast<std::uint64_t>(value) >= static_cast<std::uint64_t>(n_pes)) [[unlikely]] {
    return no_such_pe(call, argument, object, n_pes);
  }
  *pe = static_cast<int>(value);
  return true;
}

// A number of elements, or another count: not negative.
bool count(const Signature& call, const char* argument, PyObject* object, std::size_t* out);

// A stride or block size: at least 1; `fallback` where left out.
bool stride(const Signature& call, const char* argument, PyObject* object, std::ptrdiff_t fallback,
            std::ptrdiff_t* out);

bool boolean(PyObject* object, bool fallback, bool* out);

// The classes of shmem4py/_enums.py.
enum class Enum { kThread, kCtx, kMalloc, kAmo, kSignal, kOp, kCmp, kCount };

// Looks the classes up once, while the module is made. False with an exception.
bool find_enums();

[[gnu::cold]] bool other_enum(const Signature& call, const char* argument, PyObject* object, Enum which);

extern std::array<PyTypeObject*, static_cast<std::size_t>(Enum::kCount)> enums;

// Whether an argument for members of one enum is no member of another, whose integers mean something else. Plain
// integers and names pass; what they may be is the caller's to check.
inline bool no_other_enum(const Signature& call, const char* argument, PyObject* object, Enum which) {
  if (Py_TYPE(object) == enums[static_cast<std::size_t>(which)] || PyLong_CheckExact(object) ||
      PyUnicode_CheckExact(object)) [[likely]] {
    return true;
  }
  return other_enum(call, argument, object, which);
}

// The integer of a member, or of flags together.
inline bool enum_integer(const Signature& call, const char* argument, PyObject* object, Enum which, std::int64_t* out) {
  return no_other_enum(call, argument, object, which) && integer(call, argument, object, out);
}

// Operators, as integers of the engine's enums: a member of their enum, an integer, or a name in any case.
bool comparison(const Signature& call, PyObject* object, int* out);
bool signal_operator(const Signature& call, PyObject* object, int* out);
bool reduction_operator(const Signature& call, PyObject* object, int* out);

enum class AmoName { kSet, kInc, kAdd, kAnd, kOr, kXor };
bool amo_operator(const Signature& call, PyObject* object, AmoName* out);

}  // namespace shmem::binding
