/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The limits of the machine, in the units of the tables: what no library over shared memory can beat. Two
 * processes (a parent and its fork, pinned to different cores where there are two) over memory that both map.
 */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure.h"

static void pin(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core % (int)sysconf(_SC_NPROCESSORS_ONLN), &set);
  sched_setaffinity(0, sizeof set, &set);
}

static void* shared(size_t nbytes) {
  void* memory = mmap(NULL, nbytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    perror("limits: mmap");
    exit(1);
  }
  memset(memory, 0, nbytes);
  return memory;
}

static void accesses(void) {
  _Atomic uint64_t* word = shared(4096);
  double ns = 0;
  uint64_t local = 0;
  MEASURE(ns, 1000000, atomic_store_explicit(word, (uint64_t)i_, memory_order_relaxed));
  print_row("p", 8, 2, ns);
  print_row("put", 8, 2, ns);
  print_row("put_nbi_rate", 8, 2, ns);
  MEASURE(ns, 1000000, local += atomic_load_explicit(word, memory_order_relaxed));
  print_row("g", 8, 2, ns);
  print_row("get", 8, 2, ns);
  MEASURE(ns, 1000000, local += atomic_fetch_add_explicit(word, 1, memory_order_relaxed));
  print_row("fetch_add", 8, 2, ns);
  MEASURE(ns, 1000000, local += atomic_exchange_explicit(word, 3, memory_order_relaxed));
  print_row("swap", 8, 2, ns);
  MEASURE(ns, 1000000, {
    uint64_t expected = 3;
    atomic_compare_exchange_strong_explicit(word, &expected, 3, memory_order_relaxed, memory_order_relaxed);
    local += expected;
  });
  print_row("compare_swap", 8, 2, ns);
  if (local == 42) puts("");
}

static void copies(void) {
  const size_t most = (size_t)64 << 20;
  char* remote = shared(most);
  char* local = aligned_alloc(4096, most);
  double ns = 0;
  memset(local, 2, most);
  for (size_t nbytes = 1; nbytes <= most; nbytes *= 4) {
    void* (*volatile copy)(void*, const void*, size_t) = memcpy; /* not inlined for constant sizes */
    MEASURE(ns, repeats_for(nbytes), copy(remote, local, nbytes));
    print_row("putmem", nbytes, 2, ns);
    MEASURE(ns, repeats_for(nbytes), copy(local, remote, nbytes));
    print_row("getmem", nbytes, 2, ns);
  }
  free(local);
  munmap(remote, most);
}

static void columns(void) {
  enum { kRows = 1024, kColumns = 256 };
  double* remote = shared(sizeof(double) * kRows * kColumns);
  double* local = calloc((size_t)kRows * kColumns, sizeof(double));
  double ns = 0;
  MEASURE(ns, 2000, {
    for (size_t r = 0; r < kRows; ++r) remote[r * kColumns] = local[r * kColumns];
    __asm__ volatile("" ::: "memory");
  });
  print_row("iput_column", sizeof(double) * kRows, 2, ns);
  MEASURE(ns, 2000, {
    for (size_t r = 0; r < kRows; ++r) local[r * kColumns] = remote[r * kColumns];
    __asm__ volatile("" ::: "memory");
  });
  print_row("iget_column", sizeof(double) * kRows, 2, ns);
  MEASURE(ns, 5000, {
    for (size_t r = 0; r < kRows; ++r) remote[2 * r] = local[r];
    __asm__ volatile("" ::: "memory");
  });
  print_row("iput_stride2", sizeof(double) * kRows, 2, ns);
  free(local);
}

/* One line back and forth: the round trip under pingpong; a barrier of two PEs cannot be had for much less. */
static void bounce(void) {
  _Atomic uint64_t* words = shared(4096);
  const pid_t child = fork();
  double ns = 0;
  uint64_t count = 0;
  pin(child == 0 ? 1 : 0);
  MEASURE(ns, 200000, {
    ++count;
    if (child != 0) {
      atomic_store_explicit(words, 2 * count - 1, memory_order_release);
      while (atomic_load_explicit(words, memory_order_acquire) != 2 * count) __builtin_ia32_pause();
    } else {
      while (atomic_load_explicit(words, memory_order_acquire) != 2 * count - 1) __builtin_ia32_pause();
      atomic_store_explicit(words, 2 * count, memory_order_release);
    }
  });
  if (child == 0) _exit(0);
  waitpid(child, NULL, 0);
  print_row("pingpong_p", 8, 2, ns);
  print_row("pingpong_signal", 8, 2, ns);
  print_row("barrier_all", 0, 2, ns);
  print_row("sync_all", 0, 2, ns);
}

/* npes processes on the cores that there are pass a token round by futex: npes switches a round. */
static void futex_ring(int npes) {
  _Atomic uint32_t* words = shared(4096 * 16);
  const int rounds = 2000;
  int me = 0;
  double begin = 0;
  for (int i = 1; i < npes; ++i) {
    if (fork() == 0) {
      me = i;
      break;
    }
  }
  pin(me);
  begin = now_ns();
  for (uint32_t round = 1; round <= (uint32_t)rounds; ++round) {
    _Atomic uint32_t* mine = words + 64 * me;
    _Atomic uint32_t* next = words + 64 * ((me + 1) % npes);
    for (int half = 0; half < 2; ++half) {
      if ((me == 0) == (half == 0)) {
        atomic_store(next, round);
        syscall(SYS_futex, next, FUTEX_WAKE, 1, NULL, NULL, 0);
      } else {
        while (atomic_load(mine) < round) syscall(SYS_futex, mine, FUTEX_WAIT, round - 1, NULL, NULL, 0);
      }
    }
  }
  if (me != 0) _exit(0);
  const double ns = (now_ns() - begin) / rounds;
  while (wait(NULL) > 0) continue;
  print_row("barrier_all", 0, npes, ns);
}

int main(void) {
  pin(0);
  accesses();
  copies();
  columns();
  bounce();
  futex_ring(8);
  futex_ring(16);
  return 0;
}
