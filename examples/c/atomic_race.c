// SPDX-License-Identifier: BSD-3-Clause
//
// All PEs race for a flag on PE 0: exactly one wins, and all learn which.

#include "check.h"

static int winner = -1, wins = 0;

int main(void) {
  shmem_init();
  const int me = shmem_my_pe(), npes = shmem_n_pes();

  const int before = shmem_int_atomic_compare_swap(&winner, -1, me, 0);
  if (before == -1) shmem_int_atomic_inc(&wins, 0);
  shmem_barrier_all();

  const int first = shmem_int_atomic_fetch(&winner, 0);
  CHECK(before == -1 || before == first);
  CHECK(shmem_int_g(&wins, 0) == 1);
  if (me == 0) printf("PE %d was first of %d\n", first, npes);

  shmem_finalize();
}
