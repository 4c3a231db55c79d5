// SPDX-License-Identifier: BSD-3-Clause
//
// Waits for a condition that other PEs bring about, on any engine. Ctrl-C ends each of them.
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
