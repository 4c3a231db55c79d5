// SPDX-License-Identifier: BSD-3-Clause
//
// Addresses of the workspace, and of an executable's global variables and constants. Those of the heap are translated
// inline, in the header.
#include "smp/pe.h"

#include "smp/memory/layout.h"

namespace shmem::smp {

const void* Pe::translate_data(const volatile void* local, std::size_t nbytes, int pe) const noexcept {
  // The workspace has its own check, so that what reaches beyond the heap does not pass for a part of it.
  if (static_cast<std::uint32_t>(pe) < static_cast<std::uint32_t>(npes)) {
    const std::size_t before = job->symmetric_nbytes - job->workspace_nbytes;
    const std::size_t in_workspace = heap_offset(local) - before;
    if (in_workspace < job->workspace_nbytes && nbytes <= job->workspace_nbytes - in_workspace) {
      return heap_of(pe) + before + in_workspace;
    }
  }
  const std::size_t offset = reinterpret_cast<std::uintptr_t>(local) - reinterpret_cast<std::uintptr_t>(data_begin);
  if (offset >= data_nbytes || nbytes > data_nbytes - offset) return nullptr;
  // A PE that runs another program has other variables there.
  if (!runs_my_program(pe)) return nullptr;
  return data_zero + static_cast<std::size_t>(pe) * data_stride + offset;
}

bool Pe::is_constant(const volatile void* local, std::size_t nbytes) const noexcept {
  for (int i = 0; data_nbytes != 0 && i < constants_count; ++i) {
    const MemoryRange& piece = constants[i];
    const std::size_t offset = reinterpret_cast<std::uintptr_t>(local) - reinterpret_cast<std::uintptr_t>(piece.begin);
    if (offset < piece.nbytes && nbytes <= piece.nbytes - offset) return true;
  }
  return false;
}

bool Pe::runs_my_program(int pe) const noexcept {
  // Relaxed: written before the barrier of init.
  return static_cast<std::uint32_t>(pe) < static_cast<std::uint32_t>(npes) &&
         control_of(pe).data_hash.load(std::memory_order_relaxed) == control->data_hash.load(std::memory_order_relaxed);
}

}  // namespace shmem::smp
