// SPDX-License-Identifier: BSD-3-Clause
//
// Signals: symmetric uint64 arrays of one element. A put updates a signal after its data have arrived.
//
// Data that are not one run of bytes are put first, then comes a fence, then the update of the signal. A reader of the
// signal may rely on the same as after one put.
#include "binding/areas.h"
#include "binding/layout.h"
#include "binding/operators.h"
#include "binding/stub.h"
#include "binding/waiting.h"

namespace shmem::binding {

namespace {

std::uint64_t* signal_of(const Signature& call, PyObject* object, Where where = {}) {
  return reinterpret_cast<std::uint64_t*>(
      symmetric_element(call, "signal", object, ENGINE_UINT64,
                        "a symmetric uint64 array of one element, as shmem.new_signal() makes one", where)
          .data);
}

struct Update {
  std::uint64_t* signal;
  std::uint64_t value;
  int op;
};

// For data in any layout, or a number.
[[gnu::noinline]] bool put_then_signal(const Signature& call, const stub::put_signal& args, CtxRecord* ctx, int pe,
                                       std::size_t size, const Update& update) {
  Move move{Direction::kPut, ctx, pe, as_array(args.target), nullptr, size};
  if (PyArray_Check(args.source)) move.source = as_array(args.source);
  if (!move.source && !is_number(args.source)) return not_an_array(call, "source", args.source) != nullptr;
  if (!has(call.name, state.engine->signal_set) ||
      !(move.source ? move_arrays(call, move) : put_number(call, move, args.source))) {
    return false;
  }
  const EngineTable* engine = state.engine;
  quick([&] {
    engine->fence(ctx->handle);
    (update.op == ENGINE_SIGNAL_SET ? engine->signal_set : engine->signal_add)(ctx->handle, update.signal, update.value,
                                                                               pe);
  });
  return succeeded(call.name);
}

template <bool nbi>
PyObject* put_signal(const Signature& call, const stub::put_signal& args) {
  if (!ready(call)) return nullptr;
  CtxRecord* ctx;
  int pe = 0;
  std::size_t size = kWhole;
  Update update;
  if (!remote_pe(call, args.ctx, args.pe, &ctx, &pe) ||
      !(update.signal = signal_of(call, args.signal, {args.pe, args.ctx})) ||
      !to_bits(call, "value", ENGINE_UINT64, args.value, &update.value) ||
      !signal_operator(call, args.sigop, &update.op) || (given(args.size) && !count(call, "size", args.size, &size))) {
    return nullptr;
  }
  PyArrayObject* target = array_of(call, "target", args.target);
  if (!target) return nullptr;
  PyArrayObject* source = PyArray_Check(args.source) ? as_array(args.source) : nullptr;
  const bool one_order =
      source && (PyArray_FLAGS(target) & PyArray_FLAGS(source) & (NPY_ARRAY_C_CONTIGUOUS | NPY_ARRAY_F_CONTIGUOUS));
  if (!one_order) [[unlikely]]
    return none_if(put_then_signal(call, args, ctx, pe, size, update));
  if (!check_arrays(call, Direction::kPut, target, source)) return nullptr;
  if (size == kWhole) [[likely]] {
    std::size_t nelems;
    if (!in_one_run(target, source, &nelems)) [[unlikely]]
      return none_if(put_then_signal(call, args, ctx, pe, kWhole, update));
    size = nelems;
  } else if (!fits(call, size, "target", number_of_elements(target)) ||
             !fits(call, size, "source", number_of_elements(source))) {
    return nullptr;
  }
  const auto function = nbi ? state.engine->put_signal_nbi : state.engine->put_signal;
  if (!has(call.name, function)) return nullptr;
  if (nbi && state.keep_alive) ctx->keep(args.source);
  const auto itemsize = static_cast<std::size_t>(PyArray_ITEMSIZE(target));
  char* to = PyArray_BYTES(target);
  const char* from = PyArray_BYTES(source);
  const int unit = log2_unit(bits_of(to) | bits_of(from) | itemsize);
  const std::size_t nbytes = size * itemsize;
  copying(nbytes,
          [&] { function(ctx->handle, to, from, nbytes >> unit, unit, update.signal, update.value, update.op, pe); });
  return none_if(succeeded(call.name));
}

template <int op>
PyObject* update_signal(const Signature& call, const stub::signal_set& args) {
  CtxRecord* ctx;
  int pe = 0;
  std::uint64_t value;
  if (!ready(call)) return nullptr;
  std::uint64_t* signal = signal_of(call, args.signal, {args.pe, args.ctx});
  if (!signal || !to_bits(call, "value", ENGINE_UINT64, args.value, &value) ||
      !remote_pe(call, args.ctx, args.pe, &ctx, &pe)) {
    return nullptr;
  }
  const auto function = op == ENGINE_SIGNAL_SET ? state.engine->signal_set : state.engine->signal_add;
  if (!has(call.name, function)) return nullptr;
  quick([&] { function(ctx->handle, signal, value, pe); });
  return none_if(succeeded(call.name));
}

PyObject* signal_fetch(const Signature& call, const stub::signal_fetch& args) {
  if (!ready(call)) return nullptr;
  const std::uint64_t* signal = signal_of(call, args.signal);
  if (!signal || !has(call.name, state.engine->signal_fetch)) return nullptr;
  const std::uint64_t value = quick([&] { return state.engine->signal_fetch(signal); });
  return succeeded(call.name) ? PyLong_FromUnsignedLongLong(value) : nullptr;
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
    return compare(value, cmp, wanted);
  };
  const auto until = [&] { value = state.engine->signal_wait_until(signal, cmp, wanted); };
  const auto tell = [&] {
    quick(satisfied);  // the engine's wait does not tell what it saw last
    PyErr_Format(PyExc_TimeoutError, "%s: after %S s signal is %llu, not %s %S", call.name, args.timeout,
                 static_cast<unsigned long long>(value), symbol_of(cmp), args.value);
  };
  const bool has_wait = state.engine->signal_wait_until != nullptr;
  const bool well = given(args.timeout) ? wait_at_most(call, args.timeout, TimedWait(has_wait, satisfied, until, tell))
                                        : wait_until(call.name, has_wait, satisfied, until);
  if (!well) return nullptr;
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
