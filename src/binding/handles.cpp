// SPDX-License-Identifier: BSD-3-Clause
//
// Records of contexts and teams, and the nanobind classes Ctx and Team around them.
#include "binding/handles.h"

#include <nanobind/nanobind.h>
#include <nanobind/operators.h>

#include <algorithm>
#include <cstdlib>
#include <string>

#include "binding/blocks.h"
#include "binding/doc/handles.h"
#include "binding/totals.h"

namespace nb = nanobind;

namespace shmem::binding {

namespace {

// Never destroyed: Python objects may refer to them until the process ends.
std::shared_ptr<TeamRecord>& world_record = *new std::shared_ptr<TeamRecord>(std::make_shared<TeamRecord>());
std::shared_ptr<TeamRecord>& shared_record = *new std::shared_ptr<TeamRecord>(std::make_shared<TeamRecord>());
std::shared_ptr<CtxRecord>& default_record = *new std::shared_ptr<CtxRecord>(std::make_shared<CtxRecord>());

PyTypeObject* ctx_type = nullptr;
PyTypeObject* team_type = nullptr;

// A call's name where no signature of ours does the parsing.
Signature named(const char* name) {
  Signature call;
  call.name = name;
  return call;
}

void check(bool fine) {
  if (!fine) throw nb::python_error();
}

[[noreturn]] void raise() {
  throw nb::python_error();
}

void open_team(TeamRecord& record, EngineTeam handle, int words) {
  record.handle = handle;
  record.words = words;
  take_words(words);
  record.my_pe = state.engine->team_my_pe(handle);
  record.n_pes = state.engine->team_n_pes(handle);
  record.alive = true;
}

// The new team that this PE is a member of, if it is.
Team team_of(EngineTeam handle, int words) {
  if (!handle) return {};
  auto record = std::make_shared<TeamRecord>();
  open_team(*record, handle, words);
  return {std::move(record)};
}

// The record of a live handle. An invalid or destroyed one is a RuntimeError, as in 1.0.
template <class Record>
Record* live(const Signature& call, const char* argument, const std::shared_ptr<Record>& record) {
  if (record && record->alive) return record.get();
  // The constants before initialisation: the gate words that.
  if (record && record->name && !ready(call)) return nullptr;
  PyErr_Format(PyExc_RuntimeError, "%s: the %s is invalid%s", call.name, argument,
               record ? ": it has been destroyed" : "");
  return nullptr;
}

}  // namespace

CtxRecord* default_ctx = default_record.get();
TeamRecord* world_team = world_record.get();

void CtxRecord::keep(PyObject* object) {
  const std::lock_guard lock(mutex);
  // A loop over one array keeps it once.
  if (kept.empty() || kept.back().get() != object) kept.push_back(borrow(object));
}

Kept CtxRecord::take_kept() {
  const std::lock_guard lock(mutex);
  return std::exchange(kept, {});
}

void open_handles() {
  open_team(*world_record, state.world, 0);
  if (EngineTeam shared = state.engine->team_shared ? state.engine->team_shared() : nullptr) {
    open_team(*shared_record, shared, 1);
  }
  default_record->handle = state.default_ctx;
  default_record->n_pes = state.n_pes;
  default_record->team = world_record;
  default_record->alive = true;
}

void close_handles() {
  world_record->alive = shared_record->alive = default_record->alive = false;
  const Kept dropped = default_record->take_kept();
}

bool context_given(const Signature& call, PyObject* object, CtxRecord** out) {
  if (Py_TYPE(object) != ctx_type && !PyType_IsSubtype(Py_TYPE(object), ctx_type)) {
    PyErr_Format(PyExc_TypeError, "%s: ctx must be a Ctx, not %s", call.name, Py_TYPE(object)->tp_name);
    return false;
  }
  *out = live(call, "context", nb::inst_ptr<Ctx>(object)->record);
  return *out != nullptr;
}

bool team_given(const Signature& call, PyObject* object, TeamRecord** out) {
  if (Py_TYPE(object) != team_type && !PyType_IsSubtype(Py_TYPE(object), team_type)) {
    PyErr_Format(PyExc_TypeError, "%s: team must be a Team, not %s", call.name, Py_TYPE(object)->tp_name);
    return false;
  }
  *out = live(call, "team", nb::inst_ptr<Team>(object)->record);
  return *out != nullptr;
}

PyObject* peer_view(const Signature& call, PyObject* target, PyObject* pe_object, TeamRecord* team) {
  if (!PyArray_Check(target)) {
    PyErr_Format(PyExc_TypeError, "%s: target must be a numpy.ndarray, not %s", call.name, Py_TYPE(target)->tp_name);
    return nullptr;
  }
  int pe = 0;
  PyArrayObject* array = as_array(target);
  const Bounds bounds = bounds_of(array);
  if (!symmetric(call, "target", array, bounds.low, bounds.high) ||
      !pe_number(call, "pe", pe_object, team->n_pes, &pe)) {
    return nullptr;
  }
  int world_pe = pe;
  void* address = quick([&]() -> void* {
    if (team == world_team) return state.engine->ptr(bounds.low, pe);
    world_pe = state.engine->team_translate_pe(team->handle, pe, state.world);
    return state.engine->team_ptr ? state.engine->team_ptr(team->handle, bounds.low, pe)
                                  : state.engine->ptr(bounds.low, world_pe);
  });
  if (!succeeded(call.name)) return nullptr;
  if (!address) Py_RETURN_NONE;
  char* data = static_cast<char*>(address) + (PyArray_BYTES(array) - bounds.low);
  if (world_pe == state.my_pe) {
    return PyArray_View(array, nullptr, &PyArray_Type);
  }
  return new_peer_view(array, data, owner_of(array).block, world_pe).release_object();
}

// --- Ctx ---

namespace {

CtxRecord* live_ctx(const char* name, const Ctx& self) {
  const Signature call = named(name);
  CtxRecord* record = ready(call) ? live(call, "context", self.record) : nullptr;
  if (!record) raise();
  return record;
}

TeamRecord* live_team(const char* name, const Team& self) {
  const Signature call = named(name);
  TeamRecord* record = ready(call) ? live(call, "team", self.record) : nullptr;
  if (!record) raise();
  return record;
}

Ctx create_ctx(const char* name, nb::handle options, std::shared_ptr<TeamRecord> team) {
  const Signature call = named(name);
  std::int64_t bits;
  check(integer(call, "options", options.ptr(), &bits));
  constexpr std::int64_t kKnown = ENGINE_CTX_PRIVATE | ENGINE_CTX_SERIALIZED | ENGINE_CTX_NOSTORE;
  if (bits & ~kKnown) {
    PyErr_Format(PyExc_ValueError, "%s: options is %lld, must be made of CTX flags", name,
                 static_cast<long long>(bits));
    raise();
  }
  check(has(name, state.engine->ctx_create));
  EngineCtx handle = nullptr;
  check(finished(name,
                 leisurely([&] { return state.engine->ctx_create(team->handle, static_cast<long>(bits), &handle); })));
  auto record = std::make_shared<CtxRecord>();
  record->handle = handle;
  record->n_pes = team->n_pes;
  record->team = std::move(team);
  record->alive = true;
  return {std::move(record)};
}

void destroy_ctx(Ctx& self) {
  if (self.constant) return;
  const std::shared_ptr<CtxRecord> record = std::exchange(self.record, nullptr);
  if (!record || record == default_record || !record->alive) return;
  const Signature call = named("Ctx.destroy");
  check(ready(call));
  record->alive = false;
  const Kept dropped = record->take_kept();
  leisurely([&] { state.engine->ctx_destroy(record->handle); });
  check(succeeded(call.name));
}

void quiet_ctx(const Ctx& self) {
  CtxRecord* ctx = live_ctx("Ctx.quiet", self);
  const Kept dropped = state.keep_alive ? ctx->take_kept() : Kept{};
  quick([&] { state.engine->quiet(ctx->handle); });
  check(succeeded("Ctx.quiet"));
}

template <class T>
nb::object describe(nb::handle self, const char* kind) {
  const T* handle = nb::inst_ptr<T>(self);
  if (!handle->record) return nb::steal(PyUnicode_FromFormat("<%s INVALID>", kind));
  if (handle->record->name) return nb::steal(PyUnicode_FromFormat("<%s %s>", kind, handle->record->name));
  if (!handle->record->alive) return nb::steal(PyUnicode_FromFormat("<%s, destroyed>", kind));
  return nb::steal(PyUnicode_FromFormat("<%s of %d PEs at %p>", kind, handle->record->n_pes,
                                        static_cast<const void*>(handle->record.get())));
}

// What Ctx and Team have in common: aliases, comparison, truth, with-statement.
template <class T>
nb::class_<T> add_class(nb::module_& module, const char* name, const char* parameter, const char* doc,
                        void (*destroy)(T&)) {
  static const char* argument;
  argument = parameter;
  return nb::class_<T>(module, name, doc)
      .def(
          "__init__",
          [](T* self, nb::handle other) {
            if (!other.is_none() && !nb::isinstance<T>(other)) {
              PyErr_Format(PyExc_TypeError, "%s must be None or of the same class, not %s", argument,
                           Py_TYPE(other.ptr())->tp_name);
              raise();
            }
            new (self) T{other.is_none() ? nullptr : nb::inst_ptr<T>(other)->record, false};
          },
          nb::arg(parameter) = nb::none())
      .def(
          "__eq__",
          [](const T& self, nb::handle other) -> nb::object {
            if (!nb::isinstance<T>(other)) return nb::borrow(Py_NotImplemented);
            return nb::bool_(self.record == nb::inst_ptr<T>(other)->record);
          },
          nb::arg("other").none())
      .def(
          "__ne__",
          [](const T& self, nb::handle other) -> nb::object {
            if (!nb::isinstance<T>(other)) return nb::borrow(Py_NotImplemented);
            return nb::bool_(self.record != nb::inst_ptr<T>(other)->record);
          },
          nb::arg("other").none())
      .def("__hash__", [](const T& self) { return std::hash<const void*>{}(self.record.get()); })
      .def("__bool__",
           [](const T& self) {
             // A constant is true already before initialisation gives it its handle.
             return self.record && (self.record->alive || (self.record->name && state.phase.load() <= Phase::kLoaded));
           })
      .def("__enter__", [](nb::handle self) { return nb::borrow(self); })
      .def("__exit__", [destroy](T& self, const nb::args&) { destroy(self); });
}

void add_ctx(nb::module_& module) {
  auto cls = add_class<Ctx>(module, "Ctx", "ctx", doc::kCtx, destroy_ctx);
  ctx_type = reinterpret_cast<PyTypeObject*>(cls.ptr());
  cls.def("__repr__", [](nb::handle self) { return describe<Ctx>(self, "Ctx"); })
      .def_static(
          "create",
          [](nb::handle options, nb::handle team) {
            const Signature call = named("Ctx.create");
            check(ready(call));
            TeamRecord* record;
            check(binding::team(call, team.ptr(), &record));
            return create_ctx(call.name, options, team.is_none() ? world_record : nb::inst_ptr<Team>(team)->record);
          },
          nb::arg("options") = 0, nb::arg("team") = nb::none(), doc::kCtxCreate)
      .def("destroy", destroy_ctx, doc::kCtxDestroy)
      .def(
          "get_team",
          [](const Ctx& self) {
            CtxRecord* ctx = live_ctx("Ctx.get_team", self);
            return Team{ctx->team};
          },
          doc::kCtxGetTeam)
      .def(
          "fence",
          [](const Ctx& self) {
            CtxRecord* ctx = live_ctx("Ctx.fence", self);
            quick([&] { state.engine->fence(ctx->handle); });
            check(succeeded("Ctx.fence"));
          },
          doc::kCtxFence)
      .def("quiet", quiet_ctx, doc::kCtxQuiet)
      .def(
          "session_start",
          [](const Ctx& self, nb::handle options, nb::handle total_ops) {
            const Signature call = named("Ctx.session_start");
            CtxRecord* ctx = live_ctx(call.name, self);
            std::int64_t bits;
            std::size_t operations = 0;
            check(integer(call, "options", options.ptr(), &bits));
            check(total_ops.is_none() || count(call, "total_ops", total_ops.ptr(), &operations));
            if (!state.engine->session_start) return;  // a hint
            quick([&] { state.engine->session_start(ctx->handle, static_cast<long>(bits), operations); });
            check(succeeded(call.name));
          },
          nb::arg("options") = 0, nb::arg("total_ops") = nb::none(), doc::kCtxSessionStart)
      .def(
          "session_stop",
          [](const Ctx& self) {
            CtxRecord* ctx = live_ctx("Ctx.session_stop", self);
            if (!state.engine->session_stop) return;
            quick([&] { state.engine->session_stop(ctx->handle); });
            check(succeeded("Ctx.session_stop"));
          },
          doc::kCtxSessionStop);
}

// --- Team ---

void destroy_team(Team& self) {
  if (self.constant) return;
  const std::shared_ptr<TeamRecord> record = std::exchange(self.record, nullptr);
  if (!record || record->name || !record->alive) return;
  const Signature call = named("Team.destroy");
  check(ready(call));
  record->alive = false;
  blocking([&] { state.engine->team_destroy(record->handle); });
  return_words(record->words);
  check(finished(call.name));
}

// num_contexts out of config and keywords, -1 if neither has it.
int num_contexts(const Signature& call, nb::handle config, const nb::kwargs& keywords) {
  nb::dict all;
  if (!config.is_none()) check(PyDict_Update(all.ptr(), config.ptr()) == 0);
  check(PyDict_Update(all.ptr(), keywords.ptr()) == 0);
  std::size_t value = 0;
  bool found = false;
  for (auto [key, item] : all) {
    if (nb::str(key).attr("lower")().equal(nb::str("num_contexts"))) {
      check(count(call, "num_contexts", item.ptr(), &value));
      found = true;
    } else {
      PyErr_Format(PyExc_TypeError, "%s: unknown configuration parameter %R", call.name, key.ptr());
      raise();
    }
  }
  return found ? static_cast<int>(std::min<std::size_t>(value, INT32_MAX)) : -1;
}

Team split_strided(const Team& self, nb::handle start_object, nb::handle stride_object, nb::handle size_object,
                   nb::handle config, const nb::kwargs& keywords) {
  const Signature call = named("Team.split_strided");
  TeamRecord* parent = live_team(call.name, self);
  int start = 0;
  std::int64_t stride;
  check(pe_number(call, "start", start_object.ptr(), parent->n_pes, &start));
  check(integer(call, "stride", stride_object.ptr(), &stride));
  // A stride that leaves the team at once serves a team of one PE only: any such stride is as good.
  stride = std::clamp<std::int64_t>(stride, -parent->n_pes, parent->n_pes);
  const std::int64_t reach = stride > 0 ? parent->n_pes - 1 - start : start;
  const std::size_t most = stride == 0 ? 1 : static_cast<std::size_t>(reach / std::abs(stride)) + 1;
  std::size_t size = most;
  if (!size_object.is_none()) check(count(call, "size", size_object.ptr(), &size));
  if (size < 1 || size > most) {
    PyErr_Format(PyExc_ValueError,
                 "%s: size is %zu, must be 1 to %zu with start %d and stride %lld in a team of %d PEs", call.name, size,
                 most, start, static_cast<long long>(stride), parent->n_pes);
    raise();
  }
  const int contexts = num_contexts(call, config, keywords);
  check(has(call.name, state.engine->team_split_strided));
  EngineTeam handle = nullptr;
  check(finished(call.name, blocking([&] {
                   return state.engine->team_split_strided(parent->handle, start, static_cast<int>(stride),
                                                           static_cast<int>(size), contexts, &handle);
                 })));
  int words;
  check(agree_on_words(call.name, parent, &words, 1));
  return team_of(handle, words);
}

nb::tuple split_2d(const Team& self, nb::handle xrange_object) {
  const Signature call = named("Team.split_2d");
  TeamRecord* parent = live_team(call.name, self);
  std::size_t xrange;
  check(count(call, "xrange", xrange_object.ptr(), &xrange));
  if (xrange < 1) {
    PyErr_Format(PyExc_ValueError, "%s: xrange must be at least 1", call.name);
    raise();
  }
  xrange = std::min<std::size_t>(xrange, static_cast<std::size_t>(parent->n_pes));
  check(has(call.name, state.engine->team_split_2d));
  EngineTeam x = nullptr;
  EngineTeam y = nullptr;
  check(finished(call.name, blocking([&] {
                   return state.engine->team_split_2d(parent->handle, static_cast<int>(xrange), &x, &y);
                 })));
  int words[2];
  check(agree_on_words(call.name, parent, words, 2));
  return nb::make_tuple(team_of(x, words[0]), team_of(y, words[1]));
}

int translate_pe(const Team& self, nb::handle pe_object, nb::handle dest) {
  const Signature call = named("Team.translate_pe");
  TeamRecord* source = live_team(call.name, self);
  TeamRecord* target;
  int pe = source->my_pe;
  check(binding::team(call, dest.ptr(), &target));
  if (!pe_object.is_none()) check(pe_number(call, "pe", pe_object.ptr(), source->n_pes, &pe));
  const int translated = quick([&] { return state.engine->team_translate_pe(source->handle, pe, target->handle); });
  check(succeeded(call.name));
  if (translated < 0) {
    PyErr_Format(PyExc_RuntimeError, "%s: PE %d is not in the other team", call.name, pe);
    raise();
  }
  return translated;
}

void add_team(nb::module_& module) {
  auto cls = add_class<Team>(module, "Team", "team", doc::kTeam, destroy_team);
  team_type = reinterpret_cast<PyTypeObject*>(cls.ptr());
  cls.def("__repr__", [](nb::handle self) { return describe<Team>(self, "Team"); })
      .def("split_strided", split_strided, nb::arg("start") = 0, nb::arg("stride") = 1, nb::arg("size") = nb::none(),
           nb::arg("config") = nb::none(), nb::arg("kwargs"), doc::kTeamSplitStrided)
      .def("split_2d", split_2d, nb::arg("xrange"), doc::kTeamSplit2d)
      .def(
          "get_config",
          [](const Team& self) {
            TeamRecord* team = live_team("Team.get_config", self);
            int contexts = 0;
            check(succeeded("Team.get_config", state.engine->team_get_config(team->handle, &contexts)));
            nb::dict config;
            config["num_contexts"] = contexts;
            return config;
          },
          doc::kTeamGetConfig)
      .def(
          "my_pe", [](const Team& self) { return live_team("Team.my_pe", self)->my_pe; }, doc::kTeamMyPe)
      .def(
          "n_pes", [](const Team& self) { return live_team("Team.n_pes", self)->n_pes; }, doc::kTeamNPes)
      .def("translate_pe", translate_pe, nb::arg("pe") = nb::none(), nb::arg("team") = nb::none(),
           doc::kTeamTranslatePe)
      .def(
          "create_ctx",
          [](const Team& self, nb::handle options) {
            live_team("Team.create_ctx", self);
            return create_ctx("Team.create_ctx", options, self.record);
          },
          nb::arg("options") = 0, doc::kTeamCreateCtx)
      .def(
          "ptr",
          [](const Team& self, nb::handle target, nb::handle pe) {
            TeamRecord* team = live_team("Team.ptr", self);
            PyObject* view = peer_view(named("Team.ptr"), target.ptr(), pe.ptr(), team);
            check(view != nullptr);
            return nb::steal(view);
          },
          nb::arg("target"), nb::arg("pe"), doc::kTeamPtr)
      .def(
          "sync",
          [](const Team& self) {
            TeamRecord* team = live_team("Team.sync", self);
            check(finished("Team.sync", prompt([&] { return state.engine->team_sync(team->handle); })));
          },
          doc::kTeamSync)
      .def("destroy", destroy_team, doc::kTeamDestroy);
}

}  // namespace

bool add_handles(PyObject* module_object, const char* shown_module) {
  try {
    nb::module_ module = nb::borrow<nb::module_>(module_object);
    add_ctx(module);
    add_team(module);
    for (const char* name : {"Ctx", "Team"}) module.attr(name).attr("__module__") = shown_module;
    default_record->name = "DEFAULT";
    world_record->name = "WORLD";
    shared_record->name = "SHARED";
    module.attr("CTX_DEFAULT") = Ctx{default_record, true};
    module.attr("CTX_INVALID") = Ctx{nullptr, true};
    module.attr("TEAM_WORLD") = Team{world_record, true};
    module.attr("TEAM_SHARED") = Team{shared_record, true};
    module.attr("TEAM_INVALID") = Team{nullptr, true};
    return true;
  } catch (nb::python_error& error) {
    error.restore();
    return false;
  }
}

}  // namespace shmem::binding
