// SPDX-License-Identifier: BSD-3-Clause
//
// What is said of arguments that may not be, and the rare ways to those that may.
#include "binding/operands.h"

#include "binding/classes.h"
#include "binding/types.h"

namespace shmem::binding {

PyArrayObject* not_an_array(const Signature& call, const char* argument, PyObject* object, const char* wanted) {
  const bool element = PyArray_IsScalar(object, Generic);
  PyErr_Format(PyExc_TypeError, "%s: %s must be %s, not %s%s", call.name, argument, wanted, Py_TYPE(object)->tp_name,
               element ? ": an index takes an element out of an array, a slice such as a[0:1] keeps it in" : "");
  return nullptr;
}

bool refuse(const Signature& call, const char* argument, const char* reason) {
  PyErr_Format(PyExc_ValueError, "%s: %s %s", call.name, argument, reason);
  return false;
}

bool not_one_element(const Signature& call, const char* argument, std::size_t nelems) {
  PyErr_Format(PyExc_ValueError, "%s: %s has %zu elements, must have one", call.name, argument, nelems);
  return false;
}

bool fits(const Signature& call, std::size_t size, const char* argument, std::size_t limit) {
  if (size <= limit) return true;
  PyErr_Format(PyExc_ValueError, "%s: size is %zu, but %s has %zu elements", call.name, size, argument, limit);
  return false;
}

bool raise_freed(const Signature& call, const char* argument, Block* block) {
  if (block->freed_at) {
    PyErr_Format(freed_error, "%s: the memory of %s was freed at %U", call.name, argument, block->freed_at);
  } else {
    PyErr_Format(freed_error, "%s: the memory of %s was freed", call.name, argument);
  }
  return false;
}

bool symmetric_slowly(const Signature& call, const char* argument, PyArrayObject* array, const char* low,
                      const char* high) {
  const Owner owner = owner_of(array);
  if (owner.peer) {
    PyErr_Format(PyExc_ValueError, "%s: %s is a view of PE %d's memory (from ptr), must be this PE's own array",
                 call.name, argument, owner.peer->pe);
    return false;
  }
  if (owner.block && !owner.block->alive.load(std::memory_order_acquire)) {
    return raise_freed(call, argument, owner.block);
  }
  const char* base = nullptr;
  std::size_t extent = 0;
  if (owner.block) {
    base = owner.block->base;
    extent = owner.block->extent;
  } else if (const auto record = block_table.find(low)) {
    base = record->base;
    extent = record->extent;
  } else {
    PyErr_Format(PyExc_ValueError,
                 "%s: %s is not in symmetric memory. shmem.array(x) makes a symmetric copy of x, on all PEs together; "
                 "of a symmetric array a slice is symmetric, but indexing with a list or a mask makes a plain copy",
                 call.name, argument);
    return false;
  }
  if (low >= base && high <= base + extent) return true;
  PyErr_Format(PyExc_ValueError, "%s: %s reaches beyond its symmetric block of %zu bytes: bytes %zd to %zd", call.name,
               argument, extent, static_cast<Py_ssize_t>(low - base), static_cast<Py_ssize_t>(high - base));
  return false;
}

Bounds bounds_of(PyArrayObject* array) noexcept {
  const char* data = PyArray_BYTES(array);
  if (PyArray_ISONESEGMENT(array)) return {data, data + PyArray_NBYTES(array)};
  if (PyArray_SIZE(array) == 0) return {data, data};
  npy_intp below = 0;
  npy_intp above = PyArray_ITEMSIZE(array);
  for (int d = 0; d < PyArray_NDIM(array); ++d) {
    const npy_intp reach = (PyArray_DIM(array, d) - 1) * PyArray_STRIDE(array, d);
    (reach < 0 ? below : above) += reach;
  }
  return {data + below, data + above};
}

char* symmetric_element(const Signature& call, const char* argument, PyObject* object, int type, const char* wanted) {
  if (!PyArray_Check(object)) return not_an_array(call, argument, object, wanted), nullptr;
  PyArrayObject* array = as_array(object);
  if (engine_type(PyArray_DESCR(array)) != type) {
    PyErr_Format(PyExc_TypeError, "%s: %s has dtype %S, must be %s", call.name, argument,
                 reinterpret_cast<PyObject*>(PyArray_DESCR(array)), wanted);
    return nullptr;
  }
  char* data = PyArray_BYTES(array);
  const bool usable = one_element(call, argument, array) && aligned(call, argument, array) &&
                      symmetric(call, argument, array, data, data + PyArray_ITEMSIZE(array));
  return usable ? data : nullptr;
}

bool integer_slowly(const Signature& call, const char* argument, PyObject* object, std::int64_t* out) {
  if (PyArray_Check(object) && PyArray_SIZE(as_array(object)) == 1) {
    Ref<> item(PyObject_CallMethod(object, "item", nullptr));
    return item && !PyArray_Check(item.object()) && integer(call, argument, item.object(), out);
  }
  Ref<> index(PyNumber_Index(object));
  if (!index) {
    if (PyErr_ExceptionMatches(PyExc_TypeError)) {
      PyErr_Format(PyExc_TypeError, "%s: %s must be an integer, not %s", call.name, argument, Py_TYPE(object)->tp_name);
    }
    return false;
  }
  int overflow;
  *out = PyLong_AsLongLongAndOverflow(index.object(), &overflow);
  if (overflow) {
    // Saturated: every limit that follows is far below, and its check words the error.
    *out = overflow > 0 ? INT64_MAX : INT64_MIN;
  }
  return true;
}

bool no_such_pe(const Signature& call, const char* argument, PyObject* pe, int n_pes) {
  PyErr_Format(PyExc_IndexError, "%s: %s is %S, but PEs are 0 to %d%s", call.name, argument, pe, n_pes - 1,
               state.n_pes == 1 ? ": this job has one PE. To start it on 4: shmem4py run -n 4 app.py" : "");
  return false;
}

bool count(const Signature& call, const char* argument, PyObject* object, std::size_t* out) {
  std::int64_t value;
  if (!integer(call, argument, object, &value)) return false;
  if (value < 0) {
    PyErr_Format(PyExc_ValueError, "%s: %s is %S, must not be negative", call.name, argument, object);
    return false;
  }
  *out = static_cast<std::size_t>(value);
  return true;
}

bool stride(const Signature& call, const char* argument, PyObject* object, std::ptrdiff_t fallback,
            std::ptrdiff_t* out) {
  if (!given(object)) {
    *out = fallback;
    return true;
  }
  std::int64_t value;
  if (!integer(call, argument, object, &value)) return false;
  if (value < 1) {
    PyErr_Format(PyExc_ValueError, "%s: %s is %S, must be at least 1", call.name, argument, object);
    return false;
  }
  *out = static_cast<std::ptrdiff_t>(value);
  return true;
}

bool boolean(PyObject* object, bool fallback, bool* out) {
  if (!object) {
    *out = fallback;
    return true;
  }
  const int truth = PyObject_IsTrue(object);
  *out = truth > 0;
  return truth >= 0;
}

bool context_given(const Signature& call, PyObject* object, CtxRecord** out) {
  if (!Ctx::is(object)) {
    PyErr_Format(PyExc_TypeError, "%s: ctx must be a Ctx, not %s", call.name, Py_TYPE(object)->tp_name);
    return false;
  }
  *out = live(call, "context", Ctx::of(object)->record);
  return *out != nullptr;
}

bool team_given(const Signature& call, PyObject* object, TeamRecord** out) {
  if (!Team::is(object)) {
    PyErr_Format(PyExc_TypeError, "%s: team must be a Team, not %s", call.name, Py_TYPE(object)->tp_name);
    return false;
  }
  *out = live(call, "team", Team::of(object)->record);
  return *out != nullptr;
}

}  // namespace shmem::binding
