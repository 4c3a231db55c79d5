// SPDX-License-Identifier: BSD-3-Clause
//
// Fence and quiet: the order in which other PEs see this PE's stores to their memory.
#pragma once

#include <atomic>

namespace shmem::smp {

// The standard's fence: puts before it become visible before puts after it. x86 keeps stores in order except
// non-temporal ones, and glibc ends each loop of those with sfence (copy.cpp), so a release suffices.
inline void fence() noexcept {
  std::atomic_thread_fence(std::memory_order_release);
}

// The standard's quiet: everything before it is visible to all PEs. A full fence, on x86 too, because of the store
// buffer.
inline void quiet() noexcept {
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

}  // namespace shmem::smp
