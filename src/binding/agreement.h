// SPDX-License-Identifier: BSD-3-Clause
//
// Allocation and freeing, by all PEs together.
//
// The engine's calls are the agreement. If the PEs do not ask for the same, all of them raise and nothing has changed.
// With each allocation a PE says whether it has released blocks, and receives the greatest answer of all PEs. The PEs
// look for blocks that all have released only if every PE has released some, and one of them since the last look. They
// free these blocks in the order of sequence numbers.
//
// They find the blocks by reductions on a small symmetric workspace, on every engine alike. It is allocated when the
// engine is initialised.
#pragma once

#include <cstdint>

#include "binding/blocks.h"
#include "binding/signature.h"

namespace shmem::binding {

// Collective, as part of initialisation; false with an exception.
bool start_workspace(const char* call);

// Collective. Zeroed symmetric memory that the extension keeps for itself. Null with an exception.
void* allocate_for_good(const char* call, std::size_t nbytes);

struct Request {
  std::size_t nbytes;
  std::size_t alignment = 0;  // 0: the engine's
  long hints = 0;
  bool clear = true;
};

// Collective. It ends in a barrier.
Ref<Block> allocate(const Signature& call, const Request& request);

// Collective. A block that is freed already raises FreedError on this PE.
bool free_block(const Signature& call, Block* block);

}  // namespace shmem::binding
