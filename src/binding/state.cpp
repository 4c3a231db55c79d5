// SPDX-License-Identifier: BSD-3-Clause
//
// The state, and the exceptions of calls that find no engine at work.
#include "binding/state.h"

namespace shmem::binding {

State& state = *new State;  // never destroyed: arrays that are released at the very end still read it

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

}  // namespace shmem::binding
