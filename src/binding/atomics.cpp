// SPDX-License-Identifier: BSD-3-Clause
//
// Atomic operations on one element, the functions of the table in atomic_table.h. A callable is a template over its
// operation and the shape of its argument list; a dtype that the standard has no such operation for is a TypeError, one
// that the engine lacks a NotImplementedError.
#include <iterator>

#include "binding/areas.h"
#include "binding/atomic_table.h"
#include "binding/calling.h"
#include "binding/errors.h"
#include "binding/operators.h"
#include "binding/stub.h"
#include "binding/types.h"

namespace shmem::binding {

namespace {

// By plain form: the form that fetches.
constexpr int kFetching[] = {ENGINE_AMO_SWAP,      ENGINE_AMO_FETCH_INC, ENGINE_AMO_FETCH_ADD,
                             ENGINE_AMO_FETCH_AND, ENGINE_AMO_FETCH_OR,  ENGINE_AMO_FETCH_XOR};
static_assert(ENGINE_AMO_SET == 0 && std::size(kFetching) == ENGINE_AMO_XOR + 1);

// A remote operation. Operands that it does not have are 0.
struct Remote {
  CtxRecord* ctx;
  char* address;
  int type;
  int pe = 0;
  std::uint64_t operand = 0;
  std::uint64_t comparand = 0;
};

[[gnu::always_inline]] inline bool remote(const Signature& call, const char* argument, PyObject* object,
                                          std::uint32_t group, bool written, PyObject* pe, PyObject* ctx, Remote* out,
                                          PyArray_Descr** dtype = nullptr) {
  if (!ready(call)) [[unlikely]]
    return false;
  const Element there = element(call, argument, object, {pe, ctx});
  if (!there) [[unlikely]]
    return false;
  if (dtype) *dtype = PyArray_DESCR(there.array);
  out->type = grouped_type(call, argument, PyArray_DESCR(there.array), group);
  if (out->type == kNoType || (written && !writeable(call, argument, there.array)) || !aligned(call, argument, there))
      [[unlikely]] {
    return false;
  }
  out->address = there.data;
  return symmetric(call, argument, there) && remote_pe(call, ctx, pe, &out->ctx, &out->pe);
}

inline PyObject* perform(const Signature& call, int amo, const Remote& target) {
  const EngineAmoFunction function = amo_functions[amo][target.type];
  if (!function) [[unlikely]]
    return not_implemented(call.name);
  const std::uint64_t result =
      quick([&] { return function(target.ctx->handle, target.address, target.operand, target.comparand, target.pe); });
  if (!succeeded(call.name)) [[unlikely]]
    return nullptr;
  if (fetches(amo)) return from_bits(target.type, result);
  Py_RETURN_NONE;
}

PyObject* perform_nbi(const Signature& call, int amo, PyObject* fetch_object, const Remote& target,
                      PyArray_Descr* dtype) {
  const Element fetch = element(call, "fetch", fetch_object);
  if (!fetch || !same_type(call, PyArray_DESCR(fetch.array), dtype, "fetch", "target") ||
      !writeable(call, "fetch", fetch.array) || !aligned(call, "fetch", fetch) ||
      !not_freed(call, "fetch", fetch.array)) {
    return nullptr;
  }
  const EngineAmoNbiFunction function = amo_nbi_functions[amo][target.type];
  if (!function) return not_implemented(call.name);
  if (state.keep_alive) target.ctx->keep(fetch_object);
  quick([&] { function(target.ctx->handle, fetch.data, target.address, target.operand, target.comparand, target.pe); });
  return none_if(succeeded(call.name));
}

// --- by argument list ---

template <int amo>
PyObject* with_value(const Signature& call, const stub::atomic_set& args) {
  Remote target;
  if (!remote(call, "target", args.target, types_of(amo), true, args.pe, args.ctx, &target) ||
      !to_bits(call, "value", target.type, args.value, &target.operand)) {
    return nullptr;
  }
  return perform(call, amo, target);
}

template <int amo>
PyObject* increment(const Signature& call, const stub::atomic_inc& args) {
  Remote target;
  if (!remote(call, "target", args.target, types_of(amo), true, args.pe, args.ctx, &target)) return nullptr;
  return perform(call, amo, target);
}

PyObject* fetch(const Signature& call, const stub::atomic_fetch& args) {
  Remote source;
  if (!remote(call, "source", args.source, types_of(ENGINE_AMO_FETCH), false, args.pe, args.ctx, &source)) {
    return nullptr;
  }
  return perform(call, ENGINE_AMO_FETCH, source);
}

PyObject* compare_swap(const Signature& call, const stub::atomic_compare_swap& args) {
  Remote target;
  if (!remote(call, "target", args.target, types_of(ENGINE_AMO_COMPARE_SWAP), true, args.pe, args.ctx, &target) ||
      !to_bits(call, "cond", target.type, args.cond, &target.comparand) ||
      !to_bits(call, "value", target.type, args.value, &target.operand)) {
    return nullptr;
  }
  return perform(call, ENGINE_AMO_COMPARE_SWAP, target);
}

template <int amo>
PyObject* with_value_nbi(const Signature& call, const stub::atomic_swap_nbi& args) {
  Remote target;
  PyArray_Descr* dtype;
  if (!remote(call, "target", args.target, types_of(amo), true, args.pe, args.ctx, &target, &dtype) ||
      !to_bits(call, "value", target.type, args.value, &target.operand)) {
    return nullptr;
  }
  return perform_nbi(call, amo, args.fetch, target, dtype);
}

PyObject* increment_nbi(const Signature& call, const stub::atomic_fetch_inc_nbi& args) {
  constexpr int amo = ENGINE_AMO_FETCH_INC;
  Remote target;
  PyArray_Descr* dtype;
  if (!remote(call, "target", args.target, types_of(amo), true, args.pe, args.ctx, &target, &dtype)) return nullptr;
  return perform_nbi(call, amo, args.fetch, target, dtype);
}

PyObject* fetch_nbi(const Signature& call, const stub::atomic_fetch_nbi& args) {
  constexpr int amo = ENGINE_AMO_FETCH;
  Remote source;
  PyArray_Descr* dtype;
  if (!remote(call, "source", args.source, types_of(amo), false, args.pe, args.ctx, &source, &dtype)) return nullptr;
  return perform_nbi(call, amo, args.fetch, source, dtype);
}

PyObject* compare_swap_nbi(const Signature& call, const stub::atomic_compare_swap_nbi& args) {
  Remote target;
  PyArray_Descr* dtype;
  if (!remote(call, "target", args.target, types_of(ENGINE_AMO_COMPARE_SWAP), true, args.pe, args.ctx, &target,
              &dtype) ||
      !to_bits(call, "cond", target.type, args.cond, &target.comparand) ||
      !to_bits(call, "value", target.type, args.value, &target.operand)) {
    return nullptr;
  }
  return perform_nbi(call, ENGINE_AMO_COMPARE_SWAP, args.fetch, target, dtype);
}

// --- by name of the operation ---

template <class Arguments>
bool named(const Signature& call, bool fetching, const Arguments& args, int* amo, Remote* target,
           PyArray_Descr** dtype = nullptr) {
  int plain;
  if (!amo_operator(call, args.op, &plain)) return false;
  *amo = fetching ? kFetching[plain] : plain;
  return remote(call, "target", args.target, types_of(plain), true, args.pe, args.ctx, target, dtype) &&
         (plain == ENGINE_AMO_INC || to_bits(call, "value", target->type, args.value, &target->operand));
}

template <bool fetching>
PyObject* by_name(const Signature& call, const stub::atomic_op& args) {
  int amo;
  Remote target;
  if (!named(call, fetching, args, &amo, &target)) return nullptr;
  return perform(call, amo, target);
}

PyObject* by_name_nbi(const Signature& call, const stub::atomic_fetch_op_nbi& args) {
  int amo;
  Remote target;
  PyArray_Descr* dtype;
  if (!named(call, true, args, &amo, &target, &dtype)) return nullptr;
  return perform_nbi(call, amo, args.fetch, target, dtype);
}

PyMethodDef callables[] = {
    function<stub::atomic_set, with_value<ENGINE_AMO_SET>>(),
    function<stub::atomic_inc, increment<ENGINE_AMO_INC>>(),
    function<stub::atomic_add, with_value<ENGINE_AMO_ADD>>(),
    function<stub::atomic_and, with_value<ENGINE_AMO_AND>>(),
    function<stub::atomic_or, with_value<ENGINE_AMO_OR>>(),
    function<stub::atomic_xor, with_value<ENGINE_AMO_XOR>>(),
    function<stub::atomic_fetch, fetch>(),
    function<stub::atomic_swap, with_value<ENGINE_AMO_SWAP>>(),
    function<stub::atomic_compare_swap, compare_swap>(),
    function<stub::atomic_fetch_inc, increment<ENGINE_AMO_FETCH_INC>>(),
    function<stub::atomic_fetch_add, with_value<ENGINE_AMO_FETCH_ADD>>(),
    function<stub::atomic_fetch_and, with_value<ENGINE_AMO_FETCH_AND>>(),
    function<stub::atomic_fetch_or, with_value<ENGINE_AMO_FETCH_OR>>(),
    function<stub::atomic_fetch_xor, with_value<ENGINE_AMO_FETCH_XOR>>(),
    function<stub::atomic_fetch_nbi, fetch_nbi>(),
    function<stub::atomic_swap_nbi, with_value_nbi<ENGINE_AMO_SWAP>>(),
    function<stub::atomic_compare_swap_nbi, compare_swap_nbi>(),
    function<stub::atomic_fetch_inc_nbi, increment_nbi>(),
    function<stub::atomic_fetch_add_nbi, with_value_nbi<ENGINE_AMO_FETCH_ADD>>(),
    function<stub::atomic_fetch_and_nbi, with_value_nbi<ENGINE_AMO_FETCH_AND>>(),
    function<stub::atomic_fetch_or_nbi, with_value_nbi<ENGINE_AMO_FETCH_OR>>(),
    function<stub::atomic_fetch_xor_nbi, with_value_nbi<ENGINE_AMO_FETCH_XOR>>(),
    function<stub::atomic_op, by_name<false>>(),
    function<stub::atomic_fetch_op, by_name<true>>(),
    function<stub::atomic_fetch_op_nbi, by_name_nbi>(),
};

}  // namespace

bool add_atomics(PyObject* module, const char* shown_module) {
  return add_functions(module, shown_module, callables);
}

}  // namespace shmem::binding
