// SPDX-License-Identifier: BSD-3-Clause
//
// Processes that have taken the job's file and are not our children: PEs behind wrappers, and observers. Which of them
// is what, the control blocks tell when it ends.
//
// The kernel tells the end of each by a descriptor. Where there is none (an old kernel, a sandbox, no descriptor left),
// the process is looked for in /proc from time to time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "launcher/events.h"

namespace shmem::launcher {

class WatchedProcesses {
 public:
  explicit WatchedProcesses(Poller& poller) : poller_(poller) {}

  // A process that connects again is watched once.
  void add(int pid);
  // Source::kProcess has come: the process that has ended.
  int take_end(std::size_t index);
  // Whether it was watched and has ended.
  [[nodiscard]] bool has_ended(int pid) const;

  // Whether some can be looked for only.
  [[nodiscard]] bool must_look() const;
  // Looks for those; calls ended(pid) for each that has gone.
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
    int fd = -1;                   // -1: is looked for, or has ended
    std::uint64_t start_time = 0;  // of those that are looked for
    bool ended = false;
  };
  [[nodiscard]] static bool lives(const Process& process);

  Poller& poller_;
  std::vector<Process> processes_;
};

}  // namespace shmem::launcher
