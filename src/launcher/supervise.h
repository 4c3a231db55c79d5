// SPDX-License-Identifier: BSD-3-Clause
//
// Starting the PEs and watching over them until the job has ended.
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
  SignalSet ignored = 0;   // as we found them: for the PEs
  rlimit descriptors{};    // as we found it: for the PEs
};

// Runs the job; the launcher's exit status.
int supervise(const Setup& setup);

}  // namespace shmem::launcher
