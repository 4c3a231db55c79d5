// SPDX-License-Identifier: BSD-3-Clause
//
// Remote indexing. `shmem.remote(a)` is a Remote, the array `a` on every PE of a team. `r[pe]` is a RemoteArray, the
// array on one PE: made once, and kept by the Remote. An index reads or writes that PE's elements.
//
// Semantics are NumPy's own, because NumPy applies the index:
//
//   one integer for each dimension     straight to the engine, as p and g (remote_array.cpp)
//   another basic index, or a field    to this PE's array; the view says which bytes move (remote_index.cpp)
//   index arrays, masks                to a view of that PE's memory where the engine maps it (remote_index.cpp),
//                                      elsewhere to the positions of elements (remote_positions.cpp)
//
// Both classes hold a view of their own of the array: nobody else can change its shape, and it keeps the block alive.
// Nothing in them changes after they are made, so that threads may share them.
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
  PyArrayObject* peer;   // the same of that PE's memory; null where the engine does not map it
  Block* block;          // kept by `array`; null if its `.base` does not tell
  std::shared_ptr<CtxRecord> ctx;
  int pe;  // in the context's team
  int world_pe;
  int shown_pe;  // as the program numbers it

  // What an element by integers needs; of `array`, but that there are -1 dimensions if its dtype is no number of the
  // engine's, or not aligned.
  int dims;
  int type;  // EngineType
  int itemsize;
  bool writeable;
  char* data;
  npy_intp length;  // of dimension 0
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
  char* address;             // on this PE, of the one element; null if there is not exactly one, or `positions` has it
  PyArrayObject* positions;  // null where `address` is not; bytes from the array's first element, in C order
  bool updated;              // by += or another operator in place, and not stored back yet

  static PyTypeObject* cls;
  [[nodiscard]] static bool is(PyObject* object) noexcept { return Py_TYPE(object) == cls; }
  [[nodiscard]] static RemoteReference* of(PyObject* object) noexcept {
    return reinterpret_cast<RemoteReference*>(object);
  }
};

// The messages about an index name the call that the object comes from.
inline constexpr const Signature& kRemote = stub::remote::signature;

// The array of PE `pe` of the context's team, which the program numbers `shown_pe`.
PyObject* new_remote_array(PyArrayObject* array, const std::shared_ptr<CtxRecord>& ctx, int pe, int shown_pe);

// What an index may rely on: the engine works, the context and the block live.
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

// The address, on this PE, of the element at an index of one integer for each dimension; null for any other index, also
// one that is out of range.
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

// What `a[index]` is, of that PE: a new array or a scalar.
PyObject* get_at(const RemoteArray& self, PyObject* index);
// `a[index] = value` of that PE.
bool set_at(const RemoteArray& self, PyObject* index, PyObject* value);

[[nodiscard]] bool names_fields(PyObject* index);

// Where, on this PE, the one element lies that an index selects; null where it selects none or several, or needs a
// copy. False with an exception.
bool address_at(const RemoteArray& self, PyObject* index, char** address);

// --- positions of elements, for what has no layout (remote_positions.cpp) ---

// How far, in bytes, the elements that an index selects lie from the first of the array: in C order, in the shape of
// the result. Null with NumPy's exception.
ArrayRef positions_of(const RemoteArray& self, PyObject* index);
PyObject* gather(const RemoteArray& self, PyArrayObject* positions);
// `a[index] = value` of that PE. If an element is named twice, the last value counts.
bool scatter(const RemoteArray& self, PyObject* index, PyObject* value);

// The attribute `at` of a RemoteArray (remote_at.cpp).
PyObject* get_remote_at(PyObject* object, void*);

bool add_remote_array(PyObject* module, const char* shown_module);
bool add_remote_at(PyObject* module, const char* shown_module);

}  // namespace shmem::binding
