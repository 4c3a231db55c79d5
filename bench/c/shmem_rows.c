/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The rows of the C tables, written to the standard alone, so that the same source measures every OpenSHMEM
 * library: shmem_rows rma|bandwidth|strided|pingpong|sync|collectives|memory. PE 0 measures and prints. A library
 * older than 1.5 has collectives on active sets only; the row is the same.
 */
#include <shmem.h>
#include <stddef.h>
#include <string.h>

#include "measure.h"

#define HAS_TEAMS (SHMEM_MAJOR_VERSION > 1 || SHMEM_MINOR_VERSION >= 5)

static int me;
static int npes;

static void rma_rows(void) {
  long* word = shmem_align(64, 64);
  double ns = 0;
  const int pe = npes - 1;
  long local = 1;
  memset(word, 0, 64);
  shmem_barrier_all();
  if (me == 0) {
    MEASURE(ns, 100000, shmem_long_p(word, local, pe));
    print_row("p", 8, npes, ns);
    MEASURE(ns, 100000, local += shmem_long_g(word, pe));
    print_row("g", 8, npes, ns);
    MEASURE(ns, 100000, shmem_long_put(word, &local, 1, pe));
    print_row("put", 8, npes, ns);
    MEASURE(ns, 100000, shmem_long_get(&local, word, 1, pe));
    print_row("get", 8, npes, ns);
    MEASURE(ns, 100000, local += shmem_long_atomic_fetch_add(word, 1, pe));
    print_row("fetch_add", 8, npes, ns);
    MEASURE(ns, 100000, local += shmem_long_atomic_swap(word, 3, pe));
    print_row("swap", 8, npes, ns);
    MEASURE(ns, 100000, local += shmem_long_atomic_compare_swap(word, 3, 3, pe));
    print_row("compare_swap", 8, npes, ns);
    MEASURE(ns, 2000, {
      for (int k = 0; k < 64; ++k) shmem_long_put_nbi(word, &local, 1, pe);
      shmem_quiet();
    });
    print_row("put_nbi_rate", 8, npes, ns / 64);
    MEASURE(ns, 100000, shmem_fence());
    print_row("fence", 0, npes, ns);
    MEASURE(ns, 100000, shmem_quiet());
    print_row("quiet", 0, npes, ns);
  }
  shmem_barrier_all();
  shmem_free(word);
}

static void bandwidth_rows(void) {
  const size_t most = (size_t)64 << 20;
  char* remote = shmem_align(4096, most);
  char* local = aligned_alloc(4096, most);
  double ns = 0;
  const int pe = npes - 1;
  memset(remote, 1, most); /* touched by its owner … */
  memset(local, 2, most);
  shmem_barrier_all();
  if (me == 0) {
    shmem_putmem(remote, local, most, pe); /* … and by the other side */
    for (size_t nbytes = 1; nbytes <= most; nbytes *= 4) {
      MEASURE(ns, repeats_for(nbytes), shmem_putmem(remote, local, nbytes, pe));
      print_row("putmem", nbytes, npes, ns);
      MEASURE(ns, repeats_for(nbytes), shmem_getmem(local, remote, nbytes, pe));
      print_row("getmem", nbytes, npes, ns);
    }
  }
  shmem_barrier_all();
  shmem_free(remote);
  free(local);
}

static void strided_rows(void) {
  enum { kRows = 1024, kColumns = 256 };
  double* remote = shmem_align(4096, sizeof(double) * kRows * kColumns);
  double* local = calloc((size_t)kRows * kColumns, sizeof(double));
  double ns = 0;
  const int pe = npes - 1;
  memset(remote, 0, sizeof(double) * kRows * kColumns);
  shmem_barrier_all();
  if (me == 0) {
    MEASURE(ns, 2000, shmem_double_iput(remote, local, kColumns, kColumns, kRows, pe));
    print_row("iput_column", sizeof(double) * kRows, npes, ns);
    MEASURE(ns, 2000, shmem_double_iget(local, remote, kColumns, kColumns, kRows, pe));
    print_row("iget_column", sizeof(double) * kRows, npes, ns);
    MEASURE(ns, 5000, shmem_double_iput(remote, local, 2, 1, kRows, pe));
    print_row("iput_stride2", sizeof(double) * kRows, npes, ns);
  }
  shmem_barrier_all();
  shmem_free(remote);
  free(local);
}

