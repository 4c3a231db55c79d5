/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Resources of PEs: allocations from the heap, locks, processor time in a wait, memory.
 */
#include <unistd.h>

#include "footprint.h"
#include "rows.h"

void memory_rows(void) {
  ROW_OF_ALL("malloc_free", 1024, shmem_free(shmem_malloc(1024)));
}

void lock_rows(void) {
  enum { kContendedNs = 300000000 };
  long* lock = shmem_align(64, 64);
  long* taken = shmem_align(64, 64);
  *lock = 0;
  *taken = 0;
  shmem_barrier_all();
  if (me == 0 && npes == 2) {
    ROW("lock_free", 0, {
      shmem_set_lock(lock);
      shmem_clear_lock(lock);
    });
  }
  shmem_barrier_all();
  const double begin = now_ns();
  for (double end = begin + kContendedNs; now_ns() < end; ++*taken) {
    shmem_set_lock(lock);
    shmem_clear_lock(lock);
  }
  shmem_barrier_all();
  if (me == 0) {
    long sum = 0;
    long least = *taken;
    long most = *taken;
    for (int pe = 0; pe < npes; ++pe) {
      const long times = shmem_long_g(taken, pe);
      sum += times;
      least = times < least ? times : least;
      most = times > most ? times : most;
    }
    print_row("lock_contended", 0, npes, kContendedNs / (double)sum);
    print_value(NULL, "lock_fairness", 0, npes, (double)most / (double)(least > 0 ? least : 1), "x");
  }
  shmem_barrier_all();
  shmem_free(taken);
  shmem_free(lock);
}

static double cpu_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* All PEs but PE 0 wait for more than a second; the result is the share of a core that they use. */
void idle_rows(void) {
  long* word = shmem_align(64, 64);
  double* percent = shmem_align(64, 64);
  *word = 0;
  shmem_barrier_all();
  const double begin = now_ns();
  const double used = cpu_ns();
  if (me == 0) {
    usleep(1500000);
    for (int pe = 1; pe < npes; ++pe) shmem_long_p(word, 1, pe);
    *percent = 0;
  } else {
    shmem_long_wait_until(word, SHMEM_CMP_EQ, 1);
    *percent = 100 * (cpu_ns() - used) / (now_ns() - begin);
  }
  shmem_barrier_all();
  if (me == 0) {
    double sum = 0;
    double most = 0;
    for (int pe = 1; pe < npes; ++pe) {
      const double one = shmem_double_g(percent, pe);
      sum += one;
      most = one > most ? one : most;
    }
    print_value(NULL, "idle_most", 0, npes, most, "%");
    print_value(NULL, "idle_sum", 0, npes, sum, "%");
  }
  shmem_barrier_all();
  shmem_free(percent);
  shmem_free(word);
}

/* The largest of all PEs, after they have been used a little. */
void footprint_rows(void) {
  double* kib = shmem_align(64, 64);
  double* most = shmem_align(64, 64);
  shmem_barrier_all();
  *kib = private_kib();
  shmem_barrier_all();
  if (me == 0) {
    *most = 0;
    for (int pe = 0; pe < npes; ++pe) {
      const double one = shmem_double_g(kib, pe);
      *most = one > *most ? one : *most;
    }
    print_value(NULL, "private_memory", 0, npes, *most, "KiB");
  }
  shmem_barrier_all();
  shmem_free(most);
  shmem_free(kib);
}
