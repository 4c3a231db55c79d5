// SPDX-License-Identifier: BSD-3-Clause
//
// The deprecated collectives on active sets: PEs PE_start, PE_start + 2^logPE_stride, ... Their state is in pSync.
// pWrk, the work array of reductions, is not used and may be anything.
#include "smp/capi/collective_calls.h"
#include "smp/error.h"

using namespace shmem::smp::capi;
namespace smp = shmem::smp;

static_assert(SHMEM_SYNC_VALUE == 0);
static_assert(SHMEM_SYNC_SIZE == smp::kSyncNwords);
static_assert(SHMEM_BARRIER_SYNC_SIZE == smp::kSyncNwords);
static_assert(SHMEM_BCAST_SYNC_SIZE == smp::kSyncNwords);
static_assert(SHMEM_REDUCE_SYNC_SIZE == smp::kSyncNwords);
static_assert(SHMEM_COLLECT_SYNC_SIZE == smp::kSyncNwords);
static_assert(SHMEM_ALLTOALL_SYNC_SIZE == smp::kSyncNwords);
static_assert(SHMEM_ALLTOALLS_SYNC_SIZE == smp::kSyncNwords);

namespace {

using smp::ActiveSet;
using smp::Pe;

struct Triplet {
  int start;
  int log_stride;
  int size;
};

// Sets *set to the set that the triplet names. False, after a report, if this PE is not in it or pSync is not
// symmetric.
bool is_set(Pe& me, const char* routine, const Triplet& triplet, long* psync, ActiveSet* set) noexcept {
  if (!is_running(me, routine)) return false;
  const auto [start, log_stride, size] = triplet;
  const long long stride = log_stride >= 0 && log_stride < 31 ? 1LL << log_stride : 0;
  if (start < 0 || stride == 0 || size < 1 || start + (size - 1) * stride >= me.npes) {
    misuse(me, routine, "", "PE_start = %d, logPE_stride = %d and PE_size = %d do not give a set of %d PEs", start,
           log_stride, size, me.npes);
    return false;
  }
  const long long offset = me.me - start;
  if (offset < 0 || offset % stride != 0 || offset / stride >= size) {
    misuse(me, routine, "", "PE %d is not in the active set %d, %d, %d", me.me, start, log_stride, size);
    return false;
  }
  if (!is_symmetric(me, routine, "pSync", psync, smp::kSyncNwords * sizeof *psync)) return false;
  *set = ActiveSet{start, static_cast<int>(stride), size};
  return true;
}

// Calls collective(me, set) if the set is valid and dest and source are symmetric. `extent`, given the size of the set,
// returns their sizes in bytes.
template <class Extent, class Collective>
void on_set(const char* routine, const Triplet& triplet, long* psync, const void* dest, const void* source,
            Extent extent, Collective collective) noexcept {
  Pe& me = smp::this_pe();
  ActiveSet set;
  if (!is_set(me, routine, triplet, psync, &set)) return;
  const auto [dest_nbytes, source_nbytes] = extent(static_cast<std::size_t>(set.size));
  if (!are_symmetric(me, routine, dest, dest_nbytes, source, source_nbytes)) return;
  report_status(me, collective(me, set), routine);
}

struct Extents {
  std::size_t dest;
  std::size_t source;
};

void barrier(const char* routine, const Triplet& triplet, long* psync, bool quiet_first) noexcept {
  Pe& me = smp::this_pe();
  ActiveSet set;
  if (!is_set(me, routine, triplet, psync, &set)) return;
  report_status(me, smp::set_barrier(me, set, psync, quiet_first), routine);
}

void broadcast(const char* routine, const Triplet& triplet, long* psync, void* dest, const void* source,
               std::size_t nbytes, int root) noexcept {
  on_set(
      routine, triplet, psync, dest, source, [=](std::size_t) { return Extents{nbytes, nbytes}; },
      [=](Pe& me, ActiveSet set) noexcept {
        if (root >= 0 && root < set.size) return smp::set_broadcast(me, set, dest, source, nbytes, root, psync);
        return smp::fail(smp::Status::kInvalid, "PE_root = %d is out of range: the set has %d PEs", root, set.size);
      });
}

void collect(const char* routine, const Triplet& triplet, long* psync, void* dest, const void* source,
             std::size_t nbytes) noexcept {
  on_set(
      routine, triplet, psync, dest, source, [=](std::size_t) { return Extents{nbytes, nbytes}; },
      [=](Pe& me, ActiveSet set) noexcept { return smp::set_collect(me, set, dest, source, nbytes, psync); });
}

void fcollect(const char* routine, const Triplet& triplet, long* psync, void* dest, const void* source,
              std::size_t nbytes) noexcept {
  on_set(
      routine, triplet, psync, dest, source, [=](std::size_t size) { return Extents{to_nbytes(nbytes, size), nbytes}; },
      [=](Pe& me, ActiveSet set) noexcept { return smp::set_fcollect(me, set, dest, source, nbytes, psync); });
}

void alltoall(const char* routine, const Triplet& triplet, long* psync, void* dest, const void* source,
              std::size_t nbytes) noexcept {
  on_set(
      routine, triplet, psync, dest, source,
      [=](std::size_t size) { return Extents{to_nbytes(nbytes, size), to_nbytes(nbytes, size)}; },
      [=](Pe& me, ActiveSet set) noexcept { return smp::set_alltoall(me, set, dest, source, nbytes, psync); });
}

void alltoalls(const char* routine, const Triplet& triplet, long* psync, void* dest, const void* source,
               std::ptrdiff_t dst, std::ptrdiff_t sst, std::size_t nelems, std::size_t element) noexcept {
  on_set(
      routine, triplet, psync, dest, source,
      [=](std::size_t size) {
        const std::size_t all = to_nbytes(nelems, size);
        return Extents{strided_nbytes(all, dst, element), strided_nbytes(all, sst, element)};
      },
      [=](Pe& me, ActiveSet set) noexcept {
        return smp::set_alltoalls(me, set, dest, source, dst, sst, nelems, element, psync);
      });
}

template <class T>
void reduce(const char* routine, smp::ReduceOp op, const Triplet& triplet, long* psync, T* dest, const T* source,
            int nreduce) noexcept {
  const std::size_t nelems = nreduce < 0 ? 0 : static_cast<std::size_t>(nreduce);
  const std::size_t nbytes = to_nbytes(nelems, sizeof(T));
  on_set(
      routine, triplet, psync, dest, source, [=](std::size_t) { return Extents{nbytes, nbytes}; },
      [=](Pe& me, ActiveSet set) noexcept {
        return smp::set_reduce(me, set, op, element_type<T>(), dest, source, nelems, psync);
      });
}

}  // namespace

