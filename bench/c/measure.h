/* SPDX-License-Identifier: BSD-3-Clause
 *
 * measure.h: how every C program here times a row and prints it.
 *
 * A statement is repeated until a batch lasts kBatchNs, which is short enough that most batches are not interrupted by
 * another process; the median of kBatches batches (fewer where they are long) is the row's value. The batches of two
 * statements that are to be compared alternate, so that a drift of the machine affects both. Where several processes
 * run a statement together, `agree` gives all of them process 0's time, so that all repeat it equally often. Rows are
 * JSON objects, one a line. bench/run.py joins them with those of other programs, runs the rounds, and takes the
 * quartiles over the rounds.
 */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { kBatches = 15, kLeastBatches = 5, kBatchNs = 300000, kRowNs = 60000000 };

struct meter {
  long repeats;
  int batches;
  int was_long; /* the last batch, before one counts */
  double spent_ns;
  double (*agree)(double ns); /* NULL: measured by one process alone */
  double ns[kBatches];
};

static inline double now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* Takes the time of a batch; returns whether another one is needed. A batch must be long enough twice: once may be an
 * interruption, or another PE that came late. */
static inline int meter_step(struct meter* meter, double ns) {
  if (meter->agree != NULL) ns = meter->agree(ns);
  if (meter->batches == 0 && ns < kBatchNs) {
    const double missing = ns > 0 ? 1.2 * kBatchNs / ns : 10;
    meter->repeats = (long)((double)meter->repeats * (missing > 10 ? 10 : missing)) + 1;
    meter->was_long = 0;
  } else if (!meter->was_long) {
    meter->was_long = 1;
  } else {
    meter->ns[meter->batches++] = ns / (double)meter->repeats;
  }
  meter->spent_ns += ns;
  return meter->batches < (meter->spent_ns < kRowNs ? kBatches : kLeastBatches);
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

static inline double meter_median(struct meter* meter) {
  return median(meter->ns, meter->batches);
}

/* `variant` NULL: that of the program that prints it. */
static inline void print_value(const char* variant, const char* row, size_t nbytes, int npes, double value,
                               const char* unit) {
  printf("{\"row\": \"%s\", \"nbytes\": %zu, \"npes\": %d, \"value\": %.4g, \"unit\": \"%s\"", row, nbytes, npes, value,
         unit);
  printf(variant == NULL ? "}\n" : ", \"variant\": \"%s\"}\n", variant);
  fflush(stdout);
}

static inline void print_row(const char* row, size_t nbytes, int npes, double ns) {
  print_value(NULL, row, nbytes, npes, ns, "ns");
}

#define ONE_BATCH(more, meter, statement)             \
  do {                                                \
    const double begin_ = now_ns();                   \
    for (long i_ = 0; i_ < (meter).repeats; ++i_) {   \
      statement;                                      \
    }                                                 \
    (more) = meter_step(&(meter), now_ns() - begin_); \
  } while (0)

/* Nanoseconds of `statement` into `result`. */
#define MEASURE(result, agree_, statement)                   \
  do {                                                       \
    struct meter meter_ = {.repeats = 1, .agree = (agree_)}; \
    int more_ = 1;                                           \
    while (more_) ONE_BATCH(more_, meter_, statement);       \
    (result) = meter_median(&meter_);                        \
  } while (0)

/* The same for two statements; their batches alternate. */
#define MEASURE_TWO(result, other_result, agree_, statement, other) \
  do {                                                              \
    struct meter meter_ = {.repeats = 1, .agree = (agree_)};        \
    struct meter other_ = meter_;                                   \
    int more_ = 1;                                                  \
    int other_more_ = 1;                                            \
    while (more_ || other_more_) {                                  \
      if (more_) ONE_BATCH(more_, meter_, statement);               \
      if (other_more_) ONE_BATCH(other_more_, other_, other);       \
    }                                                               \
    (result) = meter_median(&meter_);                               \
    (other_result) = meter_median(&other_);                         \
  } while (0)

#endif
