// SPDX-License-Identifier: BSD-3-Clause
//
// Texts for people: why something ended or could not be done.
#pragma once

#include <string>

#include "smp/os/cgroup.h"

namespace shmem::launcher {

// The text of an errno, with the limit that it refers to.
[[nodiscard]] std::string describe_error(int error);

// "signal 15 (Terminated) from process 7 (kill)"; the sender is a process, or 0 for the kernel.
[[nodiscard]] std::string describe_signal(int signal, int sender);

// Whether processes were killed because memory ran out. The kernel counts such kills for a control group and for the
// machine; the object compares the counts with those at its construction.
class MemoryWatch {
 public:
  MemoryWatch() : before_(smp::os::oom_kills()) {}
  // What to add to "was killed by SIGKILL": that memory was exhausted, or may have been. "" if it was not.
  [[nodiscard]] std::string describe_kill() const;

 private:
  smp::os::OomKills before_;
};

}  // namespace shmem::launcher
