// SPDX-License-Identifier: BSD-3-Clause
//
// The records of the constants, the record of a new team, and ptr views. The classes are in contexts.cpp and teams.cpp.
#include "binding/handles.h"

#include "binding/calling.h"
#include "binding/classes.h"
#include "binding/operands.h"
#include "binding/staged_call.h"
#include "binding/totals.h"

namespace shmem::binding {

namespace {

std::shared_ptr<TeamRecord>& shared_record = *new std::shared_ptr<TeamRecord>(std::make_shared<TeamRecord>());

}  // namespace

// Never destroyed, since Python objects may refer to them until the process ends.
std::shared_ptr<TeamRecord>& world_record = *new std::shared_ptr<TeamRecord>(std::make_shared<TeamRecord>());
std::shared_ptr<CtxRecord>& default_record = *new std::shared_ptr<CtxRecord>(std::make_shared<CtxRecord>());
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

void open_team(TeamRecord& record, EngineTeam handle, int words) {
  record.handle = handle;
  record.words = words;
  take_words(words);
  record.alone_below = alone_below(words);
  record.my_pe = state.engine->team_my_pe(handle);
  record.n_pes = state.engine->team_n_pes(handle);
  record.alive = true;
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

PyObject* peer_view(const Signature& call, PyObject* target, PyObject* pe_object, TeamRecord* team) {
  PyArrayObject* array = array_of(call, "target", target);
  if (!array) return nullptr;
  int pe = 0;
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

bool add_handles(PyObject* module, const char* shown_module) {
  if (!add_contexts(module, shown_module) || !add_teams(module, shown_module)) return false;
  default_record->name = "DEFAULT";
  world_record->name = "WORLD";
  shared_record->name = "SHARED";
  const std::pair<const char*, PyObject*> constants[] = {
      {"CTX_DEFAULT", Ctx::make(default_record, true)}, {"CTX_INVALID", Ctx::make(nullptr, true)},
      {"TEAM_WORLD", Team::make(world_record, true)},   {"TEAM_SHARED", Team::make(shared_record, true)},
      {"TEAM_INVALID", Team::make(nullptr, true)},
  };
  for (const auto& [name, object] : constants) {
    const Ref<> constant(object);
    if (!constant || PyModule_AddObjectRef(module, name, object) < 0) return false;
  }
  return true;
}

}  // namespace shmem::binding
