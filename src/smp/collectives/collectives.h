// SPDX-License-Identifier: BSD-3-Clause
//
// Collectives on a team. The caller (capi/) has checked all arguments: dest and source lie in the symmetric heap or in
// symmetric globals of every member. Sizes are in bytes unless they say elements. All members call in the same order. A
// wait can end early: with kEnding, or with another failure (kInterrupted, kLeft, kMismatch), which poisons the team.
// If members pass different arguments, this is detected where it costs nothing, and returns kMismatch.
//
// In place (source == dest) is allowed for reductions, scans and broadcasts. With a length of zero, all members return
// at once and do not synchronise (except in barrier and sync).
#pragma once

#include <cstddef>
#include <cstdint>

#include "smp/team/call.h"
#include "smp/team/team.h"

namespace shmem::smp {

// barrier: a quiet, then returns when all members have called it. sync: the same without the quiet, but in an order
// that makes local stores visible to the other members (standard, shmem_sync).
Status barrier(Pe& pe, Team& team) noexcept;
Status sync(Pe& pe, Team& team) noexcept;

Status broadcast(Pe& pe, Team& team, void* dest, const void* source, std::size_t nbytes, int root) noexcept;
Status fcollect(Pe& pe, Team& team, void* dest, const void* source, std::size_t nbytes) noexcept;
// nbytes may differ between members.
Status collect(Pe& pe, Team& team, void* dest, const void* source, std::size_t nbytes) noexcept;
// nbytes: what each member sends to each member.
Status alltoall(Pe& pe, Team& team, void* dest, const void* source, std::size_t nbytes) noexcept;
Status alltoalls(Pe& pe, Team& team, void* dest, const void* source, std::ptrdiff_t dest_stride,
                 std::ptrdiff_t source_stride, std::size_t nelems, std::size_t element_nbytes) noexcept;
Status reduce(Pe& pe, Team& team, ReduceOp op, ElementType type, void* dest, const void* source,
              std::size_t nelems) noexcept;
Status scan(Pe& pe, Team& team, bool inclusive, ElementType type, void* dest, const void* source,
            std::size_t nelems) noexcept;

// The deprecated collectives work on an active set, whose PEs never formed a team. The caller's pSync holds all their
// state. It is symmetric and reads SHMEM_SYNC_VALUE (0 here) outside calls.
struct ActiveSet {
  int start;
  int stride;
  int size;
  [[nodiscard]] int world_pe(int index) const noexcept { return start + index * stride; }
};
inline constexpr int kSyncNwords = 16;  // SHMEM_…_SYNC_SIZE, in longs
Status set_barrier(Pe& pe, ActiveSet set, long* psync, bool quiet_first) noexcept;
Status set_broadcast(Pe& pe, ActiveSet set, void* dest, const void* source, std::size_t nbytes, int root,
                     long* psync) noexcept;  // the root's dest is not written (standard, deprecated form)
Status set_fcollect(Pe& pe, ActiveSet set, void* dest, const void* source, std::size_t nbytes, long* psync) noexcept;
Status set_collect(Pe& pe, ActiveSet set, void* dest, const void* source, std::size_t nbytes, long* psync) noexcept;
Status set_alltoall(Pe& pe, ActiveSet set, void* dest, const void* source, std::size_t nbytes, long* psync) noexcept;
Status set_alltoalls(Pe& pe, ActiveSet set, void* dest, const void* source, std::ptrdiff_t dest_stride,
                     std::ptrdiff_t source_stride, std::size_t nelems, std::size_t element_nbytes,
                     long* psync) noexcept;
Status set_reduce(Pe& pe, ActiveSet set, ReduceOp op, ElementType type, void* dest, const void* source,
                  std::size_t nelems, long* psync) noexcept;

}  // namespace shmem::smp
