// SPDX-License-Identifier: BSD-3-Clause
//
// From a vectorcall to slots. The signature that people read, the first line of the docstring, is the one that
// the parser uses: `bind` reads names, what may be left out and what is keyword only out of it once, when
// the module is made, so that the two cannot disagree. A call without keywords costs a few copies of pointers.
//
// Conversions of single arguments (PE, size, operator) are here too. Each one names call and argument where it fails.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <new>
#include <stdexcept>

#include "binding/python.h"

namespace shmem::binding {

inline constexpr int kMaxParameters = 9;

// The parameters of one callable. Filled in by `bind`, constant afterwards.
struct Signature {
  const char* name = nullptr;
  int parameters = 0;
  int required = 0;
  int positional = 0;
  std::array<PyObject*, kMaxParameters> names{};  // interned

  // Reads "name(a, b, c=1, *, d=None)\n--\n\n…"; returns the text after the name, or null with an exception.
  bool read(const char* doc);

  // The general case: keywords, defaults, errors.
  [[gnu::cold]] bool parse_slowly(PyObject* const* args, Py_ssize_t nargs, PyObject* keywords, PyObject** slots) const;

  bool parse(PyObject* const* args, Py_ssize_t nargs, PyObject* keywords, PyObject** slots) const {
    if (keywords || nargs < required || nargs > positional) [[unlikely]] {
      return parse_slowly(args, nargs, keywords, slots);
    }
    Py_ssize_t i = 0;
    for (; i < nargs; ++i) slots[i] = args[i];
    for (; i < parameters; ++i) slots[i] = nullptr;
    return true;
  }
};

// A row of an area's table of callables.
struct Function {
  const char* doc;
  PyObject* (*call)(PyObject*, PyObject* const*, Py_ssize_t, PyObject*);
  Signature* signature;
};

// What the body returns; an exception of C++ becomes one of Python.
template <class F>
inline PyObject* guarded(const Signature& call, F&& body) {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return PyErr_NoMemory();
  } catch (const std::exception& error) {
    PyErr_Format(PyExc_RuntimeError, "%s: %s", call.name, error.what());
    return nullptr;
  }
}

// The entry point of a callable whose body is Body(signature, slots).
template <PyObject* (*Body)(const Signature&, PyObject* const*)>
struct Bound {
  static inline Signature signature;

  static PyObject* call(PyObject*, PyObject* const* args, Py_ssize_t nargs, PyObject* keywords) {
    PyObject* slots[kMaxParameters];
    if (!signature.parse(args, nargs, keywords, slots)) return nullptr;
    return guarded(signature, [&] { return Body(signature, slots); });
  }
};

template <PyObject* (*Body)(const Signature&, PyObject* const*)>
constexpr Function function(const char* doc) {
  return {doc, &Bound<Body>::call, &Bound<Body>::signature};
}

// Adds the callables to the module, under the module name that users see.
bool add_functions(PyObject* module, const char* shown_module, const Function* rows, std::size_t count);

template <std::size_t N>
bool add_functions(PyObject* module, const char* shown_module, const Function (&rows)[N]) {
  return add_functions(module, shown_module, rows, N);
}

// --- single arguments ---

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
