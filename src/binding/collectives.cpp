// SPDX-License-Identifier: BSD-3-Clause
//
// Barriers, data-moving collectives, reductions and scans. All of them wait for other PEs: they release the GIL and
// can be interrupted. What is checked here is local: both arrays symmetric and without gaps, dtypes, sizes; whether
// the PEs agree on sizes is the engine's to see, except for collect, whose total only all PEs together know.
#include <algorithm>

#include "binding/areas.h"
#include "binding/calling.h"
#include "binding/errors.h"
#include "binding/operators.h"
#include "binding/stub.h"
#include "binding/totals.h"
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

// What a collective works on. Sizes in elements.
struct Buffers {
  TeamRecord* team;
  char* target;
  char* source;
  std::size_t target_size;
  std::size_t source_size;
  std::size_t itemsize;
  PyArray_Descr* dtype;
};

PyArrayObject* buffer(const Signature& call, const char* argument, PyObject* object) {
  PyArrayObject* array = array_of(call, argument, object);
  if (!array || !without_gaps(call, argument, array) || !aligned(call, argument, array)) return nullptr;
  const char* data = PyArray_BYTES(array);
  return symmetric(call, argument, array, data, data + PyArray_NBYTES(array)) ? array : nullptr;
}

bool buffers(const Signature& call, PyObject* target_object, PyObject* source_object, PyObject* team_object,
             Buffers* out) {
  if (!ready(call)) return false;
  PyArrayObject* target = buffer(call, "target", target_object);
  PyArrayObject* source = target ? buffer(call, "source", source_object) : nullptr;
  if (!source) return false;
  out->dtype = PyArray_DESCR(target);
  if (!same_type(call, out->dtype, PyArray_DESCR(source)) || !movable(call, "target", out->dtype) ||
      !writeable(call, "target", target)) {
    return false;
  }
  out->target = PyArray_BYTES(target);
  out->source = PyArray_BYTES(source);
  out->target_size = number_of_elements(target);
  out->source_size = number_of_elements(source);
  out->itemsize = static_cast<std::size_t>(PyArray_ITEMSIZE(target));
  return team(call, team_object, &out->team);
}

// `size` elements for each of `n_pes` lie within `limit`.
bool all_fit(const Signature& call, std::size_t size, std::size_t n_pes, const char* argument, std::size_t limit) {
  std::size_t needed;
  if (!__builtin_mul_overflow(size, n_pes, &needed) && needed <= limit) return true;
  PyErr_Format(PyExc_ValueError, "%s: size is %zu for each of %zu PEs, but %s has %zu elements", call.name, size, n_pes,
               argument, limit);
  return false;
}

// Source and target of these sizes, in bytes, must not overlap; where `in_place`, they may be the same.
bool apart(const Signature& call, const Buffers& b, std::size_t target_nbytes, std::size_t source_nbytes,
           bool in_place) {
  if (b.target + target_nbytes <= b.source || b.source + source_nbytes <= b.target) return true;
  if (in_place && b.target == b.source) return true;
  PyErr_Format(
      PyExc_ValueError,
      in_place ? "%s: target and source overlap; they must be the same or apart" : "%s: target and source overlap",
      call.name);
  return false;
}

// `size`, or the smaller of both arrays; within both.
bool size_of(const Signature& call, PyObject* object, const Buffers& b, std::size_t* size) {
  *size = std::min(b.target_size, b.source_size);
  if (!given(object)) return true;
  return count(call, "size", object, size) && fits(call, *size, "target", b.target_size) &&
         fits(call, *size, "source", b.source_size);
}

// Collectives that copy little keep the GIL as long as they do not wait.
template <class F>
PyObject* run(const Signature& call, std::size_t nbytes, F&& function) {
  const int status = nbytes <= kCopyWithGil ? prompt(function) : without_gil(function);
  return none_if(finished(call.name, status));
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
  return run(call, 0, [&] { return state.engine->team_sync(record->handle); });
}

// --- data movement ---

PyObject* broadcast(const Signature& call, const stub::broadcast& args) {
  Buffers b;
  int root = 0;
  std::size_t size;
  if (!buffers(call, args.target, args.source, args.team, &b) ||
      !pe_number(call, "root", args.root, b.team->n_pes, &root) || !size_of(call, args.size, b, &size)) {
    return nullptr;
  }
  const std::size_t nbytes = size * b.itemsize;
  if (!apart(call, b, nbytes, nbytes, true) || !has(call.name, state.engine->broadcast)) return nullptr;
  return run(call, nbytes, [&] { return state.engine->broadcast(b.team->handle, b.target, b.source, nbytes, root); });
}

// Sizes may differ between PEs.
PyObject* collect(const Signature& call, const stub::collect& args) {
  Buffers b;
  if (!buffers(call, args.target, args.source, args.team, &b)) return nullptr;
  std::size_t size = b.source_size;
  if (given(args.size) && (!count(call, "size", args.size, &size) || !fits(call, size, "source", b.source_size))) {
    return nullptr;
  }
  if (!has(call.name, state.engine->collect)) return nullptr;
  const std::size_t nbytes = size * b.itemsize;
  std::size_t total;
  if (!total_over(call, b.team, nbytes, b.target_size * b.itemsize, &total)) return nullptr;
  if (!apart(call, b, total, nbytes, false)) return nullptr;
  return run(call, total, [&] { return state.engine->collect(b.team->handle, b.target, b.source, nbytes); });
}

