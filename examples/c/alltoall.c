// SPDX-License-Identifier: BSD-3-Clause
//
// Each PE has a block for every PE: a matrix split by rows becomes split by columns.

#include "check.h"

enum { kBlock = 3 };

int main(void) {
  shmem_init();
  const int me = shmem_my_pe(), npes = shmem_n_pes();

  long* source = shmem_malloc(sizeof(long) * kBlock * npes);
  long* target = shmem_calloc((size_t)kBlock * npes, sizeof(long));
  for (int pe = 0; pe < npes; ++pe)
    for (int i = 0; i < kBlock; ++i) source[pe * kBlock + i] = 1000 * me + 10 * pe + i;
  CHECK(shmem_long_alltoall(SHMEM_TEAM_WORLD, target, source, kBlock) == 0);

  for (int pe = 0; pe < npes; ++pe)
    for (int i = 0; i < kBlock; ++i) CHECK(target[pe * kBlock + i] == 1000 * pe + 10 * me + i);
  if (me == 0) printf("PE 0 has a block of each of %d PEs\n", npes);

  shmem_free(target);
  shmem_free(source);
  shmem_finalize();
}