static void pingpong_rows(void) {
  if (npes < 2) return;
  long* word = shmem_align(64, 64);
  long* data = shmem_align(64, 64);
  double ns = 0;
  long count = 0;
  *word = 0;
  shmem_barrier_all();
  if (me < 2) {
    const int other = 1 - me;
    MEASURE(ns, 20000, {
      ++count;
      if (me == 0) {
        shmem_long_p(word, count, other);
        shmem_long_wait_until(word, SHMEM_CMP_GE, count);
      } else {
        shmem_long_wait_until(word, SHMEM_CMP_GE, count);
        shmem_long_p(word, count, other);
      }
    });
    if (me == 0) print_row("pingpong_p", 8, npes, ns);
  }
  shmem_barrier_all();
#if HAS_TEAMS
  uint64_t* signal = shmem_align(64, 64);
  *signal = 0;
  count = 0;
  shmem_barrier_all();
  if (me < 2) {
    const int other = 1 - me;
    long payload = 7;
    MEASURE(ns, 20000, {
      ++count;
      if (me == 0) {
        shmem_long_put_signal(data, &payload, 1, signal, (uint64_t)count, SHMEM_SIGNAL_SET, other);
        shmem_signal_wait_until(signal, SHMEM_CMP_GE, (uint64_t)count);
      } else {
        shmem_signal_wait_until(signal, SHMEM_CMP_GE, (uint64_t)count);
        shmem_long_put_signal(data, &payload, 1, signal, (uint64_t)count, SHMEM_SIGNAL_SET, other);
      }
    });
    if (me == 0) print_row("pingpong_signal", 8, npes, ns);
  }
  shmem_barrier_all();
  shmem_free(signal);
#endif
  shmem_free(data);
  shmem_free(word);
}

static void sync_rows(void) {
  double ns = 0;
  const long repeats = npes > 2 ? 2000 : 20000;
  shmem_barrier_all();
  MEASURE(ns, repeats, shmem_barrier_all());
  if (me == 0) print_row("barrier_all", 0, npes, ns);
  MEASURE(ns, repeats, shmem_sync_all());
  if (me == 0) print_row("sync_all", 0, npes, ns);
}

