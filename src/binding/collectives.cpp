// SPDX-License-Identifier: BSD-3-Clause
//
// Barriers, data-moving collectives, reductions and scans. All of them wait for other PEs, so they release the GIL when
// they wait, and can be interrupted. Arrays may be of any kind (staged_call.h).
//
// Each PE checks here what it can check alone: dtypes, shapes, sizes. The engine notices if PEs differ in sizes.
// collect is the exception: no PE knows its total alone, so all PEs agree on it first.

#include "binding/areas.h"
#include "binding/calling.h"
#include "binding/errors.h"
#include "binding/operators.h"
#include "binding/shapes.h"
#include "binding/staged_call.h"
#include "binding/stub.h"
#include "binding/types.h"

namespace shmem::binding {

namespace {

EngineReduceFunction reductions[ENGINE_OP_COUNT][ENGINE_TYPE_COUNT];
EngineReduceFunction scans[2][ENGINE_TYPE_COUNT];

constexpr std::uint32_t types_of(int op) {
  return op <= ENGINE_XOR   ? kTypeGroups.reduce_bitwise
         : op <= ENGINE_MIN ? kTypeGroups.reduce_ordered
                            : kTypeGroups.reduce_sum;
}

// The arrays of a collective that the engine takes as they are. Sizes are in elements.
struct Buffers {
  TeamRecord* team;
  PyArrayObject* target_array;
  PyArrayObject* source_array;
  char* target;
  char* source;
  std::size_t target_size;
  std::size_t source_size;
  std::size_t itemsize;
  PyArray_Descr* dtype;
};

// Whether the array has these flags and lies in one live block of this PE's symmetric memory.
bool is_direct(PyArrayObject* array, int flags) {
  if ((PyArray_FLAGS(array) & flags) != flags) return false;
  const Owner owner = owner_of(array);
  const char* data = PyArray_BYTES(array);
  return owner.block && owner.block->alive.load(std::memory_order_relaxed) && data >= owner.block->base &&
         data + PyArray_NBYTES(array) <= owner.block->base + owner.block->extent;
}

// Takes two arrays that go to the engine as they are. False for all others, perhaps with an exception: StagedCall takes
// those, and says what is wrong with them.
bool direct(const Signature& call, PyObject* target_object, PyObject* source_object, PyObject* team_object,
            Buffers* out) {
  constexpr int kReadable = NPY_ARRAY_C_CONTIGUOUS | NPY_ARRAY_ALIGNED;
  if (!ready(call) || !PyArray_Check(target_object) || !PyArray_Check(source_object)) return false;
  PyArrayObject* target = out->target_array = as_array(target_object);
  PyArrayObject* source = out->source_array = as_array(source_object);
  out->dtype = PyArray_DESCR(target);
  if (!is_direct(target, kReadable | NPY_ARRAY_WRITEABLE) || !is_direct(source, kReadable) ||
      !same_type(call, out->dtype, PyArray_DESCR(source)) || !movable(call, "target", out->dtype)) {
    return false;
  }
  out->target = PyArray_BYTES(target);
  out->source = PyArray_BYTES(source);
  out->target_size = number_of_elements(target);
  out->source_size = number_of_elements(source);
  out->itemsize = static_cast<std::size_t>(PyArray_ITEMSIZE(target));
  return team(call, team_object, &out->team);
}

// Whether `size` elements for each of `n_pes` are at most `limit`. False with a ValueError.
bool all_fit(const Signature& call, std::size_t size, std::size_t n_pes, const char* argument, std::size_t limit) {
  std::size_t needed;
  if (!__builtin_mul_overflow(size, n_pes, &needed) && needed <= limit) return true;
  PyErr_Format(PyExc_ValueError, "%s: size is %zu for each of %zu PEs, but %s has %zu elements", call.name, size, n_pes,
               argument, limit);
  return false;
}

// Whether source and target of these sizes, in bytes, do not overlap; where `in_place`, they may be the same.
bool apart(const Buffers& b, std::size_t target_nbytes, std::size_t source_nbytes, bool in_place) {
  return b.target + target_nbytes <= b.source || b.source + source_nbytes <= b.target ||
         (in_place && b.target == b.source);
}

// The number of elements of a call that takes as many from source as it writes to target.
bool size_of(const Signature& call, PyObject* object, const Buffers& b, std::size_t* size) {
  if (!given(object)) return in_one_run(b.target_array, b.source_array, size);
  return count(call, "size", object, size) && *size <= b.target_size && *size <= b.source_size;
}

// Collectives that copy little keep the GIL as long as they do not wait.
template <class F>
PyObject* run(const Signature& call, F&& function) {
  return none_if(finished(call.name, prompt(function)));
}

// --- barriers ---

PyObject* barrier_all(const Signature& call) {
  if (!ready(call)) return nullptr;
  const Kept dropped = state.keep_alive ? default_ctx->take_kept() : Kept{};
  prompt([] { state.engine->barrier_all(); });
  return none_if(finished(call.name));
}

PyObject* sync_all(const Signature& call) {
  if (!ready(call)) return nullptr;
  prompt([] { state.engine->sync_all(); });
  return none_if(finished(call.name));
}

PyObject* sync(const Signature& call, const stub::sync& args) {
  TeamRecord* record;
  if (!ready(call) || !team(call, args.team, &record)) return nullptr;
  return run(call, [&] { return state.engine->team_sync(record->handle); });
}

// --- data movement ---

// Each collective has two ways. A small one on arrays that the engine can take goes straight to it. All others go
// through StagedCall. A call that the first way refuses goes through it, too, which writes the message.

PyObject* broadcast_otherwise(const Signature& call, const stub::broadcast& args) {
  StagedCall staged(call);
  int root = 0;
  std::size_t nelems;
  if (PyErr_Occurred() || !staged.take(args.target, args.source, args.team) ||
      !pe_number(call, "root", args.root, staged.team()->n_pes, &root) || !staged.match(args.size, &nelems) ||
      !has(call.name, state.engine->broadcast)) {
    return nullptr;
  }
  const TeamRecord* team = staged.team();
  if (team->my_pe != root) staged.ignore_source();
  return staged.by_ranges(nelems, [=](char* dest, const char* source, std::size_t nbytes) {
    return state.engine->broadcast(team->handle, dest, source, nbytes, root);
  });
}

PyObject* broadcast(const Signature& call, const stub::broadcast& args) {
  Buffers b;
  int root = 0;
  std::size_t size;
  if (!direct(call, args.target, args.source, args.team, &b) ||
      !pe_number(call, "root", args.root, b.team->n_pes, &root) || !size_of(call, args.size, b, &size)) [[unlikely]] {
    return broadcast_otherwise(call, args);
  }
  const std::size_t nbytes = size * b.itemsize;
  if (nbytes >= b.team->alone_below || !apart(b, nbytes, nbytes, true) || !state.engine->broadcast) [[unlikely]]
    return broadcast_otherwise(call, args);
  return run(call, [&] { return state.engine->broadcast(b.team->handle, b.target, b.source, nbytes, root); });
}

// Sizes may differ between PEs, so the PEs always agree first.
PyObject* collect(const Signature& call, const stub::collect& args) {
  StagedCall staged(call);
  if (!staged.take(args.target, args.source, args.team)) return nullptr;
  std::size_t size = staged.source_size();
  if (given(args.size) &&
      (!count(call, "size", args.size, &size) || !fits(call, size, "source", staged.source_size()))) {
    return nullptr;
  }
  return staged.collect(size, !given(args.size) && !smaller_sizes);
}

PyObject* fcollect_otherwise(const Signature& call, const stub::fcollect& args) {
  StagedCall staged(call);
  if (PyErr_Occurred() || !staged.take(args.target, args.source, args.team)) return nullptr;
  const auto n_pes = static_cast<std::size_t>(staged.team()->n_pes);
  std::size_t size = staged.source_size();
  if (given(args.size)) {
    if (!count(call, "size", args.size, &size) || !fits(call, size, "source", staged.source_size()) ||
        !all_fit(call, size, n_pes, "target", staged.target_size())) {
      return nullptr;
    }
  } else if (!exactly(call, staged.target(), staged.source(), size * n_pes, n_pes)) {
    return nullptr;
  }
  return staged.fcollect(size);
}

PyObject* fcollect(const Signature& call, const stub::fcollect& args) {
  Buffers b;
  if (!direct(call, args.target, args.source, args.team, &b)) [[unlikely]]
    return fcollect_otherwise(call, args);
  const auto n_pes = static_cast<std::size_t>(b.team->n_pes);
  std::size_t size = b.source_size;
  std::size_t total;
  if (given(args.size) ? !count(call, "size", args.size, &size) || size > b.source_size ||
                             __builtin_mul_overflow(size, n_pes, &total) || total > b.target_size
                       : size * n_pes != b.target_size) [[unlikely]] {
    return fcollect_otherwise(call, args);
  }
  const std::size_t nbytes = size * b.itemsize;
  if (nbytes * n_pes >= b.team->alone_below || !apart(b, nbytes * n_pes, nbytes, false) || !state.engine->fcollect)
      [[unlikely]] {
    return fcollect_otherwise(call, args);
  }
  return run(call, [&] { return state.engine->fcollect(b.team->handle, b.target, b.source, nbytes); });
}

PyObject* alltoall_otherwise(const Signature& call, const stub::alltoall& args) {
  StagedCall staged(call);
  if (PyErr_Occurred() || !staged.take(args.target, args.source, args.team)) return nullptr;
  const auto n_pes = static_cast<std::size_t>(staged.team()->n_pes);
  const std::size_t target_size = staged.target_size();
  const std::size_t source_size = staged.source_size();
  std::size_t size;
  if (given(args.size) ? !count(call, "size", args.size, &size) || !all_fit(call, size, n_pes, "target", target_size) ||
                             !all_fit(call, size, n_pes, "source", source_size)
                       : !share(call, staged.target(), staged.source(), target_size, source_size, n_pes, &size)) {
    return nullptr;
  }
  return staged.alltoall(size);
}

PyObject* alltoall(const Signature& call, const stub::alltoall& args) {
  Buffers b;
  if (!direct(call, args.target, args.source, args.team, &b)) [[unlikely]]
    return alltoall_otherwise(call, args);
  const auto n_pes = static_cast<std::size_t>(b.team->n_pes);
  std::size_t size = b.source_size / n_pes;
  std::size_t total = b.source_size;
  if (given(args.size) ? !count(call, "size", args.size, &size) || __builtin_mul_overflow(size, n_pes, &total) ||
                             total > b.target_size || total > b.source_size
                       : total != b.target_size || size * n_pes != total) [[unlikely]] {
    return alltoall_otherwise(call, args);
  }
  const std::size_t nbytes = total * b.itemsize;
  if (nbytes >= b.team->alone_below || !apart(b, nbytes, nbytes, false) || !state.engine->alltoall) [[unlikely]]
    return alltoall_otherwise(call, args);
  return run(call, [&] { return state.engine->alltoall(b.team->handle, b.target, b.source, size * b.itemsize); });
}

// The number of elements that a stride reaches, out of `nelems`.
std::size_t held(std::size_t nelems, std::ptrdiff_t step) {
  return nelems ? (nelems - 1) / static_cast<std::size_t>(step) + 1 : 0;
}

PyObject* alltoalls(const Signature& call, const stub::alltoalls& args) {
  StagedCall staged(call);
  std::ptrdiff_t target_stride;
  std::ptrdiff_t source_stride;
  if (!staged.take(args.target, args.source, args.team) || !stride(call, "tst", args.tst, 1, &target_stride) ||
      !stride(call, "sst", args.sst, 1, &source_stride)) {
    return nullptr;
  }
  const auto n_pes = static_cast<std::size_t>(staged.team()->n_pes);
  const std::size_t target_held = held(staged.target_size(), target_stride);
  const std::size_t source_held = held(staged.source_size(), source_stride);
  std::size_t size;
  if (given(args.size) ? !count(call, "size", args.size, &size) || !all_fit(call, size, n_pes, "target", target_held) ||
                             !all_fit(call, size, n_pes, "source", source_held)
                       : !share(call, staged.target(), staged.source(), target_held, source_held, n_pes, &size)) {
    return nullptr;
  }
  return staged.alltoalls(size, static_cast<std::size_t>(target_stride), static_cast<std::size_t>(source_stride));
}

// --- reductions ---

template <class Arguments>
PyObject* combine_otherwise(const Signature& call, const Arguments& args, std::uint32_t group,
                            const EngineReduceFunction* functions) {
  StagedCall staged(call);
  std::size_t nelems;
  if (PyErr_Occurred() || !staged.take(args.target, args.source, args.team) || !staged.match(args.size, &nelems)) {
    return nullptr;
  }
  const int type = staged.arithmetic_type(group);
  if (type == kNoType) return nullptr;
  const EngineReduceFunction function = functions[type];
  if (!function) return not_implemented(call.name);
  return staged.by_ranges(nelems, [function, team = staged.team(), itemsize = staged.itemsize()](
                                      char* dest, const char* source, std::size_t nbytes) {
    return function(team->handle, dest, source, nbytes / itemsize);
  });
}

template <class Arguments>
PyObject* combine(const Signature& call, const Arguments& args, std::uint32_t group,
                  const EngineReduceFunction* functions) {
  Buffers b;
  std::size_t size;
  if (!direct(call, args.target, args.source, args.team, &b) || !size_of(call, args.size, b, &size)) [[unlikely]]
    return combine_otherwise(call, args, group, functions);
  const int type = engine_type(b.dtype);
  const std::size_t nbytes = size * b.itemsize;
  if (type == kNoType || !(group >> type & 1) || nbytes >= b.team->alone_below || !apart(b, nbytes, nbytes, true) ||
      !functions[type]) [[unlikely]] {
    return combine_otherwise(call, args, group, functions);
  }
  return run(call, [&] { return functions[type](b.team->handle, b.target, b.source, size); });
}

template <int op>
PyObject* reduce_with(const Signature& call, const stub::and_reduce& args) {
  return combine(call, args, types_of(op), reductions[op]);
}

PyObject* reduce(const Signature& call, const stub::reduce& args) {
  int op = ENGINE_SUM;
  if (args.op && !reduction_operator(call, args.op, &op)) return nullptr;
  return combine(call, args, types_of(op), reductions[op]);
}

template <bool inclusive>
PyObject* scan(const Signature& call, const stub::inscan& args) {
  return combine(call, args, kTypeGroups.reduce_sum, scans[inclusive]);
}

PyMethodDef callables[] = {
    function<stub::barrier_all, barrier_all>(),
    function<stub::sync_all, sync_all>(),
    function<stub::sync, sync>(),
    function<stub::broadcast, broadcast>(),
    function<stub::collect, collect>(),
    function<stub::fcollect, fcollect>(),
    function<stub::alltoall, alltoall>(),
    function<stub::alltoalls, alltoalls>(),
    function<stub::reduce, reduce>(),
    function<stub::and_reduce, reduce_with<ENGINE_AND>>(),
    function<stub::or_reduce, reduce_with<ENGINE_OR>>(),
    function<stub::xor_reduce, reduce_with<ENGINE_XOR>>(),
    function<stub::max_reduce, reduce_with<ENGINE_MAX>>(),
    function<stub::min_reduce, reduce_with<ENGINE_MIN>>(),
    function<stub::sum_reduce, reduce_with<ENGINE_SUM>>(),
    function<stub::prod_reduce, reduce_with<ENGINE_PROD>>(),
    function<stub::inscan, scan<true>>(),
    function<stub::exscan, scan<false>>(),
};

}  // namespace

void look_up_collectives() {
  for (int type = 0; type < ENGINE_TYPE_COUNT; ++type) {
    for (int op = 0; op < ENGINE_OP_COUNT; ++op) reductions[op][type] = state.engine->reduce(op, type);
    for (int inclusive = 0; inclusive < 2; ++inclusive) {
      scans[inclusive][type] = state.engine->scan ? state.engine->scan(inclusive, type) : nullptr;
    }
  }
}

bool add_collectives(PyObject* module, const char* shown_module) {
  return add_functions(module, shown_module, callables);
}

}  // namespace shmem::binding
