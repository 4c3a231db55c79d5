/* SPDX-License-Identifier: BSD-3-Clause
 *
 * How often does a PE lose its core in a collective, and how long does the call take? For more PEs than cores, and,
 * with `one`, for PEs that have all met on one core. Figures of a run are in docs/notes.
 *
 *   shmem4py cc -O3 -o switches bench/c/switches.c && shmem4py run -n 8 ./switches barrier 0 [one]
 *
 * The calls: barrier, sum, broadcast, fcollect, alltoall, each of BYTES bytes a PE.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <shmem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "measure.h"

enum { kRounds = 15, kWarmUp = 200 };
static const double kRoundNs = 20e6;

static const char* const kCalls[] = {"barrier", "sum", "broadcast", "fcollect", "alltoall"};
enum { kBarrier, kSum, kBroadcast, kFcollect, kAlltoall, kCallCount };

static void call(int which, double* target, const double* source, size_t nelems) {
  switch (which) {
    case kBarrier:
      shmem_barrier_all();
      break;
    case kSum:
      shmem_double_sum_reduce(SHMEM_TEAM_WORLD, target, source, nelems);
      break;
    case kBroadcast:
      shmem_double_broadcast(SHMEM_TEAM_WORLD, target, source, nelems, 0);
      break;
    case kFcollect:
      shmem_double_fcollect(SHMEM_TEAM_WORLD, target, source, nelems);
      break;
    default:
      shmem_double_alltoall(SHMEM_TEAM_WORLD, target, source, nelems);
  }
}

/* Nanoseconds of one call, measured over `count` calls. */
static double take(int which, double* target, const double* source, size_t nelems, long count) {
  shmem_barrier_all();
  const double begin = now_ns();
  for (long i = 0; i < count; ++i) call(which, target, source, nelems);
  return (now_ns() - begin) / (double)count;
}

int main(int argc, char** argv) {
  int which = 0;
  while (argc >= 3 && which < kCallCount && strcmp(argv[1], kCalls[which]) != 0) ++which;
  if (argc < 3 || argc > 4 || which == kCallCount || (argc == 4 && strcmp(argv[3], "one") != 0)) {
    fprintf(stderr, "usage: switches barrier|sum|broadcast|fcollect|alltoall BYTES [one]\n");
    return 2;
  }
  const size_t nelems = strtoul(argv[2], NULL, 10) / sizeof(double);
  shmem_init();
  if (argc == 4) {
    int* const core = shmem_malloc(sizeof *core);
    *core = sched_getcpu();
    shmem_int_broadcast(SHMEM_TEAM_WORLD, core, core, 1, 0);
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(*core, &one);
    if (sched_setaffinity(0, sizeof one, &one) != 0) shmem_global_exit(1);
    shmem_free(core);
  }
  const int npes = shmem_n_pes();
  const size_t nbytes = nelems == 0 ? sizeof(double) : nelems * sizeof(double);
  double* source = shmem_align(4096, nbytes * (size_t)npes);
  double* target = shmem_align(4096, nbytes * (size_t)npes);
  memset(source, 0, nbytes * (size_t)npes);
  memset(target, 0, nbytes * (size_t)npes);

  long* count = shmem_malloc(sizeof *count);
  *count = (long)(kRoundNs / take(which, target, source, nelems, kWarmUp)) + 1;
  shmem_long_broadcast(SHMEM_TEAM_WORLD, count, count, 1, 0);

  double ns[kRounds];
  struct rusage before, after;
  getrusage(RUSAGE_SELF, &before);
  for (int round = 0; round < kRounds; ++round) ns[round] = take(which, target, source, nelems, *count);
  getrusage(RUSAGE_SELF, &after);
  const double middle = median(ns, kRounds); /* sorts */
  const double calls = (double)*count * kRounds;
  shmem_barrier_all();
  if (shmem_my_pe() == 0) {
    printf("%s of %zu bytes, %d PEs: least %.0f ns, median %.0f ns; a call: %.2f turns given, %.2f sleeps\n", argv[1],
           nelems * sizeof(double), npes, ns[0], middle, (double)(after.ru_nivcsw - before.ru_nivcsw) / calls,
           (double)(after.ru_nvcsw - before.ru_nvcsw) / calls);
  }
  shmem_finalize();
  return 0;
}
