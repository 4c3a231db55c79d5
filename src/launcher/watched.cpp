// SPDX-License-Identifier: BSD-3-Clause
//
// A pidfd per process, or a look at /proc with the spare descriptors (watched.h).
#include "launcher/watched.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "launcher/descriptors.h"
#include "smp/os/process.h"

namespace shmem::launcher {

void WatchedProcesses::add(int pid) {
  for (const Process& process : processes_) {
    if (process.pid == pid && !process.ended && (process.fd >= 0 ? !smp::os::has_ended(process.fd) : lives(process))) {
      return;
    }
  }
  Process process{.pid = pid, .fd = smp::os::watch_process(pid)};
  if (process.fd >= 0 && !poller_.add(process.fd, Source::kProcess, processes_.size())) {
    close(std::exchange(process.fd, -1));
  }
  if (process.fd < 0) {
    const SpareDescriptors free;
    smp::os::ProcessInfo info;
    if (smp::os::process_info(pid, &info)) process.start_time = info.start_time;
  }
  processes_.push_back(process);
}

int WatchedProcesses::take_end(std::size_t index) {
  Process& process = processes_[index];
  poller_.remove(process.fd);
  close(std::exchange(process.fd, -1));
  process.ended = true;
  return process.pid;
}

bool WatchedProcesses::has_ended(int pid) const {
  return std::any_of(processes_.begin(), processes_.end(), [&](const Process& process) {
    return process.pid == pid &&
           (process.ended || (process.fd >= 0 ? smp::os::has_ended(process.fd) : !lives(process)));
  });
}

bool WatchedProcesses::must_look() const {
  return std::any_of(processes_.begin(), processes_.end(),
                     [](const Process& process) { return process.fd < 0 && !process.ended; });
}

bool WatchedProcesses::lives(const Process& process) {
  const SpareDescriptors free;
  smp::os::ProcessInfo info;
  return smp::os::process_info(process.pid, &info) && info.start_time == process.start_time && !info.ended;
}

}  // namespace shmem::launcher
