// SPDX-License-Identifier: BSD-3-Clause
//
// Processes and threads, as the kernel and /proc show them. The functions keep no state; what they return may be out of
// date at once.
#pragma once

#include <signal.h>

#include <cstdint>
#include <string>
#include <vector>

namespace shmem::smp::os {

[[nodiscard]] int process_id() noexcept;

// Whether this process has exactly one thread. False if that cannot be told.
[[nodiscard]] bool has_one_thread() noexcept;

// The kernel's number of the calling thread.
[[nodiscard]] int thread_id() noexcept;

struct ThreadInfo {
  int id;
  bool runs;  // runs or is ready to run
};
// The threads of a process. Empty if they cannot be seen.
[[nodiscard]] std::vector<ThreadInfo> threads_of(int pid);

// The other processes that map the file which is mapped at this address here, as far as /proc shows them.
[[nodiscard]] std::vector<int> processes_mapping(const void* address);

// Has this process any children, running or waiting to be reaped?
[[nodiscard]] bool has_children() noexcept;

// A close-on-exec descriptor that becomes readable when the process ends. -1 if the process is gone or the kernel has
// no such descriptors.
[[nodiscard]] int watch_process(int pid) noexcept;

// Whether the process behind the descriptor has ended.
[[nodiscard]] bool has_ended(int watched) noexcept;

// Waits until the descriptor is readable or the time has passed. Returns whether it is readable.
bool wait_readable(int fd, int timeout_ms) noexcept;

struct ProcessInfo {
  std::string name;  // at most 15 characters
  int parent = 0;
  std::uint64_t start_time = 0;  // ticks since boot; together with the number it is unique
  bool ended = false;            // a zombie
};
// False if there is no such process.
bool process_info(int pid, ProcessInfo* info) noexcept;

// The largest number of cores that this process or one of its ancestors may use: the number before a launcher bound us.
[[nodiscard]] int cores_before_binding() noexcept;

// 64 random bits that cannot be guessed. Returns 0, or errno if the system gives none.
[[nodiscard]] int random_word(std::uint64_t* word) noexcept;

// Sleeps. A signal handler ends the sleep early.
void sleep_ns(std::int64_t nanoseconds) noexcept;

// Blocks all signals for the calling thread.
void block_signals() noexcept;

// The same while the object lives.
class SignalsBlocked {
 public:
  SignalsBlocked() noexcept;
  ~SignalsBlocked();
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

// Ends the process at once. No handler of exit runs, and no file is flushed.
[[noreturn]] void leave_process(int status) noexcept;

}  // namespace shmem::smp::os
