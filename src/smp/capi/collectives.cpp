// SPDX-License-Identifier: BSD-3-Clause
//
// barrier_all, sync, and the collectives on teams that move data (standard, section Collective Routines).
#include "smp/capi/collective_calls.h"
#include "smp/error.h"

using namespace shmem::smp::capi;
namespace smp = shmem::smp;

namespace {

using smp::Pe;
using smp::Team;

void barrier_all(const char* routine) noexcept {
  Pe& me = smp::this_pe();
  if (is_running(me, routine)) report_status(me, smp::barrier(me, me.teams->world()), routine);
}

void sync_all(const char* routine) noexcept {
  Pe& me = smp::this_pe();
  if (is_running(me, routine)) report_status(me, smp::sync(me, me.teams->world()), routine);
}

int team_sync(const char* routine, shmem_team_t handle) noexcept {
  Pe& me = smp::this_pe();
  Team* const team = team_of(me, routine, "team", handle);
  return team == nullptr ? SHMEMX_ERR_INVALID : report_status(me, smp::sync(me, *team), routine);
}

// Calls collective(me, team) if the team exists and dest and source are symmetric. `extent`, given the size of the
// team, returns their sizes in bytes.
template <class Extent, class Collective>
int on_team(const char* routine, shmem_team_t handle, const void* dest, const void* source, Extent extent,
            Collective collective) noexcept {
  Pe& me = smp::this_pe();
  Team* const team = team_of(me, routine, "team", handle);
  if (team == nullptr) return SHMEMX_ERR_INVALID;
  const auto [dest_nbytes, source_nbytes] = extent(static_cast<std::size_t>(team->size));
  if (!are_symmetric(me, routine, dest, dest_nbytes, source, source_nbytes)) return SHMEMX_ERR_INVALID;
  return report_status(me, collective(me, *team), routine);
}

struct Extents {
  std::size_t dest;
  std::size_t source;
};

int broadcast(const char* routine, shmem_team_t handle, void* dest, const void* source, std::size_t nbytes,
              int root) noexcept {
  return on_team(
      routine, handle, dest, source, [=](std::size_t) { return Extents{nbytes, nbytes}; },
      [=](Pe& me, Team& team) noexcept {
        if (team.contains(root)) return smp::broadcast(me, team, dest, source, nbytes, root);
        return smp::fail(smp::Status::kInvalid, "PE_root = %d is out of range: the team has %d PEs", root, team.size);
      });
}

int collect(const char* routine, shmem_team_t handle, void* dest, const void* source, std::size_t nbytes) noexcept {
  // The size that dest needs is known only when all members have told theirs. The engine checks it then.
  return on_team(
      routine, handle, dest, source, [=](std::size_t) { return Extents{nbytes, nbytes}; },
      [=](Pe& me, Team& team) noexcept { return smp::collect(me, team, dest, source, nbytes); });
}

int fcollect(const char* routine, shmem_team_t handle, void* dest, const void* source, std::size_t nbytes) noexcept {
  return on_team(
      routine, handle, dest, source, [=](std::size_t size) { return Extents{to_nbytes(nbytes, size), nbytes}; },
      [=](Pe& me, Team& team) noexcept { return smp::fcollect(me, team, dest, source, nbytes); });
}

int alltoall(const char* routine, shmem_team_t handle, void* dest, const void* source, std::size_t nbytes) noexcept {
  return on_team(
      routine, handle, dest, source,
      [=](std::size_t size) { return Extents{to_nbytes(nbytes, size), to_nbytes(nbytes, size)}; },
      [=](Pe& me, Team& team) noexcept { return smp::alltoall(me, team, dest, source, nbytes); });
}

int alltoalls(const char* routine, shmem_team_t handle, void* dest, const void* source, std::ptrdiff_t dst,
              std::ptrdiff_t sst, std::size_t nelems, std::size_t element) noexcept {
  return on_team(
      routine, handle, dest, source,
      [=](std::size_t size) {
        const std::size_t all = to_nbytes(nelems, size);
        return Extents{strided_nbytes(all, dst, element), strided_nbytes(all, sst, element)};
      },
      [=](Pe& me, Team& team) noexcept { return smp::alltoalls(me, team, dest, source, dst, sst, nelems, element); });
}

}  // namespace

SHMEM_DEFINE(void, barrier_all, barrier_all(routine.name), void)
SHMEM_DEFINE(void, sync_all, sync_all(routine.name), void)
SHMEM_DEFINE(int, team_sync, team_sync(routine.name, team), shmem_team_t team)

#define STAMP(PREFIX, SUFFIX, T, NBYTES)                                                                              \
  SHMEM_DEFINE(int, PREFIX##broadcast##SUFFIX,                                                                        \
               broadcast(routine.name, team, dest, source, to_nbytes(nelems, NBYTES), PE_root), shmem_team_t team,    \
               T* dest, const T* source, std::size_t nelems, int PE_root)                                             \
  SHMEM_DEFINE(int, PREFIX##collect##SUFFIX, collect(routine.name, team, dest, source, to_nbytes(nelems, NBYTES)),    \
               shmem_team_t team, T* dest, const T* source, std::size_t nelems)                                       \
  SHMEM_DEFINE(int, PREFIX##fcollect##SUFFIX, fcollect(routine.name, team, dest, source, to_nbytes(nelems, NBYTES)),  \
               shmem_team_t team, T* dest, const T* source, std::size_t nelems)                                       \
  SHMEM_DEFINE(int, PREFIX##alltoall##SUFFIX, alltoall(routine.name, team, dest, source, to_nbytes(nelems, NBYTES)),  \
               shmem_team_t team, T* dest, const T* source, std::size_t nelems)                                       \
  SHMEM_DEFINE(int, PREFIX##alltoalls##SUFFIX, alltoalls(routine.name, team, dest, source, dst, sst, nelems, NBYTES), \
               shmem_team_t team, T* dest, const T* source, std::ptrdiff_t dst, std::ptrdiff_t sst,                   \
               std::size_t nelems)

#define SHMEM_STAMP_RMA(NAME, T, CLASS) STAMP(NAME##_, , T, sizeof(T))
#include "interface/stamp.h"

STAMP(, mem, void, 1)
#undef STAMP
