/* SPDX-License-Identifier: BSD-3-Clause
 *
 * C99, where only the full names exist: every routine has the prototype of the standard, written out here a second
 * time, and a program without generics runs. Shown by assigning each routine to a pointer of its type: a difference
 * is a warning, which is an error here.
 */
#include <pshmem.h>
#include <shmem.h>

typedef shmem_team_t Team;
typedef shmem_ctx_t Ctx;
typedef void (*Routine)(void);

/* Each routine, its name-shifted twin, and with a context in front; a call of `keep` so that none is optimised away. */
static int kept = 0;
static void keep(Routine routine) {
  kept += routine != 0;
}

#define SAME(R, NAME, ...)                     \
  {                                            \
    R (*plain)(__VA_ARGS__) = shmem_##NAME;    \
    R (*shifted)(__VA_ARGS__) = pshmem_##NAME; \
    keep((Routine)plain);                      \
    keep((Routine)shifted);                    \
  }
#define SAME_CTX(R, NAME, ...) \
  SAME(R, NAME, __VA_ARGS__)   \
  SAME(R, ctx_##NAME, Ctx, __VA_ARGS__)

static void check_typed(void) {
#define SIGNAL size_t, uint64_t*, uint64_t, int, int
#define SET int, int, int
#define SHMEM_STAMP_RMA(N, T, CLASS)                                                 \
  SAME_CTX(void, N##_put, T*, const T*, size_t, int)                                 \
  SAME_CTX(void, N##_get, T*, const T*, size_t, int)                                 \
  SAME_CTX(void, N##_put_nbi, T*, const T*, size_t, int)                             \
  SAME_CTX(void, N##_get_nbi, T*, const T*, size_t, int)                             \
  SAME_CTX(void, N##_p, T*, T, int)                                                  \
  SAME_CTX(T, N##_g, const T*, int)                                                  \
  SAME_CTX(void, N##_iput, T*, const T*, ptrdiff_t, ptrdiff_t, size_t, int)          \
  SAME_CTX(void, N##_iget, T*, const T*, ptrdiff_t, ptrdiff_t, size_t, int)          \
  SAME_CTX(void, N##_ibput, T*, const T*, ptrdiff_t, ptrdiff_t, size_t, size_t, int) \
  SAME_CTX(void, N##_ibget, T*, const T*, ptrdiff_t, ptrdiff_t, size_t, size_t, int) \
  SAME_CTX(void, N##_put_signal, T*, const T*, SIGNAL)                               \
  SAME_CTX(void, N##_put_signal_nbi, T*, const T*, SIGNAL)                           \
  SAME(int, N##_broadcast, Team, T*, const T*, size_t, int)                          \
  SAME(int, N##_collect, Team, T*, const T*, size_t)                                 \
  SAME(int, N##_fcollect, Team, T*, const T*, size_t)                                \
  SAME(int, N##_alltoall, Team, T*, const T*, size_t)                                \
  SAME(int, N##_alltoalls, Team, T*, const T*, ptrdiff_t, ptrdiff_t, size_t)
#define SHMEM_STAMP_AMO_EXT(N, T, CLASS)                  \
  SAME_CTX(T, N##_atomic_fetch, const T*, int)            \
  SAME_CTX(void, N##_atomic_set, T*, T, int)              \
  SAME_CTX(T, N##_atomic_swap, T*, T, int)                \
  SAME_CTX(void, N##_atomic_fetch_nbi, T*, const T*, int) \
  SAME_CTX(void, N##_atomic_swap_nbi, T*, T*, T, int)
#define SHMEM_STAMP_AMO(N, T, CLASS)                             \
  SAME_CTX(T, N##_atomic_compare_swap, T*, T, T, int)            \
  SAME_CTX(T, N##_atomic_fetch_inc, T*, int)                     \
  SAME_CTX(void, N##_atomic_inc, T*, int)                        \
  SAME_CTX(T, N##_atomic_fetch_add, T*, T, int)                  \
  SAME_CTX(void, N##_atomic_add, T*, T, int)                     \
  SAME_CTX(void, N##_atomic_compare_swap_nbi, T*, T*, T, T, int) \
  SAME_CTX(void, N##_atomic_fetch_inc_nbi, T*, T*, int)          \
  SAME_CTX(void, N##_atomic_fetch_add_nbi, T*, T*, T, int)
#define SHMEM_STAMP_AMO_BIT(N, T, CLASS)                   \
  SAME_CTX(T, N##_atomic_fetch_and, T*, T, int)            \
  SAME_CTX(T, N##_atomic_fetch_or, T*, T, int)             \
  SAME_CTX(T, N##_atomic_fetch_xor, T*, T, int)            \
  SAME_CTX(void, N##_atomic_and, T*, T, int)               \
  SAME_CTX(void, N##_atomic_or, T*, T, int)                \
  SAME_CTX(void, N##_atomic_xor, T*, T, int)               \
  SAME_CTX(void, N##_atomic_fetch_and_nbi, T*, T*, T, int) \
  SAME_CTX(void, N##_atomic_fetch_or_nbi, T*, T*, T, int)  \
  SAME_CTX(void, N##_atomic_fetch_xor_nbi, T*, T*, T, int)
#define SHMEM_STAMP_SYNC(N, T, CLASS)                                                      \
  SAME(void, N##_wait_until, T*, int, T)                                                   \
  SAME(int, N##_test, T*, int, T)                                                          \
  SAME(void, N##_wait_until_all, T*, size_t, const int*, int, T)                           \
  SAME(size_t, N##_wait_until_any, T*, size_t, const int*, int, T)                         \
  SAME(size_t, N##_wait_until_some, T*, size_t, size_t*, const int*, int, T)               \
  SAME(int, N##_test_all, T*, size_t, const int*, int, T)                                  \
  SAME(size_t, N##_test_any, T*, size_t, const int*, int, T)                               \
  SAME(size_t, N##_test_some, T*, size_t, size_t*, const int*, int, T)                     \
  SAME(void, N##_wait_until_all_vector, T*, size_t, const int*, int, const T*)             \
  SAME(size_t, N##_wait_until_any_vector, T*, size_t, const int*, int, const T*)           \
  SAME(size_t, N##_wait_until_some_vector, T*, size_t, size_t*, const int*, int, const T*) \
  SAME(int, N##_test_all_vector, T*, size_t, const int*, int, const T*)                    \
  SAME(size_t, N##_test_any_vector, T*, size_t, const int*, int, const T*)                 \
  SAME(size_t, N##_test_some_vector, T*, size_t, size_t*, const int*, int, const T*)
#define SHMEM_STAMP_WAIT(N, T, CLASS) SAME(void, N##_wait, T*, T)
#define SHMEM_STAMP_OLD_AMO_EXT(N, T, CLASS) \
  SAME(T, N##_fetch, const T*, int)          \
  SAME(void, N##_set, T*, T, int)            \
  SAME(T, N##_swap, T*, T, int)
#define SHMEM_STAMP_OLD_AMO(N, T, CLASS) \
  SAME(T, N##_cswap, T*, T, T, int)      \
  SAME(T, N##_finc, T*, int)             \
  SAME(void, N##_inc, T*, int)           \
  SAME(T, N##_fadd, T*, T, int)          \
  SAME(void, N##_add, T*, T, int)
#define REDUCE(N, T) SAME(int, N, Team, T*, const T*, size_t)
#define SHMEM_STAMP_REDUCE_BIT(N, T, CLASS) REDUCE(N##_and_reduce, T) REDUCE(N##_or_reduce, T) REDUCE(N##_xor_reduce, T)
#define SHMEM_STAMP_REDUCE_ORD(N, T, CLASS) REDUCE(N##_max_reduce, T) REDUCE(N##_min_reduce, T)
#define SHMEM_STAMP_REDUCE_SUM(N, T, CLASS) \
  REDUCE(N##_sum_reduce, T) REDUCE(N##_prod_reduce, T) REDUCE(N##_sum_inscan, T) REDUCE(N##_sum_exscan, T)
#define TO_ALL(N, T) SAME(void, N, T*, const T*, int, SET, T*, long*)
#define SHMEM_STAMP_TO_ALL_BIT(N, T, CLASS) TO_ALL(N##_and_to_all, T) TO_ALL(N##_or_to_all, T) TO_ALL(N##_xor_to_all, T)
#define SHMEM_STAMP_TO_ALL_ORD(N, T, CLASS) TO_ALL(N##_max_to_all, T) TO_ALL(N##_min_to_all, T)
#define SHMEM_STAMP_TO_ALL_SUM(N, T, CLASS) TO_ALL(N##_sum_to_all, T) TO_ALL(N##_prod_to_all, T)
#include "interface/stamp.h"
}

static void check_untyped(void) {
#define SIZED(BITS)                                                \
  SAME_CTX(void, put##BITS, void*, const void*, size_t, int)       \
  SAME_CTX(void, get##BITS, void*, const void*, size_t, int)       \
  SAME_CTX(void, put##BITS##_nbi, void*, const void*, size_t, int) \
  SAME_CTX(void, get##BITS##_nbi, void*, const void*, size_t, int) \
  SAME_CTX(void, put##BITS##_signal, void*, const void*, SIGNAL)   \
  SAME_CTX(void, put##BITS##_signal_nbi, void*, const void*, SIGNAL)
#define STRIDED(BITS)                                                                        \
  SAME_CTX(void, iput##BITS, void*, const void*, ptrdiff_t, ptrdiff_t, size_t, int)          \
  SAME_CTX(void, iget##BITS, void*, const void*, ptrdiff_t, ptrdiff_t, size_t, int)          \
  SAME_CTX(void, ibput##BITS, void*, const void*, ptrdiff_t, ptrdiff_t, size_t, size_t, int) \
  SAME_CTX(void, ibget##BITS, void*, const void*, ptrdiff_t, ptrdiff_t, size_t, size_t, int)
#define ACTIVE(BITS)                                                       \
  SAME(void, broadcast##BITS, void*, const void*, size_t, int, SET, long*) \
  SAME(void, collect##BITS, void*, const void*, size_t, SET, long*)        \
  SAME(void, fcollect##BITS, void*, const void*, size_t, SET, long*)       \
  SAME(void, alltoall##BITS, void*, const void*, size_t, SET, long*)       \
  SAME(void, alltoalls##BITS, void*, const void*, ptrdiff_t, ptrdiff_t, size_t, SET, long*)
  SIZED(8)
  SIZED(16)
  SIZED(32) SIZED(64) SIZED(128) SIZED(mem) STRIDED(8) STRIDED(16) STRIDED(32) STRIDED(64) STRIDED(128) ACTIVE(
      32) ACTIVE(64) SAME(void, barrier, SET, long*) SAME(void, sync, SET, long*) SAME(int, broadcastmem, Team, void*,
                                                                                       const void*, size_t, int)
      SAME(int, collectmem, Team, void*, const void*, size_t) SAME(
          int, fcollectmem, Team, void*, const void*, size_t) SAME(int, alltoallmem, Team, void*, const void*, size_t)
          SAME(int, alltoallsmem, Team, void*, const void*, ptrdiff_t, ptrdiff_t, size_t) SAME(void, init, void) SAME(
              void, finalize, void) SAME(int, my_pe, void) SAME(int, n_pes, void) SAME(void, query_initialized, int*)
              SAME(void, global_exit, int) SAME(int, pe_accessible, int) SAME(int, addr_accessible, const void*, int)
                  SAME(void*, ptr, const void*, int) SAME(void*, team_ptr, Team, const void*, int) SAME(
                      void, info_get_version, int*, int*) SAME(void, info_get_name, char*)
                      SAME(int, init_thread, int, int*) SAME(void, query_thread, int*) SAME(void*, malloc, size_t) SAME(
                          void, free, void*) SAME(void*, realloc, void*, size_t)
                          SAME(void*, align, size_t, size_t) SAME(void*, malloc_with_hints, size_t, long) SAME(
                              void*, calloc, size_t, size_t) SAME(int, team_my_pe, Team)
                              SAME(int, team_n_pes, Team)
                                  SAME(int, team_get_config, Team, long, shmem_team_config_t*)
                                      SAME(int, team_translate_pe, Team, int, Team)
                                          SAME(int, team_split_strided, Team, int, int, int, const shmem_team_config_t*,
                                               long, Team*) SAME(int, team_split_2d, Team, int,
                                                                 const shmem_team_config_t*, long, Team*,
                                                                 const shmem_team_config_t*, long, Team*)
                                              SAME(void, team_destroy, Team) SAME(int, team_sync, Team) SAME(
                                                  int, ctx_create,
                                                  long, Ctx*) SAME(int, team_create_ctx, Team, long, Ctx*)
                                                  SAME(void, ctx_destroy, Ctx) SAME(int, ctx_get_team, Ctx, Team*) SAME(
                                                      void, ctx_session_start,
                                                      Ctx,
                                                      long, const shmem_ctx_session_config_t*,
                                                      long) SAME(void, ctx_session_stop, Ctx)
                                                      SAME_CTX(void, signal_add, uint64_t*, uint64_t,
                                                               int) SAME_CTX(void, signal_set, uint64_t*, uint64_t, int)
                                                          SAME(uint64_t, signal_fetch, const uint64_t*) SAME(
                                                              uint64_t, signal_wait_until, uint64_t*, int, uint64_t)
                                                              SAME(void, barrier_all, void) SAME(void, sync_all, void)
                                                                  SAME(void, wait_until, long*, int, long) SAME(
                                                                      void, wait, long*, long) SAME(void, fence, void)
                                                                      SAME(void, quiet, void)
                                                                          SAME(void, ctx_fence, Ctx)
                                                                              SAME(void, ctx_quiet, Ctx) SAME_CTX(
                                                                                  void, pe_quiet, const int*, size_t)
                                                                                  SAME(void, clear_lock, long*)
                                                                                      SAME(void, set_lock, long*)
                                                                                          SAME(int, test_lock, long*)
                                                                                              SAME(void, pcontrol, int,
                                                                                                   ...) {
    void (*start)(int) = start_pes;
    int (*my)(void) = _my_pe, (*num)(void) = _num_pes;
    void* (*allocate)(size_t) = shmalloc, *(*grow)(void*, size_t) = shrealloc, *(*align)(size_t, size_t) = shmemalign;
    void (*release)(void*) = shfree;
    keep((Routine)start), keep((Routine)my), keep((Routine)num), keep((Routine)allocate);
    keep((Routine)grow), keep((Routine)align), keep((Routine)release);
  }
}

/* Constants can be used by the preprocessor and in initialisers; the old spellings mean the same. */
#if SHMEM_MAJOR_VERSION != 1 || SHMEM_MINOR_VERSION != 6 || _SHMEM_MAJOR_VERSION != 1 || _SHMEM_MINOR_VERSION != 6
#error "the version is 1.6"
#endif
#if _SHMEM_MAX_NAME_LEN != SHMEM_MAX_NAME_LEN || _SHMEM_CMP_EQ != SHMEM_CMP_EQ || _SHMEM_CMP_NE != SHMEM_CMP_NE || \
    _SHMEM_CMP_GT != SHMEM_CMP_GT || _SHMEM_CMP_GE != SHMEM_CMP_GE || _SHMEM_CMP_LT != SHMEM_CMP_LT ||             \
    _SHMEM_CMP_LE != SHMEM_CMP_LE || _SHMEM_SYNC_VALUE != SHMEM_SYNC_VALUE ||                                      \
    _SHMEM_BARRIER_SYNC_SIZE != SHMEM_BARRIER_SYNC_SIZE || _SHMEM_BCAST_SYNC_SIZE != SHMEM_BCAST_SYNC_SIZE ||      \
    _SHMEM_REDUCE_SYNC_SIZE != SHMEM_REDUCE_SYNC_SIZE || _SHMEM_COLLECT_SYNC_SIZE != SHMEM_COLLECT_SYNC_SIZE ||    \
    _SHMEM_REDUCE_MIN_WRKDATA_SIZE != SHMEM_REDUCE_MIN_WRKDATA_SIZE
#error "old and new spellings differ"
#endif
#if SHMEM_SYNC_SIZE < SHMEM_BARRIER_SYNC_SIZE || SHMEM_SYNC_SIZE < SHMEM_BCAST_SYNC_SIZE ||  \
    SHMEM_SYNC_SIZE < SHMEM_REDUCE_SYNC_SIZE || SHMEM_SYNC_SIZE < SHMEM_COLLECT_SYNC_SIZE || \
    SHMEM_SYNC_SIZE < SHMEM_ALLTOALL_SYNC_SIZE || SHMEM_SYNC_SIZE < SHMEM_ALLTOALLS_SYNC_SIZE
#error "SHMEM_SYNC_SIZE is enough for every collective"
#endif
#if SHMEM_THREAD_SINGLE >= SHMEM_THREAD_FUNNELED || SHMEM_THREAD_FUNNELED >= SHMEM_THREAD_SERIALIZED || \
    SHMEM_THREAD_SERIALIZED >= SHMEM_THREAD_MULTIPLE
#error "thread levels grow"
#endif
#if SHMEM_SIGNAL_SET == SHMEM_SIGNAL_ADD || (SHMEM_CTX_PRIVATE & SHMEM_CTX_SERIALIZED) ||     \
    (SHMEM_CTX_PRIVATE & SHMEM_CTX_NOSTORE) || (SHMEM_CTX_SERIALIZED & SHMEM_CTX_NOSTORE) ||  \
    (SHMEM_MALLOC_ATOMICS_REMOTE & SHMEM_MALLOC_SIGNAL_REMOTE) || !SHMEM_CTX_SESSION_BATCH || \
    !SHMEM_CTX_SESSION_TOTAL_OPS || !SHMEM_TEAM_NUM_CONTEXTS
#error "options are bits of their own"
#endif

static shmem_team_t team = SHMEM_TEAM_WORLD;
static shmem_ctx_t ctx = SHMEM_CTX_DEFAULT;
static const char vendor[SHMEM_MAX_NAME_LEN] = _SHMEM_VENDOR_STRING;
static long word, sum;

int main(void) {
  int me, npes;
  check_typed();
  check_untyped();
  shmem_init();
  me = shmem_my_pe();
  npes = shmem_n_pes();
  if (team == SHMEM_TEAM_INVALID || team == SHMEM_TEAM_SHARED || ctx == SHMEM_CTX_INVALID || !vendor[0]) return 2;
  shmem_ctx_long_atomic_add(ctx, &word, me + 1, (me + 1) % npes);
  shmem_barrier_all();
  shmem_wait_until(&word, SHMEM_CMP_NE, 0);
  if (shmem_long_sum_reduce(team, &sum, &word, 1) != 0) return 3;
  if (sum != (long)npes * (npes + 1) / 2) return 4;
  shmem_finalize();
  return kept > 3000 ? 0 : 5;
}
