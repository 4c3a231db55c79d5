/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Five-point stencil on n x n points, in blocks of rows. Each step averages the neighbours and puts the edges into the
 * neighbours' halos. The grid begins as an eigenfunction of the step, so that the right result is known.
 */
#include <math.h>

#include "kernel.h"

struct stencil {
  long n, rows, steps, done;
  double* grids[2]; /* rows + 2 by n + 2; a neighbour still reads one of them while the other is filled */
  long* arrived;    /* steps of the neighbours above and below */
};

static void average(const double* a, double* b, long rows, long width) {
  for (long i = 1; i <= rows; ++i) {
    for (long j = i * width + 1; j < (i + 1) * width - 1; ++j) {
      b[j] = 0.25 * (a[j - width] + a[j + width] + a[j - 1] + a[j + 1]);
    }
  }
}

static void run(void* argument) {
  struct stencil* s = argument;
  const long width = s->n + 2;
  for (long step = 0; step < s->steps; ++step) {
    double* next = s->grids[(s->done + 1) % 2];
    average(s->grids[s->done % 2], next, s->rows, width);
    ++s->done;
    if (me > 0) shmem_double_put(next + (s->rows + 1) * width, next + width, (size_t)width, me - 1);
    if (me < npes - 1) shmem_double_put(next, next + s->rows * width, (size_t)width, me + 1);
    shmem_fence();
    if (me > 0) shmem_long_p(s->arrived + 1, s->done, me - 1);
    if (me < npes - 1) shmem_long_p(s->arrived, s->done, me + 1);
    if (me > 0) shmem_long_wait_until(s->arrived, SHMEM_CMP_GE, s->done);
    if (me < npes - 1) shmem_long_wait_until(s->arrived + 1, SHMEM_CMP_GE, s->done);
  }
}

static double expected(const struct stencil* s, long i, long j) {
  const double angle = acos(-1.0) / (double)(s->n + 1);
  const double row = (double)(me * s->rows + i);
  return pow(cos(angle), (double)s->done) * sin(angle * row) * sin(angle * (double)j);
}

int main(void) {
  static const long sizes[][2] = {{16, 400}, {512, 50}, {2048, 10}};
  begin_kernel();
  for (int k = 0; k < 3; ++k) {
    struct stencil s = {.n = sizes[k][0], .steps = sizes[k][1], .rows = sizes[k][0] / npes};
    const long width = s.n + 2;
    const size_t nbytes = sizeof(double) * (size_t)((s.rows + 2) * width);
    s.arrived = shmem_malloc(2 * sizeof(long)); /* Open MPI's shmem_calloc does not clear what was used before */
    s.grids[0] = shmem_malloc(nbytes);
    s.grids[1] = shmem_malloc(nbytes);
    memset(s.arrived, 0, 2 * sizeof(long));
    memset(s.grids[0], 0, nbytes);
    memset(s.grids[1], 0, nbytes);
    for (long i = 0; i < s.rows + 2; ++i) {
      for (long j = 1; j <= s.n; ++j) s.grids[0][i * width + j] = expected(&s, i, j);
    }
    shmem_barrier_all();
    run_kernel("stencil", nbytes, s.steps, run, &s);
    for (long i = 1; i <= s.rows; ++i) {
      for (long j = 1; j <= s.n; ++j) {
        check(fabs(s.grids[s.done % 2][i * width + j] - expected(&s, i, j)) < 1e-11, "stencil");
      }
    }
    shmem_free(s.grids[1]);
    shmem_free(s.grids[0]);
    shmem_free(s.arrived);
  }
  shmem_finalize();
  return 0;
}
