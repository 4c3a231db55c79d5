// SPDX-License-Identifier: BSD-3-Clause
//
// Waits for a condition that other PEs bring about, on any engine. Ctrl-C ends each of them, or a timeout does.
//
// A wait without a timeout is inline. One with a timeout sets a deadline for the thread in the engine, which ends the
// wait when it has passed (ENGINE_TIMEOUT); where the engine has none, the wait is a loop of tests.
#pragma once

#include <cstdint>

#include "binding/calling.h"
#include "binding/errors.h"

namespace shmem::binding {

// The pause between two rounds of poll_until. It gives the core away, and every few milliseconds it runs the handlers
// of signals, for which it holds the GIL.
class Poller {
 public:
  // False, with an exception, if a handler has raised or the engine is no longer at work.
  [[nodiscard]] bool pause(const char* call);
  // In a loop of tests with a deadline, a time of CLOCK_MONOTONIC.
  [[nodiscard]] static bool passed(std::int64_t deadline_ns);

 private:
  unsigned rounds_ = 0;
  std::int64_t looked_ns_ = 0;
};

// Repeats `test` until it is true. The test runs without the GIL, and makes the engine progress. False, with an
// exception, if a signal interrupts the wait.
template <class F>
bool poll_until(const char* call, F&& test) {
  constexpr int kTestsPerRound = 64;
  Poller poller;
  for (;;) {
    const bool done = without_gil([&] {
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

// The parts of a wait with a timeout, behind pointers: it is no hot path, and its code need not be there for each type.
struct TimedWait {
  template <class Test, class Wait, class Tell>
  TimedWait(bool exists, Test& test, Wait& until, Tell& raise)
      : has_wait(exists),
        holds_({address(test), [](void* f) { return (*static_cast<Test*>(f))(); }}),
        wait_({address(until), [](void* f) { return (*static_cast<Wait*>(f))(), true; }}),
        tell_({address(raise), [](void* f) { return (*static_cast<Tell*>(f))(), true; }}) {}

  bool holds() const { return holds_.call(holds_.object); }
  void wait() const { wait_.call(wait_.object); }
  void tell() const { tell_.call(tell_.object); }  // raises TimeoutError

  bool has_wait;

 private:
  template <class F>
  static void* address(F& function) {
    return const_cast<void*>(static_cast<const void*>(&function));
  }
  struct Part {
    void* object;
    bool (*call)(void*);
  };
  Part holds_;
  Part wait_;
  Part tell_;
};

// False with an exception; TimeoutError if the seconds of `timeout` have passed and the condition does not hold.
[[gnu::cold]] bool wait_at_most(const Signature& call, PyObject* timeout, const TimedWait& timed);

// Waits until `holds` is true. False with an exception.
//
// An engine that calls the idle hook is asked to wait at once: its wait looks first, and keeps the GIL while it is
// short. With any other engine a test comes first, so that a condition that already holds costs no more than the test.
// Then comes `wait`, or a loop of tests if the engine's wait cannot be interrupted.
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