static void collective_rows(void) {
  const size_t most = (size_t)2 << 20;
  char* source = shmem_align(4096, most);
  char* dest = shmem_align(4096, most * (size_t)npes);
  double ns = 0;
#if !HAS_TEAMS
  /* Two of each, used in turn: an active set's work space must not be reused at once. */
  enum { kSync = SHMEM_COLLECT_SYNC_SIZE + SHMEM_BCAST_SYNC_SIZE + SHMEM_REDUCE_SYNC_SIZE + SHMEM_ALLTOALL_SYNC_SIZE };
  long* psync = shmem_align(64, sizeof(long) * 2 * kSync);
  double* pwrk = shmem_align(64, sizeof(double) * 2 * (most / sizeof(double) / 2 + 1 + SHMEM_REDUCE_MIN_WRKDATA_SIZE));
  int turn = 0;
  for (int i = 0; i < 2 * kSync; ++i) psync[i] = SHMEM_SYNC_VALUE;
#define NEXT_TURN turn ^= 1
#define PSYNC (psync + turn * kSync)
#define PWRK (pwrk + turn * (most / sizeof(double) / 2 + 1 + SHMEM_REDUCE_MIN_WRKDATA_SIZE))
#endif
  memset(source, 0, most);
  memset(dest, 0, most * (size_t)npes);
  shmem_barrier_all();
  for (size_t nbytes = 8; nbytes <= most; nbytes *= 8) {
    const size_t nelems = nbytes / 8;
    long repeats = repeats_for(nbytes * (size_t)npes) / (npes > 2 ? 10 : 1);
    if (repeats > 5000) repeats = 5000;
    if (repeats < 2) repeats = 2;
    shmem_barrier_all();
#if HAS_TEAMS
    MEASURE(ns, repeats, shmem_double_sum_reduce(SHMEM_TEAM_WORLD, (double*)dest, (double*)source, nelems));
#else
    MEASURE(ns, repeats, {
      NEXT_TURN;
      shmem_double_sum_to_all((double*)dest, (double*)source, (int)nelems, 0, 0, npes, PWRK, PSYNC);
    });
#endif
    if (me == 0) print_row("sum_reduce", nbytes, npes, ns);
    shmem_barrier_all();
#if HAS_TEAMS
    MEASURE(ns, repeats, shmem_double_broadcast(SHMEM_TEAM_WORLD, (double*)dest, (double*)source, nelems, 0));
#else
    MEASURE(ns, repeats, {
      NEXT_TURN;
      shmem_broadcast64(dest, source, nelems, 0, 0, 0, npes, PSYNC);
    });
#endif
    if (me == 0) print_row("broadcast", nbytes, npes, ns);
    shmem_barrier_all();
#if HAS_TEAMS
    MEASURE(ns, repeats, shmem_double_fcollect(SHMEM_TEAM_WORLD, (double*)dest, (double*)source, nelems));
#else
    MEASURE(ns, repeats, {
      NEXT_TURN;
      shmem_fcollect64(dest, source, nelems, 0, 0, npes, PSYNC);
    });
#endif
    if (me == 0) print_row("fcollect", nbytes, npes, ns);
    shmem_barrier_all();
#if HAS_TEAMS
    MEASURE(ns, repeats, shmem_double_collect(SHMEM_TEAM_WORLD, (double*)dest, (double*)source, nelems));
#else
    MEASURE(ns, repeats, {
      NEXT_TURN;
      shmem_collect64(dest, source, nelems, 0, 0, npes, PSYNC);
    });
#endif
    if (me == 0) print_row("collect", nbytes, npes, ns);
    shmem_barrier_all();
    if (nbytes * (size_t)npes <= most) {
#if HAS_TEAMS
      MEASURE(ns, repeats, shmem_double_alltoall(SHMEM_TEAM_WORLD, (double*)dest, (double*)source, nelems));
#else
      MEASURE(ns, repeats, {
        NEXT_TURN;
        shmem_alltoall64(dest, source, nelems, 0, 0, npes, PSYNC);
      });
#endif
      if (me == 0) print_row("alltoall", nbytes, npes, ns);
    }
  }
  shmem_barrier_all();
#if !HAS_TEAMS
  shmem_free(pwrk);
  shmem_free(psync);
#endif
  shmem_free(dest);
  shmem_free(source);
}

static void memory_rows(void) {
  double ns = 0;
  long* lock = shmem_align(64, 64);
  *lock = 0;
  shmem_barrier_all();
  MEASURE(ns, 1000, {
    void* block = shmem_malloc(1024);
    shmem_free(block);
  });
  if (me == 0) print_row("malloc_free", 1024, npes, ns);
  shmem_barrier_all();
  if (me == 0) {
    MEASURE(ns, 20000, {
      shmem_set_lock(lock);
      shmem_clear_lock(lock);
    });
    print_row("lock_free", 0, npes, ns);
  }
  shmem_barrier_all();
  {
    const long repeats = 200;
    MEASURE(ns, repeats, {
      shmem_set_lock(lock);
      shmem_clear_lock(lock);
    });
    if (me == 0) print_row("lock_contended", 0, npes, ns / npes);
  }
  shmem_barrier_all();
  shmem_free(lock);
}

int main(int argc, char** argv) {
  shmem_init();
  me = shmem_my_pe();
  npes = shmem_n_pes();
  for (int i = 1; i < argc; ++i) {
    if (strcmp(argv[i], "rma") == 0) {
      rma_rows();
    } else if (strcmp(argv[i], "bandwidth") == 0) {
      bandwidth_rows();
    } else if (strcmp(argv[i], "strided") == 0) {
      strided_rows();
    } else if (strcmp(argv[i], "pingpong") == 0) {
      pingpong_rows();
    } else if (strcmp(argv[i], "sync") == 0) {
      sync_rows();
    } else if (strcmp(argv[i], "collectives") == 0) {
      collective_rows();
    } else if (strcmp(argv[i], "memory") == 0) {
      memory_rows();
    } else {
      if (me == 0) fprintf(stderr, "shmem_rows: no rows named '%s'\n", argv[i]);
      shmem_global_exit(2);
    }
  }
  shmem_finalize();
  return 0;
}
