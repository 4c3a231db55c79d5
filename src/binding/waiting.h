// SPDX-License-Identifier: BSD-3-Clause
//
// Waiting for a condition that other PEs bring about, on any engine, so that Ctrl-C ends it.
#pragma once

#include <cstdint>

#include "binding/calling.h"
#include "binding/errors.h"

namespace shmem::binding {

// Between the rounds of poll_until: yields, and every few milliseconds takes the GIL and looks for signals.
class Poller {
 public:
  [[nodiscard]] bool pause(const char* call);

 private:
  unsigned rounds_ = 0;
  std::int64_t looked_ns_ = 0;
};

// Repeats `test` until it is true, without the GIL, driving the engine; looks for signals now and then.
// False with an exception when interrupted.
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
