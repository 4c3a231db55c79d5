// SPDX-License-Identifier: BSD-3-Clause
//
// Contexts and teams. A Python object and its aliases (`Ctx(ctx)`) share a record, so that all of them know when one
// has destroyed the handle. The records of the default context, the world and the shared team exist from the start, and
// get their handles when the engine is initialised.
//
// On an engine that does not complete non-blocking operations at once, a context's record also holds references to the
// local arrays that these operations use. quiet, barrier and the end of the context drop them.
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
  static constexpr const char* kText = "team";

  EngineTeam handle = nullptr;
  int my_pe = 0;
  int n_pes = 0;
  int words = -1;  // the team's symmetric words (totals.h)
  // Collectives whose arrays are symmetric and contiguous go straight to the engine below this size. From here on, the
  // members first agree whether any of them stages (staged_call.h).
  std::size_t alone_below = 0;
  const char* name = nullptr;  // of a constant, else null
  std::atomic<bool> alive{false};
  std::vector<std::weak_ptr<CtxRecord>> contexts;  // created from it, and destroyed with it
  std::mutex mutex;                                // guards contexts
};

// References that are dropped once an operation is complete. The destructor drops them, with the GIL held.
using Kept = std::vector<Ref<>>;

struct CtxRecord {
  using Constructor = stub::Ctx::constructor;
  static constexpr const char* kText = "context";

  EngineCtx handle = nullptr;
  int n_pes = 0;
  const char* name = nullptr;
  std::atomic<bool> alive{false};
  std::shared_ptr<TeamRecord> team;
  std::mutex mutex;  // guards kept
  Kept kept;

  // Holds `object` until the next completion.
  void keep(PyObject* object);
  // The references to drop after the completion that the caller is about to wait for.
  [[nodiscard]] Kept take_kept();
};

// The records of the constants.
extern std::shared_ptr<CtxRecord>& default_record;
extern std::shared_ptr<TeamRecord>& world_record;
extern CtxRecord* default_ctx;
extern TeamRecord* world_team;

// Initialisation gives the constants their handles; finalisation takes them away.
void open_handles();
void close_handles();

// The record of a live handle. An invalid or destroyed handle raises RuntimeError, as in 1.0.
template <class Record>
Record* live(const Signature& call, const char* argument, const std::shared_ptr<Record>& record) {
  if (record && record->alive) return record.get();
  // A constant before initialisation: `ready` has the message for that.
  if (record && record->name && !ready(call)) return nullptr;
  PyErr_Format(PyExc_RuntimeError, "%s: the %s is invalid%s", call.name, argument,
               record ? ": it has been destroyed" : "");
  return nullptr;
}

// Fills in the record of a new team of the engine.
void open_team(TeamRecord& record, EngineTeam handle, int words);

// The body of ptr: an array of the team's PE `pe`.
PyObject* peer_view(const Signature& call, PyObject* target, PyObject* pe, TeamRecord* team);

// The bodies of fence and quiet, which are functions and methods of Ctx.
PyObject* fence_context(const Signature& call, CtxRecord* ctx);
PyObject* quiet_context(const Signature& call, CtxRecord* ctx);

bool add_handles(PyObject* module, const char* shown_module);

}  // namespace shmem::binding
