/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Wrong calls, one per name: each must end the job with words that name routine, argument and PE (expect_failure.sh).
 */
#include <shmem.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static long word, words[4], psync[SHMEM_SYNC_SIZE];
static uint64_t signal_word;

static void misuse(const char* name, int me, int npes) {
  long local = 1;
  long* const heap = (long*)shmem_malloc(64);
  shmem_team_t team;
  shmem_ctx_t ctx;
#define CASE(NAME) else if (strcmp(name, #NAME) == 0)
  if (0) {
  }
  CASE(address) shmem_long_put(&local, &local, 1, 0);
  CASE(null) shmem_putmem(NULL, &local, 8, 0);
  CASE(code) shmem_int_p((int*)(uintptr_t)&misuse, 1, 0);
  CASE(beyond) shmem_putmem(heap, &local, (size_t)1 << 50, 0);
  CASE(overflow) shmem_long_get(&local, heap, (size_t)1 << 62, 0);
  CASE(strided) shmem_long_iput(heap, words, (ptrdiff_t)1 << 50, 1, 3, 0);
  CASE(pe) shmem_long_p(&word, 1, npes);
  CASE(negative_pe)(void) shmem_long_g(&word, -1);
  CASE(atomic_pe) shmem_long_atomic_inc(&word, npes + 3);
  CASE(unaligned) shmem_long_atomic_inc((long*)((char*)words + 3), 0);
  CASE(sig_op) shmem_long_put_signal(&word, &local, 1, &signal_word, 1, 77, 0);
  CASE(sig_addr) shmem_long_put_signal(&word, &local, 1, (uint64_t*)&local, 1, SHMEM_SIGNAL_SET, 0);
  CASE(cmp) shmem_long_wait_until(&word, 9, 0);
  CASE(ivar)(void) shmem_long_test(&local, SHMEM_CMP_EQ, 1);
  CASE(ctx_invalid) shmem_ctx_long_p(SHMEM_CTX_INVALID, &word, 1, 0);
  CASE(ctx_destroyed) {
    if (shmem_ctx_create(0, &ctx) != 0) return;
    shmem_ctx_destroy(ctx);
    shmem_ctx_quiet(ctx);
  }
  CASE(ctx_default) shmem_ctx_destroy(SHMEM_CTX_DEFAULT);
  CASE(ctx_pe) {
    if (shmem_team_split_strided(SHMEM_TEAM_WORLD, 0, 1, 1, NULL, 0, &team) != 0) return;
    if (shmem_team_create_ctx(team, 0, &ctx) == 0) shmem_ctx_long_p(ctx, &word, 1, 1);
  }
  CASE(team_destroyed) {
    if (shmem_team_split_strided(SHMEM_TEAM_WORLD, 0, 1, npes, NULL, 0, &team) != 0) return;
    shmem_team_destroy(team);
    (void)shmem_team_sync(team);
  }
  CASE(team_invalid)(void) shmem_team_sync(SHMEM_TEAM_INVALID);
  CASE(team_world) shmem_team_destroy(SHMEM_TEAM_WORLD);
  CASE(root)(void) shmem_long_broadcast(SHMEM_TEAM_WORLD, heap, words, 1, npes);
  CASE(collective_address)(void) shmem_long_sum_reduce(SHMEM_TEAM_WORLD, heap, &local, 1);
  CASE(collect_beyond) {
    /* Each block alone would fit behind dest; together they reach beyond the heap of 64 MB. */
    char* const most = (char*)shmem_malloc((size_t)40 << 20);
    if (most != NULL) (void)shmem_collectmem(SHMEM_TEAM_WORLD, most + ((size_t)10 << 20), most, (size_t)30 << 20);
  }
  CASE(collective_sizes)(void) shmem_long_broadcast(SHMEM_TEAM_WORLD, heap, words, 1 + (size_t)me, 0);
  CASE(malloc_sizes)(void) shmem_malloc(100 + (size_t)me);
  CASE(free_twice) {
    shmem_free(heap);
    shmem_free(heap);
  }
  CASE(free_inside) shmem_free(heap + 1);
  CASE(align)(void) shmem_align(24, 100);
  CASE(set) shmem_barrier(0, 0, npes + 1, psync);
  CASE(not_in_set) shmem_barrier((me + 1) % npes, 0, 1, psync);
  CASE(psync) {
    long local_psync[SHMEM_SYNC_SIZE] = {0};
    shmem_sync(0, 0, npes, local_psync);
  }
  CASE(lock) shmem_set_lock(&local);
  CASE(lock_not_held) shmem_clear_lock(&word);
  CASE(after_finalize) {
    shmem_finalize();
    shmem_long_p(&word, 1, 0);
  }
  CASE(malloc_after_finalize) {
    shmem_finalize();
    (void)shmem_malloc(8);
  }
  else fprintf(stderr, "no such case: %s\n", name);
#undef CASE
}

int main(int argc, char** argv) {
  const char* const name = argc > 1 ? argv[1] : "";
  if (strcmp(name, "before_init") == 0) shmem_long_p(&word, 1, 0);
  if (strcmp(name, "my_pe_before_init") == 0) (void)shmem_my_pe();
  shmem_init();
  misuse(name, shmem_my_pe(), shmem_n_pes());
  fprintf(stderr, "the call came back\n");
  shmem_finalize();
  return 0;
}
