// SPDX-License-Identifier: BSD-3-Clause
//
// The arguments of calls: arrays, symmetric memory, single elements, numbers, PEs, sizes, contexts, teams.
//
// A function here takes the call, the argument's name and the object, and gives what the object stands for. If the
// object cannot be that argument, the function raises an exception that names the call, the argument and the limit.
// Rules for element types are in types.h, those for operators in operators.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include "binding/blocks.h"
#include "binding/handles.h"
#include "binding/python.h"
#include "binding/signature.h"
#include "binding/types.h"

namespace shmem::binding {

// --- arrays ---

// The refusal of what is no array; tells an element that an index took out of one from the rest. Always null.
[[gnu::cold]] PyArrayObject* not_an_array(const Signature& call, const char* argument, PyObject* object,
                                          const char* wanted = "a numpy.ndarray");

// The array, or null with an exception.
inline PyArrayObject* array_of(const Signature& call, const char* argument, PyObject* object) {
  if (PyArray_Check(object)) [[likely]]
    return as_array(object);
  return not_an_array(call, argument, object);
}

[[nodiscard]] inline std::size_t number_of_elements(PyArrayObject* array) noexcept {
  const int dims = PyArray_NDIM(array);
  const npy_intp* shape = PyArray_DIMS(array);
  if (dims == 1) [[likely]]
    return static_cast<std::size_t>(shape[0]);
  std::size_t product = 1;
  for (int d = 0; d < dims; ++d) product *= static_cast<std::size_t>(shape[d]);
  return product;
}

// ValueError "call: argument reason". Always false.
[[gnu::cold]] bool refuse(const Signature& call, const char* argument, const char* reason);

inline bool writeable(const Signature& call, const char* argument, PyArrayObject* array) {
  if (PyArray_ISWRITEABLE(array)) [[likely]]
    return true;
  return refuse(call, argument, "is read-only");
}

// Natural alignment. Only a field of a packed record may lack it.
inline bool aligned(const Signature& call, const char* argument, PyArrayObject* array) {
  if (PyArray_ISALIGNED(array)) [[likely]]
    return true;
  return refuse(call, argument, "is not aligned to its size");
}

inline bool without_gaps(const Signature& call, const char* argument, PyArrayObject* array) {
  if (PyArray_ISONESEGMENT(array)) [[likely]]
    return true;
  return refuse(call, argument, "is not contiguous");
}

// `size` elements lie within the `limit` that the argument has.
bool fits(const Signature& call, std::size_t size, const char* argument, std::size_t limit);

// --- symmetric memory ---

[[gnu::cold]] bool raise_freed(const Signature& call, const char* argument, Block* block);

// The bytes [low, high) lie in one live block of this PE's symmetric memory.
[[gnu::cold]] bool symmetric_slowly(const Signature& call, const char* argument, PyArrayObject* array, const char* low,
                                    const char* high);

inline bool symmetric(const Signature& call, const char* argument, PyArrayObject* array, const char* low,
                      const char* high) {
  const Owner owner = owner_of(array);
  if (owner.block && owner.block->alive.load(std::memory_order_relaxed) && low >= owner.block->base &&
      high <= owner.block->base + owner.block->extent) [[likely]] {
    return true;
  }
  return symmetric_slowly(call, argument, array, low, high);
}

// The local side of a transfer may be any memory that is not freed.
inline bool not_freed(const Signature& call, const char* argument, PyArrayObject* array) {
  if (!PyArray_BASE(array)) [[likely]]
    return true;
  const Owner owner = owner_of(array);
  Block* block = owner.peer ? owner.peer->block : owner.block;
  if (!block || block->alive.load(std::memory_order_relaxed)) return true;
  return raise_freed(call, argument, block);
}

// --- one element ---

// One element of an array: what stands where a call wants one. Borrowed from the argument; passed by value, so that it
// stays in registers. No array: an exception has been raised.
struct Element {
  char* data;
  PyArrayObject* array;
  explicit operator bool() const noexcept { return array != nullptr; }
};

[[gnu::cold]] Element not_one_element(const Signature& call, const char* argument, PyArrayObject* array);

// The call's arguments `pe` and `ctx`. Without `pe` the element must be this PE's own.
struct Where {
  PyObject* pe = nullptr;
  PyObject* ctx = nullptr;
};

// The element that `(array, index)` or `r[pe].at[index]` names, which stands for the array of it alone. `wanted` says
// what else may stand there.
[[gnu::noinline]] Element named_element(const Signature& call, const char* argument, PyObject* object, Where where,
                                        const char* wanted = "an array of one element");

// The element of an array that has one, or of `(array, index)` or `r[pe].at[index]`.
inline Element element(const Signature& call, const char* argument, PyObject* object, Where where = {}) {
  if (!PyArray_Check(object)) [[unlikely]]
    return named_element(call, argument, object, where);
  PyArrayObject* array = as_array(object);
  if (number_of_elements(array) == 1) [[likely]]
    return {PyArray_BYTES(array), array};
  return not_one_element(call, argument, array);
}

[[gnu::cold]] bool aligned_alone(const Signature& call, const char* argument, Element element);

inline bool aligned(const Signature& call, const char* argument, Element element) {
  if (PyArray_ISALIGNED(element.array)) [[likely]]
    return true;
  return aligned_alone(call, argument, element);
}

inline bool symmetric(const Signature& call, const char* argument, Element element) {
  return symmetric(call, argument, element.array, element.data, element.data + PyArray_ITEMSIZE(element.array));
}

// Lowest address and one past the highest of an array's elements.
struct Bounds {
  const char* low;
  const char* high;
};
[[nodiscard]] Bounds bounds_of(PyArrayObject* array) noexcept;

inline bool symmetric(const Signature& call, const char* argument, PyArrayObject* array) {
  const Bounds bounds = bounds_of(array);
  return symmetric(call, argument, array, bounds.low, bounds.high);
}

[[gnu::noinline]] Element symmetric_element_slowly(const Signature& call, const char* argument, PyObject* object,
                                                   int type, const char* wanted, Where where);

// One element of this type of the engine, symmetric and aligned: a signal, a lock. `wanted` says what it is.
inline Element symmetric_element(const Signature& call, const char* argument, PyObject* object, int type,
                                 const char* wanted, Where where = {}) {
  if (PyArray_Check(object)) [[likely]] {
    const Element found{PyArray_BYTES(as_array(object)), as_array(object)};
    if (engine_type(PyArray_DESCR(found.array)) == type && number_of_elements(found.array) == 1 &&
        PyArray_ISALIGNED(found.array)) [[likely]] {
      return symmetric(call, argument, found) ? found : Element{};
    }
  }
  return symmetric_element_slowly(call, argument, object, type, wanted, where);
}

// --- numbers ---

[[gnu::cold]] bool integer_slowly(const Signature& call, const char* argument, PyObject* object, std::int64_t* out);

// Any Python integer or object with __index__ that fits 64 bits.
inline bool integer(const Signature& call, const char* argument, PyObject* object, std::int64_t* out) {
  if (PyLong_Check(object)) [[likely]] {  // members of enums, too
    int overflow;
    *out = PyLong_AsLongLongAndOverflow(object, &overflow);
    if (!overflow) [[likely]]
      return true;
  }
  return integer_slowly(call, argument, object, out);
}

[[gnu::cold]] bool no_such_pe(const Signature& call, const char* argument, PyObject* pe, int n_pes);

inline bool pe_number(const Signature& call, const char* argument, PyObject* object, int n_pes, int* pe) {
  std::int64_t value;
  if (!integer(call, argument, object, &value)) [[unlikely]]
    return false;
  if (static_cast<std::uint64_t>(value) >= static_cast<std::uint64_t>(n_pes)) [[unlikely]] {
    return no_such_pe(call, argument, object, n_pes);
  }
  *pe = static_cast<int>(value);
  return true;
}

// A count, such as a number of elements. It is not negative.
bool count(const Signature& call, const char* argument, PyObject* object, std::size_t* out);

// A stride or a block size, at least 1; `fallback` if left out.
bool stride(const Signature& call, const char* argument, PyObject* object, std::ptrdiff_t fallback,
            std::ptrdiff_t* out);

bool boolean(PyObject* object, bool fallback, bool* out);

// --- contexts and teams ---

bool context_given(const Signature& call, PyObject* object, CtxRecord** out);
bool team_given(const Signature& call, PyObject* object, TeamRecord** out);

// The context; the default one if left out.
inline bool context(const Signature& call, PyObject* object, CtxRecord** out) {
  if (!given(object)) [[likely]] {
    *out = default_ctx;
    return true;
  }
  return context_given(call, object, out);
}

inline bool team(const Signature& call, PyObject* object, TeamRecord** out) {
  if (!given(object)) [[likely]] {
    *out = world_team;
    return true;
  }
  return team_given(call, object, out);
}

// A context and a PE of its team: where a remote operation goes.
inline bool remote_pe(const Signature& call, PyObject* ctx_object, PyObject* pe_object, CtxRecord** ctx, int* pe) {
  return context(call, ctx_object, ctx) && pe_number(call, "pe", pe_object, (*ctx)->n_pes, pe);
}

}  // namespace shmem::binding
