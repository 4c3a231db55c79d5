/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Pipelined sweep: the sums over all rectangles from the corner (a summed-area table), columns spread over the PEs. A
 * row's sum goes from PE to PE; it is its own signal, since it is never negative.
 */
#include "kernel.h"

enum { kRows = 256 };

struct sweep {
  long columns;
  long* field; /* kRows x columns */
  long* table; /* the last row of the sums */
  long* carry; /* one for each row, -1 until it arrives */
};

static void run(void* argument) {
  struct sweep* s = argument;
  memset(s->table, 0, sizeof(long) * (size_t)s->columns);
  for (long i = 0; i < kRows; ++i) {
    const long* row = s->field + i * s->columns;
    long sum = 0;
    if (me > 0) {
      shmem_long_wait_until(s->carry + i, SHMEM_CMP_NE, -1);
      sum = s->carry[i];
    }
    for (long j = 0; j < s->columns; ++j) s->table[j] += sum += row[j];
    if (me < npes - 1) shmem_long_p(s->carry + i, sum, me + 1);
  }
  memset(s->carry, -1, sizeof(long) * kRows);
  shmem_barrier_all(); /* no PE sends again before all have cleared */
}

int main(void) {
  static const long sizes[] = {16, 1024, 16384};
  begin_kernel();
  for (int k = 0; k < 3; ++k) {
    struct sweep s = {.columns = sizes[k]};
    const size_t nelems = (size_t)(kRows * s.columns);
    s.field = malloc(nelems * sizeof(long));
    s.table = malloc((size_t)s.columns * sizeof(long));
    s.carry = shmem_malloc(kRows * sizeof(long));
    memset(s.carry, -1, sizeof(long) * kRows);
    for (size_t i = 0; i < nelems; ++i) s.field[i] = 1;
    shmem_barrier_all();
    run_kernel("sweep", nelems * sizeof(long), kRows, run, &s);
    for (long j = 0; j < s.columns; ++j) check(s.table[j] == kRows * (me * s.columns + j + 1), "sweep");
    shmem_free(s.carry);
    free(s.table);
    free(s.field);
  }
  shmem_finalize();
  return 0;
}
