// SPDX-License-Identifier: BSD-3-Clause
//
// Python and NumPy for every file of the extension: one table of NumPy's API for the whole module, which module.cpp
// fills in, the oldest NumPy that we run on, and an owning reference.
#pragma once

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>

#define NPY_NO_DEPRECATED_API NPY_1_23_API_VERSION
#define NPY_TARGET_VERSION NPY_1_23_API_VERSION
#define PY_ARRAY_UNIQUE_SYMBOL shmem4py_numpy_api
#ifndef SHMEM4PY_IMPORT_ARRAY
#define NO_IMPORT_ARRAY
#endif
#include <numpy/arrayobject.h>
#include <numpy/arrayscalars.h>

#include <utility>

namespace shmem::binding {

// An owned reference to a Python object, possibly none.
template <class T = PyObject>
class Ref {
 public:
  Ref() = default;
  explicit Ref(T* owned) noexcept : object_(owned) {}
  Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Ref& operator=(Ref&& other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  Ref(const Ref&) = delete;
  Ref& operator=(const Ref&) = delete;
  ~Ref() { Py_XDECREF(reinterpret_cast<PyObject*>(object_)); }

  [[nodiscard]] T* get() const noexcept { return object_; }
  [[nodiscard]] PyObject* object() const noexcept { return reinterpret_cast<PyObject*>(object_); }
  [[nodiscard]] T* release() noexcept { return std::exchange(object_, nullptr); }
  [[nodiscard]] PyObject* release_object() noexcept { return reinterpret_cast<PyObject*>(release()); }
  explicit operator bool() const noexcept { return object_ != nullptr; }

 private:
  T* object_ = nullptr;
};

using ArrayRef = Ref<PyArrayObject>;

template <class T>
[[nodiscard]] inline Ref<T> borrow(T* object) noexcept {
  Py_XINCREF(reinterpret_cast<PyObject*>(object));
  return Ref<T>(object);
}

[[nodiscard]] inline PyArrayObject* as_array(PyObject* object) noexcept {
  return reinterpret_cast<PyArrayObject*>(object);
}

// A new array of private memory, as numpy.empty makes it. Null with an exception.
[[nodiscard]] inline ArrayRef make_array(PyArray_Descr* dtype, int dims, const npy_intp* shape) {
  Py_INCREF(dtype);
  return ArrayRef(as_array(PyArray_NewFromDescr(&PyArray_Type, dtype, dims, shape, nullptr, nullptr, 0, nullptr)));
}

// An array over memory that `base` keeps alive; strides may be null. Null with an exception.
[[nodiscard]] inline ArrayRef make_view(Ref<> base, void* memory, PyArray_Descr* dtype, int dims, const npy_intp* shape,
                                        const npy_intp* strides, int flags = 0) {
  Py_INCREF(dtype);
  ArrayRef view(as_array(PyArray_NewFromDescr(&PyArray_Type, dtype, dims, shape, strides, memory, flags, nullptr)));
  if (!view || PyArray_SetBaseObject(view.get(), base.release()) < 0) return {};
  return view;
}

// False for an argument that is None or left out. Both mean the same in every call.
[[nodiscard]] inline bool given(PyObject* object) noexcept {
  return object && object != Py_None;
}

}  // namespace shmem::binding
