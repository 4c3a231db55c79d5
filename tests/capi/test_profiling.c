/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The profiling interface: this program replaces three routines at link time, counts their calls, and reaches the
 * library through the name-shifted ones. Generics and old names go through the replacements.
 */
#include <pshmem.h>
#include <shmem.h>
#include <stdio.h>

static int puts_seen, barriers_seen, allocations_seen;

void shmem_long_put(long* dest, const long* source, size_t nelems, int pe) {
  ++puts_seen;
  pshmem_long_put(dest, source, nelems, pe);
}

void shmem_barrier_all(void) {
  ++barriers_seen;
  pshmem_barrier_all();
}

void* shmem_malloc(size_t size) {
  ++allocations_seen;
  return pshmem_malloc(size);
}

#define EXPECT(CONDITION)                                               \
  if (!(CONDITION)) {                                                   \
    fprintf(stderr, "PE %d: not so: %s\n", pshmem_my_pe(), #CONDITION); \
    shmem_global_exit(1);                                               \
  }

int main(void) {
  static long target;
  long source = 40;
  shmem_init();
  shmem_put(&target, &source, 1, (shmem_my_pe() + 1) % shmem_n_pes());
  shmem_barrier_all();
  EXPECT(target == 40 && puts_seen == 1 && barriers_seen == 1);
  pshmem_barrier_all();
  source = 41;
  pshmem_long_put(&target, &source, 1, (pshmem_my_pe() + 1) % pshmem_n_pes());
  shmem_long_put_nbi(&target, &source, 1, shmem_my_pe());
  pshmem_barrier_all();
  EXPECT(target == 41 && puts_seen == 1 && barriers_seen == 1);
  {
    void* const block = shmalloc(8);
    EXPECT(block != NULL && allocations_seen == 1);
    /* The library itself does not call what a profiler counts. */
    shmem_free(block);
    EXPECT(barriers_seen == 1);
  }
  shmem_finalize();
  return 0;
}
