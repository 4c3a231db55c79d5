/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Wrong calls, one per name: each must end the job and name routine, argument and PE (expect_failure.sh).
 */
#include <pthread.h>
#include <shmem.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static long word, words[4], psync[SHMEM_SYNC_SIZE];
static uint64_t signal_word;
static int words_read;
const long constants[4] = {1, 2, 3, 4};

static void* barrier(void* unused) {
  shmem_barrier_all();
  return unused;
}

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
  CASE(constant_put) shmem_long_put((long*)(uintptr_t)constants, &local, 1, 0);
  CASE(constant_atomic) shmem_long_atomic_inc((long*)(uintptr_t)constants, 0);
  CASE(null_put_source) shmem_long_put(heap, NULL, 1, 0);
  CASE(null_get_dest) shmem_long_get(NULL, heap, 1, 0);
  CASE(null_putmem_source) shmem_ctx_putmem(SHMEM_CTX_DEFAULT, heap, NULL, 60, 0);
  CASE(null_iput_source) shmem_long_iput(heap, NULL, 1, 1, 2, 0);
  CASE(null_iget_dest) shmem_long_iget(NULL, heap, 1, 1, 2, 0);
  CASE(null_ibput_source) shmem_long_ibput(heap, NULL, 2, 2, 2, 2, 0);
  CASE(null_ibget_dest) shmem_long_ibget(NULL, heap, 2, 2, 2, 2, 0);
  CASE(null_signal_source) shmem_putmem_signal(heap, NULL, 8, &signal_word, 1, SHMEM_SIGNAL_SET, 0);
  CASE(null_fetch) shmem_long_atomic_fetch_add_nbi(NULL, &word, 1, 0);
  CASE(null_ctx)(void) shmem_ctx_create(0, NULL);
  CASE(null_team_ctx)(void) shmem_team_create_ctx(SHMEM_TEAM_WORLD, 0, NULL);
  CASE(null_ctx_team)(void) shmem_ctx_get_team(SHMEM_CTX_DEFAULT, NULL);
  CASE(null_name) shmem_info_get_name(NULL);
  CASE(null_version) shmem_info_get_version(&words_read, NULL);
  CASE(null_level) shmem_query_thread(NULL);
  CASE(null_initialized) shmem_query_initialized(NULL);
  CASE(null_config)(void) shmem_team_get_config(SHMEM_TEAM_WORLD, SHMEM_TEAM_NUM_CONTEXTS, NULL);
  CASE(null_split)(void) shmem_team_split_strided(SHMEM_TEAM_WORLD, 0, 1, npes, NULL, 0, NULL);
  CASE(null_split_2d)(void) shmem_team_split_2d(SHMEM_TEAM_WORLD, 1, NULL, 0, &team, NULL, 0, NULL);
  CASE(null_pes) shmem_pe_quiet(NULL, 2);
  CASE(null_values) shmem_long_wait_until_all_vector(words, 2, NULL, SHMEM_CMP_EQ, NULL);
  CASE(null_indices)(void) shmem_long_test_some(words, 2, NULL, NULL, SHMEM_CMP_EQ, 0);
  CASE(null_wait_indices)(void) shmem_long_wait_until_some(words, 2, NULL, NULL, SHMEM_CMP_EQ, 0);
  CASE(null_ivar) shmem_long_wait_until(NULL, SHMEM_CMP_EQ, 0);
  CASE(null_lock) shmem_set_lock(NULL);
  CASE(null_collective)(void) shmem_long_broadcast(SHMEM_TEAM_WORLD, heap, NULL, 1, 0);
  CASE(null_psync) shmem_barrier(0, 0, npes, NULL);
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
  CASE(roots_and_barrier) {
    (void)shmem_long_broadcast(SHMEM_TEAM_WORLD, heap, words, 1, me);
    shmem_barrier_all();
  }
  CASE(roots_and_finalize) {
    (void)shmem_long_broadcast(SHMEM_TEAM_WORLD, heap, words, 1, me);
    shmem_finalize();
  }
  CASE(roots_in_team) {
    if (shmem_team_split_strided(SHMEM_TEAM_WORLD, npes - 1, -1, npes, NULL, 0, &team) != 0) return;
    (void)shmem_long_broadcast(team, heap, words, 1, npes - 1 - me);
    shmem_finalize();
  }
  CASE(barrier_and_sync) {
    if (me == 0) {
      shmem_barrier_all();
    } else {
      shmem_sync_all();
    }
  }
  CASE(two_threads) {
    pthread_t second;
    int provided;
    (void)shmem_init_thread(SHMEM_THREAD_MULTIPLE, &provided);
    if (me == 0) {
      (void)pthread_create(&second, NULL, barrier, NULL);
      shmem_barrier_all();
      (void)pthread_join(second, NULL);
    }
    shmem_long_wait_until(&word, SHMEM_CMP_NE, 0);
  }
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
  CASE(lock_held) {
    if (me == 0) {
      shmem_set_lock(&word);
      shmem_set_lock(&word);
    }
    shmem_barrier_all();
  }
  CASE(lock_tested) {
    if (me == npes - 1 && shmem_test_lock(&word) == 0) shmem_set_lock(&word);
    shmem_barrier_all();
  }
  CASE(after_finalize) {
    shmem_finalize();
    shmem_long_p(&word, 1, 0);
  }
  CASE(malloc_after_finalize) {
    shmem_finalize();
    (void)shmem_malloc(8);
  }
  CASE(source) shmem_long_get(&local, &local, 1, 0);
  CASE(strided_below) shmem_long_iget(words, heap, 1, -((ptrdiff_t)1 << 40), 3, 0);
  CASE(blocks) shmem_long_ibput(heap, words, 4, 4, (size_t)1 << 62, 4, 0);
  CASE(nelems) shmem_long_put(heap, words, SIZE_MAX / 8 + 2, 0);
  CASE(signal_unaligned) shmem_putmem_signal(heap, words, 8, (uint64_t*)((char*)heap + 1), 1, SHMEM_SIGNAL_SET, 0);
  CASE(signal_set) shmem_signal_set(SHMEM_CTX_DEFAULT, (uint64_t*)&local, 1, 0);
  CASE(signal_cmp)(void) shmem_signal_wait_until(&signal_word, 42, 0);
  CASE(signal_fetch)(void) shmem_signal_fetch((uint64_t*)&local);
  CASE(ivar_unaligned) shmem_long_wait_until((long*)((char*)heap + 1), SHMEM_CMP_EQ, 7);
  CASE(ivars) shmem_long_wait_until_all(heap, (size_t)1 << 40, NULL, SHMEM_CMP_EQ, 0);
  CASE(ivars_null)(void) shmem_long_test_any(NULL, 3, NULL, SHMEM_CMP_EQ, 0);
  CASE(atomic_address) shmem_long_atomic_add(&local, 1, 0);
  CASE(quiet_pe) {
    const int pes[] = {0, npes};
    shmem_pe_quiet(pes, 2);
  }
  CASE(ctx_options)(void) shmem_ctx_create(1L << 20, &ctx);
  CASE(ctx_twice) {
    if (shmem_ctx_create(0, &ctx) != 0) return;
    shmem_ctx_destroy(ctx);
    shmem_ctx_destroy(ctx);
  }
  CASE(ctx_garbage) shmem_ctx_long_p((shmem_ctx_t)(void*)heap, &word, 1, 0);
  CASE(ctx_of_destroyed_team) {
    if (shmem_team_split_strided(SHMEM_TEAM_WORLD, 0, 1, npes, NULL, 0, &team) != 0) return;
    if (shmem_team_create_ctx(team, 0, &ctx) != 0) return;
    shmem_team_destroy(team);
    shmem_ctx_long_p(ctx, &word, 1, 0);
  }
  CASE(session) shmem_ctx_session_start((shmem_ctx_t)(uintptr_t)8, 0, NULL, 0);
  CASE(team_garbage)(void) shmem_team_sync((shmem_team_t)(uintptr_t)0x1234);
  CASE(team_twice) {
    if (shmem_team_split_strided(SHMEM_TEAM_WORLD, 0, 1, npes, NULL, 0, &team) != 0) return;
    shmem_team_destroy(team);
    shmem_team_destroy(team);
  }
  CASE(split_differs)(void) shmem_team_split_strided(SHMEM_TEAM_WORLD, 0, 1, me == 0 ? 1 : npes, NULL, 0, &team);
  CASE(not_in_team) {
    if (shmem_team_split_strided(SHMEM_TEAM_WORLD, 0, 1, 1, NULL, 0, &team) != 0) return;
    (void)shmem_long_sum_reduce(team, heap, words, 1);
    shmem_barrier_all();
  }
  CASE(collective_ops) {
    if (me == 0) {
      (void)shmem_long_sum_reduce(SHMEM_TEAM_WORLD, heap, words, 1);
    } else {
      (void)shmem_long_max_reduce(SHMEM_TEAM_WORLD, heap, words, 1);
    }
  }
  CASE(collective_kinds) {
    if (me == npes - 1) {
      (void)shmem_long_broadcast(SHMEM_TEAM_WORLD, heap, words, 1, 0);
    } else {
      shmem_barrier_all();
    }
  }
  CASE(malloc_and_broadcast) {
    if (me == 0) {
      (void)shmem_malloc(8);
    } else {
      (void)shmem_long_broadcast(SHMEM_TEAM_WORLD, heap, words, 1, 0);
    }
  }
  CASE(roots) {
    char* const large = (char*)shmem_malloc((size_t)1 << 20);
    (void)shmem_broadcastmem(SHMEM_TEAM_WORLD, large, large, (size_t)1 << 20, (me + 1) % npes);
  }
  CASE(team_kinds) {
    if (shmem_team_split_strided(SHMEM_TEAM_WORLD, npes - 1, -1, npes, NULL, 0, &team) != 0) return;
    if (me == 0) {
      (void)shmem_team_sync(team);
    } else {
      (void)shmem_long_broadcast(team, heap, words, 1, npes - 1);
    }
  }
  CASE(collective_nelems)(void) shmem_long_sum_reduce(SHMEM_TEAM_WORLD, heap, words, SIZE_MAX);
  CASE(alltoall_beyond)(void) shmem_long_alltoall(SHMEM_TEAM_WORLD, heap, words, (size_t)1 << 40);
  CASE(scan_address)(void) shmem_long_sum_inscan(SHMEM_TEAM_WORLD, &local, words, 1);
  CASE(malloc_and_barrier) {
    if (me == 0) {
      (void)shmem_malloc(8);
    } else {
      shmem_barrier_all();
    }
  }
  CASE(free_stack) shmem_free(&local);
  CASE(free_global) shmem_free(&word);
  CASE(free_differs) {
    long* const second = (long*)shmem_malloc(64);
    shmem_free(me == 0 ? heap : second);
  }
  CASE(realloc_stack)(void) shmem_realloc(&local, 100);
  CASE(realloc_sizes)(void) shmem_realloc(heap, 2000 + (size_t)me);
  CASE(align_zero)(void) shmem_align(0, 100);
  CASE(test_lock)(void) shmem_test_lock(&local);
  CASE(lock_of_another) {
    if (me == 0) shmem_set_lock(&word);
    shmem_barrier_all();
    if (me == npes - 1) shmem_clear_lock(&word);
    shmem_barrier_all();
  }
  CASE(set_root) shmem_broadcast64(heap, words, 1, npes, 0, 0, npes, psync);
  CASE(psync_value) {
    psync[0] = -1;
    shmem_barrier_all();
    shmem_barrier(0, 0, npes, psync);
  }
  CASE(finalize_twice) {
    shmem_finalize();
    shmem_finalize();
  }
  CASE(finalize_early) {
    if (me != 0) shmem_barrier_all();
    shmem_finalize();
    if (me == 0) exit(0);
  }
  else fprintf(stderr, "no such case: %s\n", name);
#undef CASE
}

int main(int argc, char** argv) {
  const char* const name = argc > 1 ? argv[1] : "";
  if (strcmp(name, "before_init") == 0) shmem_long_p(&word, 1, 0);
  if (strcmp(name, "my_pe_before_init") == 0) (void)shmem_my_pe();
  if (strcmp(name, "barrier_before_init") == 0) shmem_barrier_all();
  if (strcmp(name, "malloc_before_init") == 0) (void)shmem_malloc(8);
  if (strcmp(name, "finalize_before_init") == 0) shmem_finalize();
  if (strcmp(name, "thread_level") == 0) {
    int provided;
    (void)shmem_init_thread(77, &provided);
  }
  shmem_init();
  misuse(name, shmem_my_pe(), shmem_n_pes());
  fprintf(stderr, "the call came back\n");
  shmem_finalize();
  return 0;
}
