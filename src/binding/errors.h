// SPDX-License-Identifier: BSD-3-Clause
//
// Failures of the engine become exceptions here and nowhere else.
#pragma once

#include "binding/python.h"
#include "binding/state.h"

namespace shmem::binding {

// The interrupt check sets it when Ctrl-C, or another handler that raises, has ended a wait of this thread.
extern constinit thread_local bool interrupted [[gnu::tls_model("initial-exec")]];

// The exception for the status and the message of this thread's failure. Always null.
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

// The exception of an operation that the engine lacks. Always null.
[[gnu::cold]] PyObject* not_implemented(const char* call);

// Drops the engine's failure, since the exception that a handler has raised tells more. Always false.
[[gnu::cold]] bool give_up();

// `finished` is `succeeded` after calls that wait. In these a handler may have raised even if the engine has succeeded.

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

// True if the engine's table has the operation. False with NotImplementedError.
template <class Slot>
inline bool has(const char* call, Slot slot) {
  return slot != nullptr || not_implemented(call) != nullptr;
}

// The result of a call that returns nothing: None, or null if the call has failed.
[[nodiscard]] inline PyObject* none_if(bool well) noexcept {
  return well ? borrow(Py_None).release() : nullptr;
}

}  // namespace shmem::binding
