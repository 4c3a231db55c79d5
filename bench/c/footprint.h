/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Memory that only this process uses, as the kernel counts it: pages that no other process maps. Shared pages that only
 * one process has touched so far are among them.
 */
#ifndef BENCH_FOOTPRINT_H
#define BENCH_FOOTPRINT_H

#include <stdio.h>

static inline double private_kib(void) {
  FILE* file = fopen("/proc/self/smaps_rollup", "r");
  char line[256];
  double sum = 0;
  long kib = 0;
  while (file != NULL && fgets(line, sizeof line, file) != NULL) {
    if (sscanf(line, "Private_Clean: %ld", &kib) == 1 || sscanf(line, "Private_Dirty: %ld", &kib) == 1) {
      sum += (double)kib;
    }
  }
  if (file != NULL) fclose(file);
  return sum;
}

#endif
