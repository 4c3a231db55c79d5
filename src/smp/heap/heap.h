// SPDX-License-Identifier: BSD-3-Clause
//
// The symmetric heap's allocator: deterministic, so that equal calls give equal offsets on all PEs, with all
// bookkeeping in private memory, so that a stray write by any PE cannot corrupt it.
//
// `Allocator` is the pure data structure over offsets; `Heap` is the collective protocol around it: every
// allocation, resize and free ends in a barrier of the world team in which the PEs compare what they asked for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <unordered_map>

#include "smp/pe.h"
#include "smp/status.h"

namespace shmem::smp {

class Heap {
 public:
  explicit Heap(Pe& pe);
  ~Heap();

  // Collective over the world. kNoMemory and kMismatch are returned by all PEs alike and leave the heap as it
  // was; the words say who asked for what. size 0 gives nullptr and kOk without communication.
  Status allocate(std::size_t size, std::size_t alignment, long hints, bool clear, void** out) noexcept;
  Status reallocate(void* old, std::size_t size, void** out) noexcept;
  Status free(void* pointer) noexcept;

  // Local questions.
  // The live block that holds `address` (any address inside it): its begin and size; false if none.
  [[nodiscard]] bool block_of(const void* address, void** begin, std::size_t* size) const noexcept;
  [[nodiscard]] std::size_t allocated_nbytes() const noexcept;

 private:
  struct Impl;
  Impl* impl_;
};

}  // namespace shmem::smp
