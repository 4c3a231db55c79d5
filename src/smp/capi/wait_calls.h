// SPDX-License-Identifier: BSD-3-Clause
//
// Checks the arguments of the wait and test families: the variables are symmetric and aligned, the comparison exists.
#pragma once

#include <atomic>

#include "smp/capi/routine.h"
#include "smp/wait/conditions.h"

namespace shmem::smp::capi {

#define SHMEM_COMPARISON(name, constant, operator) static_assert(SHMEM_CMP_##name == static_cast<int>(Cmp::constant));
#include "tables/comparisons.def"

template <class T>
[[nodiscard, gnu::always_inline]] inline bool can_wait(Pe& me, const char* routine, const char* argument,
                                                       const T* ivars, std::size_t nelems, int cmp) noexcept {
  if (!is_symmetric(me, routine, argument, ivars, to_nbytes(nelems, sizeof(T))) ||
      !is_aligned(routine, argument, ivars)) [[unlikely]] {
    return false;
  }
  if (!is_cmp(cmp)) [[unlikely]] {
    misuse(me, routine, "cmp", "= %d is not a comparison", cmp);
    return false;
  }
  return true;
}

// The wait set of an array form; false after a report. nelems == 0 needs no address.
template <class T>
[[nodiscard]] inline bool make_set(Pe& me, const char* routine, const T* ivars, std::size_t nelems, const int* status,
                                   int cmp, const T* values, bool vector, WaitSet<T>* set) noexcept {
  if (!is_running(me, routine)) return false;
  if (nelems != 0 && !can_wait(me, routine, "ivars", ivars, nelems, cmp)) return false;
  if (nelems != 0 && !is_given(routine, "cmp_values", values)) [[unlikely]]
    return false;
  *set = WaitSet<T>{ivars, nelems, status, static_cast<Cmp>(cmp), values, vector};
  return true;
}

// The number of this process's tests that failed in a row with no wait between them: a PE that waits is not in a loop
// of tests. All threads share it, relaxed: it only decides when to yield.
inline std::atomic<unsigned> failed_tests{0};

// Notes a wait.
class WaitScope {
 public:
  [[gnu::always_inline]] WaitScope(Pe& me, Operation operation) noexcept : note_(me, operation) {
    failed_tests.store(0, std::memory_order_relaxed);
  }

 private:
  NoteScope note_;
};

// Where the next search for any element begins: behind the last one found. So a program that does not exclude the
// elements it has seen still finds all of them in turn. All threads share it, relaxed: it only decides among equals.
inline std::atomic<std::size_t> any_cursor{0};

[[nodiscard]] inline std::size_t first_of_any(std::size_t nelems) noexcept {
  return nelems == 0 ? 0 : any_cursor.load(std::memory_order_relaxed) % nelems;
}

inline std::size_t note_any(std::size_t index) noexcept {
  if (index != kNone) any_cursor.store(index + 1, std::memory_order_relaxed);
  return index;
}

}  // namespace shmem::smp::capi
