// SPDX-License-Identifier: BSD-3-Clause
//
// Ways to call the engine, by what a call may do:
//
//   quick        for a small transfer, an atomic or a test. It keeps the GIL if the engine says that these are cheap.
//   copying      as quick, up to a size from which another thread would wait too long for the GIL.
//   without_gil  for everything else. A signal can interrupt it where it waits for other PEs.
//   prompt       for waits that hold no lock of the engine meanwhile. If the engine calls the idle hook, the GIL is
//   kept
//                until then: most collectives of PEs with a core of their own end before the GIL could be released.
//
// Below THREAD_MULTIPLE each of them lets one thread at a time into the engine (engine_mutex.h).
#pragma once

#include <cstddef>
#include <mutex>
#include <type_traits>
#include <utility>

#include "binding/python.h"
#include "binding/state.h"

namespace shmem::binding {

// The variables of a thread's call lie in static TLS (initial-exec). Otherwise, since this library is loaded by dlopen,
// each call would ask the loader for their address several times.
//
// The thread state while this thread is in a call without the GIL. The interrupt check takes the GIL back with it.
extern constinit thread_local PyThreadState* released [[gnu::tls_model("initial-exec")]];

class Unlocked {
 public:
  Unlocked() {
    if (state.serialise) state.mutex.alone();  // this thread is seen by the one that was alone
    released = PyEval_SaveThread();
    if (state.serialise) state.mutex.lock();
  }
  ~Unlocked() {
    if (state.serialise) state.mutex.unlock();
    PyEval_RestoreThread(std::exchange(released, nullptr));
  }
  Unlocked(const Unlocked&) = delete;
  Unlocked& operator=(const Unlocked&) = delete;
};

template <class F>
inline std::invoke_result_t<F> without_gil(F&& call) {
  const Unlocked unlocked;
  return call();
}

template <class F>
inline std::invoke_result_t<F> quick(F&& call) {
  if (state.cheap) [[likely]]
    return call();
  if (state.cheap_locked) {
    if (state.mutex.alone()) [[likely]]
      return call();
    if (const std::unique_lock lock(state.mutex, std::try_to_lock); lock) return call();
  }
  return without_gil(call);
}

// Installed in the engine, which calls it inside waits: runs Python's signal handlers. A nonzero result ends the wait.
int check_interrupts(void*);

// Installed in the engine as the idle hook: releases the GIL if this thread is in a `prompt` call, whose wait is long.
void give_gil_away();

// Whether this thread is in a `prompt` call, in which `give_gil_away` may release the GIL.
extern constinit thread_local bool keeps_gil [[gnu::tls_model("initial-exec")]];

class Prompt {
 public:
  Prompt() : before_(std::exchange(keeps_gil, true)) {}
  ~Prompt() {
    keeps_gil = before_;
    if (released) PyEval_RestoreThread(std::exchange(released, nullptr));
  }
  Prompt(const Prompt&) = delete;
  Prompt& operator=(const Prompt&) = delete;

 private:
  bool before_;  // a signal handler runs inside a wait, and may make a `prompt` call itself
};

template <class F>
inline std::invoke_result_t<F> prompt(F&& call) {
  if (!state.tells_idle) return without_gil(call);
  const Prompt kept;
  return call();
}

// A copy of up to this size takes some microseconds, so another thread could do little meanwhile. To hand the GIL over
// costs 100 to 200 ns.
inline constexpr std::size_t kCopyWithGil = 256 * 1024;

template <class F>
inline void copying(std::size_t nbytes, F&& call) {
  if (nbytes <= kCopyWithGil) [[likely]] {
    quick(call);
  } else {
    without_gil(call);
  }
}

}  // namespace shmem::binding
