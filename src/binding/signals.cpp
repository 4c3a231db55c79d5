// SPDX-License-Identifier: BSD-3-Clause
//
// Signals: symmetric uint64 arrays of one element, that a put updates after its data has arrived.
//
// Data that is not one run of bytes is put first, ordered by a fence, and then the signal is set: what a reader of the
// signal may rely on is the same.
#include <algorithm>

#include "binding/areas.h"
#include "binding/stub.h"
#include "binding/transfer.h"

namespace shmem::binding {

namespace {

// The address of a signal, or null with an exception.
std::uint64_t* signal_of(const Signature& call, PyObject* object) {
  if (!PyArray_Check(object)) {
    not_an_array(call, "signal", object, "a symmetric uint64 array of one element");
    return nullptr;
  }
  PyArrayObject* array = as_array(object);
  if (engine_type(PyArray_DESCR(array)) != ENGINE_UINT64) {
    PyErr_Format(PyExc_TypeError, "%s: signal has dtype %S, must be uint64", call.name,
                 reinterpret_cast<PyObject*>(PyArray_DESCR(array)));
    return nullptr;
  }
  if (PyArray_SIZE(array) != 1 || !PyArray_ISALIGNED(array)) {
    PyErr_Format(PyExc_ValueError, "%s: signal must have one element, aligned to its size", call.name);
    return nullptr;
  }
  char* data = PyArray_BYTES(array);
  return symmetric(call, "signal", array, data, data + sizeof(std::uint64_t)) ? reinterpret_cast<std::uint64_t*>(data)
                                                                              : nullptr;
}

struct Update {
  std::uint64_t* signal;
  std::uint64_t value;
  int op;
};

// The general layout, or a number: put, fence, signal.
bool put_then_signal(const Signature& call, const Move& move, PyObject* source, const Update& update) {
  if (!PyArray_Check(source) && !is_number(source)) {
    return not_an_array(call, "source", source);
  }
  if (!has(call.name, state.engine->signal_set) ||
      !(move.source ? move_arrays(call, move) : put_number(call, move, source))) {
    return false;
  }
  const EngineTable* engine = state.engine;
  quick([&] {
    engine->fence(move.ctx->handle);
    (update.op == ENGINE_SIGNAL_SET ? engine->signal_set : engine->signal_add)(move.ctx->handle, update.signal,
                                                                               update.value, move.pe);
  });
  return succeeded(call.name);
}

template <bool nbi>
PyObject* put_signal(const Signature& call, const stub::put_signal& args) {
  if (!ready(call)) return nullptr;
  Move move{Direction::kPut, nullptr, 0, nullptr, nullptr, kWhole};
  Update update;
  if (!context(call, args.ctx, &move.ctx) || !pe_number(call, "pe", args.pe, move.ctx->n_pes, &move.pe) ||
      !(update.signal = signal_of(call, args.signal)) ||
      !to_bits(call, "value", ENGINE_UINT64, args.value, &update.value) ||
      !signal_operator(call, args.sigop, &update.op) ||
      (given(args.size) && !count(call, "size", args.size, &move.size))) {
    return nullptr;
  }
  if (!PyArray_Check(args.target)) {
    not_an_array(call, "target", args.target);
    return nullptr;
  }
  PyArrayObject* target = move.target = as_array(args.target);
  PyArrayObject* source = move.source = PyArray_Check(args.source) ? as_array(args.source) : nullptr;
  const bool one_run =
      source && (PyArray_FLAGS(target) & PyArray_FLAGS(source) & (NPY_ARRAY_C_CONTIGUOUS | NPY_ARRAY_F_CONTIGUOUS));
  if (!one_run) return put_then_signal(call, move, args.source, update) ? borrow(Py_None).release() : nullptr;
  if (!check_arrays(call, Direction::kPut, args.target, args.source)) return nullptr;
  const auto target_size = static_cast<std::size_t>(PyArray_SIZE(target));
  const auto source_size = static_cast<std::size_t>(PyArray_SIZE(source));
  if (move.size == kWhole) {
    move.size = std::min(target_size, source_size);
  } else if (!fits(call, move.size, "target", target_size) || !fits(call, move.size, "source", source_size)) {
    return nullptr;
  }
  const auto function = nbi ? state.engine->put_signal_nbi : state.engine->put_signal;
  if (!has(call.name, function)) return nullptr;
  if (nbi && state.keep_alive) move.ctx->keep(args.source);
  const auto itemsize = static_cast<std::size_t>(PyArray_ITEMSIZE(target));
  char* to = PyArray_BYTES(target);
  const char* from = PyArray_BYTES(source);
  const int unit = log2_unit(bits_of(to) | bits_of(from) | itemsize);
  const std::size_t nbytes = move.size * itemsize;
  copying(nbytes, [&] {
    function(move.ctx->handle, to, from, nbytes >> unit, unit, update.signal, update.value, update.op, move.pe);
  });
  if (!succeeded(call.name)) return nullptr;
  Py_RETURN_NONE;
}

template <int op>
PyObject* update_signal(const Signature& call, const stub::signal_set& args) {
  CtxRecord* ctx;
  int pe = 0;
  std::uint64_t value;
  if (!ready(call)) return nullptr;
  std::uint64_t* signal = signal_of(call, args.signal);
  if (!signal || !to_bits(call, "value", ENGINE_UINT64, args.value, &value) || !context(call, args.ctx, &ctx) ||
      !pe_number(call, "pe", args.pe, ctx->n_pes, &pe)) {
    return nullptr;
  }
  const auto function = op == ENGINE_SIGNAL_SET ? state.engine->signal_set : state.engine->signal_add;
  if (!has(call.name, function)) return nullptr;
  quick([&] { function(ctx->handle, signal, value, pe); });
  if (!succeeded(call.name)) return nullptr;
  Py_RETURN_NONE;
}

PyObject* signal_fetch(const Signature& call, const stub::signal_fetch& args) {
  if (!ready(call)) return nullptr;
  const std::uint64_t* signal = signal_of(call, args.signal);
  if (!signal || !has(call.name, state.engine->signal_fetch)) return nullptr;
  const std::uint64_t value = quick([&] { return state.engine->signal_fetch(signal); });
  return succeeded(call.name) ? PyLong_FromUnsignedLongLong(value) : nullptr;
}

bool holds(std::uint64_t value, int cmp, std::uint64_t wanted) {
  switch (cmp) {
    case ENGINE_EQ:
      return value == wanted;
    case ENGINE_NE:
      return value != wanted;
    case ENGINE_GT:
      return value > wanted;
    case ENGINE_LE:
      return value <= wanted;
    case ENGINE_LT:
      return value < wanted;
    default:
      return value >= wanted;
  }
}

PyObject* signal_wait_until(const Signature& call, const stub::signal_wait_until& args) {
  if (!ready(call)) return nullptr;
  int cmp;
  std::uint64_t wanted;
  std::uint64_t* signal = signal_of(call, args.signal);
  if (!signal || !comparison(call, args.cmp, &cmp) || !to_bits(call, "value", ENGINE_UINT64, args.value, &wanted) ||
      !has(call.name, state.engine->signal_fetch)) {
    return nullptr;
  }
  std::uint64_t value = 0;
  const auto satisfied = [&] {
    value = state.engine->signal_fetch(signal);
    return holds(value, cmp, wanted);
  };
  if (!wait_until(call.name, state.engine->signal_wait_until != nullptr, satisfied,
                  [&] { value = state.engine->signal_wait_until(signal, cmp, wanted); })) {
    return nullptr;
  }
  return PyLong_FromUnsignedLongLong(value);
}

PyMethodDef callables[] = {
    function<stub::put_signal, put_signal<false>>(),
    function<stub::put_signal_nbi, put_signal<true>>(),
    function<stub::signal_set, update_signal<ENGINE_SIGNAL_SET>>(),
    function<stub::signal_add, update_signal<ENGINE_SIGNAL_ADD>>(),
    function<stub::signal_fetch, signal_fetch>(),
    function<stub::signal_wait_until, signal_wait_until>(),
};

}  // namespace

bool add_signals(PyObject* module, const char* shown_module) {
  return add_functions(module, shown_module, callables);
}

}  // namespace shmem::binding
