// SPDX-License-Identifier: BSD-3-Clause
//
// Gather and scatter where the engine does not map the other PE's memory. An index that needs a copy becomes the
// positions of the elements that it selects. Elements that follow each other in memory move in one transfer. All
// transfers are started before one quiet waits for them.
//
// NumPy finds the positions. For each dimension the index is applied to an array of the same shape that holds
// distances, and takes memory for one dimension only. A scatter first stores into a scratch array of the same layout,
// so broadcasting, errors and elements that are named twice are as in NumPy. Then the elements that the index names
// move.
//
// Nothing here is kept or shared: each call has its own positions and scratch array.
#include <algorithm>

#include "binding/layout.h"
#include "binding/remote.h"

namespace shmem::binding {

namespace {

ArrayRef new_array(int type_number, int dims, const npy_intp* shape) {
  return ArrayRef(as_array(PyArray_SimpleNew(dims, const_cast<npy_intp*>(shape), type_number)));
}

npy_intp* integers(PyArrayObject* array) {
  return static_cast<npy_intp*>(PyArray_DATA(array));
}

// For each element of the array, the bytes by which its coordinate in dimension d takes it from the first element.
ArrayRef distances(PyArrayObject* array, int d) {
  const npy_intp length = PyArray_DIM(array, d);
  ArrayRef line = new_array(NPY_INTP, 1, &length);
  if (!line) return {};
  for (npy_intp i = 0; i < length; ++i) integers(line.get())[i] = i * PyArray_STRIDE(array, d);
  npy_intp strides[NPY_MAXDIMS] = {};
  strides[d] = sizeof(npy_intp);
  ArrayRef all(as_array(PyArray_NewFromDescr(&PyArray_Type, PyArray_DescrFromType(NPY_INTP), PyArray_NDIM(array),
                                             PyArray_DIMS(array), strides, PyArray_DATA(line.get()), 0, nullptr)));
  if (!all || PyArray_SetBaseObject(all.get(), line.release_object()) < 0) return {};
  return all;
}

// The positions of the elements at these indices of an array of one dimension, which needs no distances.
ArrayRef positions_in_row(PyArrayObject* array, PyArrayObject* indices) {
  const npy_intp length = PyArray_DIM(array, 0);
  const npy_intp stride = PyArray_STRIDE(array, 0);
  ArrayRef positions(
      as_array(PyArray_FromArray(indices, PyArray_DescrFromType(NPY_INTP), NPY_ARRAY_CARRAY | NPY_ARRAY_ENSURECOPY)));
  if (!positions) return {};
  const npy_intp n = PyArray_SIZE(positions.get());
  for (npy_intp* position = integers(positions.get()); position < integers(positions.get()) + n; ++position) {
    const npy_intp index = *position < 0 ? *position + length : *position;
    if (index < 0 || index >= length) {
      PyErr_Format(PyExc_IndexError, "index %zd is out of bounds for axis 0 with size %zd", *position, length);
      return {};
    }
    *position = index * stride;
  }
  return positions;
}

// Whether this is an array of integers, which NumPy would use as indices without a conversion.
bool are_indices(PyObject* index) {
  if (!PyArray_Check(index) || PyArray_NDIM(as_array(index)) == 0) return false;
  PyArrayObject* array = as_array(index);
  return PyArray_ISINTEGER(array) && PyArray_CanCastSafely(PyArray_TYPE(array), NPY_INTP);
}

// Calls move(position, number of the first element, nelems) for each run of elements that follow each other in memory.
template <class Move>
void in_runs(PyArrayObject* positions, npy_intp itemsize, Move&& move) {
  const npy_intp* position = integers(positions);
  const npy_intp n = PyArray_SIZE(positions);
  for (npy_intp first = 0; first < n;) {
    npy_intp end = first + 1;
    while (end < n && position[end] == position[end - 1] + itemsize) ++end;
    move(position[first], first, end - first);
    first = end;
  }
}

// A copy moves as many bytes in the time of one transfer; `copying` decides by them whether to keep the GIL.
constexpr std::size_t kTransferBytes = 512;

template <Direction direction>
bool move_runs(const RemoteArray& self, PyArrayObject* positions, char* own, bool own_by_position) {
  const auto itemsize = static_cast<npy_intp>(self.itemsize);
  const auto n = static_cast<std::size_t>(PyArray_SIZE(positions));
  if (n == 0 || itemsize == 0) return true;
  copying(n * std::max(kTransferBytes, static_cast<std::size_t>(itemsize)), [&] {
    in_runs(positions, itemsize, [&](npy_intp position, npy_intp first, npy_intp nelems) {
      char* remote = self.data + position;
      char* local = own + (own_by_position ? position : first * itemsize);
      const auto nbytes = static_cast<std::size_t>(nelems * itemsize);
      constexpr bool put = direction == Direction::kPut;
      const int unit = log2_unit(bits_of(remote) | bits_of(local) | static_cast<std::uintptr_t>(itemsize));
      (put ? state.engine->put_nbi : state.engine->get_nbi)(self.ctx->handle, put ? remote : local,
                                                            put ? local : remote, nbytes >> unit, unit, self.pe);
    });
    state.engine->quiet(self.ctx->handle);
  });
  return succeeded(kRemote.name);
}

}  // namespace

ArrayRef positions_of(const RemoteArray& self, PyObject* index, bool* scalar) {
  PyArrayObject* array = self.array;
  const int dims = PyArray_NDIM(array);
  *scalar = false;
  if (dims == 1 && are_indices(index)) return positions_in_row(array, as_array(index));
  ArrayRef positions;
  for (int d = 0; d < std::max(dims, 1); ++d) {
    const ArrayRef all = dims == 0 ? ArrayRef(as_array(PyArray_ZEROS(0, nullptr, NPY_INTP, 0))) : distances(array, d);
    const Ref<> found(all ? PyObject_GetItem(all.object(), index) : nullptr);
    if (!found) return {};
    *scalar = !PyArray_Check(found.object());
    ArrayRef part(as_array(PyArray_FROM_OTF(found.object(), NPY_INTP, NPY_ARRAY_CARRAY | NPY_ARRAY_ENSURECOPY)));
    if (!part) return {};
    if (d == 0) {
      positions = std::move(part);
      continue;
    }
    const npy_intp n = PyArray_SIZE(positions.get());
    for (npy_intp i = 0; i < n; ++i) integers(positions.get())[i] += integers(part.get())[i];
  }
  return positions;
}

PyObject* gather(const RemoteArray& self, PyObject* index) {
  bool scalar;
  const ArrayRef found = positions_of(self, index, &scalar);
  if (!found) return nullptr;
  PyArrayObject* positions = found.get();
  ArrayRef result = make_array(PyArray_DESCR(self.array), PyArray_NDIM(positions), PyArray_DIMS(positions));
  if (!result || !move_runs<Direction::kGet>(self, positions, PyArray_BYTES(result.get()), false)) return nullptr;
  return scalar ? PyArray_Return(result.release()) : result.release_object();
}

bool scatter(const RemoteArray& self, PyObject* index, PyObject* value) {
  const Bounds bounds = bounds_of(self.array);
  const npy_intp extent = bounds.high - bounds.low;
  ArrayRef memory = new_array(NPY_UINT8, 1, &extent);
  if (!memory) return false;
  char* first = PyArray_BYTES(memory.get()) + (self.data - bounds.low);
  const ArrayRef scratch =
      make_view(Ref<>(memory.release_object()), first, PyArray_DESCR(self.array), PyArray_NDIM(self.array),
                PyArray_DIMS(self.array), PyArray_STRIDES(self.array), NPY_ARRAY_WRITEABLE);
  if (!scratch) return false;
  bool scalar;
  const ArrayRef positions = positions_of(self, index, &scalar);
  if (!positions) return false;
  // Elements travel as a whole. What lies between a record's fields goes back as it was.
  Ref<> names;
  if (!names_of_fields_with_gaps(PyArray_DESCR(self.array), &names) ||
      (names && !move_runs<Direction::kGet>(self, positions.get(), first, true))) {
    return false;
  }
  if (PyObject_SetItem(scratch.object(), index, value) < 0) return false;
  return move_runs<Direction::kPut>(self, positions.get(), first, true);
}

}  // namespace shmem::binding
