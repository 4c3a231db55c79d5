// SPDX-License-Identifier: BSD-3-Clause
//
// poll.h: the pause between two looks at a variable, for libraries whose waits cannot be left. One Poll belongs to one
// wait of one thread.
//
// The wait never sleeps, since it must drive the library's progress. If there are more PEs than cores, the PE that will
// store needs this core, so after some 10 us each pause yields it.
#pragma once

#include <sched.h>

#include <chrono>

#include "error.h"

namespace shmem::adapter {

// The function that drives the library's progress where shmem_<T>_test does not (faults.h). Set while the library
// starts.
inline int (*library_progress)() = nullptr;

inline void progress() {
  if (library_progress != nullptr) library_progress();
}

class Poll {
 public:
  // False if the interrupt check asked to leave. The failure is then recorded.
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
  static constexpr unsigned kLooksBeforeProgress = 16;  // enough for data in shared memory
  static constexpr unsigned kLooksPerCheck = 64;
  static constexpr unsigned kLooksBeforeYield = 1024;
  static constexpr std::chrono::milliseconds kAskEvery{5};

  unsigned long looks_ = 0;
  std::chrono::steady_clock::time_point asked_{};
};

}  // namespace shmem::adapter
