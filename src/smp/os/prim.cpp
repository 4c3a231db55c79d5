// SPDX-License-Identifier: BSD-3-Clause
#include "smp/os/prim.h"

#include <errno.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string>

namespace shmem::smp::os {

int futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected, std::int64_t timeout_ns) noexcept {
  const timespec timeout{timeout_ns / 1'000'000'000, timeout_ns % 1'000'000'000};
  // FUTEX_WAIT without FUTEX_PRIVATE_FLAG: the word is shared between processes.
  const long result = syscall(SYS_futex, &word, FUTEX_WAIT, expected, &timeout, nullptr, 0);
  return result == 0 ? 0 : errno;
}

void futex_wake(const std::atomic<std::uint32_t>& word, int count) noexcept {
  syscall(SYS_futex, &word, FUTEX_WAKE, count, nullptr, nullptr, 0);
}

bool has_membarrier() noexcept {
  const long commands = syscall(SYS_membarrier, MEMBARRIER_CMD_QUERY, 0, 0);
  const long needed = MEMBARRIER_CMD_GLOBAL_EXPEDITED | MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED;
  return commands >= 0 && (commands & needed) == needed;
}

bool membarrier_register() noexcept {
  return has_membarrier() && syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, 0, 0) == 0;
}

void membarrier_all() noexcept {
  syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL_EXPEDITED, 0, 0);
}

void yield() noexcept {
  sched_yield();
}

int this_processor() noexcept {
  return sched_getcpu();
}

void move_to_part(int part, int parts) noexcept {
  cpu_set_t all;
  if (sched_getaffinity(0, sizeof all, &all) != 0) return;  // more processors than the set has room for
  int before = static_cast<int>(std::int64_t{part} * CPU_COUNT(&all) / parts);
  for (int processor = 0; processor < CPU_SETSIZE; ++processor) {
    if (!CPU_ISSET(processor, &all) || before-- > 0) continue;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(processor, &one);
    sched_setaffinity(0, sizeof one, &one);
    sched_setaffinity(0, sizeof all, &all);
    return;
  }
}

std::int64_t monotonic_ns() noexcept {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

namespace {

// First line of a small file; "" if it cannot be read.
std::string read_line(const std::string& path) {
  std::string line;
  if (FILE* file = std::fopen(path.c_str(), "re")) {
    char buffer[512];
    if (std::fgets(buffer, sizeof buffer, file) != nullptr) line = buffer;
    std::fclose(file);
  }
  if (!line.empty() && line.back() == '\n') line.pop_back();
  return line;
}

// Calls visit(folder) for this process's cgroup (version 2) and each of its ancestors: every one limits.
template <class Visit>
void for_each_cgroup(Visit&& visit) {
  const std::string line = read_line("/proc/self/cgroup");  // "0::/path" where only version 2 is mounted
  if (line.rfind("0::", 0) != 0) return;
  std::string path = line.substr(3);
  while (true) {
    visit("/sys/fs/cgroup" + path);
    const std::size_t slash = path.find_last_of('/');
    if (slash == std::string::npos || path == "/") return;
    path.resize(slash);
  }
}

}  // namespace

int usable_cores() noexcept {
  cpu_set_t set;
  int cores = 1;
  if (sched_getaffinity(0, sizeof set, &set) == 0) {
    cores = CPU_COUNT(&set);
  } else {
    cores = static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));  // more processors than cpu_set_t holds
  }
  for_each_cgroup([&](const std::string& folder) {
    long long quota = 0;
    long long period = 0;
    if (std::sscanf(read_line(folder + "/cpu.max").c_str(), "%lld %lld", &quota, &period) == 2 && period > 0) {
      cores = std::min(cores, static_cast<int>((quota + period - 1) / period));
    }
  });
  return std::max(cores, 1);
}

std::uint64_t available_memory() noexcept {
  std::uint64_t available = 0;
  if (FILE* file = std::fopen("/proc/meminfo", "re")) {
    char line[256];
    unsigned long long kib = 0;
    while (std::fgets(line, sizeof line, file) != nullptr) {
      if (std::sscanf(line, "MemAvailable: %llu kB", &kib) == 1) {
        available = kib * 1024;
        break;
      }
    }
    std::fclose(file);
  }
  if (available == 0) {
    available =
        static_cast<std::uint64_t>(sysconf(_SC_AVPHYS_PAGES)) * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  }
  for_each_cgroup([&](const std::string& folder) {
    unsigned long long limit = 0;
    unsigned long long used = 0;
    if (std::sscanf(read_line(folder + "/memory.max").c_str(), "%llu", &limit) == 1 &&
        std::sscanf(read_line(folder + "/memory.current").c_str(), "%llu", &used) == 1) {
      available = std::min<std::uint64_t>(available, limit > used ? limit - used : 0);
    }
  });
  return available;
}

}  // namespace shmem::smp::os
