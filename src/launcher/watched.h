// SPDX-License-Identifier: BSD-3-Clause
//
// Processes that have received the job's file and are not our children: PEs behind wrappers, and observers. The control
// blocks tell which of the two a process was when it ends.
//
// The kernel reports the end of each through a descriptor. Where there is none (an old kernel, a sandbox, no descriptor
// left), the process is looked up in /proc from time to time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "launcher/events.h"

namespace shmem::launcher {

class WatchedProcesses {
 public:
  explicit WatchedProcesses(Poller& poller) : poller_(poller) {}

  // A process that connects again is not added twice.
  void add(int pid);
  // Called for Source::kProcess. Returns the process that has ended.
  int take_end(std::size_t index);
  // Whether the process was watched and has ended.
  [[nodiscard]] bool has_ended(int pid) const;

  // Whether some process has no descriptor, so that `look` is needed.
  [[nodiscard]] bool must_look() const;
  // Looks up those processes and calls ended(pid) for each that has ended.
  template <class Ended>
  void look(Ended&& ended) {
    for (std::size_t i = 0; i < processes_.size(); ++i) {
      if (processes_[i].fd >= 0 || processes_[i].ended || lives(processes_[i])) continue;
      processes_[i].ended = true;
      ended(processes_[i].pid);
    }
  }

 private:
  struct Process {
    int pid;
    int fd = -1;                   // -1: looked up in /proc, or has ended
    std::uint64_t start_time = 0;  // only of those looked up in /proc
    bool ended = false;
  };
  [[nodiscard]] static bool lives(const Process& process);

  Poller& poller_;
  std::vector<Process> processes_;
};

}  // namespace shmem::launcher
