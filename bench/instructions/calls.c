/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A library for calls.py, which runs under callgrind: count_calls() makes each call N and 2 N times and dumps the
 * counts after each, so that the cost of the loop cancels in the difference. There is one PE, so that no call waits
 * and the counts are the same in every run.
 */
#include <shmem.h>
#include <stdio.h>
#include <valgrind/callgrind.h>

enum { kCalls = 1000 };

#define COUNT(name, statement)                                               \
  do {                                                                       \
    for (int times = 1; times <= 2; ++times) {                               \
      CALLGRIND_ZERO_STATS;                                                  \
      for (int i = 0; i < times * kCalls; ++i) {                             \
        statement;                                                           \
        __asm__ volatile("" ::: "memory");                                   \
      }                                                                      \
      CALLGRIND_DUMP_STATS_AT(times == 1 ? "C " name " 1" : "C " name " 2"); \
    }                                                                        \
  } while (0)

/* Callgrind's requests as functions. */
void mark_begin(void) {
  CALLGRIND_ZERO_STATS;
}

void mark_end(const char* name) {
  CALLGRIND_DUMP_STATS_AT(name);
}

void count_calls(void) {
  long* word = shmem_calloc(8, sizeof(long));
  double* source = shmem_calloc(8, sizeof(double));
  double* target = shmem_calloc(8, sizeof(double));
  long local = 1;
  COUNT("first", ); /* the first dump also holds what came before */
  COUNT("empty loop", );
  COUNT("put", shmem_long_put(word, &local, 1, 0));
  COUNT("get", shmem_long_get(&local, word, 1, 0));
  COUNT("put_nbi", shmem_long_put_nbi(word, &local, 1, 0));
  COUNT("p", shmem_long_p(word, 1, 0));
  COUNT("g", local = shmem_long_g(word, 0));
  COUNT("fetch_add", local = shmem_long_atomic_fetch_add(word, 1, 0));
  COUNT("add", shmem_long_atomic_add(word, 1, 0));
  COUNT("swap", local = shmem_long_atomic_swap(word, 3, 0));
  COUNT("compare_swap", local = shmem_long_atomic_compare_swap(word, 3, 3, 0));
  COUNT("put_signal", shmem_long_put_signal(word, &local, 1, (uint64_t*)word + 1, 1, SHMEM_SIGNAL_SET, 0));
  COUNT("wait_until (true)", shmem_long_wait_until(word, SHMEM_CMP_EQ, *word));
  COUNT("fence", shmem_fence());
  COUNT("quiet", shmem_quiet());
  COUNT("my_pe", local = shmem_my_pe());
  COUNT("barrier_all", shmem_barrier_all());
  COUNT("sum_reduce 8 B", shmem_double_sum_reduce(SHMEM_TEAM_WORLD, target, source, 1));
  shmem_free(target);
  shmem_free(source);
  shmem_free(word);
}
