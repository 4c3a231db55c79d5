// SPDX-License-Identifier: BSD-3-Clause
//
// The one rule of shapes. It says which element of source goes to which element of target if a call leaves out `size`.
// It is the same for every call that moves or combines two arrays, and for every layout: C, Fortran, strided, reversed,
// without dimensions, without elements.
//
//   1. Both have the same shape: elements go to equal indices, whatever their order in memory.
//   2. Or source broadcasts to the shape of target, as in NumPy's `target[...] = source`.
//   3. Or source has one dimension and as many elements as target, which gets them in the order of C's indices.
//
// Anything else raises a ValueError before anything moves. It names both shapes and `size=`. Collectives that give each
// PE a part compare numbers of elements only (`exactly` and `share`).
//
// `rc.sizes = "smaller"` brings back the rule of 1.0: of two arrays without gaps, the first elements in memory order
// move, as many as the smaller array has. Arrays of the same shape, and those with gaps, follow the rule above even
// then. With `size` given, none of this applies.
#pragma once

#include <cstddef>
#include <cstdint>

#include "binding/python.h"
#include "binding/signature.h"

namespace shmem::binding {

// Stands for a number of elements where a call leaves out `size`: the rule of shapes says how many.
inline constexpr std::size_t kWhole = SIZE_MAX;

// Whether `rc.sizes` is "smaller". It is written before the library is initialised, and calls read it.
extern bool smaller_sizes;

// The step, in bytes, from one element of source to the next along each dimension of target. It is 0 where an element
// repeats. `source_strides` has room for NPY_MAXDIMS. False with a ValueError if no case of the rule holds.
bool matched(const Signature& call, PyArrayObject* target, PyArrayObject* source, npy_intp* source_strides);

// A view of source in the shape of target, or null with a ValueError. The view is read-only.
ArrayRef matched_view(const Signature& call, PyArrayObject* target, PyArrayObject* source);

// The slow part of in_one_run, for different shapes. Returns the number, or kWhole.
[[gnu::cold]] std::size_t different_in_one_run(PyArrayObject* target, PyArrayObject* source) noexcept;

// For two arrays without gaps that both have C's order or both have Fortran's: how many elements move from the
// beginning of one memory to the beginning of the other. False, without an exception, if memory order is not the right
// order, or if the rule refuses the shapes.
inline bool in_one_run(PyArrayObject* target, PyArrayObject* source, std::size_t* nelems) noexcept {
  const int dims = PyArray_NDIM(target);
  const npy_intp* to = PyArray_DIMS(target);
  const npy_intp* from = PyArray_DIMS(source);
  if (dims == 1 && PyArray_NDIM(source) == 1) [[likely]] {
    if (to[0] == from[0]) [[likely]] {
      *nelems = static_cast<std::size_t>(to[0]);
      return true;
    }
  } else if (dims == PyArray_NDIM(source)) {
    std::size_t product = 1;
    int d = 0;
    for (; d < dims && to[d] == from[d]; ++d) product *= static_cast<std::size_t>(to[d]);
    if (d == dims) {
      *nelems = product;
      return true;
    }
  }
  *nelems = different_in_one_run(target, source);
  return *nelems != kWhole;
}

// --- calls that compare numbers of elements ---

// Below, `held` is the number of elements of an array that count: all, or those that a stride reaches.

// The number of elements that move in a call with strides: the smaller of the numbers held. The arrays must have the
// same number of elements, or hold the same number; under `smaller_sizes` they need not. `held` may count blocks
// instead, as `what` says. `remedy` names the argument that states a number. False with a ValueError.
bool same_number(const Signature& call, PyArrayObject* target, PyArrayObject* source, std::size_t target_held,
                 std::size_t source_held, const char* what, const char* remedy, std::size_t* number);

// Whether target has exactly `total` elements, which are all that the `n_pes` PEs give (collect, fcollect); under
// `smaller_sizes`, at least as many. False with a ValueError.
bool exactly(const Signature& call, PyArrayObject* target, PyArrayObject* source, std::size_t total, std::size_t n_pes);

// The number of elements that go from each PE to each (alltoall, alltoalls). The arrays must agree as above, and
// `n_pes` must divide evenly what they hold. False with a ValueError.
bool share(const Signature& call, PyArrayObject* target, PyArrayObject* source, std::size_t target_held,
           std::size_t source_held, std::size_t n_pes, std::size_t* nelems);

}  // namespace shmem::binding
