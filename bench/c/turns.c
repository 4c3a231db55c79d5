/* SPDX-License-Identifier: BSD-3-Clause
 *
 * How often should a PE yield before it sleeps, when there are more PEs than cores? A barrier on one counter, with 0 to
 * 1000 calls of sched_yield before the futex. Figures of a run are in docs/notes.
 *
 *   cc -O3 -o turns bench/c/turns.c && ./turns
 */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct barrier {
  _Alignas(64) _Atomic uint32_t arrived;
  _Alignas(64) _Atomic uint32_t released;
  _Alignas(64) _Atomic uint32_t sleepers;
};

static double now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void pass(struct barrier* barrier, uint32_t round, uint32_t npes, int turns) {
  if (atomic_fetch_add(&barrier->arrived, 1) + 1 == round * npes) {
    atomic_store(&barrier->released, round);
    if (atomic_load(&barrier->sleepers) != 0) {
      syscall(SYS_futex, &barrier->released, FUTEX_WAKE, 1 << 30, NULL, NULL, 0);
    }
    return;
  }
  for (int turn = 0; atomic_load(&barrier->released) < round; ++turn) {
    if (turn < turns) {
      sched_yield();
      continue;
    }
    atomic_fetch_add(&barrier->sleepers, 1);
    syscall(SYS_futex, &barrier->released, FUTEX_WAIT, round - 1, NULL, NULL, 0);
    atomic_fetch_sub(&barrier->sleepers, 1);
  }
}

int main(void) {
  enum { kWarmUp = 100, kRounds = 2000 };
  static const int npes_list[] = {4, 8, 16};
  static const int turns_list[] = {0, 1, 2, 5, 20, 1000};
  printf("PEs  turns  us per barrier\n");
  for (int i = 0; i < 3; ++i) {
    for (int k = 0; k < 6; ++k) {
      const uint32_t npes = (uint32_t)npes_list[i];
      struct barrier* barrier = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
      double begin = 0;
      int child = 0;
      for (uint32_t pe = 1; pe < npes && !child; ++pe) child = fork() == 0;
      for (uint32_t round = 1; round <= kWarmUp + kRounds; ++round) {
        pass(barrier, round, npes, turns_list[k]);
        if (round == kWarmUp) begin = now_us();
      }
      if (child) _exit(0);
      const double us = (now_us() - begin) / kRounds;
      while (wait(NULL) > 0) continue;
      printf("%3u  %5d  %.1f\n", npes, turns_list[k], us);
      fflush(stdout);
      munmap(barrier, 4096);
    }
  }
  return 0;
}