#define SET int PE_start, int logPE_stride, int PE_size, long *pSync
#define TRIPLET                     \
  Triplet {                         \
    PE_start, logPE_stride, PE_size \
  }

SHMEM_DEFINE(void, barrier, barrier(routine.name, TRIPLET, pSync, true), SET)
SHMEM_DEFINE(void, sync, barrier(routine.name, TRIPLET, pSync, false), SET)

#define STAMP_SIZE(BITS)                                                                                              \
  SHMEM_DEFINE(void, broadcast##BITS,                                                                                 \
               broadcast(routine.name, TRIPLET, pSync, dest, source, to_nbytes(nelems, BITS / 8), PE_root),           \
               void* dest, const void* source, std::size_t nelems, int PE_root, SET)                                  \
  SHMEM_DEFINE(void, collect##BITS, collect(routine.name, TRIPLET, pSync, dest, source, to_nbytes(nelems, BITS / 8)), \
               void* dest, const void* source, std::size_t nelems, SET)                                               \
  SHMEM_DEFINE(void, fcollect##BITS,                                                                                  \
               fcollect(routine.name, TRIPLET, pSync, dest, source, to_nbytes(nelems, BITS / 8)), void* dest,         \
               const void* source, std::size_t nelems, SET)                                                           \
  SHMEM_DEFINE(void, alltoall##BITS,                                                                                  \
               alltoall(routine.name, TRIPLET, pSync, dest, source, to_nbytes(nelems, BITS / 8)), void* dest,         \
               const void* source, std::size_t nelems, SET)                                                           \
  SHMEM_DEFINE(void, alltoalls##BITS,                                                                                 \
               alltoalls(routine.name, TRIPLET, pSync, dest, source, dst, sst, nelems, BITS / 8), void* dest,         \
               const void* source, std::ptrdiff_t dst, std::ptrdiff_t sst, std::size_t nelems, SET)
STAMP_SIZE(32)
STAMP_SIZE(64)
#undef STAMP_SIZE

#define STAMP_REDUCE(NAME, OP, T)                                                                                   \
  SHMEM_DEFINE(void, NAME, reduce(routine.name, smp::ReduceOp::OP, TRIPLET, pSync, dest, source, nreduce), T* dest, \
               const T* source, int nreduce, int PE_start, int logPE_stride, int PE_size, T*, long* pSync)

#define SHMEM_STAMP_TO_ALL_BIT(NAME, T, CLASS) \
  STAMP_REDUCE(NAME##_and_to_all, kAnd, T)     \
  STAMP_REDUCE(NAME##_or_to_all, kOr, T)       \
  STAMP_REDUCE(NAME##_xor_to_all, kXor, T)
#define SHMEM_STAMP_TO_ALL_ORD(NAME, T, CLASS) \
  STAMP_REDUCE(NAME##_max_to_all, kMax, T)     \
  STAMP_REDUCE(NAME##_min_to_all, kMin, T)
#define SHMEM_STAMP_TO_ALL_SUM(NAME, T, CLASS) \
  STAMP_REDUCE(NAME##_sum_to_all, kSum, T)     \
  STAMP_REDUCE(NAME##_prod_to_all, kProd, T)
#include "interface/stamp.h"

#undef STAMP_REDUCE
#undef SET
#undef TRIPLET
