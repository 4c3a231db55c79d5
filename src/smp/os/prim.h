// SPDX-License-Identifier: BSD-3-Clause
//
// The system calls of the engine's hot and waiting paths: futex, membarrier, yield, clock, cores. All system calls of
// the engine stand behind the functions of os/, so that everything above is plain C++. Linux only. Functions return 0
// or a positive errno, unless stated otherwise.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace shmem::smp::os {

// Sleeps while *word == expected, at most timeout_ns. The word may lie in memory shared between processes.
// Returns 0 (woken), EAGAIN (the word differs), ETIMEDOUT or EINTR (a signal handler ran).
int futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected, std::int64_t timeout_ns) noexcept;

// Wakes up to `count` sleepers.
void futex_wake(const std::atomic<std::uint32_t>& word, int count) noexcept;

// Whether the kernel has membarrier(GLOBAL_EXPEDITED).
[[nodiscard]] bool has_membarrier() noexcept;

// Registers this process for membarrier. In a process with threads the kernel waits for all processors, which takes
// milliseconds.
[[nodiscard]] bool membarrier_register() noexcept;

// A full memory barrier on every processor that runs a registered process.
void membarrier_all() noexcept;

// CPU hint in a spin loop.
inline void relax() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("isb" ::: "memory");
#endif
}

// Asks for a cache line that will soon be stored to, so that other processors give up their copies meanwhile. (Where
// the target may lack the instruction, the compiler's builtin asks for the line to read; there it is a no-op.)
inline void prefetch_to_store(const void* line) noexcept {
#if defined(__x86_64__)
  asm volatile("prefetchw %0" : : "m"(*static_cast<const char*>(line)));
#else
  __builtin_prefetch(line, 1);
#endif
}

void yield() noexcept;

// The processor that this thread runs on now.
[[nodiscard]] int this_processor() noexcept;

// Moves this thread to one of the processors that it may use, the `part`-th of `parts` in their order. Its affinity
// mask is unchanged afterwards.
void move_to_part(int part, int parts) noexcept;

[[nodiscard]] std::int64_t monotonic_ns() noexcept;

// The number of cores that this process may use: its affinity mask, limited by the cgroup's quota (rounded up), at
// least 1.
[[nodiscard]] int usable_cores() noexcept;

// The bytes of memory that are left for this process: the machine's available memory, limited by the cgroup.
[[nodiscard]] std::uint64_t available_memory() noexcept;

}  // namespace shmem::smp::os
