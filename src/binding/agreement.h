// SPDX-License-Identifier: BSD-3-Clause
//
// Allocating and freeing together. Before a collective call changes the heap, all PEs agree, in one reduction of
// fixed size, on what the call is: kind, size, alignment, hints. If they differ, all raise and nothing has changed.
// The same reduction tells whether every PE has released blocks; only then do they find those that all have
// released and free them, in order of sequence number.
//
// The reductions run on a small symmetric workspace, allocated at initialisation, on every engine alike.
#pragma once

#include <cstdint>

#include "binding/blocks.h"
#include "binding/signature.h"

namespace shmem::binding {

// Collective, as part of initialisation; false with an exception.
bool start_workspace(const char* call);

struct Request {
  std::size_t nbytes;
  std::size_t alignment = 0;  // 0: the engine's
  long hints = 0;
  bool clear = true;
};

// Collective; ends in a barrier.
Ref<Block> allocate(const Signature& call, const Request& request);

// Collective. The block must live.
bool free_block(const Signature& call, Block* block);

}  // namespace shmem::binding
