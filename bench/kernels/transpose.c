/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Transposes an n x n matrix that is spread over the PEs in blocks of rows: each PE transposes its part of every block,
 * and all exchange the parts.
 */
#include "kernel.h"

#define HAS_TEAMS (SHMEM_MAJOR_VERSION > 1 || SHMEM_MINOR_VERSION >= 5)

struct transpose {
  long n, rows, times;
  double *matrix, *result; /* rows x n */
  double *parts, *arrived; /* npes parts of rows x rows */
  long* psync;             /* for libraries older than 1.5 */
};

/* Block `part` of `from`, rows of `stride`, into rows of `to_stride`, transposed in tiles that fit the cache. */
static void turn(const double* from, long stride, double* to, long to_stride, long rows) {
  enum { kTile = 16 };
  for (long i0 = 0; i0 < rows; i0 += kTile) {
    for (long j0 = 0; j0 < rows; j0 += kTile) {
      for (long i = i0; i < i0 + kTile && i < rows; ++i) {
        for (long j = j0; j < j0 + kTile && j < rows; ++j) to[j * to_stride + i] = from[i * stride + j];
      }
    }
  }
}

static void run(void* argument) {
  struct transpose* t = argument;
  const size_t part = (size_t)(t->rows * t->rows);
  for (long time = 0; time < t->times; ++time) {
    for (int pe = 0; pe < npes; ++pe) turn(t->matrix + pe * t->rows, t->n, t->parts + pe * part, t->rows, t->rows);
#if HAS_TEAMS
    shmem_double_alltoall(SHMEM_TEAM_WORLD, t->arrived, t->parts, part);
#else
    shmem_alltoall64(t->arrived, t->parts, part, 0, 0, npes, t->psync + time % 2 * SHMEM_ALLTOALL_SYNC_SIZE);
#endif
    for (int pe = 0; pe < npes; ++pe) {
      for (long i = 0; i < t->rows; ++i) {
        memcpy(t->result + i * t->n + pe * t->rows, t->arrived + pe * part + i * t->rows,
               sizeof(double) * (size_t)t->rows);
      }
    }
  }
}

int main(void) {
  static const long sizes[][2] = {{16, 200}, {256, 20}, {2048, 2}};
  begin_kernel();
  long* psync = shmem_malloc(sizeof(long) * 2 * SHMEM_ALLTOALL_SYNC_SIZE);
  for (int i = 0; i < 2 * SHMEM_ALLTOALL_SYNC_SIZE; ++i) psync[i] = SHMEM_SYNC_VALUE;
  for (int k = 0; k < 3; ++k) {
    struct transpose t = {.n = sizes[k][0], .times = sizes[k][1], .rows = sizes[k][0] / npes, .psync = psync};
    const size_t nelems = (size_t)(t.rows * t.n);
    t.matrix = malloc(nelems * sizeof(double));
    t.result = malloc(nelems * sizeof(double));
    t.parts = shmem_malloc(nelems * sizeof(double));
    t.arrived = shmem_malloc(nelems * sizeof(double));
    for (size_t i = 0; i < nelems; ++i) t.matrix[i] = (double)(me * nelems + i);
    shmem_barrier_all();
    run_kernel("transpose", nelems * sizeof(double), t.times, run, &t);
    for (long i = 0; i < t.rows; ++i) {
      for (long j = 0; j < t.n; ++j) {
        check(t.result[i * t.n + j] == (double)(j * t.n + me * t.rows + i), "transpose");
      }
    }
    shmem_free(t.arrived);
    shmem_free(t.parts);
    free(t.result);
    free(t.matrix);
  }
  shmem_free(psync);
  shmem_finalize();
  return 0;
}
