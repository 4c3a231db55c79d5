// SPDX-License-Identifier: BSD-3-Clause
//
// error.h: statuses and messages for the calling thread, from the library (shmemx.h) or from the adapter itself.
//
// Each thread keeps its first failure until the extension takes it. The message stays valid until the thread's next
// failure.
#pragma once

#include <cstdio>

#include "engine.h"
#include "library.h"

namespace shmem::adapter {

struct Failure {
  int status = ENGINE_OK;
  char message[256] = "";
};

inline thread_local Failure pending;

template <class... Arguments>
int fail(int status, const char* format, Arguments... arguments) {
  if (pending.status == ENGINE_OK) {
    pending.status = status;
    std::snprintf(pending.message, sizeof pending.message, format, arguments...);
  }
  return status;
}

#if SHMEM4PY_HAS_SHMEMX
// Our library tells more than "nonzero".
inline int fail_as_library(const char*) {
  const int status = shmemx_take_error();
  return fail(status == ENGINE_OK ? int{ENGINE_FAILED} : status, "%s", shmemx_error_message());
}
#else
inline int fail_as_library(const char* routine) {
  return fail(ENGINE_FAILED, "%s: the library reports a failure", routine);
}
#endif

// The status of a routine that returns nonzero on failure.
inline int checked(int result, const char* routine) {
  return result == 0 ? int{ENGINE_OK} : fail_as_library(routine);
}

inline int take_error(const char** message) {
#if SHMEM4PY_HAS_SHMEMX
  if (pending.status == ENGINE_OK) {
    const int status = shmemx_take_error();
    *message = status == ENGINE_OK ? "" : shmemx_error_message();
    return status;
  }
#endif
  const int status = pending.status;
  *message = status == ENGINE_OK ? "" : pending.message;
  pending.status = ENGINE_OK;
  return status;
}

inline void forget_error() {
  const char* message = "";
  static_cast<void>(take_error(&message));
}

// --- interrupts ---

struct InterruptCheck {
  int (*check)(void*) = nullptr;
  void* argument = nullptr;
};

inline InterruptCheck interrupt;  // set once before there are threads

inline void set_interrupt_check(int (*check)(void*), void* argument) {
  interrupt = {check, argument};
#if SHMEM4PY_HAS_SHMEMX
  shmemx_set_interrupt_check(check, argument);
#endif
}

#if SHMEM4PY_HAS_SHMEMX
inline void set_idle_hook(void (*hook)()) {
  shmemx_set_idle_hook(hook);
}
inline void set_place_hook(int (*hook)(char* text, size_t size)) {
  shmemx_set_place_hook(hook);
}
inline int64_t set_deadline(int64_t monotonic_ns) {
  return shmemx_set_deadline(monotonic_ns);
}
#else
inline constexpr std::nullptr_t set_deadline = nullptr;
inline constexpr std::nullptr_t set_idle_hook = nullptr;
inline constexpr std::nullptr_t set_place_hook = nullptr;
#endif

}  // namespace shmem::adapter
