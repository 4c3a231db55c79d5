// SPDX-License-Identifier: BSD-3-Clause
//
// Locks: symmetric arrays of one C long.
#include "binding/doc/locks.h"
#include "binding/areas.h"
#include "binding/blocks.h"
#include "binding/state.h"
#include "binding/types.h"

namespace shmem::binding {

namespace {

long* lock_of(const Signature& call, PyObject* object) {
  if (!ready(call)) return nullptr;
  if (!PyArray_Check(object) || engine_type(PyArray_DESCR(as_array(object))) != engine_type_of<long>()) {
    PyErr_Format(PyExc_TypeError, "%s: lock must be a symmetric array of one C long", call.name);
    return nullptr;
  }
  PyArrayObject* array = as_array(object);
  if (PyArray_SIZE(array) != 1 || !PyArray_ISALIGNED(array)) {
    PyErr_Format(PyExc_ValueError, "%s: lock must have one element, aligned to its size", call.name);
    return nullptr;
  }
  char* data = PyArray_BYTES(array);
  return symmetric(call, "lock", array, data, data + sizeof(long)) ? reinterpret_cast<long*>(data) : nullptr;
}

PyObject* set_lock(const Signature& call, PyObject* const* args) {
  long* lock = lock_of(call, args[0]);
  if (!lock) return nullptr;
  // A free lock is taken without handing the GIL over.
  const int taken = quick([&] { return state.engine->test_lock(lock); });
  if (!succeeded(call.name)) return nullptr;
  if (taken == 0) Py_RETURN_NONE;
  if (state.serialise) {  // the mutex must not be held while waiting: the owner may be another thread
    if (!poll_until(call.name, [&] { return state.engine->test_lock(lock) == 0; })) return nullptr;
  } else {
    prompt([&] { state.engine->set_lock(lock); });
    if (!finished(call.name)) return nullptr;
  }
  Py_RETURN_NONE;
}

PyObject* test_lock(const Signature& call, PyObject* const* args) {
  long* lock = lock_of(call, args[0]);
  if (!lock) return nullptr;
  const int taken = quick([&] { return state.engine->test_lock(lock); });
  return succeeded(call.name) ? PyBool_FromLong(taken != 0) : nullptr;
}

PyObject* clear_lock(const Signature& call, PyObject* const* args) {
  long* lock = lock_of(call, args[0]);
  if (!lock) return nullptr;
  quick([&] { state.engine->clear_lock(lock); });
  if (!succeeded(call.name)) return nullptr;
  Py_RETURN_NONE;
}

const Function kFunctions[] = {
    function<set_lock>(doc::kSetLock),
    function<test_lock>(doc::kTestLock),
    function<clear_lock>(doc::kClearLock),
};

}  // namespace

bool add_locks(PyObject* module, const char* shown_module) {
  return add_functions(module, shown_module, kFunctions);
}

}  // namespace shmem::binding
