// SPDX-License-Identifier: BSD-3-Clause
//
// Any index of a RemoteArray. A basic index or a field gives a view of this PE's array. The view is not read: it says
// where the elements lie, and they move between that place on the other PE and a new array. Index arrays and masks are
// applied to the view of the other PE's memory (`peer`), if there is one, and NumPy loads and stores. After a store the
// engine is told, which wakes a PE that sleeps until its memory changes. If there is no such view, they become
// positions (remote_positions.cpp).
//
// Invariant: values are converted before the first byte is written, so a value that cannot be converted leaves the
// other PE's array as it was.
#include <algorithm>

#include "binding/layout.h"
#include "binding/remote.h"

namespace shmem::binding {

bool names_fields(PyObject* index) {
  if (PyUnicode_Check(index)) return true;
  if (!PyList_Check(index) || PyList_GET_SIZE(index) == 0) return false;
  return PyUnicode_Check(PyList_GET_ITEM(index, 0));
}

namespace {

// Whether NumPy takes this part of an index for a basic one. It may guess wrongly, so view_at also looks at the result.
bool is_basic(PyObject* item) {
  if (item == Py_None || item == Py_Ellipsis || PySlice_Check(item) || PyLong_CheckExact(item)) return true;
  if (PyBool_Check(item) || PyArray_IsScalar(item, Bool)) return false;
  if (PyArray_Check(item)) return PyArray_NDIM(as_array(item)) == 0 && PyArray_ISINTEGER(as_array(item));
  return PyIndex_Check(item) != 0;
}

struct Parts {
  bool basic = true;
  bool ellipsis = false;
};

Parts parts_of(PyObject* index) {
  Parts parts;
  const bool many = PyTuple_Check(index);
  const Py_ssize_t n = many ? PyTuple_GET_SIZE(index) : 1;
  for (Py_ssize_t i = 0; i < n; ++i) {
    PyObject* item = many ? PyTuple_GET_ITEM(index, i) : index;
    parts.basic = parts.basic && is_basic(item);
    parts.ellipsis = parts.ellipsis || item == Py_Ellipsis;
  }
  return parts;
}

// The index with an ellipsis at its end. With it a single element is an array without dimensions, not a scalar.
Ref<> with_ellipsis(PyObject* index) {
  const Ref<> end(PyTuple_Pack(1, Py_Ellipsis));
  if (!end) return {};
  if (PyTuple_Check(index)) return Ref<>(PySequence_Concat(index, end.object()));
  return Ref<>(PyTuple_Pack(2, index, Py_Ellipsis));
}

// Whether `part`, which an index has given, is a view of `whole`.
bool lies_in(PyArrayObject* part, PyArrayObject* whole) {
  const Bounds bounds = bounds_of(whole);
  return PyArray_BYTES(part) >= bounds.low && PyArray_BYTES(part) <= bounds.high;
}

// The part of this PE's array that an index selects without a copy, and whether NumPy would give a scalar. There is no
// array if the index needs a copy.
struct View {
  ArrayRef array;
  bool scalar = false;
};

bool view_at(const RemoteArray& self, PyObject* index, View* out) {
  auto* whole = reinterpret_cast<PyObject*>(self.array);
  Ref<> found;
  if (names_fields(index)) {
    found = Ref<>(PyObject_GetItem(whole, index));
  } else {
    const Parts parts = parts_of(index);
    if (!parts.basic) return true;
    const Ref<> extended = parts.ellipsis ? borrow(index) : with_ellipsis(index);
    found = extended ? Ref<>(PyObject_GetItem(whole, extended.object())) : Ref<>();
    out->scalar = !parts.ellipsis;
  }
  if (!found) return false;
  if (!PyArray_Check(found.object()) || !lies_in(as_array(found.object()), self.array)) return true;
  out->array = ArrayRef(as_array(found.release()));
  out->scalar = out->scalar && PyArray_NDIM(out->array.get()) == 0;
  return true;
}

// Moves the elements of `view` between the other PE and `own`, an array of the same shape.
bool move_view(const RemoteArray& self, Direction direction, PyArrayObject* view, PyArrayObject* own) {
  const bool put = direction == Direction::kPut;
  PyArrayObject* target = put ? view : own;
  PyArrayObject* source = put ? own : view;
  Pair pair;
  pair.target = PyArray_BYTES(target);
  pair.source = PyArray_BYTES(source);
  pair.itemsize = static_cast<std::size_t>(PyArray_ITEMSIZE(view));
  pair.dims = PyArray_NDIM(view);
  std::copy_n(PyArray_DIMS(view), pair.dims, pair.shape);
  std::copy_n(PyArray_STRIDES(target), pair.dims, pair.target_strides);
  std::copy_n(PyArray_STRIDES(source), pair.dims, pair.source_strides);
  const std::size_t nelems = number_of_elements(view);
  const Route route{direction, self.ctx->handle, self.pe};
  copying(nelems * pair.itemsize, [&] { move_pair(route, pair, nelems); });
  return succeeded(kRemote.name);
}

}  // namespace

bool names_of_fields_with_gaps(PyArray_Descr* dtype, Ref<>* names) {
  if (dtype->type_num != NPY_VOID) return true;
  auto* const object = reinterpret_cast<PyObject*>(dtype);
  Ref<> found(PyObject_GetAttrString(object, "names"));
  if (!found) return false;
  if (found.object() == Py_None) return true;
  npy_intp left = PyDataType_ELSIZE(dtype);
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(found.object()); ++i) {
    const Ref<> field(PyObject_GetItem(object, PyTuple_GET_ITEM(found.object(), i)));
    if (!field) return false;
    left -= PyDataType_ELSIZE(reinterpret_cast<PyArray_Descr*>(field.object()));
  }
  if (left > 0) *names = std::move(found);
  return true;
}

