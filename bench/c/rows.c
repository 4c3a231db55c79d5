/* SPDX-License-Identifier: BSD-3-Clause
 *
 * rows GROUP...: measures groups of rows, in this order, and prints them from PE 0.
 */
#include "rows.h"

int me;
int npes;

static double* agreed;

double agree(double ns) {
  if (me == 0) {
    for (int pe = 0; pe < npes; ++pe) shmem_double_p(agreed, ns, pe);
  }
  shmem_barrier_all();
  const double of_pe_0 = *agreed;
  shmem_barrier_all();
  return of_pe_0;
}

int main(int argc, char** argv) {
  static const struct {
    const char* name;
    void (*rows)(void);
  } groups[] = {
      {"access", access_rows}, {"bandwidth", bandwidth_rows},    {"strided", strided_rows}, {"pingpong", pingpong_rows},
      {"sync", sync_rows},     {"collectives", collective_rows}, {"memory", memory_rows},   {"locks", lock_rows},
      {"idle", idle_rows},     {"footprint", footprint_rows},
  };
  shmem_init();
  me = shmem_my_pe();
  npes = shmem_n_pes();
  agreed = shmem_align(64, 64);
  for (int i = 1; i < argc; ++i) {
    size_t g = 0;
    while (g < sizeof groups / sizeof *groups && strcmp(argv[i], groups[g].name) != 0) ++g;
    if (g == sizeof groups / sizeof *groups) {
      if (me == 0) fprintf(stderr, "rows: no group named '%s'\n", argv[i]);
      shmem_global_exit(2);
    }
    groups[g].rows();
    shmem_barrier_all();
  }
  shmem_free(agreed);
  shmem_finalize();
  return 0;
}
