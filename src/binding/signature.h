// SPDX-License-Identifier: BSD-3-Clause
//
// From the arguments of a vectorcall to named arguments.
//
// Signatures are written in the stub, shmem4py/_core.pyi. The build generates binding/stub.h from it, with a struct for
// each callable: a member for each argument, null if it was left out, and the constants by which it is parsed. A body
// takes one of these structs, so `args.pe` is the argument that users call pe. A body of another list of parameters
// does not compile.
//
// A call without keywords costs a few copies of pointers.
#pragma once

#include <cstddef>
#include <exception>
#include <new>
#include <string_view>
#include <type_traits>

#include "binding/python.h"

namespace shmem::binding {

enum class Name : unsigned char;  // stub.h

// The parameters of one callable.
struct Signature {
  const char* name;    // with the class, for messages
  const char* method;  // without the class
  const Name* names;
  int parameters;
  int required;
  int positional;

  // The text of a parameter's name.
  [[nodiscard]] const char* parameter(int i) const noexcept;

  // The general case: keywords, defaults, errors.
  [[gnu::cold]] bool parse_slowly(PyObject* const* args, Py_ssize_t nargs, PyObject* keywords, PyObject** slots) const;
};

constexpr bool same_parameters(const Signature& a, const Signature& b) {
  if (a.parameters != b.parameters) return false;
  for (int i = 0; i < a.parameters; ++i) {
    if (a.names[i] != b.names[i]) return false;
  }
  return true;
}

// Fills in the arguments of S; false with an exception.
template <class S, class Arguments>
inline bool parse(PyObject* const* args, Py_ssize_t nargs, PyObject* keywords, Arguments* out) {
  constexpr const Signature& signature = S::signature;
  static_assert(same_parameters(signature, Arguments::signature), "the body takes other arguments");
  static_assert(std::is_standard_layout_v<Arguments> && std::is_trivial_v<Arguments>);
  static_assert(signature.parameters == 0 || sizeof(Arguments) == signature.parameters * sizeof(PyObject*));
  auto** slots = reinterpret_cast<PyObject**>(out);  // members of one type, without gaps
  if (keywords || nargs < signature.required || nargs > signature.positional) [[unlikely]] {
    return signature.parse_slowly(args, nargs, keywords, slots);
  }
  // Constant bounds: both loops are unrolled, and most arguments never leave the registers.
  for (int i = 0; i < signature.required; ++i) slots[i] = args[i];
  for (int i = signature.required; i < signature.positional; ++i) slots[i] = i < nargs ? args[i] : nullptr;
  for (int i = signature.positional; i < signature.parameters; ++i) slots[i] = nullptr;
  return true;
}

// The result of the body. A C++ exception becomes one of Python.
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

// The entry point of the callable S. Its body takes the arguments, or none.
template <class S, auto Body>
struct Bound;

template <class S, class Arguments, PyObject* (*Body)(const Signature&, const Arguments&)>
struct Bound<S, Body> {
  static PyObject* call(PyObject*, PyObject* const* args, Py_ssize_t nargs, PyObject* keywords) {
    Arguments arguments;
    if (!parse<S>(args, nargs, keywords, &arguments)) return nullptr;
    return guarded(S::signature, [&] { return Body(S::signature, arguments); });
  }
};

template <class S, PyObject* (*Body)(const Signature&)>
struct Bound<S, Body> {
  static PyObject* call(PyObject*, PyObject* const* args, Py_ssize_t nargs, PyObject* keywords) {
    S arguments;
    if (!parse<S>(args, nargs, keywords, &arguments)) return nullptr;
    return guarded(S::signature, [] { return Body(S::signature); });
  }
};

using Entry = PyObject* (*)(PyObject*, PyObject* const*, Py_ssize_t, PyObject*);

// A row of CPython's tables. They hold pointers to functions of one type, and flags that tell the true type.
inline PyMethodDef row(const char* name, Entry entry, int flags, const char* doc) noexcept {
  return {name, reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(entry)),
          METH_FASTCALL | METH_KEYWORDS | flags, doc};
}

// A row of an area's table of callables.
template <class S, auto Body>
PyMethodDef function(int flags = 0) noexcept {
  return row(S::signature.method, &Bound<S, Body>::call, flags, S::doc);
}

// Makes interned strings of the names of parameters, so that they can be compared by address. Before the first call.
bool intern_names();

// Adds the callables to the module, under the module name that users see. The rows must live as long as the process.
bool add_functions(PyObject* module, const char* shown_module, PyMethodDef* rows, std::size_t count);

template <std::size_t N>
bool add_functions(PyObject* module, const char* shown_module, PyMethodDef (&rows)[N]) {
  return add_functions(module, shown_module, rows, N);
}

}  // namespace shmem::binding