namespace {

// Puts field by field, for a `view` with some of a record's fields. Its elements also span the others, which must stay.
bool put_fields(const RemoteArray& self, PyArrayObject* view, PyArrayObject* own, PyObject* names) {
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(names); ++i) {
    PyObject* name = PySequence_Fast_GET_ITEM(names, i);
    const Ref<> field(PyObject_GetItem(reinterpret_cast<PyObject*>(view), name));
    const Ref<> values(field ? PyObject_GetItem(reinterpret_cast<PyObject*>(own), name) : nullptr);
    if (!values || !move_view(self, Direction::kPut, as_array(field.object()), as_array(values.object()))) return false;
  }
  return true;
}

ArrayRef new_like(PyArrayObject* view) {
  return ArrayRef(as_array(PyArray_NewLikeArray(view, NPY_KEEPORDER, nullptr, 0)));
}

// --- values ---

bool overlap(PyArrayObject* a, const Bounds& b) {
  const Bounds bounds = bounds_of(a);
  return bounds.low < b.high && b.low < bounds.high;
}

// Whether a put could read what it has just written, because `value` and `view` may share memory.
bool may_overlap(const RemoteArray& self, PyArrayObject* view, PyArrayObject* value) {
  if (!PyArray_BASE(value)) return false;
  const Owner owner = owner_of(value);
  if (owner.peer) return true;
  if (self.world_pe != state.my_pe) return false;
  return overlap(value, bounds_of(view));
}

// An array that can be put into `view`: `value` itself, or a copy that NumPy has filled as it would fill the view.
ArrayRef value_for(const RemoteArray& self, const View& view, PyObject* value) {
  PyArrayObject* place = view.array.get();
  if (PyArray_Check(value)) {
    PyArrayObject* array = as_array(value);
    if (!not_freed(kRemote, "the value", array)) return {};
    if (PyArray_SAMESHAPE(array, place) && PyArray_EquivTypes(PyArray_DESCR(array), PyArray_DESCR(place)) &&
        !may_overlap(self, place, array)) {
      return borrow(array);
    }
  }
  if (!view.scalar) {
    ArrayRef filled = new_like(place);
    if (filled && PyArray_CopyObject(filled.get(), value) < 0) return {};
    return filled;
  }
  // NumPy accepts other values for a single element than for an array without dimensions.
  npy_intp one = 1;
  const ArrayRef element = make_array(PyArray_DESCR(place), 1, &one);
  if (!element || PySequence_SetItem(element.object(), 0, value) < 0) return {};
  PyArray_Dims none{nullptr, 0};
  return ArrayRef(as_array(PyArray_Newshape(element.get(), &none, NPY_CORDER)));
}

