// SPDX-License-Identifier: BSD-3-Clause
//
// What the engine reports becomes an exception here, and nowhere else.
#pragma once

#include "binding/python.h"
#include "binding/state.h"

namespace shmem::binding {

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

// The result of a call that has none: None, or null where it has failed.
[[nodiscard]] inline PyObject* none_if(bool well) noexcept {
  return well ? borrow(Py_None).release() : nullptr;
}

}  // namespace shmem::binding
