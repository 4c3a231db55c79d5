// SPDX-License-Identifier: BSD-3-Clause
//
// put, get, p and g: the hot path. Two arrays without gaps, of one dtype, the remote one inside a live block,
// a PE that exists: nothing is allocated, no lock is taken, and where the engine says that small transfers
// are cheap, the GIL stays. Everything else is in layout.cpp.
#include "binding/areas.h"
#include "binding/stub.h"
#include "binding/transfer.h"

namespace shmem::binding {

namespace {

constexpr int kOneSegment = NPY_ARRAY_C_CONTIGUOUS | NPY_ARRAY_F_CONTIGUOUS;

inline std::size_t number_of_elements(PyArrayObject* array) noexcept {
  const int dims = PyArray_NDIM(array);
  const npy_intp* shape = PyArray_DIMS(array);
  if (dims == 1) [[likely]]
    return static_cast<std::size_t>(shape[0]);
  std::size_t product = 1;
  for (int d = 0; d < dims; ++d) product *= static_cast<std::size_t>(shape[d]);
  return product;
}

[[gnu::cold]] bool not_writeable(const Signature& call, const char* argument) {
  PyErr_Format(PyExc_ValueError, "%s: %s is read-only", call.name, argument);
  return false;
}

template <Direction direction>
[[gnu::noinline]] PyObject* transfer_otherwise(const Signature& call, const stub::put& args, CtxRecord* ctx, int pe,
                                               std::size_t size) {
  Move move{direction, ctx, pe, as_array(args.target), nullptr, size};
  if (PyArray_Check(args.source)) {
    move.source = as_array(args.source);
    return move_arrays(call, move) ? borrow(Py_None).release() : nullptr;
  }
  if (direction == Direction::kGet || !is_number(args.source)) {
    not_an_array(call, "source", args.source);
    return nullptr;
  }
  return put_number(call, move, args.source) ? borrow(Py_None).release() : nullptr;
}

template <Direction direction, bool nbi>
PyObject* transfer(const Signature& call, const stub::put& args) {
  if (!ready(call)) [[unlikely]]
    return nullptr;
  if (!PyArray_Check(args.target)) [[unlikely]]
    return not_an_array(call, "target", args.target), nullptr;
  CtxRecord* ctx;
  int pe = 0;
  std::size_t size = kWhole;
  if (!context(call, args.ctx, &ctx) || !pe_number(call, "pe", args.pe, ctx->n_pes, &pe) ||
      (given(args.size) && !count(call, "size", args.size, &size))) [[unlikely]] {
    return nullptr;
  }
  if (!PyArray_Check(args.source)) [[unlikely]]
    return transfer_otherwise<direction>(call, args, ctx, pe, size);
  PyArrayObject* target = as_array(args.target);
  PyArrayObject* source = as_array(args.source);
  PyArray_Descr* dtype = PyArray_DESCR(target);
  if (!same_type(call, dtype, PyArray_DESCR(source)) || !movable(call, "target", dtype)) [[unlikely]]
    return nullptr;
  // Both without gaps and in the same order, or one of them in both orders (no or one dimension).
  if (!(PyArray_FLAGS(target) & PyArray_FLAGS(source) & kOneSegment)) [[unlikely]] {
    return transfer_otherwise<direction>(call, args, ctx, pe, size);
  }
  if (!PyArray_ISWRITEABLE(target)) [[unlikely]]
    return not_writeable(call, "target"), nullptr;
  const std::size_t target_size = number_of_elements(target);
  const std::size_t source_size = number_of_elements(source);
  if (size == kWhole) [[likely]] {
    size = target_size < source_size ? target_size : source_size;
  } else if (!fits(call, size, "target", target_size) || !fits(call, size, "source", source_size)) {
    return nullptr;
  }
  const auto itemsize = static_cast<std::size_t>(PyArray_ITEMSIZE(target));
  const std::size_t nbytes = size * itemsize;
  char* to = PyArray_BYTES(target);
  const char* from = PyArray_BYTES(source);
  if constexpr (direction == Direction::kPut) {
    if (!symmetric(call, "target", target, to, to + nbytes) || !not_freed(call, "source", source)) return nullptr;
  } else {
    if (!symmetric(call, "source", source, from, from + nbytes) || !not_freed(call, "target", target)) return nullptr;
  }
  if (nbytes == 0) [[unlikely]]
    Py_RETURN_NONE;
  if (nbi && state.keep_alive) ctx->keep(direction == Direction::kPut ? args.source : args.target);
  copying(nbytes, [&] { move_bytes<direction, nbi>(ctx, to, from, nbytes, itemsize, pe); });
  if (!succeeded(call.name)) [[unlikely]]
    return nullptr;
  Py_RETURN_NONE;
}

// --- p and g: one element ---

// The one element of a symmetric array; its address, or null with an exception.
inline char* one_element(const Signature& call, const char* argument, PyObject* object, bool written) {
  if (!PyArray_Check(object)) [[unlikely]]
    return not_an_array(call, argument, object), nullptr;
  PyArrayObject* array = as_array(object);
  if (!movable(call, argument, PyArray_DESCR(array))) [[unlikely]]
    return nullptr;
  if (const std::size_t size = number_of_elements(array); size != 1) [[unlikely]] {
    PyErr_Format(PyExc_ValueError, "%s: %s has %zu elements, must have one", call.name, argument, size);
    return nullptr;
  }
  if (written && !PyArray_ISWRITEABLE(array)) [[unlikely]]
    return not_writeable(call, argument), nullptr;
  char* data = PyArray_BYTES(array);
  return symmetric(call, argument, array, data, data + PyArray_ITEMSIZE(array)) ? data : nullptr;
}

PyObject* p(const Signature& call, const stub::p& args) {
  if (!ready(call)) [[unlikely]]
    return nullptr;
  CtxRecord* ctx;
  int pe = 0;
  char* target = one_element(call, "target", args.target, true);
  if (!target || !context(call, args.ctx, &ctx) || !pe_number(call, "pe", args.pe, ctx->n_pes, &pe)) return nullptr;
  PyArray_Descr* dtype = PyArray_DESCR(as_array(args.target));
  const auto itemsize = static_cast<std::size_t>(PyArray_ITEMSIZE(as_array(args.target)));
  const int type = engine_type(dtype);
  if (type != kNoType && type <= ENGINE_DOUBLE) [[likely]] {
    std::uint64_t bits;
    if (!to_bits(call, "value", type, args.value, &bits)) return nullptr;
    quick([&] {
      move_bytes<Direction::kPut, false>(ctx, target, reinterpret_cast<const char*>(&bits), itemsize, itemsize, pe);
    });
  } else {
    const ArrayRef element = to_element(call, "value", dtype, args.value);
    if (!element) return nullptr;
    if (itemsize == 0) Py_RETURN_NONE;
    quick(
        [&] { move_bytes<Direction::kPut, false>(ctx, target, PyArray_BYTES(element.get()), itemsize, itemsize, pe); });
  }
  if (!succeeded(call.name)) return nullptr;
  Py_RETURN_NONE;
}

PyObject* g(const Signature& call, const stub::g& args) {
  if (!ready(call)) [[unlikely]]
    return nullptr;
  CtxRecord* ctx;
  int pe = 0;
  const char* source = one_element(call, "source", args.source, false);
  if (!source || !context(call, args.ctx, &ctx) || !pe_number(call, "pe", args.pe, ctx->n_pes, &pe)) return nullptr;
  PyArray_Descr* dtype = PyArray_DESCR(as_array(args.source));
  const auto itemsize = static_cast<std::size_t>(PyArray_ITEMSIZE(as_array(args.source)));
  const int type = engine_type(dtype);
  if (type != kNoType && type <= ENGINE_DOUBLE) [[likely]] {
    std::uint64_t bits = 0;
    quick([&] {
      move_bytes<Direction::kGet, false>(ctx, reinterpret_cast<char*>(&bits), source, itemsize, itemsize, pe);
    });
    return succeeded(call.name) ? from_bits(type, bits) : nullptr;
  }
  Py_INCREF(dtype);
  const ArrayRef element(
      as_array(PyArray_NewFromDescr(&PyArray_Type, dtype, 0, nullptr, nullptr, nullptr, 0, nullptr)));
  if (!element) return nullptr;
  if (itemsize != 0) {
    quick(
        [&] { move_bytes<Direction::kGet, false>(ctx, PyArray_BYTES(element.get()), source, itemsize, itemsize, pe); });
    if (!succeeded(call.name)) return nullptr;
  }
  if (PyDataType_ISBOOL(dtype) || PyDataType_ISCOMPLEX(dtype)) {
    return PyArray_GETITEM(element.get(), PyArray_BYTES(element.get()));
  }
  return PyArray_Scalar(PyArray_DATA(element.get()), dtype, element.object());
}

PyMethodDef callables[] = {
    function<stub::put, transfer<Direction::kPut, false>>(),
    function<stub::get, transfer<Direction::kGet, false>>(),
    function<stub::put_nbi, transfer<Direction::kPut, true>>(),
    function<stub::get_nbi, transfer<Direction::kGet, true>>(),
    function<stub::p, p>(),
    function<stub::g, g>(),
};

}  // namespace

bool check_arrays(const Signature& call, Direction direction, PyObject* target_object, PyObject* source_object) {
  if (!PyArray_Check(target_object)) return not_an_array(call, "target", target_object);
  if (!PyArray_Check(source_object)) return not_an_array(call, "source", source_object);
  PyArrayObject* target = as_array(target_object);
  PyArrayObject* source = as_array(source_object);
  if (!same_type(call, PyArray_DESCR(target), PyArray_DESCR(source)) ||
      !movable(call, "target", PyArray_DESCR(target))) {
    return false;
  }
  if (!PyArray_ISWRITEABLE(target)) return not_writeable(call, "target");
  if (direction == Direction::kPut) return symmetric(call, "target", target) && not_freed(call, "source", source);
  return symmetric(call, "source", source) && not_freed(call, "target", target);
}

bool fits(const Signature& call, std::size_t size, const char* argument, std::size_t limit) {
  if (size <= limit) return true;
  PyErr_Format(PyExc_ValueError, "%s: size is %zu, but %s has room for %zu", call.name, size, argument, limit);
  return false;
}

bool add_transfers(PyObject* module, const char* shown_module) {
  return add_functions(module, shown_module, callables);
}

}  // namespace shmem::binding
