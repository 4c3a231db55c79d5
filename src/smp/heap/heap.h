// SPDX-License-Identifier: BSD-3-Clause
//
// The symmetric heap: deterministic, so that equal calls give equal offsets on all PEs, with all bookkeeping in
// private memory, so that a stray write by any PE cannot corrupt it.
//
// `Allocator` is the pure data structure over offsets; `Heap` is the collective protocol around it: every
// allocation, resize and free meets all PEs of the world once, and compares there what each has asked for. Only if
// all asked for the same does anything change, and then it changes alike everywhere.
//
// Calls of one PE are ordered by the program, as all collectives are; local questions may be asked by any thread
// at any time.
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

  // Collective over the world. All PEs return alike: kMismatch if they asked for different things, kNoMemory,
  // kInvalid (no such block, or an alignment that is no power of two); none of these changes the heap, and the message
  // says which PE asked for what. size 0 gives a block of its own. Freeing nullptr is kOk without communication.
  // alignment: a power of two; 0: natural. Beyond what the heaps of all PEs have in common (os::kMapAlignment, where no
  // limit is narrow) there is no memory. clear: the block reads as zeros on all PEs.
  // greatest: this PE's number, in; the greatest of all PEs', out, where the result is kOk or kNoMemory. nullptr: 0,
  // and not wanted. It costs nothing where all PEs' numbers are equal, and a second meeting where they differ.
  Status allocate(std::size_t size, std::size_t alignment, long hints, bool clear, std::uint64_t* greatest,
                  void** out) noexcept;
  // Keeps the contents up to the smaller size. nullptr allocates, size 0 frees, both nothing without communication.
  Status reallocate(void* old, std::size_t size, void** out) noexcept;
  Status free(void* pointer) noexcept;

  // The live block that holds `address` (any address inside it): its begin and size as asked for; false if none.
  [[nodiscard]] bool block_of(const void* address, void** begin, std::size_t* size) const noexcept;

  // Bytes; what is used has been rounded up block by block.
  struct Usage {
    std::size_t size;
    std::size_t used;
    std::size_t largest_free;
  };
  [[nodiscard]] Usage usage() const noexcept;

  // Forgets all blocks, for a second shmem_init. The memory stays as it is.
  void reset() noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace shmem::smp
