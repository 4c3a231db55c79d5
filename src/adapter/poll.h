// SPDX-License-Identifier: BSD-3-Clause
//
// poll.h: the pause between two looks at a variable, for libraries whose waits cannot be left.
//
// The library's progress must be kept going, so there is no sleep. With more PEs than cores the one that is waited for
// needs the core: after some 10 us every further look gives it away first.
#pragma once

#include <sched.h>

#include <chrono>

#include "error.h"

namespace shmem::adapter {

// What keeps the library going where shmem_<T>_test does not (faults.h); set while the library starts.
inline int (*library_progress)() = nullptr;

inline void progress() {
  if (library_progress != nullptr) library_progress();
}

class Poll {
 public:
  // False: the interrupt check asked to leave; the failure is recorded.
  bool pause() {
    if (looks_ >= kLooksBeforeProgress) progress();
    if (++looks_ % kLooksPerCheck != 0 && looks_ < kLooksBeforeYield) return true;
    if (looks_ >= kLooksBeforeYield) sched_yield();
    if (interrupt.check == nullptr) return true;
    const auto now = std::chrono::steady_clock::now();
    if (now - asked_ < kAskEvery) return true;
    asked_ = now;
    if (interrupt.check(interrupt.argument) == 0) return true;
    fail(ENGINE_INTERRUPTED, "interrupted while waiting");
    return false;
  }

 private:
  static constexpr unsigned kLooksBeforeProgress = 16;  // of data in shared memory
  static constexpr unsigned kLooksPerCheck = 64;
  static constexpr unsigned kLooksBeforeYield = 1024;
  static constexpr std::chrono::milliseconds kAskEvery{5};

  unsigned long looks_ = 0;
  std::chrono::steady_clock::time_point asked_{};
};

}  // namespace shmem::adapter
