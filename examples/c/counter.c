// SPDX-License-Identifier: BSD-3-Clause
//
// A lock-free counter: every PE draws tickets, no number is drawn twice.

#include "check.h"

enum { kTickets = 1000 };
static long counter = 0;

int main(void) {
  shmem_init();
  const int me = shmem_my_pe(), npes = shmem_n_pes();

  long* drawn = shmem_calloc((size_t)kTickets * npes, sizeof(long));
  for (long last = -1, i = 0; i < kTickets; ++i) {
    const long ticket = shmem_long_atomic_fetch_inc(&counter, 0);
    CHECK(ticket > last);
    shmem_long_atomic_inc(&drawn[ticket], 0);
    last = ticket;
  }
  shmem_barrier_all();

  if (me == 0) {
    CHECK(counter == (long)kTickets * npes);
    for (long i = 0; i < counter; ++i) CHECK(drawn[i] == 1);
    printf("%ld tickets, each drawn once\n", counter);
  }

  shmem_free(drawn);
  shmem_finalize();
}
