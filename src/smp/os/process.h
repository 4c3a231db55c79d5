// SPDX-License-Identifier: BSD-3-Clause
//
// Processes, as the kernel and /proc show them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace shmem::smp::os {

[[nodiscard]] int process_id() noexcept;

// Whether this process has one thread alone; false if that cannot be told.
[[nodiscard]] bool has_one_thread() noexcept;

// The calling thread's number, as the kernel has it.
[[nodiscard]] int thread_id() noexcept;

struct ThreadInfo {
  int id;
  bool runs;  // or waits for a processor
};
// The threads of a process; none if they cannot be seen.
[[nodiscard]] std::vector<ThreadInfo> threads_of(int pid);

// Other processes that map the file that lies at this address here, as far as they can be seen.
[[nodiscard]] std::vector<int> processes_mapping(const void* address);

// Has this process any children, running or waiting to be reaped?
[[nodiscard]] bool has_children() noexcept;

// A descriptor that becomes readable when the process ends, or -1 (it is gone, or the kernel has none).
// Close-on-exec.
[[nodiscard]] int watch_process(int pid) noexcept;

// Whether the process behind the descriptor has ended.
[[nodiscard]] bool has_ended(int watched) noexcept;

// Waits until the descriptor can be read, or the time has passed; whether it can be read.
bool wait_readable(int fd, int timeout_ms) noexcept;

struct ProcessInfo {
  std::string name;  // at most 15 characters
  int parent = 0;
  std::uint64_t start_time = 0;  // ticks since boot: with the number, names a process for ever
  bool ended = false;            // but its parent has not asked how
};
// False if there is no such process.
bool process_info(int pid, ProcessInfo* info) noexcept;

// The most cores that this process or one of its ancestors may use: what there was before somebody bound us.
[[nodiscard]] int cores_before_binding() noexcept;

// 64 bits that nobody can guess. 0, or errno where the system gives none.
[[nodiscard]] int random_word(std::uint64_t* word) noexcept;

// Sleeps; cut short by a signal handler.
void sleep_ns(std::int64_t nanoseconds) noexcept;

// Keeps all signals away from the calling thread.
void block_signals() noexcept;

}  // namespace shmem::smp::os
