/* SPDX-License-Identifier: BSD-3-Clause
 *
 * measure.h: how every C program here times a row and prints it.
 *
 * A row is repeated in batches until it has run for a while; the median of the batches is printed, as one JSON
 * object a line, which bench/run.py joins with the same row of other variants. Rounds, interleaving and quartiles
 * over rounds are run.py's.
 */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { kBatches = 9 };

static inline double now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static inline int compare_doubles(const void* a, const void* b) {
  const double x = *(const double*)a;
  const double y = *(const double*)b;
  return (x > y) - (x < y);
}

static inline double median(double* values, int count) {
  qsort(values, (size_t)count, sizeof *values, compare_doubles);
  return count % 2 ? values[count / 2] : 0.5 * (values[count / 2 - 1] + values[count / 2]);
}

static inline void print_row(const char* row, size_t nbytes, int npes, double ns) {
  printf("{\"row\": \"%s\", \"nbytes\": %zu, \"npes\": %d, \"ns\": %.3f}\n", row, nbytes, npes, ns);
  fflush(stdout);
}

/* How often to repeat something of `nbytes` in one batch. */
static inline long repeats_for(size_t nbytes) {
  if (nbytes <= 64) return 20000;
  if (nbytes <= 4096) return 5000;
  if (nbytes <= 65536) return 500;
  if (nbytes <= (1u << 20)) return 50;
  return nbytes <= (8u << 20) ? 8 : 3;
}

/* Times `statement`, `repeats` times a batch, into `result` (ns each). */
#define MEASURE(result, repeats, statement)                   \
  do {                                                        \
    double batch_ns_[kBatches];                               \
    const long repeats_ = (repeats);                          \
    for (long i_ = 0; i_ < repeats_ / 10 + 1; ++i_) {         \
      statement;                                              \
    }                                                         \
    for (int b_ = 0; b_ < kBatches; ++b_) {                   \
      const double begin_ = now_ns();                         \
      for (long i_ = 0; i_ < repeats_; ++i_) {                \
        statement;                                            \
      }                                                       \
      batch_ns_[b_] = (now_ns() - begin_) / (double)repeats_; \
    }                                                         \
    (result) = median(batch_ns_, kBatches);                   \
  } while (0)

#endif
