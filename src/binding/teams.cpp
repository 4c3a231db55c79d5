// SPDX-License-Identifier: BSD-3-Clause
//
// The class Team. To split or to destroy a team is collective over its members.
#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "binding/calling.h"
#include "binding/classes.h"
#include "binding/errors.h"
#include "binding/operands.h"
#include "binding/stub.h"
#include "binding/totals.h"

namespace shmem::binding {

namespace {

// The new team, or the invalid one where this PE is not a member.
PyObject* new_team(EngineTeam handle, int words) {
  if (!handle) return Team::make(nullptr);
  auto record = std::make_shared<TeamRecord>();
  open_team(*record, handle, words);
  return Team::make(std::move(record));
}

PyObject* destroy(const Signature& call, Team* self) {
  if (self->constant) Py_RETURN_NONE;
  const std::shared_ptr<TeamRecord> record = std::exchange(self->record, nullptr);
  if (!record || record->name || !record->alive) Py_RETURN_NONE;
  if (!ready(call)) return nullptr;
  std::vector<std::weak_ptr<CtxRecord>> contexts;
  {
    const std::lock_guard lock(record->mutex);
    contexts.swap(record->contexts);
  }
  for (const auto& context : contexts) {
    const std::shared_ptr<CtxRecord> ctx = context.lock();
    if (ctx && !end_context(call, ctx.get())) return nullptr;
  }
  record->alive = false;
  without_gil([&] { state.engine->team_destroy(record->handle); });
  return_words(record->words);
  return none_if(finished(call.name));
}

// num_contexts from the keyword or the mapping, whose keys may be in any case; -1 if neither has it.
bool num_contexts(const Signature& call, PyObject* config, PyObject* keyword, int* out) {
  std::size_t value = 0;
  bool found = given(keyword);
  if (given(config)) {
    const Ref<> all(PyDict_New());
    if (!all) return false;
    if (PyDict_Update(all.object(), config) < 0) {
      PyErr_Format(PyExc_TypeError, "%s: config must be a mapping, not %s", call.name, Py_TYPE(config)->tp_name);
      return false;
    }
    Py_ssize_t position = 0;
    PyObject* key;
    PyObject* item;
    while (PyDict_Next(all.object(), &position, &key, &item)) {
      const Ref<> lower(PyUnicode_Check(key) ? PyObject_CallMethod(key, "lower", nullptr) : nullptr);
      if (PyErr_Occurred()) return false;
      if (!lower || PyUnicode_CompareWithASCIIString(lower.object(), "num_contexts") != 0) {
        PyErr_Format(PyExc_TypeError, "%s: unknown configuration parameter %R", call.name, key);
        return false;
      }
      if (!count(call, "num_contexts", item, &value)) return false;
      found = true;
    }
  }
  if (given(keyword) && !count(call, "num_contexts", keyword, &value)) return false;
  *out = found ? static_cast<int>(std::min<std::size_t>(value, INT32_MAX)) : -1;
  return true;
}

PyObject* split_strided(const Signature& call, Team* self, const stub::Team::split_strided& args) {
  TeamRecord* parent = live(call, self);
  int start = 0;
  std::int64_t stride = 1;
  if (!parent || (args.start && !pe_number(call, "start", args.start, parent->n_pes, &start)) ||
      (args.stride && !integer(call, "stride", args.stride, &stride))) {
    return nullptr;
  }
  // A stride of n_pes or more fits a team of one PE only, whatever its value. Clamped, it fits an int.
  stride = std::clamp<std::int64_t>(stride, -parent->n_pes, parent->n_pes);
  const std::int64_t reach = stride > 0 ? parent->n_pes - 1 - start : start;
  const std::size_t most = stride == 0 ? 1 : static_cast<std::size_t>(reach / std::abs(stride)) + 1;
  std::size_t size = most;
  if (given(args.size) && !count(call, "size", args.size, &size)) return nullptr;
  if (size < 1 || size > most) {
    PyErr_Format(PyExc_ValueError,
                 "%s: size is %zu, must be 1 to %zu with start %d and stride %lld in a team of %d PEs", call.name, size,
                 most, start, static_cast<long long>(stride), parent->n_pes);
    return nullptr;
  }
  int contexts;
  if (!num_contexts(call, args.config, args.num_contexts, &contexts) ||
      !has(call.name, state.engine->team_split_strided)) {
    return nullptr;
  }
  EngineTeam handle = nullptr;
  const int status = without_gil([&] {
    return state.engine->team_split_strided(parent->handle, start, static_cast<int>(stride), static_cast<int>(size),
                                            contexts, &handle);
  });
  int words;
  if (!finished(call.name, status) || !agree_on_words(call.name, parent, &words, 1)) return nullptr;
  return new_team(handle, words);
}

PyObject* split_2d(const Signature& call, Team* self, const stub::Team::split_2d& args) {
  TeamRecord* parent = live(call, self);
  std::size_t xrange;
  if (!parent || !count(call, "xrange", args.xrange, &xrange)) return nullptr;
  if (xrange < 1) {
    PyErr_Format(PyExc_ValueError, "%s: xrange must be at least 1", call.name);
    return nullptr;
  }
  xrange = std::min<std::size_t>(xrange, static_cast<std::size_t>(parent->n_pes));
  if (!has(call.name, state.engine->team_split_2d)) return nullptr;
  EngineTeam x = nullptr;
  EngineTeam y = nullptr;
  const int status =
      without_gil([&] { return state.engine->team_split_2d(parent->handle, static_cast<int>(xrange), &x, &y); });
  int words[2];
  if (!finished(call.name, status) || !agree_on_words(call.name, parent, words, 2)) return nullptr;
  const Ref<> row(new_team(x, words[0]));
  const Ref<> column(new_team(y, words[1]));
  return row && column ? PyTuple_Pack(2, row.object(), column.object()) : nullptr;
}

PyObject* get_config(const Signature& call, Team* self) {
  const TeamRecord* team = live(call, self);
  int contexts = 0;
  if (!team || !succeeded(call.name, state.engine->team_get_config(team->handle, &contexts))) return nullptr;
  return Py_BuildValue("{s:i}", "num_contexts", contexts);
}

PyObject* my_pe(const Signature& call, Team* self) {
  const TeamRecord* team = live(call, self);
  return team ? PyLong_FromLong(team->my_pe) : nullptr;
}

PyObject* n_pes(const Signature& call, Team* self) {
  const TeamRecord* team = live(call, self);
  return team ? PyLong_FromLong(team->n_pes) : nullptr;
}

PyObject* translate_pe(const Signature& call, Team* self, const stub::Team::translate_pe& args) {
  const TeamRecord* source = live(call, self);
  TeamRecord* target;
  if (!source || !team(call, args.team, &target)) return nullptr;
  int pe = source->my_pe;
  if (given(args.pe) && !pe_number(call, "pe", args.pe, source->n_pes, &pe)) return nullptr;
  const int translated = quick([&] { return state.engine->team_translate_pe(source->handle, pe, target->handle); });
  if (!succeeded(call.name)) return nullptr;
  if (translated < 0) {
    PyErr_Format(PyExc_RuntimeError, "%s: PE %d is not in the other team", call.name, pe);
    return nullptr;
  }
  return PyLong_FromLong(translated);
}

PyObject* create_ctx(const Signature& call, Team* self, const stub::Team::create_ctx& args) {
  return live(call, self) ? new_ctx(call, args.options, self->record) : nullptr;
}

PyObject* ptr(const Signature& call, Team* self, const stub::Team::ptr& args) {
  TeamRecord* team = live(call, self);
  return team ? peer_view(call, args.target, args.pe, team) : nullptr;
}

PyObject* sync(const Signature& call, Team* self) {
  const TeamRecord* team = live(call, self);
  if (!team) return nullptr;
  const int status = prompt([&] { return state.engine->team_sync(team->handle); });
  return none_if(finished(call.name, status));
}

PyMethodDef methods[] = {
    method<stub::Team::split_strided, split_strided>(),
    method<stub::Team::split_2d, split_2d>(),
    method<stub::Team::get_config, get_config>(),
    method<stub::Team::my_pe, my_pe>(),
    method<stub::Team::n_pes, n_pes>(),
    method<stub::Team::translate_pe, translate_pe>(),
    method<stub::Team::create_ctx, create_ctx>(),
    method<stub::Team::ptr, ptr>(),
    method<stub::Team::sync, sync>(),
    method<stub::Team::destroy, destroy>(),
    method<stub::Team::enter, enter<Team>>(),
    method<stub::Team::exit, destroy>(),
    {},
};

}  // namespace

bool add_teams(PyObject* module, const char* shown_module) {
  return add_class<Team>(module, shown_module, stub::Team::doc, methods);
}

}  // namespace shmem::binding
