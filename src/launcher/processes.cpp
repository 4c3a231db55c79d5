// SPDX-License-Identifier: BSD-3-Clause
//
// The tree is read from /proc each time (processes.h).
#include "launcher/processes.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <unordered_map>
#include <unordered_set>

#include "launcher/descriptors.h"
#include "smp/os/prim.h"
#include "smp/os/process.h"

namespace shmem::launcher {

void become_subreaper() {
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

std::vector<pid_t> descendants() {
  const SpareDescriptors free;
  std::unordered_multimap<pid_t, pid_t> children;
  if (DIR* folder = opendir("/proc")) {
    while (const dirent* entry = readdir(folder)) {
      const int pid = std::atoi(entry->d_name);
      smp::os::ProcessInfo info;
      if (pid > 0 && smp::os::process_info(pid, &info)) children.emplace(info.parent, pid);
    }
    closedir(folder);
  }
  std::vector<pid_t> found{getpid()};
  std::unordered_set<pid_t> seen{getpid()};  // the table is no snapshot: a number may occur twice
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto [begin, end] = children.equal_range(found[i]);
    for (auto child = begin; child != end; ++child) {
      if (seen.insert(child->second).second) found.push_back(child->second);
    }
  }
  found.erase(found.begin());
  return found;
}

void signal_tree(int signal) {
  for (const pid_t pid : descendants()) kill(pid, signal);
}

bool kill_tree(std::int64_t patience_ns) {
  const std::int64_t give_up = smp::os::monotonic_ns() + patience_ns;
  while (true) {
    pid_t ended;
    do {
      ended = waitpid(-1, nullptr, WNOHANG);
    } while (ended > 0);
    // No child is left. Orphans would have become our children, so there is no descendant either.
    if (ended < 0 && errno == ECHILD) return true;
    if (smp::os::monotonic_ns() > give_up) return false;
    signal_tree(SIGKILL);
    // Most processes end at once. SIGCHLD is blocked, so sigtimedwait returns when it arrives.
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    const timespec pause{0, 5'000'000};
    sigtimedwait(&child, nullptr, &pause);
  }
}

bool has_handler(pid_t pid, int signal) {
  const SpareDescriptors free;
  char path[32];
  std::snprintf(path, sizeof path, "/proc/%d/status", pid);
  FILE* file = std::fopen(path, "re");
  if (file == nullptr) return false;
  char line[256];
  unsigned long long caught = 0;
  while (std::fgets(line, sizeof line, file) != nullptr) {
    if (std::sscanf(line, "SigCgt: %llx", &caught) == 1) break;
  }
  std::fclose(file);
  return (caught >> (signal - 1) & 1) != 0;
}

}  // namespace shmem::launcher
