// SPDX-License-Identifier: BSD-3-Clause
//
// Operators, comparisons, levels and flags: the members of the enums of shmem4py/_enums.py as integers of the engine's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "binding/operands.h"

namespace shmem::binding {

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

// CMP_EQ, THREAD_MULTIPLE, …: the integers, as attributes of the module.
bool add_constants(PyObject* module);

// A member of the enum, an integer where the enum's members are, or a name in any case.
bool comparison(const Signature& call, PyObject* object, int* out);          // EngineCmp
bool signal_operator(const Signature& call, PyObject* object, int* out);     // EngineSignalOp
bool reduction_operator(const Signature& call, PyObject* object, int* out);  // EngineOp
bool amo_operator(const Signature& call, PyObject* object, int* out);        // EngineAmo, one that fetches nothing

// What an EngineCmp means.
[[nodiscard]] bool compare(std::uint64_t value, int cmp, std::uint64_t wanted) noexcept;

}  // namespace shmem::binding