// If the index is wrong, too, NumPy reports the index. Replaces the exception that is set by the index's.
void prefer_error_of_index(const RemoteArray& self, PyObject* index) {
  PyObject* type;
  PyObject* error;
  PyObject* trace;
  PyErr_Fetch(&type, &error, &trace);
  const Ref<> found(PyObject_GetItem(reinterpret_cast<PyObject*>(self.array), index));
  if (found) return PyErr_Restore(type, error, trace);
  Py_XDECREF(type);
  Py_XDECREF(error);
  Py_XDECREF(trace);
}

// The array that NumPy makes of `value` for an index that needs a copy. Null with an exception.
ArrayRef converted(const RemoteArray& self, PyObject* value) {
  PyArray_Descr* dtype = PyArray_DESCR(self.array);
  if (PyArray_Check(value)) {
    PyArrayObject* array = as_array(value);
    if (!not_freed(kRemote, "the value", array)) return {};
    if (PyArray_EquivTypes(PyArray_DESCR(array), dtype)) return borrow(array);
  }
  Py_INCREF(dtype);
  return ArrayRef(as_array(PyArray_FromAny(value, dtype, 0, 0, NPY_ARRAY_FORCECAST, nullptr)));
}

// Tells the engine that NumPy has stored into the other PE's memory. False with an exception.
bool tell_stored(const RemoteArray& self) {
  const Bounds bounds = bounds_of(self.array);
  quick([&] { state.engine->wake(bounds.low, static_cast<std::size_t>(bounds.high - bounds.low), self.world_pe); });
  return succeeded(kRemote.name);
}

PyObject* get_view(const RemoteArray& self, const View& view) {
  ArrayRef result = new_like(view.array.get());
  if (!result || !move_view(self, Direction::kGet, view.array.get(), result.get())) return nullptr;
  return view.scalar ? PyArray_Return(result.release()) : result.release_object();
}

PyObject* copy_from_peer(const RemoteArray& self, PyObject* index) {
  Ref<> found(PyObject_GetItem(reinterpret_cast<PyObject*>(self.peer), index));
  if (!found || !PyArray_Check(found.object()) || !lies_in(as_array(found.object()), self.peer)) return found.release();
  return PyArray_NewCopy(as_array(found.object()), NPY_KEEPORDER);
}

}  // namespace

bool address_at(const RemoteArray& self, PyObject* index, char** address) {
  View view;
  if (!view_at(self, index, &view)) return false;
  *address = view.array && number_of_elements(view.array.get()) == 1 ? PyArray_BYTES(view.array.get()) : nullptr;
  return true;
}

PyObject* get_at(const RemoteArray& self, PyObject* index) {
  View view;
  if (!view_at(self, index, &view)) return nullptr;
  if (view.array) return get_view(self, view);
  if (self.peer) return copy_from_peer(self, index);
  return gather(self, index);
}

bool set_at(const RemoteArray& self, PyObject* index, PyObject* value) {
  if (PyArray_FailUnlessWriteable(self.array, "assignment destination") < 0) return false;
  View view;
  if (!view_at(self, index, &view)) return false;
  if (view.array) {
    const ArrayRef source = value_for(self, view, value);
    if (!source) return false;
    Ref<> names;
    if (!names_of_fields_with_gaps(PyArray_DESCR(view.array.get()), &names)) return false;
    if (names) return put_fields(self, view.array.get(), source.get(), names.object());
    return move_view(self, Direction::kPut, view.array.get(), source.get());
  }
  const ArrayRef values = converted(self, value);
  if (!values) return prefer_error_of_index(self, index), false;
  if (!self.peer) return scatter(self, index, values.object());
  return PyObject_SetItem(reinterpret_cast<PyObject*>(self.peer), index, values.object()) == 0 && tell_stored(self);
}

}  // namespace shmem::binding
