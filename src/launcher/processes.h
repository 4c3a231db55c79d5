// SPDX-License-Identifier: BSD-3-Clause
//
// The tree of processes below this one. The launcher is a subreaper: what a PE starts, and whatever becomes an
// orphan down there, stays in the tree until it has ended.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

namespace shmem::launcher {

void become_subreaper();

[[nodiscard]] std::vector<pid_t> descendants();

// Sends a signal to every process of the tree.
void signal_tree(int signal);

// Kills the tree and waits until it has ended, whatever it forks meanwhile; false if some of it has not within
// the time (a process that hangs in the kernel).
bool kill_tree(std::int64_t patience_ns);

// Whether the process has a handler for the signal, which would kill it otherwise.
[[nodiscard]] bool has_handler(pid_t pid, int signal);

}  // namespace shmem::launcher
