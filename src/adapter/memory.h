// SPDX-License-Identifier: BSD-3-Clause
//
// memory.h: symmetric memory with a status. Our library gives it (shmemx.h). For others the PEs first compare what
// they ask for, since allocating different sizes is undefined, and afterwards whether all were given it.
#pragma once

#include "agree.h"
#include "string_moves.h"

namespace shmem::adapter {

#if SHMEM4PY_HAS_SHMEMX

inline int alloc(size_t nbytes, size_t alignment, long hints, int clear, void** out) {
  const int status = shmemx_alloc(nbytes, alignment, hints, clear, out);
  return status == SHMEMX_SUCCESS ? int{ENGINE_OK} : fail_as_library("shmemx_alloc");
}

inline int free(void* pointer) {
  return shmemx_free(pointer) == SHMEMX_SUCCESS ? ENGINE_OK : fail_as_library("shmemx_free");
}

#else

// At least a cache line. Beyond the usual reasons: Open MPI 4.1.4's natural alignment puts arrays of whole pages where
// some processors copy slowly (string_moves.h).
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

inline int alloc(size_t nbytes, size_t alignment, long hints, int clear, void** out) {
  *out = nullptr;
  bool same = false;
  if (const int status = agree({nbytes, alignment, static_cast<unsigned long>(hints)}, &same)) return status;
  if (!same) {
    return fail(ENGINE_MISMATCH, "PEs ask for symmetric memory of different size, alignment or hints (here: %zu bytes)",
                nbytes);
  }
  if ((alignment & (alignment - 1)) != 0) {
    return fail(ENGINE_INVALID, "alignment %zu is not a power of two", alignment);
  }
  if (nbytes == 0) return ENGINE_OK;
  void* const pointer = allocate(nbytes, alignment, hints);
  if (const int status = agree({static_cast<unsigned long>(pointer != nullptr), 0, 0}, &same)) return status;
  if (pointer == nullptr || !same) {
    return fail(ENGINE_NO_MEMORY, "the library has no %zu bytes of symmetric memory left", nbytes);
  }
  if (clear != 0) {
    std::memset(pointer, 0, nbytes);
    shmem_barrier_all();
  }
  *out = pointer;
  return ENGINE_OK;
}

inline int free(void* pointer) {
  shmem_free(pointer);
  return ENGINE_OK;
}

#endif

}  // namespace shmem::adapter
