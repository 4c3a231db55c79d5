// SPDX-License-Identifier: BSD-3-Clause
//
// The rule of shapes, and the messages about arrays that break it (shapes.h). Nothing here keeps state but
// `smaller_sizes`, which is written before the library is initialised.
#include "binding/shapes.h"

#include <algorithm>

#include "binding/operands.h"

namespace shmem::binding {

bool smaller_sizes = false;

namespace {

using Shape = Ref<>;

Shape shape_of(PyArrayObject* array) {
  return Shape(PyObject_GetAttrString(reinterpret_cast<PyObject*>(array), "shape"));
}

[[gnu::cold]] bool unmatched(const Signature& call, PyArrayObject* target, PyArrayObject* source) {
  const Shape from = shape_of(source);
  const Shape to = shape_of(target);
  if (!from || !to) return false;
  PyErr_Format(PyExc_ValueError,
               "%s: source of shape %S does not match target of shape %S: without size=, both have the same shape, or "
               "source broadcasts to target, or source is one-dimensional with as many elements as target. size=n "
               "takes the first n elements of both",
               call.name, from.object(), to.object());
  return false;
}

// Case 2 of the rule, which includes case 1.
bool broadcasts(PyArrayObject* target, PyArrayObject* source, npy_intp* source_strides) noexcept {
  const int dims = PyArray_NDIM(target);
  const int surplus = PyArray_NDIM(source) - dims;
  for (int d = 0; d < surplus; ++d) {
    if (PyArray_DIM(source, d) != 1) return false;
  }
  for (int d = 0; d < dims; ++d) {
    const int s = d + surplus;  // dimensions are matched from the last
    const npy_intp extent = s < 0 ? 1 : PyArray_DIM(source, s);
    if (extent == PyArray_DIM(target, d)) {
      source_strides[d] = s < 0 ? 0 : PyArray_STRIDE(source, s);
    } else if (extent == 1) {
      source_strides[d] = 0;
    } else {
      return false;
    }
  }
  return true;
}

// Case 3 of the rule.
bool flat(PyArrayObject* target, PyArrayObject* source, npy_intp* source_strides) noexcept {
  if (PyArray_NDIM(source) != 1 || PyArray_DIM(source, 0) != PyArray_SIZE(target)) return false;
  npy_intp step = PyArray_STRIDE(source, 0);
  for (int d = PyArray_NDIM(target) - 1; d >= 0; --d) {
    source_strides[d] = step;
    step *= PyArray_DIM(target, d);
  }
  return true;
}

// Whether the arrays have the same number of elements, or hold the same number.
bool agree(PyArrayObject* target, PyArrayObject* source, std::size_t target_held, std::size_t source_held) noexcept {
  return target_held == source_held || number_of_elements(target) == number_of_elements(source) || smaller_sizes;
}

bool matches(PyArrayObject* target, PyArrayObject* source, npy_intp* source_strides) noexcept {
  return broadcasts(target, source, source_strides) || flat(target, source, source_strides);
}

}  // namespace

bool matched(const Signature& call, PyArrayObject* target, PyArrayObject* source, npy_intp* source_strides) {
  return matches(target, source, source_strides) || unmatched(call, target, source);
}

ArrayRef matched_view(const Signature& call, PyArrayObject* target, PyArrayObject* source) {
  npy_intp strides[NPY_MAXDIMS];
  if (!matched(call, target, source, strides)) return {};
  return make_view(borrow(reinterpret_cast<PyObject*>(source)), PyArray_DATA(source), PyArray_DESCR(source),
                   PyArray_NDIM(target), PyArray_DIMS(target), strides);
}

std::size_t different_in_one_run(PyArrayObject* target, PyArrayObject* source) noexcept {
  const std::size_t target_size = number_of_elements(target);
  const std::size_t source_size = number_of_elements(source);
  if (smaller_sizes) return std::min(target_size, source_size);
  // With as many elements on both sides, none repeats. Two arrays that differ only in dimensions of one element have
  // their elements in the same order. A source of one dimension has them in C's order.
  npy_intp strides[NPY_MAXDIMS];
  const bool in_order = PyArray_IS_C_CONTIGUOUS(target) ? PyArray_IS_C_CONTIGUOUS(source) : PyArray_NDIM(source) != 1;
  return target_size == source_size && in_order && matches(target, source, strides) ? target_size : kWhole;
}

bool same_number(const Signature& call, PyArrayObject* target, PyArrayObject* source, std::size_t target_held,
                 std::size_t source_held, const char* what, const char* remedy, std::size_t* number) {
  *number = std::min(target_held, source_held);
  if (agree(target, source, target_held, source_held)) return true;
  const Shape from = shape_of(source);
  const Shape to = shape_of(target);
  if (!from || !to) return false;
  PyErr_Format(PyExc_ValueError,
               "%s: with these strides, source of shape %S holds %zu %s and target of shape %S holds %zu: without %s=, "
               "both have as many elements or hold as many %s. %s=n takes the first n of both",
               call.name, from.object(), source_held, what, to.object(), target_held, remedy, what, remedy);
  return false;
}

bool exactly(const Signature& call, PyArrayObject* target, PyArrayObject* source, std::size_t total,
             std::size_t n_pes) {
  const std::size_t held = number_of_elements(target);
  if (held == total || (smaller_sizes && held > total)) return true;
  const Shape from = shape_of(source);
  const Shape to = shape_of(target);
  if (!from || !to) return false;
  PyErr_Format(PyExc_ValueError,
               "%s: target of shape %S holds %zu elements, but the sources of %zu PEs have %zu together (source has "
               "shape %S here): without size=, target holds exactly these. size=n takes the first n of source",
               call.name, to.object(), held, n_pes, total, from.object());
  return false;
}

bool share(const Signature& call, PyArrayObject* target, PyArrayObject* source, std::size_t target_held,
           std::size_t source_held, std::size_t n_pes, std::size_t* nelems) {
  const std::size_t available = std::min(target_held, source_held);
  *nelems = available / n_pes;
  if (agree(target, source, target_held, source_held) && *nelems * n_pes == available) return true;
  const Shape from = shape_of(source);
  const Shape to = shape_of(target);
  if (!from || !to) return false;
  PyErr_Format(PyExc_ValueError,
               "%s: source of shape %S holds %zu elements and target of shape %S holds %zu: without size=, both hold "
               "as many, which %zu PEs divide evenly. size=n moves n elements from each PE to each",
               call.name, from.object(), source_held, to.object(), target_held, n_pes);
  return false;
}

}  // namespace shmem::binding
