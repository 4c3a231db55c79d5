// SPDX-License-Identifier: BSD-3-Clause
//
// The class Ctx. The standard lets a library end some contexts with their team, and leaves private ones to the program.
// Here a team ends all contexts that were created from it, so that all engines behave alike.
#include "binding/calling.h"
#include "binding/classes.h"
#include "binding/errors.h"
#include "binding/operators.h"
#include "binding/stub.h"

namespace shmem::binding {

PyObject* new_ctx(const Signature& call, PyObject* options, const std::shared_ptr<TeamRecord>& team) {
  std::int64_t bits = 0;
  if (given(options) && !enum_integer(call, "options", options, Enum::kCtx, &bits)) return nullptr;
  constexpr std::int64_t kKnown = ENGINE_CTX_PRIVATE | ENGINE_CTX_SERIALIZED | ENGINE_CTX_NOSTORE;
  if (bits & ~kKnown) {
    PyErr_Format(PyExc_ValueError, "%s: options is %S, must be made of CTX flags", call.name, options);
    return nullptr;
  }
  if (!has(call.name, state.engine->ctx_create)) return nullptr;
  auto record = std::make_shared<CtxRecord>();
  const int status =
      without_gil([&] { return state.engine->ctx_create(team->handle, static_cast<long>(bits), &record->handle); });
  if (!finished(call.name, status)) return nullptr;
  record->n_pes = team->n_pes;
  record->team = team;
  record->alive = true;
  {
    const std::lock_guard lock(team->mutex);
    std::erase_if(team->contexts, [](const auto& context) { return context.expired(); });
    team->contexts.push_back(record);
  }
  return Ctx::make(std::move(record));
}

bool end_context(const Signature& call, CtxRecord* record) {
  if (!record->alive.exchange(false)) return true;
  const Kept dropped = record->take_kept();
  without_gil([&] { state.engine->ctx_destroy(record->handle); });
  return succeeded(call.name);
}

namespace {

PyObject* create(const Signature& call, const stub::Ctx::create& args) {
  TeamRecord* record;
  if (!ready(call) || !team(call, args.team, &record)) return nullptr;
  return new_ctx(call, args.options, given(args.team) ? Team::of(args.team)->record : world_record);
}

PyObject* destroy(const Signature& call, Ctx* self) {
  if (self->constant) Py_RETURN_NONE;
  const std::shared_ptr<CtxRecord> record = std::exchange(self->record, nullptr);
  if (record && record != default_record && record->alive && (!ready(call) || !end_context(call, record.get()))) {
    return nullptr;
  }
  Py_RETURN_NONE;
}

PyObject* get_team(const Signature& call, Ctx* self) {
  const CtxRecord* ctx = live(call, self);
  return ctx ? Team::make(ctx->team) : nullptr;
}

PyObject* fence(const Signature& call, Ctx* self) {
  CtxRecord* ctx = live(call, self);
  return ctx ? fence_context(call, ctx) : nullptr;
}

PyObject* quiet(const Signature& call, Ctx* self) {
  CtxRecord* ctx = live(call, self);
  return ctx ? quiet_context(call, ctx) : nullptr;
}

PyObject* session_start(const Signature& call, Ctx* self, const stub::Ctx::session_start& args) {
  const CtxRecord* ctx = live(call, self);
  std::int64_t bits = 0;
  std::size_t operations = 0;
  if (!ctx || (given(args.options) && !integer(call, "options", args.options, &bits)) ||
      (given(args.total_ops) && !count(call, "total_ops", args.total_ops, &operations))) {
    return nullptr;
  }
  if (state.engine->session_start) {  // a hint
    quick([&] { state.engine->session_start(ctx->handle, static_cast<long>(bits), operations); });
  }
  return none_if(succeeded(call.name));
}

PyObject* session_stop(const Signature& call, Ctx* self) {
  const CtxRecord* ctx = live(call, self);
  if (!ctx) return nullptr;
  if (state.engine->session_stop) quick([&] { state.engine->session_stop(ctx->handle); });
  return none_if(succeeded(call.name));
}

PyMethodDef methods[] = {
    function<stub::Ctx::create, create>(METH_STATIC),
    method<stub::Ctx::destroy, destroy>(),
    method<stub::Ctx::enter, enter<Ctx>>(),
    method<stub::Ctx::exit, destroy>(),
    method<stub::Ctx::get_team, get_team>(),
    method<stub::Ctx::fence, fence>(),
    method<stub::Ctx::quiet, quiet>(),
    method<stub::Ctx::session_start, session_start>(),
    method<stub::Ctx::session_stop, session_stop>(),
    {},
};

}  // namespace

bool add_contexts(PyObject* module, const char* shown_module) {
  return add_class<Ctx>(module, shown_module, stub::Ctx::doc, methods);
}

}  // namespace shmem::binding
