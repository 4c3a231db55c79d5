// SPDX-License-Identifier: BSD-3-Clause
//
// fence, quiet and pe_quiet.
//
// After quiet, the references that non-blocking operations hold are dropped. Only those are dropped that were there
// when quiet began, since another thread may start operations meanwhile.
#include <vector>

#include "binding/areas.h"
#include "binding/calling.h"
#include "binding/errors.h"
#include "binding/operands.h"
#include "binding/stub.h"

namespace shmem::binding {

PyObject* fence_context(const Signature& call, CtxRecord* ctx) {
  quick([&] { state.engine->fence(ctx->handle); });
  return none_if(succeeded(call.name));
}

PyObject* quiet_context(const Signature& call, CtxRecord* ctx) {
  const Kept dropped = state.keep_alive ? ctx->take_kept() : Kept{};
  if (!dropped.empty()) {
    without_gil([&] { state.engine->quiet(ctx->handle); });
  } else {  // no non-blocking operation of ours is under way
    quick([&] { state.engine->quiet(ctx->handle); });
  }
  return none_if(succeeded(call.name));
}

namespace {

PyObject* fence(const Signature& call, const stub::fence& args) {
  CtxRecord* ctx;
  return ready(call) && context(call, args.ctx, &ctx) ? fence_context(call, ctx) : nullptr;
}

PyObject* quiet(const Signature& call, const stub::quiet& args) {
  CtxRecord* ctx;
  return ready(call) && context(call, args.ctx, &ctx) ? quiet_context(call, ctx) : nullptr;
}

PyObject* pe_quiet(const Signature& call, const stub::pe_quiet& args) {
  CtxRecord* ctx;
  if (!ready(call) || !context(call, args.ctx, &ctx)) return nullptr;
  std::vector<int> pes;
  if (PyLong_Check(args.pes) || PyArray_IsScalar(args.pes, Integer)) {
    pes.resize(1);
    if (!pe_number(call, "pes", args.pes, ctx->n_pes, pes.data())) return nullptr;
  } else {
    const Ref<> items(PySequence_Fast(args.pes, "pe_quiet: pes must be a PE or a sequence of PEs"));
    if (!items) return nullptr;
    pes.resize(static_cast<std::size_t>(PySequence_Fast_GET_SIZE(items.object())));
    for (std::size_t i = 0; i < pes.size(); ++i) {
      PyObject* item = PySequence_Fast_GET_ITEM(items.object(), static_cast<Py_ssize_t>(i));
      if (!pe_number(call, "pes", item, ctx->n_pes, &pes[i])) return nullptr;
    }
  }
  if (!has(call.name, state.engine->pe_quiet)) return nullptr;
  quick([&] { state.engine->pe_quiet(ctx->handle, pes.data(), pes.size()); });
  return none_if(succeeded(call.name));
}

PyMethodDef callables[] = {
    function<stub::fence, fence>(),
    function<stub::quiet, quiet>(),
    function<stub::pe_quiet, pe_quiet>(),
};

}  // namespace

bool add_ordering(PyObject* module, const char* shown_module) {
  return add_functions(module, shown_module, callables);
}

}  // namespace shmem::binding
