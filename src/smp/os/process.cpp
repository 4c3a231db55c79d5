// SPDX-License-Identifier: BSD-3-Clause
#include "smp/os/process.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace shmem::smp::os {

int process_id() noexcept {
  return getpid();
}

bool has_one_thread() noexcept {
  struct stat tasks;  // with a folder for each thread
  constexpr nlink_t kOwnLinks = 2;
  return stat("/proc/self/task", &tasks) == 0 && tasks.st_nlink == kOwnLinks + 1;
}

int watch_process(int pid) noexcept {
  return static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
}

bool has_ended(int watched) noexcept {
  return wait_readable(watched, 0);
}

bool wait_readable(int fd, int timeout_ms) noexcept {
  pollfd entry{fd, POLLIN, 0};
  return poll(&entry, 1, timeout_ms) == 1;
}

bool process_info(int pid, ProcessInfo* info) noexcept {
  char path[32];
  std::snprintf(path, sizeof path, "/proc/%d/stat", pid);
  FILE* file = std::fopen(path, "re");
  if (file == nullptr) return false;
  char line[1024];
  const bool read = std::fgets(line, sizeof line, file) != nullptr;
  std::fclose(file);
  if (!read) return false;
  // pid (name) state ppid …; the name may hold anything, so its end is the last parenthesis.
  const char* begin = std::strchr(line, '(');
  const char* end = std::strrchr(line, ')');
  if (begin == nullptr || end == nullptr) return false;
  info->name.assign(begin + 1, end);
  unsigned long long start = 0;
  if (std::sscanf(end + 1, " %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
                  &info->parent, &start) != 2) {
    return false;
  }
  info->start_time = start;
  return true;
}

int cores_before_binding() noexcept {
  int cores = 1;
  ProcessInfo info;
  for (int pid = getpid(); pid > 0 && process_info(pid, &info); pid = info.parent) {
    cpu_set_t set;
    if (sched_getaffinity(pid, sizeof set, &set) == 0) cores = std::max(cores, CPU_COUNT(&set));
  }
  return cores;
}

std::uint64_t random_word() noexcept {
  std::uint64_t word = 0;
  while (getrandom(&word, sizeof word, 0) != static_cast<ssize_t>(sizeof word)) {
  }
  return word;
}

void sleep_ns(std::int64_t nanoseconds) noexcept {
  const timespec time{nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000};
  nanosleep(&time, nullptr);
}

void block_signals() noexcept {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, nullptr);
}

}  // namespace shmem::smp::os
