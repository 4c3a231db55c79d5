// SPDX-License-Identifier: BSD-3-Clause
//
// Starts the PEs and watches over them until the job has ended. One thread, one event loop. The exit status is the
// first failing PE's, and no process of a failed job is left behind.
#pragma once

#include <signal.h>

#include <string>

#include "launcher/options.h"
#include "launcher/spawn.h"

namespace shmem::launcher {

struct Setup {
  const Options& options;
  std::string path{};      // of the program
  int lifeline = -1;       // readable when the guard is gone
  sigset_t signal_mask{};  // for the PEs
  SignalSet ignored = 0;   // at our start; the PEs get the same
  rlimit descriptors{};    // at our start; the PEs get the same
};

// Runs the job and returns the launcher's exit status.
int supervise(const Setup& setup);

}  // namespace shmem::launcher
