// SPDX-License-Identifier: BSD-3-Clause
//
// The rare half of parsing: keywords and errors.
#include "binding/signature.h"

#include <iterator>

#include "binding/stub.h"

namespace shmem::binding {

namespace {

PyObject* interned[std::size(kNameTexts)];

PyObject* object_of(Name name) noexcept {
  return interned[static_cast<std::size_t>(name)];
}

}  // namespace

const char* Signature::parameter(int i) const noexcept {
  return kNameTexts[static_cast<std::size_t>(names[i])];
}

bool Signature::parse_slowly(PyObject* const* args, Py_ssize_t nargs, PyObject* keywords, PyObject** slots) const {
  if (nargs > positional) {
    PyErr_Format(PyExc_TypeError, "%s() takes at most %d positional arguments (%zd given)", name, positional, nargs);
    return false;
  }
  for (int i = 0; i < parameters; ++i) slots[i] = i < nargs ? args[i] : nullptr;
  const Py_ssize_t nkeywords = keywords ? PyTuple_GET_SIZE(keywords) : 0;
  for (Py_ssize_t k = 0; k < nkeywords; ++k) {
    PyObject* key = PyTuple_GET_ITEM(keywords, k);
    int slot = 0;
    while (slot < parameters && object_of(names[slot]) != key) ++slot;
    if (slot == parameters) {  // the name is not interned: compare its text
      for (slot = 0; slot < parameters; ++slot) {
        const int order = PyUnicode_Compare(object_of(names[slot]), key);
        if (order == -1 && PyErr_Occurred()) return false;
        if (order == 0) break;
      }
    }
    if (slot == parameters) {
      PyErr_Format(PyExc_TypeError, "%s() got an unexpected keyword argument '%U'", name, key);
      return false;
    }
    if (slots[slot]) {
      PyErr_Format(PyExc_TypeError, "%s() got multiple values for argument '%U'", name, key);
      return false;
    }
    slots[slot] = args[nargs + k];
  }
  for (int i = 0; i < required; ++i) {
    if (!slots[i]) {
      PyErr_Format(PyExc_TypeError, "%s() missing required argument '%s'", name, parameter(i));
      return false;
    }
  }
  return true;
}

bool intern_names() {
  for (std::size_t i = 0; i < std::size(kNameTexts); ++i) {
    interned[i] = PyUnicode_InternFromString(kNameTexts[i]);
    if (!interned[i]) return false;
  }
  return true;
}

bool add_functions(PyObject* module, const char* shown_module, PyMethodDef* rows, std::size_t count) {
  const Ref<> shown(PyUnicode_InternFromString(shown_module));
  if (!shown) return false;
  for (std::size_t i = 0; i < count; ++i) {
    const Ref<> callable(PyCFunction_NewEx(&rows[i], nullptr, shown.object()));
    if (!callable || PyModule_AddObjectRef(module, rows[i].ml_name, callable.object()) < 0) return false;
  }
  return true;
}

}  // namespace shmem::binding
