/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Calls that move a few bytes: PE 0 makes them on the last PE, or PE 0 and PE 1 answer each other.
 */
#include <stdatomic.h>

#include "rows.h"

#define LOAD(word) atomic_load_explicit((_Atomic long*)(word), memory_order_relaxed)
#define STORE(word, value) atomic_store_explicit((_Atomic long*)(word), (value), memory_order_relaxed)

#ifdef LIMITS
static long exchange_if_three(long* word) {
  long expected = 3;
  atomic_compare_exchange_strong_explicit((_Atomic long*)word, &expected, 3, memory_order_relaxed,
                                          memory_order_relaxed);
  return expected;
}
#endif

void access_rows(void) {
  long* word = shmem_align(64, 64);
  const int pe = npes - 1;
  long local = 1;
  memset(word, 0, 64);
  shmem_barrier_all();
  if (me == 0) {
    long* mapped = shmem_ptr(word, pe);
    (void)mapped; /* used where limits are measured */
    ROW_AND_LIMIT("p", 8, shmem_long_p(word, local, pe), STORE(mapped, local));
    ROW_AND_LIMIT("g", 8, local += shmem_long_g(word, pe), local += LOAD(mapped));
    ROW_AND_LIMIT("put", 8, shmem_long_put(word, &local, 1, pe), STORE(mapped, local));
    ROW_AND_LIMIT("get", 8, shmem_long_get(&local, word, 1, pe), local = LOAD(mapped));
    ROW_AND_LIMIT("fetch_add", 8, local += shmem_long_atomic_fetch_add(word, 1, pe),
                  local += atomic_fetch_add_explicit((_Atomic long*)mapped, 1, memory_order_relaxed));
    ROW_AND_LIMIT("swap", 8, local += shmem_long_atomic_swap(word, 3, pe),
                  local += atomic_exchange_explicit((_Atomic long*)mapped, 3, memory_order_relaxed));
    ROW_AND_LIMIT("compare_swap", 8, local += shmem_long_atomic_compare_swap(word, 3, 3, pe),
                  local += exchange_if_three(mapped));
    double ns = 0;
    MEASURE(ns, NULL, {
      for (int k = 0; k < 64; ++k) shmem_long_put_nbi(word, &local, 1, pe);
      shmem_quiet();
    });
    print_row("put_nbi_rate", 8, npes, ns / 64);
    ROW("fence", 0, shmem_fence());
    ROW("quiet", 0, shmem_quiet());
    ROW("my_pe", 0, local += shmem_my_pe());
    *word = 3;
    ROW("wait_until_true", 8, shmem_long_wait_until(word, SHMEM_CMP_EQ, *word));
#if HAS_TEAMS
    ROW("signal_fetch", 8, local += (long)shmem_signal_fetch((uint64_t*)word));
#endif
    if (local == 42) puts(""); /* so that no load is left out */
  }
  shmem_barrier_all();
  shmem_free(word);
}

#ifdef LIMITS
/* One line there and back, between the cores of PE 0 and PE 1. */
static void bounce(_Atomic long* line, long count) {
  const long mine = 2 * count - (me == 0);
  const long other = mine + (me == 0 ? 1 : -1);
  if (me == 0) atomic_store_explicit(line, mine, memory_order_release);
  while (atomic_load_explicit(line, memory_order_acquire) != other) {
#ifdef __x86_64__
    __builtin_ia32_pause();
#endif
  }
  if (me != 0) atomic_store_explicit(line, mine, memory_order_release);
}
#endif

void pingpong_rows(void) {
  if (npes != 2) return;
  long* lines = shmem_align(64, 4 * 64);
  long* word = lines;
  long* data = lines + 8;
  uint64_t* signal = (uint64_t*)(lines + 16);
  _Atomic long* line = shmem_ptr(lines + 24, 0); /* one for both */
  const int other = 1 - me;
  long count = 0;
  uint64_t signals = 0;
  long bounces = 0;
  memset(lines, 0, 4 * 64);
  (void)line, (void)bounces, (void)data, (void)signal, (void)signals;
  ROW_OF_ALL_AND_LIMIT(
      "pingpong_p", 8,
      {
        ++count;
        if (me == 0) shmem_long_p(word, count, other);
        shmem_long_wait_until(word, SHMEM_CMP_GE, count);
        if (me != 0) shmem_long_p(word, count, other);
      },
      bounce(line, ++bounces));
#if HAS_TEAMS
  ROW_OF_ALL_AND_LIMIT(
      "pingpong_signal", 8,
      {
        ++signals;
        if (me == 0) shmem_long_put_signal(data, &count, 1, signal, signals, SHMEM_SIGNAL_SET, other);
        shmem_signal_wait_until(signal, SHMEM_CMP_GE, signals);
        if (me != 0) shmem_long_put_signal(data, &count, 1, signal, signals, SHMEM_SIGNAL_SET, other);
      },
      bounce(line, ++bounces));
#endif
#ifdef LIMITS
  ROW_OF_ALL_AND_LIMIT("barrier_all", 0, shmem_barrier_all(), bounce(line, ++bounces));
  ROW_OF_ALL_AND_LIMIT("sync_all", 0, shmem_sync_all(), bounce(line, ++bounces));
#endif
  shmem_barrier_all();
  shmem_free(lines);
}
