// SPDX-License-Identifier: BSD-3-Clause
//
// Why something ended or could not be done, in words for people.
#pragma once

#include <string>

#include "smp/os/cgroup.h"

namespace shmem::launcher {

// errno in words, with the limit that it speaks of.
[[nodiscard]] std::string describe_error(int error);

// "signal 15 (Terminated) from process 7 (kill)"; the sender is a process, or 0 for the kernel.
[[nodiscard]] std::string describe_signal(int signal, int sender);

// Whether processes were killed for want of memory. The kernel counts them, for a control group and for the machine.
class MemoryWatch {
 public:
  MemoryWatch() : before_(smp::os::oom_kills()) {}
  // What to add to "was killed by SIGKILL" by now: that it was, or may have been, out of memory; "" if it was not.
  [[nodiscard]] std::string describe_kill() const;

 private:
  smp::os::OomKills before_;
};

}  // namespace shmem::launcher
