// SPDX-License-Identifier: BSD-3-Clause
//
// put, get, p and g: the hot path. It serves two arrays without gaps and of one dtype. It allocates nothing, takes no
// lock, and keeps the GIL if the engine says that small transfers are cheap. Everything else is in layout.cpp.
#include "binding/areas.h"
#include "binding/layout.h"
#include "binding/stub.h"

namespace shmem::binding {

namespace {

constexpr int kOneSegment = NPY_ARRAY_C_CONTIGUOUS | NPY_ARRAY_F_CONTIGUOUS;

template <Direction direction>
[[gnu::noinline]] PyObject* transfer_otherwise(const Signature& call, const stub::put& args, CtxRecord* ctx, int pe,
                                               std::size_t size) {
  Move move{direction, ctx, pe, as_array(args.target), nullptr, size};
  if (PyArray_Check(args.source)) {
    move.source = as_array(args.source);
    return none_if(move_arrays(call, move));
  }
  if (direction == Direction::kPut && is_number(args.source)) return none_if(put_number(call, move, args.source));
  return none_if(not_an_array(call, "source", args.source) != nullptr);
}

template <Direction direction, bool nbi>
PyObject* transfer(const Signature& call, const stub::put& args) {
  if (!ready(call)) [[unlikely]]
    return nullptr;
  PyArrayObject* target = array_of(call, "target", args.target);
  CtxRecord* ctx;
  int pe = 0;
  std::size_t size = kWhole;
  if (!target || !remote_pe(call, args.ctx, args.pe, &ctx, &pe) ||
      (given(args.size) && !count(call, "size", args.size, &size))) [[unlikely]] {
    return nullptr;
  }
  if (!PyArray_Check(args.source)) [[unlikely]]
    return transfer_otherwise<direction>(call, args, ctx, pe, size);
  PyArrayObject* source = as_array(args.source);
  PyArray_Descr* dtype = PyArray_DESCR(target);
  if (!same_type(call, dtype, PyArray_DESCR(source)) || !movable(call, "target", dtype)) [[unlikely]]
    return nullptr;
  // Both lie without gaps and in the same order. An array of one dimension, or of none, lies in both orders.
  if (!(PyArray_FLAGS(target) & PyArray_FLAGS(source) & kOneSegment)) [[unlikely]] {
    return transfer_otherwise<direction>(call, args, ctx, pe, size);
  }
  if (!writeable(call, "target", target)) [[unlikely]]
    return nullptr;
  if (size == kWhole) [[likely]] {
    std::size_t nelems;
    if (!in_one_run(target, source, &nelems)) [[unlikely]]
      return transfer_otherwise<direction>(call, args, ctx, pe, kWhole);
    size = nelems;
  } else if (!fits(call, size, "target", number_of_elements(target)) ||
             !fits(call, size, "source", number_of_elements(source))) {
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
  return none_if(succeeded(call.name));
}

// --- p and g: one element ---

// A symmetric element of any type that can be moved; none with an exception.
inline Element movable_element(const Signature& call, const char* argument, PyObject* object, Where where,
                               bool written) {
  const Element found = element(call, argument, object, where);
  const bool usable = found && movable(call, argument, PyArray_DESCR(found.array)) &&
                      (!written || writeable(call, argument, found.array)) && symmetric(call, argument, found);
  return usable ? found : Element{};
}

PyObject* p(const Signature& call, const stub::p& args) {
  if (!ready(call)) [[unlikely]]
    return nullptr;
  CtxRecord* ctx;
  int pe = 0;
  const Element to = movable_element(call, "target", args.target, {args.pe, args.ctx}, true);
  if (!to || !remote_pe(call, args.ctx, args.pe, &ctx, &pe)) return nullptr;
  char* target = to.data;
  PyArray_Descr* dtype = PyArray_DESCR(to.array);
  const auto itemsize = static_cast<std::size_t>(PyArray_ITEMSIZE(to.array));
  const int type = engine_type(dtype);
  if (type != kNoType && type <= ENGINE_DOUBLE) [[likely]] {
    std::uint64_t bits;
    if (!to_bits(call, "value", type, args.value, &bits)) return nullptr;
    quick([&] {
      move_bytes<Direction::kPut, false>(ctx, target, reinterpret_cast<const char*>(&bits), itemsize, itemsize, pe);
    });
  } else {
    const ArrayRef item = to_element(call, "value", dtype, args.value);
    if (!item) return nullptr;
    if (itemsize == 0) Py_RETURN_NONE;
    quick([&] { move_bytes<Direction::kPut, false>(ctx, target, PyArray_BYTES(item.get()), itemsize, itemsize, pe); });
  }
  return none_if(succeeded(call.name));
}

PyObject* g(const Signature& call, const stub::g& args) {
  if (!ready(call)) [[unlikely]]
    return nullptr;
  CtxRecord* ctx;
  int pe = 0;
  const Element from = movable_element(call, "source", args.source, {args.pe, args.ctx}, false);
  if (!from || !remote_pe(call, args.ctx, args.pe, &ctx, &pe)) return nullptr;
  const char* source = from.data;
  PyArray_Descr* dtype = PyArray_DESCR(from.array);
  const auto itemsize = static_cast<std::size_t>(PyArray_ITEMSIZE(from.array));
  const int type = engine_type(dtype);
  if (type != kNoType && type <= ENGINE_DOUBLE) [[likely]] {
    std::uint64_t bits = 0;
    quick([&] {
      move_bytes<Direction::kGet, false>(ctx, reinterpret_cast<char*>(&bits), source, itemsize, itemsize, pe);
    });
    return succeeded(call.name) ? from_bits(type, bits) : nullptr;
  }
  const ArrayRef item = make_array(dtype, 0, nullptr);
  if (!item) return nullptr;
  if (itemsize != 0) {
    quick([&] { move_bytes<Direction::kGet, false>(ctx, PyArray_BYTES(item.get()), source, itemsize, itemsize, pe); });
    if (!succeeded(call.name)) return nullptr;
  }
  if (PyDataType_ISBOOL(dtype) || PyDataType_ISCOMPLEX(dtype)) {
    return PyArray_GETITEM(item.get(), PyArray_BYTES(item.get()));
  }
  return PyArray_Scalar(PyArray_DATA(item.get()), dtype, item.object());
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

bool add_transfers(PyObject* module, const char* shown_module) {
  return add_functions(module, shown_module, callables);
}

}  // namespace shmem::binding
