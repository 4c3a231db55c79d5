// SPDX-License-Identifier: BSD-3-Clause
//
// The mutex that lets one thread at a time into an engine below THREAD_MULTIPLE.
//
// A thread may wait for the mutex only while it does not hold the GIL, since the owner may need the GIL to look for
// signals. A thread that holds the GIL may try to lock it.
//
// As long as one thread alone has ever called, that thread needs no mutex while it holds the GIL. Another thread that
// comes in calls `alone` first, and needs the GIL to do so.
#pragma once

#include <pthread.h>

#include <mutex>

#include "binding/python.h"

namespace shmem::binding {

// Recursive, since a signal handler that runs inside a wait may call us.
class EngineMutex : public std::recursive_mutex {
 public:
  // The thread that initialises the engine is the one that is alone.
  void begin() noexcept { only_ = pthread_self(), alone_ = kGil; }

  // Called with the GIL, before each call. True if no other thread is inside, and none comes in before this thread
  // releases the GIL.
  bool alone() noexcept {
    if (alone_ && pthread_equal(only_, pthread_self())) [[likely]]
      return true;
    alone_ = false;
    return false;
  }

 private:
#ifdef Py_GIL_DISABLED
  static constexpr bool kGil = false;
#else
  static constexpr bool kGil = true;
#endif
  // The GIL guards both.
  pthread_t only_{};
  bool alone_ = false;
};

}  // namespace shmem::binding
