// SPDX-License-Identifier: BSD-3-Clause
//
// Every PE gives its array to the next one. A put returns when the source may be
// reused; the barrier completes it everywhere.

#include "check.h"

enum { kCount = 1000 };

int main(void) {
  shmem_init();
  const int me = shmem_my_pe(), npes = shmem_n_pes();

  double mine[kCount];
  for (int i = 0; i < kCount; ++i) mine[i] = me;
  double* received = shmem_malloc(sizeof mine);

  shmem_double_put(received, mine, kCount, (me + 1) % npes);
  shmem_barrier_all();

  for (int i = 0; i < kCount; ++i) CHECK(received[i] == (me + npes - 1) % npes);
  printf("PE %d has the array of PE %.0f\n", me, received[0]);

  shmem_free(received);
  shmem_finalize();
}
