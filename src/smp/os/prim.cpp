// SPDX-License-Identifier: BSD-3-Clause
//
// Futex, membarrier, scheduling and clocks (prim.h).
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

#include "smp/os/cgroup.h"

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
  if (sched_getaffinity(0, sizeof all, &all) != 0) return;  // the machine has more processors than cpu_set_t holds
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

int usable_cores() noexcept {
  cpu_set_t set;
  int cores = 1;
  if (sched_getaffinity(0, sizeof set, &set) == 0) {
    cores = CPU_COUNT(&set);
  } else {
    cores = static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));  // the affinity mask does not fit cpu_set_t
  }
  cores = std::min(cores, cgroup_limits().cores);
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
  return std::min(available, cgroup_limits().memory_left);
}

}  // namespace shmem::smp::os
