// SPDX-License-Identifier: BSD-3-Clause
//
// Collectives on a team. All arguments have been checked for symmetry by the caller (capi/): dest and source
// lie in the symmetric heap or in symmetric globals of every member. Sizes are in bytes unless they say elements.
// All members call in the same order. A wait in between can end with kInterrupted (the team is poisoned then) or
// kEnding. Mismatched sizes among members are detected where that is free and return kMismatch.
//
// In place (source == dest) is allowed for reductions, scans and broadcasts. Zero lengths synchronise nothing
// and return at once on all members alike (except barrier and sync).
#pragma once

#include <cstddef>
#include <cstdint>

#include "smp/team/call.h"
#include "smp/team/team.h"

namespace shmem::smp {

// barrier: quiet, then everybody has arrived. sync: without the quiet, but with the memory order that makes
// local stores visible to the others (standard, shmem_sync).
Status barrier(Pe& pe, Team& team) noexcept;
Status sync(Pe& pe, Team& team) noexcept;

Status broadcast(Pe& pe, Team& team, void* dest, const void* source, std::size_t nbytes, int root) noexcept;
Status fcollect(Pe& pe, Team& team, void* dest, const void* source, std::size_t nbytes) noexcept;
// nbytes may differ between members.
Status collect(Pe& pe, Team& team, void* dest, const void* source, std::size_t nbytes) noexcept;
// nbytes goes from each member to each.
Status alltoall(Pe& pe, Team& team, void* dest, const void* source, std::size_t nbytes) noexcept;
Status alltoalls(Pe& pe, Team& team, void* dest, const void* source, std::ptrdiff_t dest_stride,
                 std::ptrdiff_t source_stride, std::size_t nelems, std::size_t element_nbytes) noexcept;
Status reduce(Pe& pe, Team& team, ReduceOp op, ElementType type, void* dest, const void* source,
              std::size_t nelems) noexcept;
Status scan(Pe& pe, Team& team, bool inclusive, ElementType type, void* dest, const void* source,
            std::size_t nelems) noexcept;

// The deprecated collectives work on an active set and on the caller's pSync, which holds all their state: a
// set of PEs that never formed a team. pSync is symmetric and reads SHMEM_SYNC_VALUE (0 here) outside calls.
struct ActiveSet {
  int start;
  int stride;
  int size;
  [[nodiscard]] int world_pe(int index) const noexcept { return start + index * stride; }
};
inline constexpr int kSyncNwords = 16;  // SHMEM_…_SYNC_SIZE, in longs
Status set_barrier(Pe& pe, ActiveSet set, long* psync, bool quiet_first) noexcept;
Status set_broadcast(Pe& pe, ActiveSet set, void* dest, const void* source, std::size_t nbytes, int root,
                     long* psync) noexcept;  // dest of the root is not written (standard, deprecated form)
Status set_fcollect(Pe& pe, ActiveSet set, void* dest, const void* source, std::size_t nbytes, long* psync) noexcept;
Status set_collect(Pe& pe, ActiveSet set, void* dest, const void* source, std::size_t nbytes, long* psync) noexcept;
Status set_alltoall(Pe& pe, ActiveSet set, void* dest, const void* source, std::size_t nbytes, long* psync) noexcept;
Status set_alltoalls(Pe& pe, ActiveSet set, void* dest, const void* source, std::ptrdiff_t dest_stride,
                     std::ptrdiff_t source_stride, std::size_t nelems, std::size_t element_nbytes,
                     long* psync) noexcept;
Status set_reduce(Pe& pe, ActiveSet set, ReduceOp op, ElementType type, void* dest, const void* source,
                  std::size_t nelems, long* psync) noexcept;

}  // namespace shmem::smp
