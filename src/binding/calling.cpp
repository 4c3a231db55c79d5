// SPDX-License-Identifier: BSD-3-Clause
//
// The GIL while the engine waits.
//
// The engine calls `check_interrupts` inside a wait, now and then, on the waiting thread. The function takes the GIL
// back and lets Python run its signal handlers. If a handler raises, the function tells the engine to end the wait. The
// exception stays set in the thread's state, and `interrupted` tells the caller of the engine that it is set
// (errors.h).
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
  // Python runs handlers on the main thread only. A thread that has kept the GIL is not in a long wait.
  if (!released || !on_main_thread()) return 0;
  PyEval_RestoreThread(std::exchange(released, nullptr));  // a handler may call us, and its calls begin anew
  const bool kept = std::exchange(keeps_gil, false);
  const std::int64_t deadline = state.engine->set_deadline ? state.engine->set_deadline(0) : 0;
  const bool raised = PyErr_CheckSignals() != 0;
  if (deadline != 0) state.engine->set_deadline(deadline);
  keeps_gil = kept;
  released = PyEval_SaveThread();
  if (raised) interrupted = true;
  return raised;
}

}  // namespace shmem::binding
