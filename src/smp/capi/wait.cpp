// SPDX-License-Identifier: BSD-3-Clause
//
// shmem_wait_until, its forms over arrays, and the deprecated shmem_wait.
#include "smp/capi/wait_calls.h"

using namespace shmem::smp::capi;
namespace smp = shmem::smp;

namespace {

template <class T>
void wait_until(const char* routine, const T* ivar, int cmp, T value) noexcept {
  smp::Pe& me = smp::this_pe();
  if (!can_wait(me, routine, "ivar", ivar, 1, cmp)) return;
  const auto comparison = static_cast<smp::Cmp>(cmp);
  if (smp::compare(smp::look(ivar), comparison, value)) return;
  const WaitScope scope(me, smp::Operation::kWaitUntil);
  report_status(me, smp::wait_until(me, ivar, comparison, value), routine);
}

template <class T>
void wait_all(const char* routine, const T* ivars, std::size_t nelems, const int* status, int cmp, const T* values,
              bool vector) noexcept {
  smp::Pe& me = smp::this_pe();
  smp::WaitSet<T> set;
  if (!make_set(me, routine, ivars, nelems, status, cmp, values, vector, &set)) return;
  const WaitScope scope(me, smp::Operation::kWaitUntilAll);
  report_status(me, smp::wait_until_all(me, set), routine);
}

template <class T>
std::size_t wait_any(const char* routine, const T* ivars, std::size_t nelems, const int* status, int cmp,
                     const T* values, bool vector) noexcept {
  smp::Pe& me = smp::this_pe();
  smp::WaitSet<T> set;
  if (!make_set(me, routine, ivars, nelems, status, cmp, values, vector, &set)) return SIZE_MAX;
  const WaitScope scope(me, smp::Operation::kWaitUntilAny);
  std::size_t index = smp::kNone;
  report_status(me, smp::wait_until_any(me, set, &index, first_of_any(nelems)), routine);
  return note_any(index);
}

template <class T>
std::size_t wait_some(const char* routine, const T* ivars, std::size_t nelems, std::size_t* indices, const int* status,
                      int cmp, const T* values, bool vector) noexcept {
  smp::Pe& me = smp::this_pe();
  smp::WaitSet<T> set;
  if (!make_set(me, routine, ivars, nelems, status, cmp, values, vector, &set)) return 0;
  if (nelems != 0 && !is_given(routine, "indices", indices)) return 0;
  const WaitScope scope(me, smp::Operation::kWaitUntilSome);
  std::size_t count = 0;
  report_status(me, smp::wait_until_some(me, set, indices, &count), routine);
  return count;
}

}  // namespace

#define SHMEM_STAMP_SYNC(NAME, T, CLASS)                                                                               \
  SHMEM_DEFINE(void, NAME##_wait_until, wait_until(routine.name, ivar, cmp, cmp_value), T* ivar, int cmp, T cmp_value) \
  SHMEM_DEFINE(void, NAME##_wait_until_all, wait_all(routine.name, ivars, nelems, status, cmp, &cmp_value, false),     \
               T* ivars, std::size_t nelems, const int* status, int cmp, T cmp_value)                                  \
  SHMEM_DEFINE(std::size_t, NAME##_wait_until_any,                                                                     \
               wait_any(routine.name, ivars, nelems, status, cmp, &cmp_value, false), T* ivars, std::size_t nelems,    \
               const int* status, int cmp, T cmp_value)                                                                \
  SHMEM_DEFINE(std::size_t, NAME##_wait_until_some,                                                                    \
               wait_some(routine.name, ivars, nelems, indices, status, cmp, &cmp_value, false), T* ivars,              \
               std::size_t nelems, std::size_t* indices, const int* status, int cmp, T cmp_value)                      \
  SHMEM_DEFINE(void, NAME##_wait_until_all_vector,                                                                     \
               wait_all(routine.name, ivars, nelems, status, cmp, cmp_values, true), T* ivars, std::size_t nelems,     \
               const int* status, int cmp, const T* cmp_values)                                                        \
  SHMEM_DEFINE(std::size_t, NAME##_wait_until_any_vector,                                                              \
               wait_any(routine.name, ivars, nelems, status, cmp, cmp_values, true), T* ivars, std::size_t nelems,     \
               const int* status, int cmp, const T* cmp_values)                                                        \
  SHMEM_DEFINE(std::size_t, NAME##_wait_until_some_vector,                                                             \
               wait_some(routine.name, ivars, nelems, indices, status, cmp, cmp_values, true), T* ivars,               \
               std::size_t nelems, std::size_t* indices, const int* status, int cmp, const T* cmp_values)
#define SHMEM_STAMP_WAIT(NAME, T, CLASS) \
  SHMEM_DEFINE(void, NAME##_wait, wait_until(routine.name, ivar, SHMEM_CMP_NE, cmp_value), T* ivar, T cmp_value)
#include "interface/stamp.h"

SHMEM_DEFINE(void, wait_until, wait_until(routine.name, ivar, cmp, cmp_value), long* ivar, int cmp, long cmp_value)
SHMEM_DEFINE(void, wait, wait_until(routine.name, ivar, SHMEM_CMP_NE, cmp_value), long* ivar, long cmp_value)
