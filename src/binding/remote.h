// SPDX-License-Identifier: BSD-3-Clause
//
// Remote indexing. `shmem.remote(a)` is a Remote: the array `a` on every PE of a team. `r[pe]` is a RemoteArray: the
// array on one PE, which is made once and kept by the Remote. An index of it reads or writes that PE's elements.
//
// An index means what it means in NumPy, because NumPy applies it:
//
//   one integer for each dimension     goes to the engine, as in p and g (remote_array.cpp)
//   another basic index, or a field    is applied to this PE's array; the view says which bytes move (remote_index.cpp)
//   index arrays, masks                are applied to a view of that PE's memory (remote_index.cpp) or, if the engine
//                                      does not map it, become positions of elements (remote_positions.cpp)
//
// Both classes hold a view of the array that is theirs alone, so no program can change its shape. It keeps the block
// alive. Invariant: nothing in them changes after they are made, except the Remote's list of RemoteArrays, which only
// grows (remote.cpp). So threads may share them.
#pragma once

#include <atomic>
#include <memory>

#include "binding/blocks.h"
#include "binding/errors.h"
#include "binding/handles.h"
#include "binding/operands.h"
#include "binding/python.h"
#include "binding/stub.h"

namespace shmem::binding {

struct RemoteArray {
  PyObject head;
  PyObject* weak_references;
  PyArrayObject* array;  // of this PE
  PyArrayObject* peer;   // of that PE's memory; null if the engine does not map it
  Block* block;          // which `array` keeps alive; null if its `.base` chain has none
  std::shared_ptr<CtxRecord> ctx;
  int pe;  // its number in the context's team
  int world_pe;
  int shown_pe;  // its number for the program

  // Facts about `array` for an element by integers. `dims` is -1 if the dtype is no number of the engine's, or if the
  // array is not aligned.
  int dims;
  int type;  // EngineType
  int itemsize;
  bool writeable;
  char* data;
  npy_intp length;  // of dimension 0, as is the stride
  npy_intp stride;

  static PyTypeObject* cls;
  [[nodiscard]] static bool is(PyObject* object) noexcept { return Py_TYPE(object) == cls; }
  [[nodiscard]] static RemoteArray* of(PyObject* object) noexcept { return reinterpret_cast<RemoteArray*>(object); }
};

// Elements of a RemoteArray as operands of atomics: `r[pe].at[i]`.
struct RemoteReference {
  PyObject head;
  PyObject* weak_references;
  RemoteArray* owner;
  char* address;             // of the one element, on this PE; null if `positions` has the elements
  PyArrayObject* positions;  // null if `address` is set; in bytes from the array's first element, in C order
  bool updated;              // += or another operator in place has run, and Python has not stored the result back

  static PyTypeObject* cls;
  [[nodiscard]] static bool is(PyObject* object) noexcept { return Py_TYPE(object) == cls; }
  [[nodiscard]] static RemoteReference* of(PyObject* object) noexcept {
    return reinterpret_cast<RemoteReference*>(object);
  }
};

// Messages about an index name the call that has made the object.
inline constexpr const Signature& kRemote = stub::remote::signature;

// The array of PE `pe` of the context's team, which the program numbers `shown_pe`.
PyObject* new_remote_array(PyArrayObject* array, const std::shared_ptr<CtxRecord>& ctx, int pe, int shown_pe);

// Whether an index cannot be used, with an exception: the engine is not ready, or the context or the block is gone.
[[gnu::cold]] bool unusable(const RemoteArray& self);

inline bool usable(const RemoteArray& self) {
  if (state.phase.load(std::memory_order_acquire) == Phase::kReady && self.ctx->alive && self.block &&
      self.block->alive.load(std::memory_order_relaxed)) [[likely]] {
    return true;
  }
  return !unusable(self);
}

// A Python integer that is no larger than CPython keeps in one digit.
inline bool small_integer(PyObject* object, Py_ssize_t* out) noexcept {
  auto* number = reinterpret_cast<PyLongObject*>(object);
#if PY_VERSION_HEX >= 0x030C0000
  if (!PyUnstable_Long_IsCompact(number)) return false;
  *out = PyUnstable_Long_CompactValue(number);
#else
  const Py_ssize_t size = Py_SIZE(number);
  if (size < -1 || size > 1) return false;
  *out = size * static_cast<Py_ssize_t>(number->ob_digit[0]);
#endif
  return true;
}

// The address, on this PE, of the element at an index of one integer for each dimension. Null for any other index, and
// for one out of range.
inline char* element_at(const RemoteArray& self, PyObject* index) noexcept {
  if (PyLong_CheckExact(index)) [[likely]] {
    Py_ssize_t i;
    if (self.dims != 1 || !small_integer(index, &i)) return nullptr;
    if (i < 0) i += self.length;
    if (static_cast<std::size_t>(i) >= static_cast<std::size_t>(self.length)) return nullptr;
    return self.data + i * self.stride;
  }
  if (!PyTuple_CheckExact(index) || PyTuple_GET_SIZE(index) != self.dims) return nullptr;
  char* address = self.data;
  for (int d = 0; d < self.dims; ++d) {
    PyObject* item = PyTuple_GET_ITEM(index, d);
    const npy_intp length = PyArray_DIM(self.array, d);
    Py_ssize_t i;
    if (!PyLong_CheckExact(item) || !small_integer(item, &i)) return nullptr;
    if (i < 0) i += length;
    if (static_cast<std::size_t>(i) >= static_cast<std::size_t>(length)) return nullptr;
    address += i * PyArray_STRIDE(self.array, d);
  }
  return address;
}

// --- any index (remote_index.cpp) ---

// `a[index]` of that PE, as a new array or a scalar.
PyObject* get_at(const RemoteArray& self, PyObject* index);
// The names of a record's fields, if its elements have room that is no field's: other fields, or padding. Else none.
// False with an exception.
bool names_of_fields_with_gaps(PyArray_Descr* dtype, Ref<>* names);
// `a[index] = value` on that PE. False with an exception.
bool set_at(const RemoteArray& self, PyObject* index, PyObject* value);

[[nodiscard]] bool names_fields(PyObject* index);

// The address, on this PE, of the one element that an index selects. It is null if the index selects none or several,
// or needs a copy. False with an exception.
bool address_at(const RemoteArray& self, PyObject* index, char** address);

// --- positions of elements, for an index that needs a copy (remote_positions.cpp) ---

// The distances, in bytes, of the elements that an index selects from the array's first element. They have the shape of
// the result and lie in C's order. Null with NumPy's exception. `scalar`: whether NumPy would give a scalar, and not an
// array without dimensions.
ArrayRef positions_of(const RemoteArray& self, PyObject* index, bool* scalar);
PyObject* gather(const RemoteArray& self, PyObject* index);
// `a[index] = value` on that PE. If the index names an element twice, the last value counts.
bool scatter(const RemoteArray& self, PyObject* index, PyObject* value);

// The attribute `at` of a RemoteArray (remote_at.cpp).
PyObject* get_remote_at(PyObject* object, void*);

bool add_remote_array(PyObject* module, const char* shown_module);
bool add_remote_at(PyObject* module, const char* shown_module);

}  // namespace shmem::binding
