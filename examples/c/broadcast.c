// SPDX-License-Identifier: BSD-3-Clause
//
// One PE tells all the others, from each PE in turn.

#include "check.h"

enum { kCount = 8 };
static int source[kCount], target[kCount];

int main(void) {
  shmem_init();
  const int me = shmem_my_pe(), npes = shmem_n_pes();

  for (int root = 0; root < npes; ++root) {
    for (int i = 0; i < kCount; ++i) source[i] = 100 * me + i;
    CHECK(shmem_int_broadcast(SHMEM_TEAM_WORLD, target, source, kCount, root) == 0);
    for (int i = 0; i < kCount; ++i) CHECK(target[i] == 100 * root + i);
    // A broadcast returns on a PE when that PE has its data: others may still read `source`.
    shmem_barrier_all();
  }
  if (me == 0) printf("%d broadcasts arrived on %d PEs\n", npes, npes);

  shmem_finalize();
}
