// SPDX-License-Identifier: BSD-3-Clause
//
// Atomic operations. One function of the engine for each operation and type, looked up when the engine is loaded;
// operands and results travel as bits. A callable is a template over its operation and the shape of its argument
// list; a dtype that the standard has no such operation for is a TypeError, one that the engine lacks a
// NotImplementedError.
#include "binding/areas.h"
#include "binding/blocks.h"
#include "binding/handles.h"
#include "binding/state.h"
#include "binding/stub.h"
#include "binding/types.h"

namespace shmem::binding {

namespace {

EngineAmoFunction functions[ENGINE_AMO_COUNT][ENGINE_TYPE_COUNT];
EngineAmoNbiFunction nbi_functions[ENGINE_AMO_COUNT][ENGINE_TYPE_COUNT];

constexpr std::uint32_t types_of(int amo) {
  switch (amo) {
    case ENGINE_AMO_SET:
    case ENGINE_AMO_FETCH:
    case ENGINE_AMO_SWAP:
      return kTypeGroups.atomic_extended;
    case ENGINE_AMO_AND:
    case ENGINE_AMO_OR:
    case ENGINE_AMO_XOR:
    case ENGINE_AMO_FETCH_AND:
    case ENGINE_AMO_FETCH_OR:
    case ENGINE_AMO_FETCH_XOR:
      return kTypeGroups.atomic_bitwise;
    default:
      return kTypeGroups.atomic;
  }
}

constexpr bool fetches(int amo) {
  return amo >= ENGINE_AMO_FETCH;
}

// A remote operation with everything but its operands.
struct Remote {
  CtxRecord* ctx;
  char* address;
  int type;
  int pe = 0;
};

inline PyArrayObject* one_element(const Signature& call, const char* argument, PyObject* object) {
  if (!PyArray_Check(object)) [[unlikely]] {
    not_an_array(call, argument, object);
    return nullptr;
  }
  PyArrayObject* array = as_array(object);
  const int dims = PyArray_NDIM(array);
  if (dims == 1 ? PyArray_DIM(array, 0) != 1 : dims != 0 && PyArray_SIZE(array) != 1) [[unlikely]] {
    PyErr_Format(PyExc_ValueError, "%s: %s has %zd elements, must have one", call.name, argument,
                 static_cast<Py_ssize_t>(PyArray_SIZE(array)));
    return nullptr;
  }
  return array;
}

[[gnu::cold]] bool refuse(const Signature& call, const char* argument, const char* why) {
  PyErr_Format(PyExc_ValueError, "%s: %s %s", call.name, argument, why);
  return false;
}

// The engine's atomics want natural alignment; only a field of a packed record lacks it.
inline bool usable(const Signature& call, const char* argument, PyArrayObject* array, bool written) {
  if (written && !PyArray_ISWRITEABLE(array)) [[unlikely]]
    return refuse(call, argument, "is read-only");
  if (!PyArray_ISALIGNED(array)) [[unlikely]]
    return refuse(call, argument, "is not aligned to its size");
  return true;
}

inline bool remote(const Signature& call, const char* argument, PyObject* object, std::uint32_t group, bool written,
                   PyObject* pe, PyObject* ctx, Remote* out) {
  if (!ready(call)) [[unlikely]]
    return false;
  PyArrayObject* array = one_element(call, argument, object);
  if (!array) [[unlikely]]
    return false;
  out->type = grouped_type(call, argument, PyArray_DESCR(array), group);
  if (out->type == kNoType || !usable(call, argument, array, written)) [[unlikely]]
    return false;
  out->address = PyArray_BYTES(array);
  return symmetric(call, argument, array, out->address, out->address + PyArray_ITEMSIZE(array)) &&
         context(call, ctx, &out->ctx) && pe_number(call, "pe", pe, out->ctx->n_pes, &out->pe);
}

inline PyObject* perform(const Signature& call, int amo, const Remote& target, std::uint64_t operand,
                         std::uint64_t comparand) {
  const EngineAmoFunction function = functions[amo][target.type];
  if (!function) [[unlikely]]
    return not_implemented(call.name);
  const std::uint64_t result =
      quick([&] { return function(target.ctx->handle, target.address, operand, comparand, target.pe); });
  if (!succeeded(call.name)) [[unlikely]]
    return nullptr;
  if (fetches(amo)) return from_bits(target.type, result);
  Py_RETURN_NONE;
}

PyObject* perform_nbi(const Signature& call, int amo, PyObject* fetch_object, const Remote& target,
                      PyArray_Descr* dtype, std::uint64_t operand, std::uint64_t comparand) {
  PyArrayObject* fetch = one_element(call, "fetch", fetch_object);
  if (!fetch || !same_type(call, PyArray_DESCR(fetch), dtype, "fetch", "target") ||
      !usable(call, "fetch", fetch, true) || !not_freed(call, "fetch", fetch)) {
    return nullptr;
  }
  const EngineAmoNbiFunction function = nbi_functions[amo][target.type];
  if (!function) return not_implemented(call.name);
  if (state.keep_alive) target.ctx->keep(fetch_object);
  quick([&] { function(target.ctx->handle, PyArray_DATA(fetch), target.address, operand, comparand, target.pe); });
  if (!succeeded(call.name)) return nullptr;
  Py_RETURN_NONE;
}

// --- by argument list ---

template <int amo>
PyObject* with_value(const Signature& call, const stub::atomic_set& args) {
  Remote target;
  std::uint64_t operand;
  if (!remote(call, "target", args.target, types_of(amo), true, args.pe, args.ctx, &target) ||
      !to_bits(call, "value", target.type, args.value, &operand)) {
    return nullptr;
  }
  return perform(call, amo, target, operand, 0);
}

template <int amo>
PyObject* increment(const Signature& call, const stub::atomic_inc& args) {
  Remote target;
  if (!remote(call, "target", args.target, types_of(amo), true, args.pe, args.ctx, &target)) return nullptr;
  return perform(call, amo, target, 0, 0);
}

PyObject* fetch(const Signature& call, const stub::atomic_fetch& args) {
  Remote source;
  if (!remote(call, "source", args.source, types_of(ENGINE_AMO_FETCH), false, args.pe, args.ctx, &source)) {
    return nullptr;
  }
  return perform(call, ENGINE_AMO_FETCH, source, 0, 0);
}

PyObject* compare_swap(const Signature& call, const stub::atomic_compare_swap& args) {
  Remote target;
  std::uint64_t comparand;
  std::uint64_t operand;
  if (!remote(call, "target", args.target, types_of(ENGINE_AMO_COMPARE_SWAP), true, args.pe, args.ctx, &target) ||
      !to_bits(call, "cond", target.type, args.cond, &comparand) ||
      !to_bits(call, "value", target.type, args.value, &operand)) {
    return nullptr;
  }
  return perform(call, ENGINE_AMO_COMPARE_SWAP, target, operand, comparand);
}

PyArray_Descr* dtype_of(PyObject* array) {
  return PyArray_DESCR(as_array(array));
}

template <int amo>
PyObject* with_value_nbi(const Signature& call, const stub::atomic_swap_nbi& args) {
  Remote target;
  std::uint64_t operand;
  if (!remote(call, "target", args.target, types_of(amo), true, args.pe, args.ctx, &target) ||
      !to_bits(call, "value", target.type, args.value, &operand)) {
    return nullptr;
  }
  return perform_nbi(call, amo, args.fetch, target, dtype_of(args.target), operand, 0);
}

PyObject* increment_nbi(const Signature& call, const stub::atomic_fetch_inc_nbi& args) {
  constexpr int amo = ENGINE_AMO_FETCH_INC;
  Remote target;
  if (!remote(call, "target", args.target, types_of(amo), true, args.pe, args.ctx, &target)) return nullptr;
  return perform_nbi(call, amo, args.fetch, target, dtype_of(args.target), 0, 0);
}

PyObject* fetch_nbi(const Signature& call, const stub::atomic_fetch_nbi& args) {
  constexpr int amo = ENGINE_AMO_FETCH;
  Remote source;
  if (!remote(call, "source", args.source, types_of(amo), false, args.pe, args.ctx, &source)) return nullptr;
  return perform_nbi(call, amo, args.fetch, source, dtype_of(args.source), 0, 0);
}

PyObject* compare_swap_nbi(const Signature& call, const stub::atomic_compare_swap_nbi& args) {
  Remote target;
  std::uint64_t comparand;
  std::uint64_t operand;
  if (!remote(call, "target", args.target, types_of(ENGINE_AMO_COMPARE_SWAP), true, args.pe, args.ctx, &target) ||
      !to_bits(call, "cond", target.type, args.cond, &comparand) ||
      !to_bits(call, "value", target.type, args.value, &operand)) {
    return nullptr;
  }
  return perform_nbi(call, ENGINE_AMO_COMPARE_SWAP, args.fetch, target, dtype_of(args.target), operand, comparand);
}

// --- by name of the operation ---

// Indexed by AmoName. The fetching form of set is swap.
constexpr int kPlain[] = {ENGINE_AMO_SET, ENGINE_AMO_INC, ENGINE_AMO_ADD,
                          ENGINE_AMO_AND, ENGINE_AMO_OR,  ENGINE_AMO_XOR};
constexpr int kFetching[] = {ENGINE_AMO_SWAP,      ENGINE_AMO_FETCH_INC, ENGINE_AMO_FETCH_ADD,
                             ENGINE_AMO_FETCH_AND, ENGINE_AMO_FETCH_OR,  ENGINE_AMO_FETCH_XOR};

template <class Arguments>
bool named(const Signature& call, const int* amos, const Arguments& args, int* amo, Remote* target,
           std::uint64_t* operand) {
  AmoName name;
  if (!amo_operator(call, args.op, &name)) return false;
  *amo = amos[static_cast<int>(name)];
  *operand = 0;
  return remote(call, "target", args.target, types_of(*amo), true, args.pe, args.ctx, target) &&
         (name == AmoName::kInc || to_bits(call, "value", target->type, args.value, operand));
}

template <const int* amos>
PyObject* by_name(const Signature& call, const stub::atomic_op& args) {
  int amo;
  Remote target;
  std::uint64_t operand;
  if (!named(call, amos, args, &amo, &target, &operand)) return nullptr;
  return perform(call, amo, target, operand, 0);
}

PyObject* by_name_nbi(const Signature& call, const stub::atomic_fetch_op_nbi& args) {
  int amo;
  Remote target;
  std::uint64_t operand;
  if (!named(call, kFetching, args, &amo, &target, &operand)) return nullptr;
  return perform_nbi(call, amo, args.fetch, target, dtype_of(args.target), operand, 0);
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
    function<stub::atomic_op, by_name<kPlain>>(),
    function<stub::atomic_fetch_op, by_name<kFetching>>(),
    function<stub::atomic_fetch_op_nbi, by_name_nbi>(),
};

}  // namespace

void look_up_atomics() {
  for (int amo = 0; amo < ENGINE_AMO_COUNT; ++amo) {
    for (int type = 0; type < ENGINE_TYPE_COUNT; ++type) {
      functions[amo][type] = state.engine->amo(amo, type);
      nbi_functions[amo][type] = state.engine->amo_nbi ? state.engine->amo_nbi(amo, type) : nullptr;
    }
  }
}

bool add_atomics(PyObject* module, const char* shown_module) {
  return add_functions(module, shown_module, callables);
}

}  // namespace shmem::binding
