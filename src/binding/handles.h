// SPDX-License-Identifier: BSD-3-Clause
//
// Contexts and teams. Python objects share a record with their aliases (`Ctx(ctx)`), so that a handle that one
// alias has destroyed is known as such to the others. The records of the default context, the world and the shared
// team exist from the start and get their handles with initialisation.
//
// A context's record also holds what its non-blocking operations still use, on engines that do not complete them
// at once: references to the local arrays, dropped by quiet, barrier or the context's end.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "binding/errors.h"
#include "binding/python.h"
#include "binding/state.h"
#include "binding/stub.h"

namespace shmem::binding {

struct CtxRecord;

struct TeamRecord {
  using Constructor = stub::Team::constructor;
  static constexpr const char* kWord = "team";

  EngineTeam handle = nullptr;
  int my_pe = 0;
  int n_pes = 0;
  int words = -1;              // of totals.h
  const char* name = nullptr;  // of a constant
  std::atomic<bool> alive{false};
  std::vector<std::weak_ptr<CtxRecord>> contexts;  // created from it, and destroyed with it
  std::mutex mutex;                                // of contexts
};

// References to drop once an operation is complete; the destructor drops them, with the GIL held.
using Kept = std::vector<Ref<>>;

struct CtxRecord {
  using Constructor = stub::Ctx::constructor;
  static constexpr const char* kWord = "context";

  EngineCtx handle = nullptr;
  int n_pes = 0;
  const char* name = nullptr;
  std::atomic<bool> alive{false};
  std::shared_ptr<TeamRecord> team;
  std::mutex mutex;  // of kept
  Kept kept;

  // Holds `object` until the next completion.
  void keep(PyObject* object);
  // What to drop when the completion that the caller is about to wait for has happened.
  [[nodiscard]] Kept take_kept();
};

// The constants' records, and what the calls use of them.
extern std::shared_ptr<CtxRecord>& default_record;
extern std::shared_ptr<TeamRecord>& world_record;
extern CtxRecord* default_ctx;
extern TeamRecord* world_team;

// Gives the constants their handles; part of initialisation. And takes them away again.
void open_handles();
void close_handles();

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

// A team of the engine's, ready for use.
void open_team(TeamRecord& record, EngineTeam handle, int words);

// ptr(target, pe) of a team.
PyObject* peer_view(const Signature& call, PyObject* target, PyObject* pe, TeamRecord* team);

bool add_handles(PyObject* module, const char* shown_module);

}  // namespace shmem::binding
