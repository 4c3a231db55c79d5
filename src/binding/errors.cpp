// SPDX-License-Identifier: BSD-3-Clause
//
// The exception for each status, and its text if the engine gives none.
#include "binding/errors.h"

#include <ctime>
#include <utility>

#include "binding/lifecycle.h"
#include "binding/state.h"
#include "binding/terms.h"

namespace shmem::binding {

constinit thread_local bool interrupted [[gnu::tls_model("initial-exec")]] = false;

PyObject* not_implemented(const char* call) {
  PyErr_Format(PyExc_NotImplementedError, "%s: engine %s (%s) has no such operation", call, state.engine->name,
               state.engine->library);
  return nullptr;
}

namespace {

// Another PE has left a collective with this PE. If Ctrl-C made it leave, the same Ctrl-C is on its way to this PE. So
// the first call waits a moment for the signal. True, with the exception, if it has come.
bool interrupted_too() {
  static bool asked = false;
  if (!on_main_thread() || std::exchange(asked, true)) return false;
  Py_BEGIN_ALLOW_THREADS const timespec moment{0, 100'000'000};
  nanosleep(&moment, nullptr);  // a signal ends it
  Py_END_ALLOW_THREADS return PyErr_CheckSignals() != 0;
}

}  // namespace

PyObject* raise_status(const char* call, int status, const char* message) {
  PyObject* type = PyExc_RuntimeError;
  const char* text = "the engine reports a failure";
  switch (status) {
    case ENGINE_INTERRUPTED:
      type = PyExc_KeyboardInterrupt;
      text = "interrupted";
      break;
    case ENGINE_ENDING:
      text = "the job is ending";
      break;
    case ENGINE_NO_MEMORY:
      type = PyExc_MemoryError;
      text = "the symmetric heap is exhausted";
      break;
    case ENGINE_MISMATCH:
      type = PyExc_ValueError;
      text = "PEs made calls that do not match";
      break;
    case ENGINE_INVALID:
      type = PyExc_ValueError;
      text = "the engine refuses an argument";
      break;
    case ENGINE_POISONED:
      text = "an earlier collective on this team was interrupted";
      if (interrupted_too()) return nullptr;
      break;
    case ENGINE_TIMEOUT:
      type = PyExc_TimeoutError;
      text = "the time is over";
      break;
    case ENGINE_LEFT:
      text = "a PE that this call waits for has left";
      break;
    case ENGINE_UNSUPPORTED:
      type = PyExc_NotImplementedError;
      text = "the engine cannot do this";
      break;
    default:
      break;
  }
  PyErr_Format(type, "%s: %s", call, message && *message ? in_python_terms(call, message).c_str() : text);
  return nullptr;
}

bool give_up() {
  interrupted = false;
  const char* message;
  state.engine->take_error(&message);
  return false;
}

}  // namespace shmem::binding
