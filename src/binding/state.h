// SPDX-License-Identifier: BSD-3-Clause
//
// The one engine of this process: which, in which phase of its life, what may be relied on, and how to call it.
//
// Everything but `phase` is written while no other thread can be inside a call (loading and initialising) and only read
// afterwards. `phase` is the gate of every call: its acquire load pairs with the release store that ends
// initialisation. A forked child is told by pthread_atfork, which costs the calls nothing.
//
// Four ways to call the engine, by what a call may do:
//   quick     a small transfer, an atomic, a test: keeps the GIL where the engine says that these are cheap
//   leisurely a large copy: releases the GIL
//   blocking  waits for other PEs: releases the GIL and can be interrupted by a signal
//   prompt    the same for calls that hold none of the engine's locks while they wait: where the engine tells when a
//             wait becomes a long one, the GIL is kept until then, since most collectives of PEs with a core of their
//             own are over before a release of the GIL would be
// Below THREAD_MULTIPLE each of them takes its turn (Turns).
#pragma once

#include <pthread.h>

#include <atomic>
#include <mutex>
#include <type_traits>

#include "binding/arguments.h"
#include "binding/python.h"
#include "engine/engine.h"

namespace shmem::binding {

// Who may be inside an engine below THREAD_MULTIPLE: who holds the mutex. It is waited for without the GIL only, since
// its holder may need the GIL to look for signals; with the GIL it may be tried.
//
// As long as one thread alone has called, that one needs no mutex while it holds the GIL: another thread shows itself
// before it comes in, and needs the GIL for that.
class Turns {
 public:
  void begin() noexcept { only_ = pthread_self(), alone_ = kGil; }

  // With the GIL, before each call: whether nobody else is inside, or will be before this thread lets the GIL go.
  bool alone() noexcept {
    if (alone_ && pthread_equal(only_, pthread_self())) [[likely]]
      return true;
    alone_ = false;
    return false;
  }

  std::recursive_mutex mutex;  // recursive: a signal handler that runs inside a wait may call us

 private:
#ifdef Py_GIL_DISABLED
  static constexpr bool kGil = false;
#else
  static constexpr bool kGil = true;
#endif
  pthread_t only_{};  // both: with the GIL
  bool alone_ = false;
};

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

// --- errors ---

// What a thread knows of its call is a few bytes of static TLS (initial-exec): a library that is loaded later would
// otherwise ask the loader for their address, several times a call.
//
// Set by the interrupt check of this thread when Ctrl-C (or another handler that raises) ended a wait.
extern constinit thread_local bool interrupted [[gnu::tls_model("initial-exec")]];

// A Python exception out of status and message of this thread's failure. Always returns null.
[[gnu::cold]] PyObject* raise_status(const char* call, int status, const char* message);

// After calls that return nothing: false with an exception if the engine has noted a failure.
inline bool succeeded(const char* call) {
  const char* message = nullptr;
  const int status = state.engine->take_error(&message);
  if (status == ENGINE_OK) [[likely]]
    return true;
  raise_status(call, status, message);
  return false;
}

// After calls that return a status.
inline bool succeeded(const char* call, int status) {
  if (status == ENGINE_OK) [[likely]]
    return true;
  const char* message = nullptr;
  const int noted = state.engine->take_error(&message);
  raise_status(call, noted == ENGINE_OK ? status : noted, noted == ENGINE_OK ? nullptr : message);
  return false;
}

[[gnu::cold]] PyObject* not_implemented(const char* call);

// After calls that wait: a handler may have raised although the engine was just done.
[[gnu::cold]] bool give_up();

inline bool finished(const char* call) {
  if (interrupted) [[unlikely]]
    return give_up();
  return succeeded(call);
}

inline bool finished(const char* call, int status) {
  if (interrupted) [[unlikely]]
    return give_up();
  return succeeded(call, status);
}

// Whether the engine's table has the operation; NotImplementedError otherwise.
template <class Slot>
inline bool has(const char* call, Slot slot) {
  return slot != nullptr || not_implemented(call) != nullptr;
}

// --- ways to call ---

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
inline std::invoke_result_t<F> leisurely(F&& call) {
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
  return leisurely(call);
}

template <class F>
inline std::invoke_result_t<F> blocking(F&& call) {
  return leisurely(call);
}

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
  if (!state.tells_idle) return leisurely(call);
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
    leisurely(call);
  }
}

// Repeats `test` until it is true, without the GIL, driving the engine; looks for signals now and then.
// False with an exception when interrupted.
template <class F>
bool poll_until(const char* call, F&& test);

// Between the rounds of poll_until: yields, and every few milliseconds takes the GIL and looks for signals.
class Poller {
 public:
  [[nodiscard]] bool pause(const char* call);

 private:
  unsigned rounds_ = 0;
  std::int64_t looked_ns_ = 0;
};

template <class F>
bool poll_until(const char* call, F&& test) {
  constexpr int kTestsPerRound = 64;
  Poller poller;
  for (;;) {
    const bool done = leisurely([&] {
      for (int i = 0; i < kTestsPerRound; ++i) {
        if (test()) return true;
      }
      return false;
    });
    if (!succeeded(call)) return false;
    if (done) return true;
    if (!poller.pause(call)) return false;
  }
}

// Waits until `holds`. An engine that tells when a wait becomes a long one is asked to wait at once: it looks first,
// and has the GIL as long as the wait is short. Elsewhere a test with the GIL comes first, where that is cheap, so that
// a condition that already holds costs no more; then `wait`, if the engine has it and it can be interrupted, or a loop
// of tests. False with an exception.
template <class Test, class Wait>
bool wait_until(const char* call, bool has_wait, Test&& holds, Wait&& wait) {
  if (!state.tells_idle || state.poll) {
    const bool held = quick(holds);
    if (!succeeded(call)) return false;
    if (held) return true;
    if (state.poll) return poll_until(call, holds);
  }
  if (!has_wait) return not_implemented(call) != nullptr;
  prompt(wait);
  return finished(call);
}

}  // namespace shmem::binding
