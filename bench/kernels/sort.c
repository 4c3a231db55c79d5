/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Integer sort: 16-bit keys, spread over the PEs, are sorted locally, sent to the PE that their range belongs to, and
 * sorted there. Counts are collected first, so that each PE knows where its keys go.
 */
#include "kernel.h"

#define HAS_TEAMS (SHMEM_MAJOR_VERSION > 1 || SHMEM_MINOR_VERSION >= 5)
enum { kMostPes = 64 };

struct sort {
  long n, times, total;
  uint16_t *keys, *mine, *sorted, *spare;
  uint16_t* arrived;     /* symmetric, room for 2 n */
  long *counts, *matrix; /* symmetric: mine for each PE, and those of all PEs */
  long *psync, turn;
};

/* Radix sort, two passes of a byte. */
static void sort_keys(const uint16_t* from, uint16_t* to, uint16_t* spare, long n) {
  for (int shift = 0; shift < 16; shift += 8) {
    const uint16_t* in = shift == 0 ? from : spare;
    uint16_t* out = shift == 0 ? spare : to;
    long begins[257] = {0};
    for (long i = 0; i < n; ++i) ++begins[(in[i] >> shift & 255) + 1];
    for (int b = 0; b < 256; ++b) begins[b + 1] += begins[b];
    for (long i = 0; i < n; ++i) out[begins[in[i] >> shift & 255]++] = in[i];
  }
}

static int owner(uint16_t key) {
  return key * npes >> 16;
}

static void run_once(struct sort* s) {
  sort_keys(s->keys, s->mine, s->spare, s->n);
  memset(s->counts, 0, sizeof(long) * (size_t)npes);
  for (long i = 0; i < s->n; ++i) ++s->counts[owner(s->mine[i])];
#if HAS_TEAMS
  shmem_long_fcollect(SHMEM_TEAM_WORLD, s->matrix, s->counts, (size_t)npes);
#else
  s->turn ^= 1;
  shmem_fcollect64(s->matrix, s->counts, (size_t)npes, 0, 0, npes, s->psync + s->turn * SHMEM_COLLECT_SYNC_SIZE);
#endif
  const uint16_t* source = s->mine;
  s->total = 0;
  for (int pe = 0; pe < npes; ++pe) {
    long begin = 0;
    for (int before = 0; before < me; ++before) begin += s->matrix[before * npes + pe];
    shmem_putmem(s->arrived + begin, source, sizeof(uint16_t) * (size_t)s->counts[pe], pe);
    source += s->counts[pe];
    s->total += s->matrix[pe * npes + me];
  }
  shmem_barrier_all();
  sort_keys(s->arrived, s->sorted, s->spare, s->total);
}

static void run(void* argument) {
  struct sort* s = argument;
  for (long time = 0; time < s->times; ++time) run_once(s);
}

int main(void) {
  static const long sizes[][2] = {{1 << 6, 100}, {1 << 14, 10}, {1 << 20, 1}};
  begin_kernel();
  check(npes <= kMostPes, "sort is for at most 64 PEs");
  long* psync = shmem_malloc(2 * SHMEM_COLLECT_SYNC_SIZE * sizeof(long));
  for (int i = 0; i < 2 * SHMEM_COLLECT_SYNC_SIZE; ++i) psync[i] = SHMEM_SYNC_VALUE;
  long* all = shmem_malloc(sizeof(long));
  for (int k = 0; k < 3; ++k) {
    struct sort s = {.n = sizes[k][0], .times = sizes[k][1], .psync = psync};
    const size_t nbytes = sizeof(uint16_t) * (size_t)s.n;
    uint64_t x = 88172645463325252u + (uint64_t)me;
    s.keys = malloc(nbytes);
    s.mine = malloc(nbytes);
    s.sorted = malloc(2 * nbytes);
    s.spare = malloc(2 * nbytes);
    s.arrived = shmem_malloc(2 * nbytes);
    s.counts = shmem_malloc(sizeof(long) * kMostPes);
    s.matrix = shmem_malloc(sizeof(long) * kMostPes * kMostPes);
    for (long i = 0; i < s.n; ++i) {
      x = x * 6364136223846793005u + 1442695040888963407u;
      s.keys[i] = (uint16_t)(x >> 48);
    }
    shmem_barrier_all();
    run_kernel("sort", nbytes, s.times, run, &s);
    for (long i = 0; i < s.total; ++i) {
      check(owner(s.sorted[i]) == me && (i == 0 || s.sorted[i - 1] <= s.sorted[i]), "sort: order");
    }
    *all = 0;
    shmem_barrier_all();
    shmem_long_atomic_add(all, s.total, 0);
    shmem_barrier_all();
    check(me != 0 || *all == s.n * npes, "sort: keys were lost");
    shmem_free(s.matrix);
    shmem_free(s.counts);
    shmem_free(s.arrived);
    free(s.spare);
    free(s.sorted);
    free(s.mine);
    free(s.keys);
  }
  shmem_free(all);
  shmem_free(psync);
  shmem_finalize();
  return 0;
}
