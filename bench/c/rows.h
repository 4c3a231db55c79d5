/* SPDX-License-Identifier: BSD-3-Clause
 *
 * rows.h: what the groups of rows share. They use the standard alone, so that the same sources measure every OpenSHMEM
 * library. LIMITS is for a library whose shmem_ptr gives addresses. With it, each row that has a limit in the hardware
 * measures the limit too, on the same memory and in batches that alternate with those of the call: a plain access,
 * memcpy, a loop, a cache line bounced between the same two cores.
 */
#ifndef BENCH_ROWS_H
#define BENCH_ROWS_H

#include <shmem.h>
#include <stddef.h>
#include <string.h>

#include "measure.h"

#define HAS_TEAMS (SHMEM_MAJOR_VERSION > 1 || SHMEM_MINOR_VERSION >= 5)
#define HAS_BLOCKS (SHMEM_MAJOR_VERSION > 1 || SHMEM_MINOR_VERSION >= 6)

extern int me;
extern int npes;

/* PE 0's time, on all PEs. */
double agree(double ns);

void access_rows(void);
void bandwidth_rows(void);
void strided_rows(void);
void pingpong_rows(void);
void sync_rows(void);
void collective_rows(void);
void memory_rows(void);
void lock_rows(void);
void idle_rows(void);
void footprint_rows(void);

/* One PE measures a call. */
#define ROW(row, nbytes, statement)    \
  do {                                 \
    double ns_ = 0;                    \
    MEASURE(ns_, NULL, statement);     \
    print_row(row, nbytes, npes, ns_); \
  } while (0)

/* All PEs make a call together. */
#define ROW_OF_ALL(row, nbytes, statement)          \
  do {                                              \
    double ns_ = 0;                                 \
    shmem_barrier_all();                            \
    MEASURE(ns_, agree, statement);                 \
    if (me == 0) print_row(row, nbytes, npes, ns_); \
  } while (0)

#ifdef LIMITS
#define MEASURE_WITH_LIMIT(row, nbytes, agree_, statement, limit)          \
  do {                                                                     \
    double ns_ = 0;                                                        \
    double limit_ns_ = 0;                                                  \
    MEASURE_TWO(ns_, limit_ns_, agree_, statement, limit);                 \
    if (me == 0) print_row(row, nbytes, npes, ns_);                        \
    if (me == 0) print_value("limit", row, nbytes, npes, limit_ns_, "ns"); \
  } while (0)
#define ROW_AND_LIMIT(row, nbytes, statement, limit) MEASURE_WITH_LIMIT(row, nbytes, NULL, statement, limit)
#define ROW_OF_ALL_AND_LIMIT(row, nbytes, statement, limit)   \
  do {                                                        \
    shmem_barrier_all();                                      \
    MEASURE_WITH_LIMIT(row, nbytes, agree, statement, limit); \
  } while (0)
#else
#define ROW_AND_LIMIT(row, nbytes, statement, limit) ROW(row, nbytes, statement)
#define ROW_OF_ALL_AND_LIMIT(row, nbytes, statement, limit) ROW_OF_ALL(row, nbytes, statement)
#endif

#endif
