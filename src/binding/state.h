// SPDX-License-Identifier: BSD-3-Clause
//
// The one engine of this process: which, in which phase of its life, and what may be relied on.
//
// Everything but `phase` is written while no other thread can be inside a call (loading and initialising) and only read
// afterwards. `phase` is the gate of every call: its acquire load pairs with the release store that ends
// initialisation. A forked child is told by pthread_atfork, which costs the calls nothing.
#pragma once

#include <atomic>

#include "binding/python.h"
#include "binding/signature.h"
#include "binding/turns.h"
#include "engine/engine.h"

namespace shmem::binding {

enum class Phase : int { kUnloaded, kLoaded, kReady, kFinalized, kForked };

struct State {
  std::atomic<Phase> phase{Phase::kUnloaded};
  const EngineTable* engine = nullptr;
  bool cheap = false;        // ENGINE_CHEAP_SMALL, and no turns
  bool cheap_turns = false;  // ENGINE_CHEAP_SMALL, in turns
  bool serialise = false;    // in turns: below THREAD_MULTIPLE, or the engine cannot do it
  bool keep_alive = false;   // non-blocking calls go on after they return
  bool tells_idle = false;   // waits call the idle hook, and no mutex needed
  bool poll = false;         // waits are loops of tests: the engine's cannot be interrupted, or hold the mutex
  int my_pe = 0;
  int n_pes = 0;
  EngineCtx default_ctx = nullptr;
  EngineTeam world = nullptr;
  Turns turns;
};

extern State& state;

[[gnu::cold]] bool not_ready(const char* call);

// The gate of every call that needs the engine at work.
inline bool ready(const Signature& call) {
  if (state.phase.load(std::memory_order_acquire) == Phase::kReady) [[likely]]
    return true;
  return not_ready(call.name);
}

}  // namespace shmem::binding
