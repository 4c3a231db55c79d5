// SPDX-License-Identifier: BSD-3-Clause
//
// Two processes that see to each other, so that no kill -9 of one leaves PEs behind.
//
// The guard is what the user has started: it passes signals on, waits, and exits as the supervisor does. The
// supervisor, its child, does the work. Both are subreapers. If the guard is killed, the supervisor sees the
// end of a pipe that only the guard holds open, and kills its tree; one that is stopped is continued for it
// (PR_SET_PDEATHSIG). If the supervisor is killed, its orphans come to the guard, which kills them. If the supervisor
// hangs, a second signal that asks the guard to end kills it some seconds later. If both are killed at once, the kernel
// kills the PEs' first processes (PR_SET_PDEATHSIG), and PEs that wait notice that the launcher is gone
// (smp/job/peers.h).
#pragma once

#include <signal.h>
#include <sys/signalfd.h>

namespace shmem::launcher {

// Forks. Returns in the supervisor only, with the pipe's end in *lifeline: readable when the guard is gone.
// `with_parent`: the thread that has started us takes us with it.
// All signals that the launcher handles are blocked; *mask is the signal mask as it was before.
void start_supervisor(bool with_parent, int* lifeline, sigset_t* mask);

// The signals that the launcher handles.
[[nodiscard]] sigset_t handled_signals();

// In the supervisor: the process that has sent a signal, to it or to the guard; 0: the kernel.
[[nodiscard]] int sender_of(const signalfd_siginfo& information);

// In the supervisor, when SIGCONT comes: continues the guard, which stops with the supervisor, unless it was the guard
// that sent it.
void continue_guard(const signalfd_siginfo& information);

}  // namespace shmem::launcher
