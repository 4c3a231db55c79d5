// SPDX-License-Identifier: BSD-3-Clause
//
// agree.h: do all PEs of the world pass the same values? One small collective on memory of our own, for libraries
// whose allocation cannot tell.
#pragma once

#include "collectives.h"

namespace shmem::adapter {

inline constexpr size_t kAgreeWords = 3;

#if SHMEM4PY_HAS_TEAMS

inline unsigned long* agree_words = nullptr;  // symmetric: kAgreeWords * 4

inline bool allocate_agree_words() {
  agree_words = static_cast<unsigned long*>(shmem_align(64, kAgreeWords * 4 * sizeof(unsigned long)));
  return agree_words != nullptr;
}

// Equal where the greatest is as great as the least: the greatest of the complements tells the least.
[[nodiscard]] inline int agree(const unsigned long (&values)[kAgreeWords], bool* same) {
  unsigned long* const source = agree_words;
  unsigned long* const dest = agree_words + 2 * kAgreeWords;
  for (size_t i = 0; i < kAgreeWords; ++i) {
    source[i] = values[i];
    source[kAgreeWords + i] = ~values[i];
  }
  const int result = shmem_ulong_max_reduce(SHMEM_TEAM_WORLD, dest, source, 2 * kAgreeWords);
  *same = true;
  for (size_t i = 0; i < kAgreeWords; ++i) {
    if (dest[i] != values[i] || dest[kAgreeWords + i] != ~values[i]) *same = false;
  }
  // The words may be written again only when all have read them.
  shmem_sync_all();
  return checked(result, "shmem_ulong_max_reduce");
}

#else

[[nodiscard]] inline int agree(const unsigned long (&values)[kAgreeWords], bool* same) {
  const char* gathered = nullptr;
  *same = true;
  if (const int status = supply::usable(&supply::world, "shmem_malloc")) return status;
  if (const int status = supply::gather(supply::world, values, sizeof values, &gathered)) return status;
  for (int pe = 0; pe < supply::world.size; ++pe) {
    if (std::memcmp(gathered + static_cast<size_t>(pe) * sizeof values, values, sizeof values) != 0) *same = false;
  }
  return ENGINE_OK;
}

#endif

}  // namespace shmem::adapter
