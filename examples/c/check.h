// SPDX-License-Identifier: BSD-3-Clause
//
// The examples check themselves with this: a wrong result ends the whole job.

#ifndef EXAMPLES_CHECK_H
#define EXAMPLES_CHECK_H

#include <shmem.h>
#include <stdio.h>

#define CHECK(condition)                                                       \
  do {                                                                         \
    if (!(condition)) {                                                        \
      fprintf(stderr, "PE %d: %s does not hold\n", shmem_my_pe(), #condition); \
      shmem_global_exit(1);                                                    \
    }                                                                          \
  } while (0)

#endif
