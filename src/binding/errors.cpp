// SPDX-License-Identifier: BSD-3-Clause
//
// Which exception a status is, and what it says where the engine says nothing.
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

// Another PE has left a collective of this one, perhaps by the Ctrl-C that is on its way to this one, too: the first
// time, gives it the time to come. True with its exception.
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
  const char* words = "the engine reports a failure";
  switch (status) {
    case ENGINE_INTERRUPTED:
      type = PyExc_KeyboardInterrupt;
      words = "interrupted";
      break;
    case ENGINE_ENDING:
      words = "the job is ending";
      break;
    case ENGINE_NO_MEMORY:
      type = PyExc_MemoryError;
      words = "the symmetric heap is exhausted";
      break;
    case ENGINE_MISMATCH:
      type = PyExc_ValueError;
      words = "PEs made calls that do not match";
      break;
    case ENGINE_INVALID:
      type = PyExc_ValueError;
      words = "the engine refuses an argument";
      break;
    case ENGINE_POISONED:
      words = "an earlier collective on this team was interrupted";
      if (interrupted_too()) return nullptr;
      break;
    case ENGINE_LEFT:
      words = "a PE that this call waits for has left";
      break;
    case ENGINE_UNSUPPORTED:
      type = PyExc_NotImplementedError;
      words = "the engine cannot do this";
      break;
    default:
      break;
  }
  PyErr_Format(type, "%s: %s", call, message && *message ? in_python_terms(call, message).c_str() : words);
  return nullptr;
}

bool give_up() {
  interrupted = false;
  const char* message;
  state.engine->take_error(&message);  // ENGINE_INTERRUPTED, which the exception that is set says better
  return false;
}

}  // namespace shmem::binding
