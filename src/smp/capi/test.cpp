// SPDX-License-Identifier: BSD-3-Clause
//
// shmem_test and its forms over arrays: one look, no waiting.
//
// A program may test in a loop until another PE has stored. So after many failed tests in a row, a test yields the
// core; on an oversubscribed machine the PE that is to store can then run. With a core for each PE a yield costs as
// much as twenty tests, so it is made rarely there, for the case that two PEs share a core all the same.
#include "smp/capi/wait_calls.h"
#include "smp/ending/ending.h"

using namespace shmem::smp::capi;
namespace smp = shmem::smp;

namespace {

constexpr unsigned kTestsATurn = 64;  // tests per yield, with a core for each PE

template <class Result>
Result give_way_if(bool failed, Result result) noexcept {
  if (!failed) {
    failed_tests.store(0, std::memory_order_relaxed);
    return result;
  }
  smp::Pe& me = smp::this_pe();
  const unsigned row = failed_tests.load(std::memory_order_relaxed) + 1;
  failed_tests.store(row, std::memory_order_relaxed);
  if (row > me.wait_policy.spins && ((me.job->flags & smp::kJobOversubscribed) != 0 || row % kTestsATurn == 0)) {
    smp::os::yield();
  }
  // A PE that only tests must leave an ending job, too.
  if (me.job->ending.load(std::memory_order_relaxed) != 0) smp::leave_ending_job(me);
  return result;
}

template <class T>
int test_one(const char* routine, const T* ivar, int cmp, T value) noexcept {
  if (!can_wait(smp::this_pe(), routine, "ivar", ivar, 1, cmp)) return 0;
  const bool holds = smp::compare(smp::look(ivar), static_cast<smp::Cmp>(cmp), value);
  return give_way_if(!holds, static_cast<int>(holds));
}

template <class T>
int test_all(const char* routine, const T* ivars, std::size_t nelems, const int* status, int cmp, const T* values,
             bool vector) noexcept {
  smp::WaitSet<T> set;
  if (!make_set(smp::this_pe(), routine, ivars, nelems, status, cmp, values, vector, &set)) return 0;
  const bool holds = smp::test_all(set);
  return give_way_if(!holds, static_cast<int>(holds));
}

template <class T>
std::size_t test_any(const char* routine, const T* ivars, std::size_t nelems, const int* status, int cmp,
                     const T* values, bool vector) noexcept {
  smp::WaitSet<T> set;
  if (!make_set(smp::this_pe(), routine, ivars, nelems, status, cmp, values, vector, &set)) return SIZE_MAX;
  const std::size_t index = note_any(smp::test_any(set, first_of_any(nelems)));
  return give_way_if(index == smp::kNone, index);
}

template <class T>
std::size_t test_some(const char* routine, const T* ivars, std::size_t nelems, std::size_t* indices, const int* status,
                      int cmp, const T* values, bool vector) noexcept {
  smp::WaitSet<T> set;
  if (!make_set(smp::this_pe(), routine, ivars, nelems, status, cmp, values, vector, &set)) return 0;
  if (nelems != 0 && !is_given(routine, "indices", indices)) return 0;
  const std::size_t count = smp::test_some(set, indices);
  return give_way_if(count == 0, count);
}

}  // namespace

#define SHMEM_STAMP_SYNC(NAME, T, CLASS)                                                                              \
  SHMEM_DEFINE(int, NAME##_test, test_one(routine.name, ivar, cmp, cmp_value), T* ivar, int cmp, T cmp_value)         \
  SHMEM_DEFINE(int, NAME##_test_all, test_all(routine.name, ivars, nelems, status, cmp, &cmp_value, false), T* ivars, \
               std::size_t nelems, const int* status, int cmp, T cmp_value)                                           \
  SHMEM_DEFINE(std::size_t, NAME##_test_any, test_any(routine.name, ivars, nelems, status, cmp, &cmp_value, false),   \
               T* ivars, std::size_t nelems, const int* status, int cmp, T cmp_value)                                 \
  SHMEM_DEFINE(std::size_t, NAME##_test_some,                                                                         \
               test_some(routine.name, ivars, nelems, indices, status, cmp, &cmp_value, false), T* ivars,             \
               std::size_t nelems, std::size_t* indices, const int* status, int cmp, T cmp_value)                     \
  SHMEM_DEFINE(int, NAME##_test_all_vector, test_all(routine.name, ivars, nelems, status, cmp, cmp_values, true),     \
               T* ivars, std::size_t nelems, const int* status, int cmp, const T* cmp_values)                         \
  SHMEM_DEFINE(std::size_t, NAME##_test_any_vector,                                                                   \
               test_any(routine.name, ivars, nelems, status, cmp, cmp_values, true), T* ivars, std::size_t nelems,    \
               const int* status, int cmp, const T* cmp_values)                                                       \
  SHMEM_DEFINE(std::size_t, NAME##_test_some_vector,                                                                  \
               test_some(routine.name, ivars, nelems, indices, status, cmp, cmp_values, true), T* ivars,              \
               std::size_t nelems, std::size_t* indices, const int* status, int cmp, const T* cmp_values)
#include "interface/stamp.h"
