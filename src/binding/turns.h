// SPDX-License-Identifier: BSD-3-Clause
//
// Turns: the one thread that may be inside an engine below THREAD_MULTIPLE is the one that holds the mutex. It is
// waited for without the GIL only, since its holder may need the GIL to look for signals; with the GIL it may be tried.
//
// As long as a single thread has ever called, it needs no mutex while it holds the GIL: another thread shows itself
// before it comes in, and needs the GIL for that.
#pragma once

#include <pthread.h>

#include <mutex>

#include "binding/python.h"

namespace shmem::binding {

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

}  // namespace shmem::binding
