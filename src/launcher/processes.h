// SPDX-License-Identifier: BSD-3-Clause
//
// The tree of processes below this one. The launcher is a subreaper: every process that a PE starts, and every orphan
// among them, stays in the tree until it has ended.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

namespace shmem::launcher {

void become_subreaper();

[[nodiscard]] std::vector<pid_t> descendants();

// Sends a signal to every process of the tree.
void signal_tree(int signal);

// Kills the tree and waits until all of it has ended, also what it forks meanwhile. False if some process has not ended
// within the time (a process that hangs in the kernel).
bool kill_tree(std::int64_t patience_ns);

// Whether the process has a handler for the signal. Without one, SIGUSR1 would kill it.
[[nodiscard]] bool has_handler(pid_t pid, int signal);

}  // namespace shmem::launcher
