// SPDX-License-Identifier: BSD-3-Clause
//
// The symmetric heap. It is deterministic, so that equal calls give equal offsets on all PEs. All its bookkeeping is in
// private memory, so that a stray write by any PE cannot corrupt it.
//
// `Allocator` is the pure data structure over offsets. `Heap` is the collective protocol around it: in every
// allocation, resize and free all PEs of the world meet once and compare what each has asked for. The heap changes only
// if all asked for the same, and then it changes alike on all PEs.
//
// The program orders the collective calls of a PE, as it does for all collectives. Any thread may make local queries at
// any time.
#pragma once

#include <cstddef>
#include <memory>

#include "smp/pe.h"
#include "smp/status.h"

namespace shmem::smp {

class Heap {
 public:
  explicit Heap(Pe& pe);
  ~Heap();

  // Collective over the world. All PEs return alike: kMismatch if they asked for different things, kNoMemory, kInvalid
  // (no such block, or an alignment that is not a power of two). None of these changes the heap, and the message says
  // which PE asked for what. size 0 gives a block of its own. Freeing nullptr is kOk without communication. alignment:
  // a power of two; 0: natural. An alignment beyond the one that the heaps of all PEs have in common
  // (os::kMapAlignment, unless a limit shrank the mapping) gives kNoMemory. clear: the block reads as zeros on all PEs.
  // greatest: in, this PE's number; out, the greatest number of all PEs, if the result is kOk or kNoMemory. nullptr
  // means 0, and that the result is not wanted. It costs nothing if all numbers are equal, and a second meeting if they
  // differ.
  Status allocate(std::size_t size, std::size_t alignment, long hints, bool clear, std::uint64_t* greatest,
                  void** out) noexcept;
  // Keeps the contents up to the smaller size. nullptr allocates and size 0 frees; nullptr with size 0 does nothing,
  // without communication.
  Status reallocate(void* old, std::size_t size, void** out) noexcept;
  Status free(void* pointer) noexcept;

  // The live block that contains `address` (any address inside it): its begin, and its size as asked for. False if
  // none.
  [[nodiscard]] bool block_of(const void* address, void** begin, std::size_t* size) const noexcept;

  // Bytes; what is used has been rounded up block by block.
  struct Usage {
    std::size_t size;
    std::size_t used;
    std::size_t largest_free;
  };
  [[nodiscard]] Usage usage() const noexcept;

  // Forgets all blocks, for a second shmem_init. The memory is not changed.
  void reset() noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace shmem::smp
