/* SPDX-License-Identifier: BSD-3-Clause
 *
 * kernel.h: how the C kernels are timed, checked and reported; common.py does the same for those in Python.
 */
#ifndef BENCH_KERNEL_H
#define BENCH_KERNEL_H

#include <shmem.h>
#include <stddef.h>
#include <string.h>

#include "../c/measure.h"

enum { kRepeats = 5 };

static int me;
static int npes;

static inline void check(int right, const char* what) {
  if (!right) {
    fprintf(stderr, "PE %d: wrong result: %s\n", me, what);
    shmem_global_exit(1);
  }
}

/* Times `work`, which makes `steps` steps, on all PEs together; the row is the median time of a step. */
static inline void run_kernel(const char* row, size_t nbytes, long steps, void (*work)(void*), void* argument) {
  double ns[kRepeats];
  work(argument);
  for (int i = 0; i < kRepeats; ++i) {
    shmem_barrier_all();
    const double begin = now_ns();
    work(argument);
    shmem_barrier_all();
    ns[i] = (now_ns() - begin) / (double)steps;
  }
  if (me == 0) print_row(row, nbytes, npes, median(ns, kRepeats));
}

static inline void begin_kernel(void) {
  shmem_init();
  me = shmem_my_pe();
  npes = shmem_n_pes();
}

#endif
