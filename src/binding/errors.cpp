// SPDX-License-Identifier: BSD-3-Clause
//
// What the engine reports becomes an exception here, and nowhere else; and Ctrl-C ends waits.
//
// The engine calls `check_interrupts` from inside a wait, on the waiting thread, now and then. It takes the GIL
// back, lets Python run its signal handlers, and if one raises, tells the engine to give up; the exception stays
// set in this thread's state, and `interrupted` says so to whoever words the failure.
#include <sched.h>

#include <ctime>
#include <utility>

#include "binding/lifecycle.h"
#include "binding/state.h"

namespace shmem::binding {

constinit thread_local bool interrupted [[gnu::tls_model("initial-exec")]] = false;
constinit thread_local PyThreadState* released [[gnu::tls_model("initial-exec")]] = nullptr;
constinit thread_local bool keeps_gil [[gnu::tls_model("initial-exec")]] = false;

void give_gil_away() {
  if (keeps_gil && !released) released = PyEval_SaveThread();
}

int check_interrupts(void*) {
  // Handlers run on the main thread only; a thread that kept the GIL is in a call that does not wait.
  if (!released || !on_main_thread()) return 0;
  PyEval_RestoreThread(std::exchange(released, nullptr));  // handlers may call us: theirs begin without
  const bool kept = std::exchange(keeps_gil, false);
  const bool raised = PyErr_CheckSignals() != 0;
  keeps_gil = kept;
  released = PyEval_SaveThread();
  if (raised) interrupted = true;
  return raised;
}

bool not_ready(const char* call) {
  switch (state.phase.load(std::memory_order_acquire)) {
    case Phase::kForked:
      PyErr_Format(PyExc_RuntimeError, "%s: this process was forked from a PE and is none itself", call);
      break;
    case Phase::kFinalized:
      PyErr_Format(PyExc_RuntimeError, "%s: shmem has been finalized", call);
      break;
    default:
      PyErr_Format(PyExc_RuntimeError, "%s: shmem is not initialized; call shmem.init() first", call);
  }
  return false;
}

PyObject* not_implemented(const char* call) {
  PyErr_Format(PyExc_NotImplementedError, "%s: engine %s (%s) has no such operation", call, state.engine->name,
               state.engine->library);
  return nullptr;
}

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
  PyErr_Format(type, "%s: %s", call, message && *message ? message : words);
  return nullptr;
}

bool give_up() {
  interrupted = false;
  const char* message;
  state.engine->take_error(&message);  // ENGINE_INTERRUPTED, which the exception that is set says better
  return false;
}

bool Poller::pause(const char* call) {
  constexpr unsigned kSpinRounds = 16;
  constexpr std::int64_t kLookEveryNs = 5'000'000;
  if (++rounds_ > kSpinRounds) leisurely([] { sched_yield(); });
  timespec now;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  const std::int64_t now_ns = now.tv_sec * std::int64_t{1'000'000'000} + now.tv_nsec;
  if (now_ns - looked_ns_ < kLookEveryNs) return true;
  looked_ns_ = now_ns;
  if (PyErr_CheckSignals() != 0) return false;
  return state.phase.load(std::memory_order_acquire) == Phase::kReady || not_ready(call);
}

}  // namespace shmem::binding
