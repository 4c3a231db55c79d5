/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Ways out of a program, by name. CMakeLists.txt has the exit status that the launcher must return for each.
 */
#include <shmem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static long word, lock, rounds;

/* PE 0 has returned; the others go on, and wait for each other in all that needs no team. */
static void go_on_without_pe_0(void) {
  const int me = shmem_my_pe(), npes = shmem_n_pes();
  const int next = me + 1 == npes ? 1 : me + 1;
  if (npes == 1 || me == 0) return;
  for (long round = 1; round <= 20; ++round) {
    usleep(5000);
    shmem_set_lock(&lock);
    shmem_long_atomic_inc(&word, 0); /* of a PE that has left, and whose memory stays */
    shmem_clear_lock(&lock);
    shmem_long_p(&rounds, round, next);
    shmem_long_wait_until(&rounds, SHMEM_CMP_GE, round);
  }
}

static void return_late(void) {
  if (shmem_my_pe() == 0) {
    usleep(100000);
    puts("late");
  }
}

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
  /* Before the library's own: it runs after that, as a destructor of a global object does. */
  if (strcmp(way, "finalize_in_handler") == 0) atexit(shmem_finalize);
  shmem_init();
  if (strcmp(way, "return") == 0) {
    return 0;
  } else if (strcmp(way, "exit_0") == 0) {
    exit(0);
  } else if (strcmp(way, "return_late") == 0) {
    return_late();
    return 0;
  } else if (strcmp(way, "return_and_go_on") == 0) {
    go_on_without_pe_0();
    return 0;
  } else if (strcmp(way, "return_in_lives") == 0) {
    shmem_init();
    shmem_finalize();
    shmem_barrier_all();
    shmem_finalize();
    shmem_init();
    shmem_barrier_all();
    return 0;
  } else if (strcmp(way, "finalize_in_handler") == 0) {
    return 0;
  } else if (strcmp(way, "return_and_barrier") == 0) {
    if (shmem_my_pe() == 0) return 0;
    shmem_barrier_all();
    puts("through");
    return 0;
  } else if (strcmp(way, "return_and_malloc") == 0) {
    if (shmem_my_pe() == 0) return 0;
    puts(shmem_malloc(8) != NULL ? "through" : "null");
    return 0;
  } else if (strcmp(way, "return_and_lock") == 0) {
    if (shmem_my_pe() == 0) shmem_set_lock(&lock);
    shmem_barrier_all();
    if (shmem_my_pe() == 0) return 0;
    shmem_set_lock(&lock);
    puts("through");
    return 0;
  } else if (strcmp(way, "return_and_wait") == 0) {
    if (shmem_my_pe() != shmem_n_pes() - 1) return 0;
    shmem_long_wait_until(&word, SHMEM_CMP_EQ, 1);
    puts("through");
    return 0;
  } else if (strcmp(way, "finalize_and_barrier") == 0) {
    if (shmem_my_pe() != 0) shmem_barrier_all();
    shmem_finalize();
    return 0;
  } else if (strcmp(way, "return_and_init") == 0) {
    const int me = shmem_my_pe();
    shmem_finalize();
    if (me == 0) return 0;
    shmem_init();
    return 0;
  } else if (strcmp(way, "return_3") == 0) {
    return shmem_my_pe() == shmem_n_pes() - 1 ? 3 : 0;
  } else if (strcmp(way, "global_exit") == 0) {
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
