// SPDX-License-Identifier: BSD-3-Clause
//
// How a PE ends, and what it tells when it is asked where it is.
//
// Only C knows the status that a process exits with, a SystemExit's too, and only C may speak inside a signal
// handler. At exit the interpreter is gone already: nothing here touches Python except the two callables that the
// package uses to say what it wants.
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "binding/areas.h"
#include "binding/lifecycle.h"
#include "binding/operands.h"
#include "binding/stub.h"

namespace shmem::binding {

namespace {

struct {
  bool registered = false;
  bool finalize = false;
  bool end_job = false;
} wanted;

std::atomic<bool> job_ended{false};

void leave(int status, void*) {
  if (state.phase.load(std::memory_order_acquire) != Phase::kReady) return;
  if (state.engine->set_interrupt_check) state.engine->set_interrupt_check(nullptr, nullptr);
  if (state.engine->set_idle_hook) state.engine->set_idle_hook(nullptr);
  if (state.engine->set_place_hook) state.engine->set_place_hook(nullptr);
  // Libraries take a finalisation for a barrier: the others would come through theirs instead of ending.
  if (job_ended.load(std::memory_order_relaxed)) return;
  if (status != 0 && wanted.end_job) {
    note_job_ended();
    state.engine->global_exit(status);
  } else if (wanted.finalize) {
    state.phase.store(Phase::kFinalized, std::memory_order_release);
    // Our library does so later in exit(), and can tell the others that the program has ended.
    if (status == 0 && (state.engine->capabilities & ENGINE_LEAVES_AT_EXIT) != 0) return;
    const int me = state.engine->my_pe();  // afterwards nobody has a number
    if (const int result = state.engine->finalize(); result != ENGINE_OK && result != ENGINE_ENDING) {
      // Such as collectives that did not match, which nobody has heard of before.
      const char* message = nullptr;
      state.engine->take_error(&message);
      std::fprintf(stderr, "PE %d: %s\n", me, message && *message ? message : "failed");
      note_job_ended();
      state.engine->global_exit(1);
    }
  }
}

PyObject* at_exit(const Signature& call, const stub::at_exit& args) {
  if (!boolean(args.finalize, false, &wanted.finalize) || !boolean(args.end_job, false, &wanted.end_job))
    return nullptr;
  // Handlers run in reverse: before the engine's own, which is there once it is initialised.
  if (!wanted.registered && state.phase.load(std::memory_order_acquire) == Phase::kReady) {
    if (on_exit(leave, nullptr) != 0) {
      PyErr_Format(PyExc_RuntimeError, "%s: on_exit fails", call.name);
      return nullptr;
    }
    wanted.registered = true;
  }
  Py_RETURN_NONE;
}

int dump_fd = 2;
struct sigaction dumped_before;

void dump(int signal, siginfo_t* info, void* context) {
  const int error = errno;
  if (state.phase.load(std::memory_order_acquire) == Phase::kReady) {
    char text[1024] = "";
    char line[1100];
    if (state.engine->operation) state.engine->operation(state.my_pe, text, sizeof text);
    const int length = std::snprintf(line, sizeof line, "PE %d of %d: %s\n", state.my_pe, state.n_pes,
                                     *text ? text : "the engine does not say where");
    if (write(dump_fd, line, static_cast<std::size_t>(length)) < 0) errno = error;
  }
  if (dumped_before.sa_flags & SA_SIGINFO) {
    dumped_before.sa_sigaction(signal, info, context);
  } else if (dumped_before.sa_handler != SIG_DFL && dumped_before.sa_handler != SIG_IGN) {
    dumped_before.sa_handler(signal);
  }
  errno = error;
}

PyObject* dump_on_signal(const Signature& call, const stub::dump_on_signal& args) {
  std::int64_t signal;
  std::int64_t fd;
  if (!integer(call, "signum", args.signum, &signal) || !integer(call, "fd", args.fd, &fd)) return nullptr;
  dump_fd = static_cast<int>(fd);
  struct sigaction before;
  if (sigaction(static_cast<int>(signal), nullptr, &before) != 0) return PyErr_SetFromErrno(PyExc_OSError);
  if ((before.sa_flags & SA_SIGINFO) && before.sa_sigaction == dump) Py_RETURN_NONE;  // installed already
  dumped_before = before;
  struct sigaction action = before;  // its mask, and its alternate stack
  action.sa_flags = before.sa_flags | SA_SIGINFO | SA_RESTART;
  action.sa_sigaction = dump;
  if (sigaction(static_cast<int>(signal), &action, nullptr) != 0) return PyErr_SetFromErrno(PyExc_OSError);
  Py_RETURN_NONE;
}

PyMethodDef hooks[] = {
    function<stub::at_exit, at_exit>(),
    function<stub::dump_on_signal, dump_on_signal>(),
};

}  // namespace

void note_job_ended() noexcept {
  job_ended.store(true, std::memory_order_relaxed);
}

bool add_endings(PyObject* module, const char*) {
  return add_functions(module, "shmem4py._core", hooks);
}

}  // namespace shmem::binding
