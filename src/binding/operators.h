// SPDX-License-Identifier: BSD-3-Clause
//
// Members of the enums of shmem4py/_enums.py (operators, comparisons, levels, flags) as the engine's integers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "binding/operands.h"

namespace shmem::binding {

// The classes of shmem4py/_enums.py.
enum class Enum { kThread, kCtx, kMalloc, kAmo, kSignal, kOp, kCmp, kCount };

// Looks up the classes of enums, once, while the module is made. False with an exception.
bool find_enums();

// The rare half of no_other_enum.
[[gnu::cold]] bool other_enum(const Signature& call, const char* argument, PyObject* object, Enum which);

extern std::array<PyTypeObject*, static_cast<std::size_t>(Enum::kCount)> enums;

// True if the object is no member of an enum other than `which`: the integers of other enums mean something else. Plain
// integers and names pass, and the caller checks them.
inline bool no_other_enum(const Signature& call, const char* argument, PyObject* object, Enum which) {
  if (Py_TYPE(object) == enums[static_cast<std::size_t>(which)] || PyLong_CheckExact(object) ||
      PyUnicode_CheckExact(object)) [[likely]] {
    return true;
  }
  return other_enum(call, argument, object, which);
}

// The integer of a member, or of several flags.
inline bool enum_integer(const Signature& call, const char* argument, PyObject* object, Enum which, std::int64_t* out) {
  return no_other_enum(call, argument, object, which) && integer(call, argument, object, out);
}

// Adds the integers as attributes of the module: CMP_EQ, THREAD_MULTIPLE, ….
bool add_constants(PyObject* module);

// These take a member of the enum, a name in any case, or an integer if the enum's members are integers.
bool comparison(const Signature& call, PyObject* object, int* out);          // EngineCmp
bool signal_operator(const Signature& call, PyObject* object, int* out);     // EngineSignalOp
bool reduction_operator(const Signature& call, PyObject* object, int* out);  // EngineOp
bool amo_operator(const Signature& call, PyObject* object, int* out);        // EngineAmo, one that fetches nothing

// How messages say an EngineCmp: "==".
[[nodiscard]] const char* symbol_of(int cmp) noexcept;

// Whether the EngineCmp `cmp` holds between `value` and `wanted`.
[[nodiscard]] bool compare(std::uint64_t value, int cmp, std::uint64_t wanted) noexcept;

}  // namespace shmem::binding
