// SPDX-License-Identifier: BSD-3-Clause
//
// What the engine does with the GIL while it waits.
//
// It calls `check_interrupts` from inside a wait, on the waiting thread, now and then. It takes the GIL back, lets
// Python run its signal handlers, and if one raises, tells the engine to give up; the exception stays set in this
// thread's state, and `interrupted` says so where the failure is worded.
#include "binding/calling.h"

#include "binding/errors.h"
#include "binding/lifecycle.h"

namespace shmem::binding {

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

}  // namespace shmem::binding
