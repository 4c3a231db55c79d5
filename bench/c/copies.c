/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Blocks of bytes, and strided ones, between PE 0 and the last PE. The limits are memcpy and plain loops between the
 * same two buffers.
 */
#include "rows.h"

static void* (*volatile copy)(void*, const void*, size_t) = memcpy; /* no compiler replaces it by something else */

static void first_touch(int pe) {
  const size_t nbytes = (size_t)16 << 20;
  char* source = malloc(nbytes);
  char* fresh = shmem_align(4096, nbytes);
  memset(source, 1, nbytes);
  if (me == 0) {
    const double begin = now_ns();
    shmem_putmem(fresh, source, nbytes, pe);
    shmem_quiet();
    print_row("putmem_first_touch", nbytes, npes, now_ns() - begin);
  }
  shmem_barrier_all();
  shmem_free(fresh);
  free(source);
}

void bandwidth_rows(void) {
  /* How far the target lies ahead of the source modulo a page, in bytes: loads may seem to hit stores in flight.
   * Large NumPy arrays begin 16 bytes into a page. */
  static const struct {
    const char* put;
    const char* get;
    size_t ahead;
  } placements[] = {{"putmem", "getmem", 0},
                    {"putmem_1_ahead", "getmem_1_ahead", 1},
                    {"putmem_9_ahead", "getmem_9_ahead", 9},
                    {"putmem_16_ahead", "getmem_16_ahead", 16},
                    {"putmem_64_ahead", "getmem_64_ahead", 64},
                    {"putmem_2048_ahead", "getmem_2048_ahead", 2048}};
  const size_t most = (size_t)64 << 20;
  const int pe = npes - 1;
  first_touch(pe);
  char* remote = shmem_align(4096, most + 4096);
  char* local = aligned_alloc(4096, most + 4096);
  memset(remote, 1, most + 4096); /* touched by its owner ... */
  memset(local, 2, most + 4096);
  shmem_barrier_all();
  if (me == 0) {
    char* mapped = shmem_ptr(remote, pe);
    (void)mapped;
    shmem_putmem(remote, local, most + 4096, pe); /* ... and by the other side */
    for (size_t p = 0; p < sizeof placements / sizeof *placements; ++p) {
      const size_t ahead = placements[p].ahead;
      for (size_t nbytes = ahead == 0 ? 1 : 1024; nbytes <= (ahead == 0 ? most : (size_t)4 << 20); nbytes *= 4) {
        ROW_AND_LIMIT(placements[p].put, nbytes, shmem_putmem(remote + ahead, local, nbytes, pe),
                      copy(mapped + ahead, local, nbytes));
        ROW_AND_LIMIT(placements[p].get, nbytes, shmem_getmem(local + ahead, remote, nbytes, pe),
                      copy(local + ahead, mapped, nbytes));
      }
    }
  }
  shmem_barrier_all();
  shmem_free(remote);
  free(local);
}

/* Loops that a programmer would write over mapped memory; strides and sizes are known to the compiler. */
#define PLAIN(count, target, source)                          \
  do {                                                        \
    for (size_t k = 0; k < (count); ++k) (target) = (source); \
    __asm__ volatile("" ::: "memory");                        \
  } while (0)

struct block {
  double doubles[8];
};

void strided_rows(void) {
  enum { kRows = 1024, kColumns = 256, kColumnBytes = kRows * sizeof(double) };
  const size_t nbytes = sizeof(double) * kRows * kColumns;
  const int pe = npes - 1;
  double* remote = shmem_align(4096, nbytes);
  double* local = aligned_alloc(4096, nbytes);
  memset(remote, 0, nbytes);
  memset(local, 0, nbytes);
  shmem_barrier_all();
  if (me == 0) {
    double* mapped = shmem_ptr(remote, pe);
    (void)mapped;
    ROW_AND_LIMIT("iput_column", kColumnBytes, shmem_double_iput(remote, local, kColumns, kColumns, kRows, pe),
                  PLAIN(kRows, mapped[k * kColumns], local[k * kColumns]));
    ROW_AND_LIMIT("iget_column", kColumnBytes, shmem_double_iget(local, remote, kColumns, kColumns, kRows, pe),
                  PLAIN(kRows, local[k * kColumns], mapped[k * kColumns]));
    ROW_AND_LIMIT("iput_stride2", kColumnBytes, shmem_double_iput(remote, local, 2, 1, kRows, pe),
                  PLAIN(kRows, mapped[2 * k], local[k]));
    ROW_AND_LIMIT("iget_stride2", kColumnBytes, shmem_double_iget(local, remote, 1, 2, kRows, pe),
                  PLAIN(kRows, local[k], mapped[2 * k]));
#if HAS_BLOCKS
    ROW_AND_LIMIT("ibput_blocks8", kColumnBytes, shmem_double_ibput(remote, local, 32, 32, 8, 128, pe),
                  PLAIN(128, *(struct block*)(mapped + 32 * k), *(struct block*)(local + 32 * k)));
    ROW_AND_LIMIT("ibget_blocks8", kColumnBytes, shmem_double_ibget(local, remote, 32, 32, 8, 128, pe),
                  PLAIN(128, *(struct block*)(local + 32 * k), *(struct block*)(mapped + 32 * k)));
    ROW_AND_LIMIT("ibput_1000", 8000, shmem_double_ibput(remote, local, 4, 4, 1, 1000, pe),
                  PLAIN(1000, mapped[4 * k], local[4 * k]));
#endif
  }
  shmem_barrier_all();
  shmem_free(remote);
  free(local);
}
