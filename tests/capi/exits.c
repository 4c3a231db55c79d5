/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Ways out of a program, by name: what the launcher's exit status must be is in CMakeLists.txt.
 */
#include <shmem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static long word;

int main(int argc, char** argv) {
  const char* const way = argc > 1 ? argv[1] : "";
  if (strcmp(way, "start_pes") == 0) {
    /* Deprecated: begins, may be called again, and the end of the program finalises with a barrier. */
    start_pes(0);
    start_pes(17);
    shmem_long_atomic_inc(&word, 0);
    if (_my_pe() == 0) shmem_long_wait_until(&word, SHMEM_CMP_EQ, _num_pes());
    return 0;
  }
  shmem_init();
  if (strcmp(way, "global_exit") == 0) {
    /* The last PE ends the job while the others wait for a store that never comes. */
    if (shmem_my_pe() == shmem_n_pes() - 1) shmem_global_exit(23);
    shmem_long_wait_until(&word, SHMEM_CMP_EQ, 1);
  } else if (strcmp(way, "global_exit_in_test") == 0) {
    if (shmem_my_pe() == shmem_n_pes() - 1) shmem_global_exit(24);
    while (!shmem_long_test(&word, SHMEM_CMP_EQ, 1)) continue;
  } else if (strcmp(way, "global_exit_0") == 0) {
    if (shmem_my_pe() == 0) shmem_global_exit(0);
    shmem_barrier_all();
  } else if (strcmp(way, "status") == 0) {
    shmem_finalize();
    return 5;
  }
  shmem_finalize();
  return 0;
}