PyObject* fcollect(const Signature& call, const stub::fcollect& args) {
  Buffers b;
  if (!buffers(call, args.target, args.source, args.team, &b)) return nullptr;
  const auto n_pes = static_cast<std::size_t>(b.team->n_pes);
  std::size_t size = b.source_size;
  if (given(args.size) && !count(call, "size", args.size, &size)) return nullptr;
  const std::size_t nbytes = size * b.itemsize;
  if (!fits(call, size, "source", b.source_size) || !all_fit(call, size, n_pes, "target", b.target_size) ||
      !apart(call, b, nbytes * n_pes, nbytes, false) || !has(call.name, state.engine->fcollect)) {
    return nullptr;
  }
  return run(call, nbytes * n_pes, [&] { return state.engine->fcollect(b.team->handle, b.target, b.source, nbytes); });
}

// Elements that go from each PE to each, where `size` is left out: all that fit, which must divide evenly.
bool share(const Signature& call, std::size_t available, std::size_t n_pes, std::size_t* size) {
  *size = available / n_pes;
  if (*size * n_pes == available) return true;
  PyErr_Format(PyExc_ValueError, "%s: %zu elements do not divide evenly among %zu PEs; give size", call.name, available,
               n_pes);
  return false;
}

PyObject* alltoall(const Signature& call, const stub::alltoall& args) {
  Buffers b;
  if (!buffers(call, args.target, args.source, args.team, &b)) return nullptr;
  const auto n_pes = static_cast<std::size_t>(b.team->n_pes);
  std::size_t size;
  if (given(args.size) ? !count(call, "size", args.size, &size)
                       : !share(call, std::min(b.target_size, b.source_size), n_pes, &size)) {
    return nullptr;
  }
  if (!all_fit(call, size, n_pes, "target", b.target_size) || !all_fit(call, size, n_pes, "source", b.source_size)) {
    return nullptr;
  }
  const std::size_t nbytes = size * b.itemsize;
  if (!apart(call, b, nbytes * n_pes, nbytes * n_pes, false) || !has(call.name, state.engine->alltoall)) {
    return nullptr;
  }
  return run(call, nbytes * n_pes, [&] { return state.engine->alltoall(b.team->handle, b.target, b.source, nbytes); });
}

PyObject* alltoalls(const Signature& call, const stub::alltoalls& args) {
  Buffers b;
  std::ptrdiff_t target_stride;
  std::ptrdiff_t source_stride;
  if (!buffers(call, args.target, args.source, args.team, &b) || !stride(call, "tst", args.tst, 1, &target_stride) ||
      !stride(call, "sst", args.sst, 1, &source_stride)) {
    return nullptr;
  }
  const auto n_pes = static_cast<std::size_t>(b.team->n_pes);
  const auto held = [](std::size_t nelems, std::ptrdiff_t step) {
    return nelems ? (nelems - 1) / static_cast<std::size_t>(step) + 1 : 0;
  };
  const std::size_t target_held = held(b.target_size, target_stride);
  const std::size_t source_held = held(b.source_size, source_stride);
  std::size_t size;
  if (given(args.size) ? !count(call, "size", args.size, &size)
                       : !share(call, std::min(target_held, source_held), n_pes, &size)) {
    return nullptr;
  }
  if (!all_fit(call, size, n_pes, "target", target_held) || !all_fit(call, size, n_pes, "source", source_held)) {
    return nullptr;
  }
  const auto span = [&](std::ptrdiff_t step) {
    return size ? ((size * n_pes - 1) * static_cast<std::size_t>(step) + 1) * b.itemsize : 0;
  };
  if (!apart(call, b, span(target_stride), span(source_stride), false) || !has(call.name, state.engine->alltoalls)) {
    return nullptr;
  }
  return run(call, size * n_pes * b.itemsize, [&] {
    return state.engine->alltoalls(b.team->handle, b.target, b.source, target_stride, source_stride, size, b.itemsize);
  });
}

// --- reductions ---

template <class Arguments>
PyObject* combine(const Signature& call, const Arguments& args, std::uint32_t group,
                  const EngineReduceFunction* functions) {
  Buffers b;
  std::size_t size;
  if (!buffers(call, args.target, args.source, args.team, &b)) return nullptr;
  const int type = grouped_type(call, "target", b.dtype, group);
  if (type == kNoType || !size_of(call, args.size, b, &size) ||
      !apart(call, b, size * b.itemsize, size * b.itemsize, true)) {
    return nullptr;
  }
  const EngineReduceFunction function = functions[type];
  if (!function) return not_implemented(call.name);
  return run(call, size * b.itemsize, [&] { return function(b.team->handle, b.target, b.source, size); });
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
