/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Calls that all PEs make together. A library older than 1.5 has collectives on active sets only; the row is the same.
 */
#include "rows.h"

enum { kMost = 2 << 20 };

void sync_rows(void) {
#ifdef LIMITS
  if (npes == 2) return; /* with the ping-pong, in turn with the cache line */
#endif
  ROW_OF_ALL("barrier_all", 0, shmem_barrier_all());
  ROW_OF_ALL("sync_all", 0, shmem_sync_all());
}

#if HAS_TEAMS
#define SUM(n) shmem_double_sum_reduce(SHMEM_TEAM_WORLD, target, source, n)
#define BROADCAST(n) shmem_double_broadcast(SHMEM_TEAM_WORLD, target, source, n, 0)
#define FCOLLECT(n) shmem_double_fcollect(SHMEM_TEAM_WORLD, target, source, n)
#define COLLECT(n) shmem_double_collect(SHMEM_TEAM_WORLD, target, source, n)
#define ALLTOALL(n) shmem_double_alltoall(SHMEM_TEAM_WORLD, target, source, n)
#else
/* Two work arrays alternate, since an active set's must not be used again at once. */
enum {
  kSync = SHMEM_COLLECT_SYNC_SIZE + SHMEM_BCAST_SYNC_SIZE + SHMEM_REDUCE_SYNC_SIZE + SHMEM_ALLTOALL_SYNC_SIZE,
  kWork = kMost / sizeof(double) / 2 + 1 + SHMEM_REDUCE_MIN_WRKDATA_SIZE,
};
#define PSYNC (psync + turn * kSync)
#define WORK (work + turn * kWork)
#define SUM(n) (turn ^= 1, shmem_double_sum_to_all(target, source, (int)(n), 0, 0, npes, WORK, PSYNC))
#define BROADCAST(n) (turn ^= 1, shmem_broadcast64(target, source, n, 0, 0, 0, npes, PSYNC))
#define FCOLLECT(n) (turn ^= 1, shmem_fcollect64(target, source, n, 0, 0, npes, PSYNC))
#define COLLECT(n) (turn ^= 1, shmem_collect64(target, source, n, 0, 0, npes, PSYNC))
#define ALLTOALL(n) (turn ^= 1, shmem_alltoall64(target, source, n, 0, 0, npes, PSYNC))
#endif

void collective_rows(void) {
  double* source = shmem_align(4096, kMost);
  double* target = shmem_align(4096, kMost * (size_t)npes);
#if !HAS_TEAMS
  long* psync = shmem_align(64, sizeof(long) * 2 * kSync);
  double* work = shmem_align(64, sizeof(double) * 2 * kWork);
  int turn = 0;
  for (int i = 0; i < 2 * kSync; ++i) psync[i] = SHMEM_SYNC_VALUE;
#endif
  memset(source, 0, kMost);
  memset(target, 0, kMost * (size_t)npes);
  for (size_t nbytes = 8; nbytes <= kMost; nbytes *= 8) {
    const size_t nelems = nbytes / 8;
    ROW_OF_ALL("sum_reduce", nbytes, SUM(nelems));
    ROW_OF_ALL("broadcast", nbytes, BROADCAST(nelems));
    ROW_OF_ALL("fcollect", nbytes, FCOLLECT(nelems));
    ROW_OF_ALL("collect", nbytes, COLLECT(nelems));
    if (nbytes * (size_t)npes <= kMost) ROW_OF_ALL("alltoall", nbytes, ALLTOALL(nelems));
  }
  shmem_barrier_all();
#if !HAS_TEAMS
  shmem_free(work);
  shmem_free(psync);
#endif
  shmem_free(target);
  shmem_free(source);
}
