// SPDX-License-Identifier: BSD-3-Clause
//
// Ways to call the engine, by what a call may do:
//
//   quick        a small transfer, an atomic, a test: keeps the GIL where the engine says that these are cheap
//   copying      quick up to a size from which another thread would wait long for the GIL
//   without_gil  everything else; a signal can interrupt it where it waits for other PEs
//   prompt       waits of calls that hold none of the engine's locks meanwhile: where the engine tells when a wait
//                becomes a long one, the GIL is kept until then, since most collectives of PEs with a core of their own
//                are over before a release of the GIL would be
//
// Below THREAD_MULTIPLE each of them takes its turn (Turns).
#pragma once

#include <cstddef>
#include <mutex>
#include <type_traits>
#include <utility>

#include "binding/python.h"
#include "binding/state.h"

namespace shmem::binding {

// What a thread knows of its call is a few bytes of static TLS (initial-exec): a library that is loaded later would
// otherwise ask the loader for their address, several times a call.
//
// The thread state while this thread is in a call without the GIL; what the interrupt check takes it back with.
extern constinit thread_local PyThreadState* released [[gnu::tls_model("initial-exec")]];

class Unlocked {
 public:
  Unlocked() {
    if (state.serialise) state.turns.alone();  // shows this thread to one that is
    released = PyEval_SaveThread();
    if (state.serialise) state.turns.mutex.lock();
  }
  ~Unlocked() {
    if (state.serialise) state.turns.mutex.unlock();
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
  if (state.cheap_turns) {
    if (state.turns.alone()) [[likely]]
      return call();
    if (const std::unique_lock turn(state.turns.mutex, std::try_to_lock); turn) return call();
  }
  return without_gil(call);
}

// Installed in the engine: gives Python's signal handlers a turn inside a wait; nonzero ends the wait.
int check_interrupts(void*);

// Called by the engine on a thread whose `prompt` call turns out to wait long.
void give_gil_away();

// Whether this thread has the GIL in a `prompt` call, and may give it away.
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
  bool before_;  // handlers of signals run inside waits, and may wait
};

template <class F>
inline std::invoke_result_t<F> prompt(F&& call) {
  if (!state.tells_idle) return without_gil(call);
  const Prompt kept;
  return call();
}

// Copies up to this size, some microseconds, end before another thread would have done much; handing the GIL over costs
// 100 to 200 ns.
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
