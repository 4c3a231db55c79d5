// SPDX-License-Identifier: BSD-3-Clause
//
// The pause between two rounds of a wait that is a loop of tests.
#include "binding/waiting.h"

#include <sched.h>

#include <ctime>

namespace shmem::binding {

bool Poller::pause(const char* call) {
  constexpr unsigned kSpinRounds = 16;
  constexpr std::int64_t kLookEveryNs = 5'000'000;
  if (++rounds_ > kSpinRounds) without_gil([] { sched_yield(); });
  timespec now;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  const std::int64_t now_ns = now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec;
  if (now_ns - looked_ns_ < kLookEveryNs) return true;
  looked_ns_ = now_ns;
  if (PyErr_CheckSignals() != 0) return false;
  return state.phase.load(std::memory_order_acquire) == Phase::kReady || not_ready(call);
}

}  // namespace shmem::binding
