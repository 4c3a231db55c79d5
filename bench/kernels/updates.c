/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Random access: each PE changes elements of a table spread over all PEs, one atomic after the other. Done an
 * even number of times, exclusive or leaves the table as it was.
 */
#include "kernel.h"

enum { kUpdates = 20000 };

struct updates {
  size_t words;
  uint64_t* table;
};

static uint64_t next(uint64_t x) { /* xorshift: repeats after 2^64 - 1 */
  x ^= x << 13;
  x ^= x >> 7;
  return x ^ x << 17;
}

static void run(void* argument) {
  const struct updates* u = argument;
  uint64_t x = 88172645463325252u + (uint64_t)me;
  for (long i = 0; i < kUpdates; ++i) {
    x = next(x);
    shmem_uint64_atomic_xor(u->table + (x >> 20) % u->words, x, (int)((x >> 50) % (uint64_t)npes));
  }
  shmem_barrier_all();
}

int main(void) {
  static const size_t sizes[] = {1 << 10, 1 << 16, 1 << 22};
  begin_kernel();
  for (int k = 0; k < 3; ++k) {
    struct updates u = {.words = sizes[k]};
    u.table = shmem_malloc(u.words * sizeof(uint64_t));
    for (size_t i = 0; i < u.words; ++i) u.table[i] = i;
    shmem_barrier_all();
    run_kernel("updates", u.words * sizeof(uint64_t), kUpdates, run, &u);
    if (kRepeats % 2 == 0) run(&u); /* and one to warm up: even in all */
    for (size_t i = 0; i < u.words; ++i) check(u.table[i] == i, "updates");
    shmem_free(u.table);
  }
  shmem_finalize();
  return 0;
}
