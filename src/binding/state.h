// SPDX-License-Identifier: BSD-3-Clause
//
// The engine of this process: its table, the phase of its life, and what calls may rely on.
//
// Everything but `phase` is written while no other thread can be in a call (when the engine is loaded and initialised)
// and is only read afterwards. `phase` is the gate of every call: its acquire load pairs with the release store that
// ends initialisation. A handler of pthread_atfork changes it in a forked child, so calls need not look for forks.
#pragma once

#include <atomic>

#include "binding/engine_mutex.h"
#include "binding/python.h"
#include "binding/signature.h"
#include "engine/engine.h"

namespace shmem::binding {

enum class Phase : int { kUnloaded, kLoaded, kReady, kFinalized, kForked };

struct State {
  std::atomic<Phase> phase{Phase::kUnloaded};
  const EngineTable* engine = nullptr;
  bool cheap = false;         // small calls keep the GIL and need no mutex
  bool cheap_locked = false;  // small calls keep the GIL and need the mutex
  bool serialise = false;     // one thread at a time: below THREAD_MULTIPLE, or the engine cannot do more
  bool keep_alive = false;    // non-blocking operations may use their arrays after the call has returned
  bool tells_idle = false;    // waits call the idle hook, and need no mutex
  bool poll = false;  // waits are loops of tests: the engine's own cannot be interrupted, or would keep the mutex
  bool unlike_addresses = false;  // members of a collective may pass different addresses
  int my_pe = 0;
  int n_pes = 0;
  EngineCtx default_ctx = nullptr;
  EngineTeam world = nullptr;
  EngineMutex mutex;
};

extern State& state;

// The exception of a call that finds no engine at work. Always false.
[[gnu::cold]] bool not_ready(const char* call);

// The gate of every call that needs the engine at work.
inline bool ready(const Signature& call) {
  if (state.phase.load(std::memory_order_acquire) == Phase::kReady) [[likely]]
    return true;
  return not_ready(call.name);
}

}  // namespace shmem::binding
