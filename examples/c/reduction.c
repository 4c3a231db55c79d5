// SPDX-License-Identifier: BSD-3-Clause
//
// Sum, minimum and maximum over all PEs.

#include "check.h"

static long source, sum, least, most;

int main(void) {
  shmem_init();
  const int me = shmem_my_pe(), npes = shmem_n_pes();

  source = me + 1;
  CHECK(shmem_long_sum_reduce(SHMEM_TEAM_WORLD, &sum, &source, 1) == 0);
  CHECK(shmem_long_min_reduce(SHMEM_TEAM_WORLD, &least, &source, 1) == 0);
  CHECK(shmem_long_max_reduce(SHMEM_TEAM_WORLD, &most, &source, 1) == 0);

  CHECK(sum == (long)npes * (npes + 1) / 2);
  CHECK(least == 1);
  CHECK(most == npes);
  if (me == 0) printf("sum %ld, minimum %ld, maximum %ld\n", sum, least, most);

  shmem_finalize();
}
