// SPDX-License-Identifier: BSD-3-Clause
//
// memory.h: symmetric memory with a status. Our library has such routines (shmemx.h). With other libraries the PEs
// first compare what they ask for, since different requests are undefined, and then whether each of them got its
// memory.
#pragma once

#include "agree.h"
#include "string_moves.h"

namespace shmem::adapter {

#if SHMEM4PY_HAS_SHMEMX

inline int alloc(size_t nbytes, size_t alignment, long hints, int clear, uint64_t* greatest, void** out) {
  const int status = shmemx_alloc(nbytes, alignment, hints, clear, greatest, out);
  return status == SHMEMX_SUCCESS ? int{ENGINE_OK} : fail_as_library("shmemx_alloc");
}

inline int free(void* pointer, uint64_t) {
  return shmemx_free(pointer) == SHMEMX_SUCCESS ? ENGINE_OK : fail_as_library("shmemx_free");
}

inline int heap_info(size_t* size, size_t* used, size_t* largest_free) {
  const int status = shmemx_heap_info(size, used, largest_free);
  return status == SHMEMX_SUCCESS ? int{ENGINE_OK} : fail_as_library("shmemx_heap_info");
}

inline int workspace(void** memory, size_t* nbytes) {
  const int status = shmemx_workspace(memory, nbytes);
  return status == SHMEMX_SUCCESS ? int{ENGINE_OK} : fail_as_library("shmemx_workspace");
}

#else

inline constexpr std::nullptr_t heap_info = nullptr;
inline constexpr std::nullptr_t workspace = nullptr;

// At least a cache line. With Open MPI 4.1.4's natural alignment, arrays of whole pages would begin where some
// processors copy slowly (string_moves.h).
inline constexpr size_t kAlignment = string_moves::kLine;

inline void* allocate(size_t nbytes, size_t alignment, long hints) {
#if SHMEM4PY_HAS_HINTS
  const long known = ((hints & ENGINE_ATOMICS_REMOTE) != 0 ? SHMEM_MALLOC_ATOMICS_REMOTE : 0) |
                     ((hints & ENGINE_SIGNAL_REMOTE) != 0 ? SHMEM_MALLOC_SIGNAL_REMOTE : 0);
  if (known != 0 && alignment <= kAlignment) return shmem_malloc_with_hints(nbytes, known);
#else
  static_cast<void>(hints);
#endif
  return shmem_align(alignment < kAlignment ? kAlignment : alignment, nbytes);
}

enum class Asks : unsigned long { kAllocate = 1, kFree = 2 };

inline int alloc(size_t nbytes, size_t alignment, long hints, int clear, uint64_t* greatest, void** out) {
  *out = nullptr;
  bool same = false;
  const AgreeWords asked = {static_cast<unsigned long>(Asks::kAllocate), nbytes, alignment,
                            static_cast<unsigned long>(hints) << 1 | static_cast<unsigned long>(clear != 0)};
  if (const int status = agree(asked, &same, greatest)) return status;
  if (!same) {
    return fail(
        ENGINE_MISMATCH,
        "PEs ask for symmetric memory of different size, alignment, hints or clearing (here: %zu bytes), or some "
        "free memory instead",
        nbytes);
  }
  if ((alignment & (alignment - 1)) != 0) {
    return fail(ENGINE_INVALID, "alignment %zu is not a power of two", alignment);
  }
  const size_t extent = nbytes == 0 ? 1 : nbytes;
  void* const pointer = allocate(extent, alignment, hints);
  if (pointer != nullptr && clear != 0) std::memset(pointer, 0, extent);
  // No PE returns before all have arrived here, so no PE puts into memory that another one still has to clear.
  if (const int status = agree({static_cast<unsigned long>(pointer != nullptr), 0, 0, 0}, &same, nullptr))
    return status;
  if (pointer == nullptr || !same) {
    return fail(ENGINE_NO_MEMORY,
                "the library has no %zu bytes of symmetric memory left; shmem4py run --heap or SHMEM_SYMMETRIC_SIZE "
                "sets the size of the heap",
                nbytes);
  }
  *out = pointer;
  return ENGINE_OK;
}

inline int free(void* pointer, uint64_t number) {
  bool same = false;
  if (const int status = agree({static_cast<unsigned long>(Asks::kFree), number, 0, 0}, &same, nullptr)) return status;
  if (!same) {
    return fail(ENGINE_MISMATCH, "PEs free different memory (here: block %llu), or some allocate memory instead",
                static_cast<unsigned long long>(number));
  }
  shmem_free(pointer);
  return ENGINE_OK;
}

#endif

}  // namespace shmem::adapter
