// SPDX-License-Identifier: BSD-3-Clause
//
// Two processes that watch each other, so that a kill -9 of either leaves no PE behind.
//
// The guard is the process that the user has started. It passes signals on, waits, and exits with the supervisor's
// status. The supervisor, its child, does the work. Both are subreapers. If the guard is killed, the supervisor sees
// the end of a pipe that only the guard holds open, and kills its tree; a stopped supervisor is continued for this
// (PR_SET_PDEATHSIG). If the supervisor is killed, its orphans become the guard's children, and the guard kills them.
// If the supervisor hangs, a second signal that asks to end makes the guard kill it some seconds later. If both are
// killed at once, the kernel kills the PEs' first processes (PR_SET_PDEATHSIG), and PEs that wait notice that the
// launcher is gone (smp/ending/peers.h).
#pragma once

#include <signal.h>
#include <sys/signalfd.h>

namespace shmem::launcher {

// Forks. Returns in the supervisor only. *lifeline is the pipe's end that becomes readable when the guard is gone.
// `with_parent`: the guard is killed when the thread that started it ends. All signals that the launcher handles are
// blocked; *mask is the signal mask from before.
void start_supervisor(bool with_parent, int* lifeline, sigset_t* mask);

// The signals that the launcher handles.
[[nodiscard]] sigset_t handled_signals();

// In the supervisor: the process that sent a signal to it or to the guard. 0 if the kernel sent it.
[[nodiscard]] int sender_of(const signalfd_siginfo& information);

// In the supervisor, on SIGCONT: continues the guard, which stops together with the supervisor. Does nothing if the
// guard sent the signal.
void continue_guard(const signalfd_siginfo& information);

}  // namespace shmem::launcher
