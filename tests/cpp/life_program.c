/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A whole program's life, linked with the library: symmetric globals, locks in them, fork, nested and repeated
 * initialisation, and each way to the end. Exits with the line of the first check that fails.
 */
#include <shmem.h>
#include <shmemx.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHECK(condition)                                                 \
  do {                                                                   \
    if (!(condition)) {                                                  \
      fprintf(stderr, "PE %d, line %d: %s\n", me, __LINE__, #condition); \
      shmem_global_exit(99);                                             \
    }                                                                    \
  } while (0)

static int number = 5;
static int zero;
static long many[100000];
static long lock;
static char words[64] = "kept";

extern void start_pes(int npes);

static void use_globals(int me, int npes) {
  const int next = (me + 1) % npes;
  const int before = (me + npes - 1) % npes;
  CHECK(number == 5 && zero == 3 && many[7] == 0 && strcmp(words, "kept") == 0);
  shmem_barrier_all();
  shmem_int_p(&number, 100 + me, next);
  shmem_long_p(&many[99999], me, next);
  shmem_putmem(words, "put", 4, next);
  shmem_barrier_all();
  CHECK(number == 100 + before && many[99999] == before && strcmp(words, "put") == 0);
  CHECK(shmem_int_g(&number, next) == 100 + me);

  for (int i = 0; i < 500; ++i) {
    shmem_set_lock(&lock);
    shmem_int_p(&zero, shmem_int_g(&zero, 0) + 1, 0);
    shmem_clear_lock(&lock);
  }
  shmem_barrier_all();
  CHECK(shmem_int_g(&zero, 0) == 3 + 500 * npes);
  CHECK(lock == 0);
}

static void fork_a_child(int me) {
  const int before = number;
  const pid_t child = fork();
  if (child == 0) {
    int initialized = 1;
    number = -1;
    shmem_query_initialized(&initialized);
    exit(initialized); /* its exit handlers must leave the job alone */
  }
  int status = -1;
  CHECK(waitpid(child, &status, 0) == child && status == 0);
  CHECK(number == before);
  shmem_barrier_all();
}

static void live_again(int me, int npes) {
  int provided = -1;
  int initialized = -1;
  CHECK(shmem_init_thread(SHMEM_THREAD_MULTIPLE, &provided) == 0 && provided == SHMEM_THREAD_MULTIPLE);
  shmem_finalize(); /* of two inits: the job goes on */
  shmem_query_initialized(&initialized);
  CHECK(initialized);
  long* first = shmem_malloc(100 * sizeof(long));
  first[3] = 9;
  shmem_team_t team = SHMEM_TEAM_INVALID;
  shmem_team_split_strided(SHMEM_TEAM_WORLD, 0, 1, npes, NULL, 0, &team);
  shmem_team_sync(team);
  shmem_finalize();
  shmem_query_initialized(&initialized);
  CHECK(!initialized);
  CHECK(first[3] == 9); /* memory outlives the library */

  shmem_init();
  CHECK(shmem_my_pe() == me && shmem_n_pes() == npes);
  shmemx_set_error_mode(SHMEMX_ERRORS_RETURN);
  CHECK(shmem_team_my_pe(team) == -1); /* destroyed by the last finalize */
  CHECK(shmemx_take_error() == SHMEMX_ERR_INVALID);
  shmemx_set_error_mode(SHMEMX_ERRORS_END);
  long* second = shmem_calloc(100, sizeof(long));
  CHECK(second == first && second[3] == 0);
  shmem_team_split_strided(SHMEM_TEAM_WORLD, 0, 1, npes, NULL, 0, &team);
  shmem_team_sync(team);
  shmem_long_p(second, me, (me + 1) % npes);
  shmem_barrier_all();
  CHECK(second[0] == (me + npes - 1) % npes);
  CHECK(many[99999] == (me + npes - 1) % npes);
}

int main(int argc, char** argv) {
  const char* end = argc > 1 ? argv[1] : "finalize";
  zero = 3;
  if (strcmp(end, "start_pes") == 0) {
    start_pes(0);
    start_pes(0);
  } else {
    shmem_init();
  }
  const int me = shmem_my_pe();
  const int npes = shmem_n_pes();
  use_globals(me, npes);
  fork_a_child(me);
  if (strcmp(end, "start_pes") == 0) return 0; /* finalises */
  live_again(me, npes);
  if (strcmp(end, "global_exit") == 0) {
    if (me == npes - 1) shmem_global_exit(7);
    for (;;) pause();
  }
  shmem_finalize();
  return 0;
}
