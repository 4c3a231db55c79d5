// SPDX-License-Identifier: BSD-3-Clause
//
// The module `shmem4py._core`: NumPy's API table, the exceptions, and the callables of all areas.
#define SHMEM4PY_IMPORT_ARRAY
#include "binding/python.h"

#include "binding/areas.h"
#include "binding/blocks.h"
#include "binding/handles.h"
#include "binding/lifecycle.h"
#include "binding/operators.h"
#include "binding/stub.h"

namespace shmem::binding {

namespace {

constexpr char kShownModule[] = "shmem4py.shmem";

// FreedError is a KeyError, which programs of 1.0 expect of a second free, and a ValueError, which it is.
bool add_freed_error(PyObject* module) {
  const Ref<> bases(PyTuple_Pack(2, PyExc_KeyError, PyExc_ValueError));
  const Ref<> members(PyDict_New());
  // KeyError's own text is the repr of its argument, with quotes around the sentence.
  const Ref<> text(PyObject_GetAttrString(PyExc_ValueError, "__str__"));
  if (!bases || !members || !text || PyDict_SetItemString(members.object(), "__str__", text.object()) < 0) return false;
  freed_error =
      PyErr_NewExceptionWithDoc("shmem4py.shmem.FreedError", stub::FreedError::doc, bases.object(), members.object());
  return freed_error && PyModule_AddObjectRef(module, "FreedError", freed_error) == 0;
}

bool fill(PyObject* module) {
  if (_import_array() < 0) return false;
  bool (*const areas[])(PyObject*, const char*) = {
      add_lifecycle, add_handles, add_queries, add_arrays,   add_transfers,   add_strided,
      add_atomics,   add_remote,  add_signals, add_ordering, add_collectives, add_values,
      add_waits,     add_locks,   add_endings, add_objects,  add_rings,
  };
  if (!intern_names() || !find_enums() || !add_freed_error(module) || !add_blocks(module)) return false;
  for (const auto add : areas) {
    if (!add(module, kShownModule)) return false;
  }
  return true;
}

}  // namespace

}  // namespace shmem::binding

PyMODINIT_FUNC PyInit__core() {
  static PyModuleDef definition = {
      PyModuleDef_HEAD_INIT,
      "_core",
      shmem::binding::stub::doc,
      -1,  // no subinterpreters: a process has one engine, and one state
      nullptr,
      nullptr,
      nullptr,
      nullptr,
      nullptr,
  };
  shmem::binding::Ref<> module(PyModule_Create(&definition));
  return module && shmem::binding::fill(module.object()) ? module.release() : nullptr;
}
