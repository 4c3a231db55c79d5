// SPDX-License-Identifier: BSD-3-Clause
//
// The exceptions of arguments, and the rare cases of those that are accepted.
#include "binding/operands.h"

#include "binding/calling.h"
#include "binding/classes.h"
#include "binding/remote.h"
#include "binding/types.h"

namespace shmem::binding {

PyArrayObject* not_an_array(const Signature& call, const char* argument, PyObject* object, const char* wanted) {
  const bool scalar = PyArray_IsScalar(object, Generic);
  PyErr_Format(PyExc_TypeError, "%s: %s must be %s, not %s%s", call.name, argument, wanted, Py_TYPE(object)->tp_name,
               scalar ? ": an index takes an element out of an array, a slice such as a[0:1] keeps it in" : "");
  return nullptr;
}

bool refuse(const Signature& call, const char* argument, const char* reason) {
  PyErr_Format(PyExc_ValueError, "%s: %s %s", call.name, argument, reason);
  return false;
}

Element not_one_element(const Signature& call, const char* argument, PyArrayObject* array) {
  PyErr_Format(PyExc_ValueError,
               "%s: %s has %zu elements, must have one; of an array a, (a, i) or a[i:i+1] is element i", call.name,
               argument, number_of_elements(array));
  return {};
}

namespace {

Element not_an_element(const Signature& call, const char* argument, PyObject* object, const char* wanted) {
  const bool scalar = PyArray_IsScalar(object, Generic);
  PyErr_Format(
      PyExc_TypeError, "%s: %s must be %s, or (array, index), not %s%s", call.name, argument, wanted,
      Py_TYPE(object)->tp_name,
      scalar ? ": an index takes an element out of an array, (a, i) or a slice such as a[0:1] keeps it in" : "");
  return {};
}

// One index along one dimension, as NumPy takes and refuses it.
bool position(const Signature& call, const char* argument, PyObject* object, int axis, npy_intp extent, npy_intp* out) {
  if (PyBool_Check(object) || !PyIndex_Check(object)) {
    PyErr_Format(PyExc_IndexError, "%s: the index of %s is %R, must be an integer or a tuple of integers", call.name,
                 argument, object);
    return false;
  }
  const Py_ssize_t index = PyNumber_AsSsize_t(object, PyExc_IndexError);
  if (index == -1 && PyErr_Occurred()) return false;
  *out = index < 0 ? index + extent : index;
  if (*out >= 0 && *out < extent) return true;
  PyErr_Format(PyExc_IndexError, "%s: index %zd of %s is out of bounds for axis %d with size %zd", call.name, index,
               argument, axis, static_cast<Py_ssize_t>(extent));
  return false;
}

// The element of `r[pe].at[index]` stands for the one at that index of the array itself. The PE that it names must be
// the call's, or this PE.
Element referenced_element(const Signature& call, const char* argument, const RemoteReference& reference, Where where) {
  const RemoteArray& owner = *reference.owner;
  if (!reference.address) {
    PyErr_Format(PyExc_ValueError, "%s: %s is a reference to %zu elements, must be to one", call.name, argument,
                 number_of_elements(reference.positions));
    return {};
  }
  if (where.pe == nullptr) {
    if (owner.world_pe != state.my_pe) {
      PyErr_Format(PyExc_ValueError, "%s: %s is an element of PE %d, must be one of this PE", call.name, argument,
                   owner.shown_pe);
      return {};
    }
    return {reference.address, owner.array};
  }
  // Both may be numbered in teams of their own.
  CtxRecord* ctx;
  int pe = 0;
  if (!remote_pe(call, where.ctx, where.pe, &ctx, &pe)) return {};
  int world_pe = pe;
  if (ctx->team.get() != world_team) {
    world_pe = quick([&] { return state.engine->team_translate_pe(ctx->team->handle, pe, state.world); });
  }
  if (world_pe != owner.world_pe) {
    PyErr_Format(PyExc_ValueError, "%s: %s is an element of PE %d, but pe is %d", call.name, argument, owner.shown_pe,
                 pe);
    return {};
  }
  return {reference.address, owner.array};
}

}  // namespace

Element named_element(const Signature& call, const char* argument, PyObject* object, Where where, const char* wanted) {
  if (RemoteReference::is(object)) return referenced_element(call, argument, *RemoteReference::of(object), where);
  if (!PyTuple_Check(object) || PyTuple_GET_SIZE(object) != 2 || !PyArray_Check(PyTuple_GET_ITEM(object, 0))) {
    return not_an_element(call, argument, object, wanted);
  }
  PyArrayObject* array = as_array(PyTuple_GET_ITEM(object, 0));
  PyObject* index = PyTuple_GET_ITEM(object, 1);
  const int dims = PyArray_NDIM(array);
  const bool several = PyTuple_Check(index);
  const Py_ssize_t given_dims = several ? PyTuple_GET_SIZE(index) : 1;
  if (given_dims > dims) {
    PyErr_Format(PyExc_IndexError, "%s: too many indices for %s: it is %d-dimensional, but %zd were given", call.name,
                 argument, dims, given_dims);
    return {};
  }
  char* data = PyArray_BYTES(array);
  std::size_t left = 1;
  for (int d = 0; d < dims; ++d) {
    npy_intp place = 0;
    if (d >= given_dims) {
      left *= static_cast<std::size_t>(PyArray_DIM(array, d));
    } else if (!position(call, argument, several ? PyTuple_GET_ITEM(index, d) : index, d, PyArray_DIM(array, d),
                         &place)) {
      return {};
    }
    data += place * PyArray_STRIDE(array, d);
  }
  if (left != 1) {
    PyErr_Format(PyExc_ValueError, "%s: the index of %s is %R, which leaves %zu elements, must leave one", call.name,
                 argument, index, left);
    return {};
  }
  return {data, array};
}

bool aligned_alone(const Signature& call, const char* argument, Element element) {
  const auto alignment = static_cast<std::uintptr_t>(PyArray_ITEMSIZE(element.array));
  if (reinterpret_cast<std::uintptr_t>(element.data) % alignment == 0) return true;
  return refuse(call, argument, "is not aligned to its size");
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

Element symmetric_element_slowly(const Signature& call, const char* argument, PyObject* object, int type,
                                 const char* wanted, Where where) {
  Element found;
  if (PyArray_Check(object)) [[likely]] {
    found = {PyArray_BYTES(as_array(object)), as_array(object)};
  } else if (!(found = named_element(call, argument, object, where, wanted))) {
    return {};
  }
  if (engine_type(PyArray_DESCR(found.array)) != type) {
    PyErr_Format(PyExc_TypeError, "%s: %s has dtype %S, must be %s", call.name, argument,
                 reinterpret_cast<PyObject*>(PyArray_DESCR(found.array)), wanted);
    return {};
  }
  if (number_of_elements(found.array) != 1 && PyArray_Check(object)) [[unlikely]]
    return not_one_element(call, argument, found.array);
  return aligned(call, argument, found) && symmetric(call, argument, found) ? found : Element{};
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
    // Saturated. Every limit that is checked next is far below, and its check raises.
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
