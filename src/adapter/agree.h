// SPDX-License-Identifier: BSD-3-Clause
//
// agree.h: whether all PEs of the world pass the same values. One small collective on the adapter's own symmetric
// memory, for libraries whose allocation cannot tell.
#pragma once

#include "collectives.h"

namespace shmem::adapter {

inline constexpr size_t kAgreeWords = 4;
using AgreeWords = unsigned long[kAgreeWords];

#if SHMEM4PY_HAS_TEAMS

// Each value and its complement, and the number.
inline constexpr size_t kReducedWords = 2 * kAgreeWords + 1;
inline unsigned long* agree_words = nullptr;  // symmetric: kReducedWords * 2

inline bool allocate_agree_words() {
  agree_words = static_cast<unsigned long*>(shmem_align(64, kReducedWords * 2 * sizeof(unsigned long)));
  return agree_words != nullptr;
}

// `greatest`: in, this PE's number; out, the greatest number of all PEs. Null means 0, and that the result is not
// wanted. Values are equal if their greatest equals their least. The greatest of the complements gives the least.
[[nodiscard]] inline int agree(const AgreeWords& values, bool* same, uint64_t* greatest) {
  unsigned long* const source = agree_words;
  unsigned long* const dest = agree_words + kReducedWords;
  for (size_t i = 0; i < kAgreeWords; ++i) {
    source[i] = values[i];
    source[kAgreeWords + i] = ~values[i];
  }
  source[2 * kAgreeWords] = greatest == nullptr ? 0 : *greatest;
  const int result = shmem_ulong_max_reduce(SHMEM_TEAM_WORLD, dest, source, kReducedWords);
  *same = true;
  for (size_t i = 0; i < kAgreeWords; ++i) {
    if (dest[i] != values[i] || dest[kAgreeWords + i] != ~values[i]) *same = false;
  }
  if (greatest != nullptr) *greatest = dest[2 * kAgreeWords];
  // The words may be overwritten only after all PEs have read them.
  shmem_sync_all();
  return checked(result, "shmem_ulong_max_reduce");
}

#else

[[nodiscard]] inline int agree(const AgreeWords& values, bool* same, uint64_t* greatest) {
  struct Said {
    AgreeWords values;
    uint64_t number;
  } mine{};
  std::memcpy(mine.values, values, sizeof values);
  mine.number = greatest == nullptr ? 0 : *greatest;
  const char* gathered = nullptr;
  *same = true;
  if (const int status = supply::usable(&supply::world, "shmem_malloc")) return status;
  if (const int status = supply::gather(supply::world, &mine, sizeof mine, &gathered)) return status;
  for (int pe = 0; pe < supply::world.size; ++pe) {
    Said said;
    std::memcpy(&said, gathered + static_cast<size_t>(pe) * sizeof said, sizeof said);
    if (std::memcmp(said.values, values, sizeof values) != 0) *same = false;
    if (greatest != nullptr && said.number > *greatest) *greatest = said.number;
  }
  return ENGINE_OK;
}

#endif

}  // namespace shmem::adapter
