// SPDX-License-Identifier: BSD-3-Clause
//
// Reductions and scans on teams.
#include "smp/capi/collective_calls.h"

using namespace shmem::smp::capi;
namespace smp = shmem::smp;

namespace {

// The team if it exists and dest and source are symmetric, else nullptr after a report.
smp::Team* checked_team(smp::Pe& me, const char* routine, shmem_team_t handle, const void* dest, const void* source,
                        std::size_t nbytes) noexcept {
  smp::Team* const team = team_of(me, routine, "team", handle);
  return team != nullptr && are_symmetric(me, routine, dest, nbytes, source, nbytes) ? team : nullptr;
}

template <class T>
int reduce(const char* routine, smp::ReduceOp op, shmem_team_t handle, T* dest, const T* source,
           std::size_t nelems) noexcept {
  smp::Pe& me = smp::this_pe();
  smp::Team* const team = checked_team(me, routine, handle, dest, source, to_nbytes(nelems, sizeof(T)));
  if (team == nullptr) return SHMEMX_ERR_INVALID;
  return report_status(me, smp::reduce(me, *team, op, element_type<T>(), dest, source, nelems), routine);
}

template <class T>
int scan(const char* routine, bool inclusive, shmem_team_t handle, T* dest, const T* source,
         std::size_t nelems) noexcept {
  smp::Pe& me = smp::this_pe();
  smp::Team* const team = checked_team(me, routine, handle, dest, source, to_nbytes(nelems, sizeof(T)));
  if (team == nullptr) return SHMEMX_ERR_INVALID;
  return report_status(me, smp::scan(me, *team, inclusive, element_type<T>(), dest, source, nelems), routine);
}

}  // namespace

#define STAMP_REDUCE(NAME, OP, T)                                                                                  \
  SHMEM_DEFINE(int, NAME, reduce(routine.name, smp::ReduceOp::OP, team, dest, source, nreduce), shmem_team_t team, \
               T* dest, const T* source, std::size_t nreduce)
#define STAMP_SCAN(NAME, INCLUSIVE, T)                                                                           \
  SHMEM_DEFINE(int, NAME, scan(routine.name, INCLUSIVE, team, dest, source, nelems), shmem_team_t team, T* dest, \
               const T* source, std::size_t nelems)

#define SHMEM_STAMP_REDUCE_BIT(NAME, T, CLASS) \
  STAMP_REDUCE(NAME##_and_reduce, kAnd, T)     \
  STAMP_REDUCE(NAME##_or_reduce, kOr, T)       \
  STAMP_REDUCE(NAME##_xor_reduce, kXor, T)
#define SHMEM_STAMP_REDUCE_ORD(NAME, T, CLASS) \
  STAMP_REDUCE(NAME##_max_reduce, kMax, T)     \
  STAMP_REDUCE(NAME##_min_reduce, kMin, T)
#define SHMEM_STAMP_REDUCE_SUM(NAME, T, CLASS) \
  STAMP_REDUCE(NAME##_sum_reduce, kSum, T)     \
  STAMP_REDUCE(NAME##_prod_reduce, kProd, T)   \
  STAMP_SCAN(NAME##_sum_inscan, true, T)       \
  STAMP_SCAN(NAME##_sum_exscan, false, T)
#include "interface/stamp.h"

#undef STAMP_REDUCE
#undef STAMP_SCAN
