// SPDX-License-Identifier: BSD-3-Clause
//
// Allocating and freeing together. The engine's calls are the agreement: if the PEs do not ask for the same, all raise
// and nothing has changed. With each allocation a PE says whether it has released blocks, and hears the greatest answer
// of all. Only if every PE has released some, and one of them since the last look, do they find the blocks that all
// have released and free those, in order of sequence number.
//
// They are found by reductions on a small symmetric workspace, allocated at initialisation, on every engine alike.
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
