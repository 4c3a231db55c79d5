/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The limits of the machine that belong to no call of two PEs (rows.h measures those): the cost of context switches
 * alone, and the time that all cores together take to move the bytes that a collective must move. The processes are
 * forks, share their memory, and are pinned to different cores where there are enough.
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

#include "footprint.h"
#include "measure.h"

static struct {
  _Alignas(64) _Atomic int arrived;
  _Alignas(64) double ns;
}* meeting;

static int cores; /* used in traffic() */
static int core;

static void pin(int to) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(to % (int)sysconf(_SC_NPROCESSORS_ONLN), &set);
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

static void meet(void) {
  const int target = (atomic_fetch_add(&meeting->arrived, 1) / cores + 1) * cores;
  while (atomic_load(&meeting->arrived) < target) continue;
}

static double agree(double ns) {
  meet();
  if (core == 0) meeting->ns = ns;
  meet();
  ns = meeting->ns;
  meet();
  return ns;
}

/* The copies of a collective of `npes` PEs, shared out among the cores, and nothing else. */
static void traffic(int npes) {
  const size_t most = (size_t)2 << 20;
  char* sources = shared(most * (size_t)npes);
  char* targets = shared(most * (size_t)npes * (size_t)npes);
  double ns = 0;
  cores = (int)sysconf(_SC_NPROCESSORS_ONLN);
  if (cores > npes) cores = npes;
  core = 0;
  atomic_store(&meeting->arrived, 0);
  while (core + 1 < cores && fork() != 0) ++core; /* the children are cores 0, 1, ...; the parent is the last one */
  pin(core);
  for (size_t nbytes = 8; nbytes <= most; nbytes *= 8) {
    MEASURE(ns, agree, {
      for (int pe = core; pe < npes; pe += cores) memcpy(targets + pe * most, sources + pe * most, nbytes);
    });
    if (core == cores - 1) print_row("sum_reduce", nbytes, npes, ns);
    MEASURE(ns, agree, {
      for (int pe = core; pe < npes; pe += cores) memcpy(targets + pe * most, sources, nbytes);
    });
    if (core == cores - 1) print_row("broadcast", nbytes, npes, ns);
    MEASURE(ns, agree, {
      for (int pe = core; pe < npes; pe += cores) {
        for (int from = 0; from < npes; ++from) {
          memcpy(targets + (size_t)pe * (size_t)npes * most + from * nbytes, sources + from * most, nbytes);
        }
      }
    });
    if (core == cores - 1) print_row("fcollect", nbytes, npes, ns);
    if (core == cores - 1) print_row("collect", nbytes, npes, ns);
    if (nbytes * (size_t)npes > most) continue;
    MEASURE(ns, agree, {
      for (int pe = core; pe < npes; pe += cores) {
        for (int from = 0; from < npes; ++from) {
          memcpy(targets + pe * most + from * nbytes, sources + from * most + pe * nbytes, nbytes);
        }
      }
    });
    if (core == cores - 1) print_row("alltoall", nbytes, npes, ns);
  }
  if (core != cores - 1) _exit(0);
  while (wait(NULL) > 0) continue;
  munmap(targets, most * (size_t)npes * (size_t)npes);
  munmap(sources, most * (size_t)npes);
}

/* npes processes pass a token round by futex, on the cores of this machine: npes context switches a round. */
static void futex_ring(int npes) {
  enum { kRingNs = 200000000 };
  const uint32_t last = UINT32_MAX;
  _Atomic uint32_t* words = shared(256 * (size_t)npes);
  int me = 0;
  for (int i = 1; i < npes; ++i) {
    if (fork() == 0) {
      me = i;
      break;
    }
  }
  pin(me);
  _Atomic uint32_t* mine = words + 64 * me;
  _Atomic uint32_t* next = words + 64 * ((me + 1) % npes);
  const double begin = now_ns();
  uint32_t rounds = 0;
  uint32_t token = 0;
  while (token != last) {
    if (me == 0) {
      atomic_store(next, now_ns() - begin < kRingNs ? ++rounds : last);
      syscall(SYS_futex, next, FUTEX_WAKE, 1, NULL, NULL, 0);
    }
    uint32_t seen = token;
    while ((seen = atomic_load(mine)) == token) syscall(SYS_futex, mine, FUTEX_WAIT, token, NULL, NULL, 0);
    token = seen;
    if (me != 0) {
      atomic_store(next, token);
      syscall(SYS_futex, next, FUTEX_WAKE, 1, NULL, NULL, 0);
    }
  }
  if (me != 0) _exit(0);
  const double ns = (now_ns() - begin) / rounds;
  while (wait(NULL) > 0) continue;
  print_row("barrier_all", 0, npes, ns);
  print_row("lock_contended", 0, npes, ns / npes);
  munmap(words, 256 * (size_t)npes);
}

int main(void) {
  print_value(NULL, "private_memory", 0, 64, private_kib(), "KiB");
  meeting = shared(4096);
  futex_ring(8);
  futex_ring(16);
  traffic(2);
  traffic(4);
  traffic(8);
  return 0;
}
