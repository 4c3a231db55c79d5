/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The names without a type: type-generic macros in C11, overloads in C++ (generics.cpp is this file). For every type of
 * every family, with and without context, each name must reach the routine of that type: it moves the element size,
 * returns the type, and does the operation. What the routines do in depth is tested under their full names.
 */
#include <shmem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures = 0;
static int me, npes, next;
static shmem_ctx_t ctx;

#define CHECK(CONDITION)                                                         \
  do {                                                                           \
    if (!(CONDITION) && ++failures <= 20) {                                      \
      fprintf(stderr, "PE %d: %s:%d: %s\n", me, __FILE__, __LINE__, #CONDITION); \
    }                                                                            \
  } while (0)

/* The element behind the last moved one shows whether the element size was right. */
#define PREPARE(a, b, first)                          \
  do {                                                \
    int prepare_i;                                    \
    shmem_barrier_all();                              \
    for (prepare_i = 0; prepare_i < 8; ++prepare_i) { \
      (a)[prepare_i] = 0;                             \
      (b)[prepare_i] = (first);                       \
    }                                                 \
    (void)(b)[0]; /* not every test reads it */       \
    shmem_barrier_all();                              \
  } while (0)

#define ARRIVED(a, n, number)        \
  do {                               \
    shmem_barrier_all();             \
    CHECK((a)[0] == (number));       \
    CHECK((a)[(n) - 1] == (number)); \
    CHECK((a)[n] == 0);              \
    shmem_barrier_all();             \
  } while (0)

/* A transfer of three elements, without and with a context in front of the arguments. */
#define PUT_BOTH(ROUTINE, ...)  \
  PREPARE(a, b, 5);             \
  ROUTINE(a, __VA_ARGS__);      \
  ARRIVED(a, 3, 5);             \
  PREPARE(a, b, 6);             \
  ROUTINE(ctx, a, __VA_ARGS__); \
  ARRIVED(a, 3, 6)

#define SHMEM_STAMP_RMA(NAME, T, CLASS)                                                                          \
  static void test_rma_##NAME(void) {                                                                            \
    static T a[8], b[8];                                                                                         \
    static uint64_t signal_word;                                                                                 \
    const T* const constant = b; /* sources may be const */                                                      \
    PUT_BOTH(shmem_put, constant, 3, next);                                                                      \
    PUT_BOTH(shmem_put_nbi, b, 3, next);                                                                         \
    PUT_BOTH(shmem_get, constant, 3, next);                                                                      \
    PREPARE(a, b, 7);                                                                                            \
    shmem_get_nbi(a, b, 3, next);                                                                                \
    shmem_quiet();                                                                                               \
    ARRIVED(a, 3, 7);                                                                                            \
    PREPARE(a, b, 7);                                                                                            \
    shmem_get_nbi(ctx, a, b, 3, next);                                                                           \
    shmem_ctx_quiet(ctx);                                                                                        \
    ARRIVED(a, 3, 7);                                                                                            \
    PUT_BOTH(shmem_iput, b, 1, 2, 3, next);                                                                      \
    PUT_BOTH(shmem_iget, b, 1, 2, 3, next);                                                                      \
    PUT_BOTH(shmem_ibput, b, 1, 2, 1, 3, next);                                                                  \
    PUT_BOTH(shmem_ibget, b, 1, 2, 1, 3, next);                                                                  \
    PREPARE(a, b, 5);                                                                                            \
    shmem_p(a, 9, next);                                                                                         \
    ARRIVED(a, 1, 9);                                                                                            \
    PREPARE(a, b, 5);                                                                                            \
    shmem_p(ctx, a, 8, next);                                                                                    \
    ARRIVED(a, 1, 8);                                                                                            \
    PREPARE(a, b, 11);                                                                                           \
    CHECK(shmem_g(b, next) == 11 && shmem_g(constant, next) == 11 && sizeof shmem_g(b, 0) == sizeof(T));         \
    CHECK(shmem_g(ctx, b, next) == 11 && shmem_g(ctx, constant, next) == 11);                                    \
    signal_word = 0;                                                                                             \
    PREPARE(a, b, 4);                                                                                            \
    shmem_put_signal(a, b, 3, &signal_word, 1, SHMEM_SIGNAL_SET, next);                                          \
    ARRIVED(a, 3, 4);                                                                                            \
    CHECK(signal_word == 1);                                                                                     \
    PREPARE(a, b, 3);                                                                                            \
    shmem_put_signal(ctx, a, b, 3, &signal_word, 1, SHMEM_SIGNAL_ADD, next);                                     \
    ARRIVED(a, 3, 3);                                                                                            \
    CHECK(signal_word == 2);                                                                                     \
    PREPARE(a, b, 2);                                                                                            \
    shmem_put_signal_nbi(a, b, 3, &signal_word, 5, SHMEM_SIGNAL_SET, next);                                      \
    ARRIVED(a, 3, 2);                                                                                            \
    CHECK(signal_word == 5);                                                                                     \
    PREPARE(a, b, 1);                                                                                            \
    shmem_put_signal_nbi(ctx, a, b, 3, &signal_word, 1, SHMEM_SIGNAL_ADD, next);                                 \
    ARRIVED(a, 3, 1);                                                                                            \
    CHECK(signal_word == 6);                                                                                     \
    {                                                                                                            \
      T* const all = (T*)shmem_calloc((size_t)npes * 3 + 1, sizeof(T));                                          \
      T* const mine = (T*)shmem_calloc((size_t)npes * 3 + 1, sizeof(T));                                         \
      int i;                                                                                                     \
      for (i = 0; i < 3 * npes; ++i) mine[i] = (T)(me + 1);                                                      \
      CHECK(shmem_broadcast(SHMEM_TEAM_WORLD, all, mine, 3, npes - 1) == 0 && all[2] == (T)npes && all[3] == 0); \
      shmem_barrier_all();                                                                                       \
      CHECK(shmem_collect(SHMEM_TEAM_WORLD, all, mine, 3) == 0 && all[3 * npes - 1] == (T)npes && all[0] == 1);  \
      memset(all, 0, sizeof(T) * 3 * (size_t)npes);                                                              \
      shmem_barrier_all();                                                                                       \
      CHECK(shmem_fcollect(SHMEM_TEAM_WORLD, all, mine, 3) == 0 && all[3 * npes - 1] == (T)npes && all[0] == 1); \
      memset(all, 0, sizeof(T) * 3 * (size_t)npes);                                                              \
      shmem_barrier_all();                                                                                       \
      CHECK(shmem_alltoall(SHMEM_TEAM_WORLD, all, mine, 3) == 0 && all[3 * npes - 1] == (T)npes && all[0] == 1); \
      memset(all, 0, sizeof(T) * 3 * (size_t)npes);                                                              \
      shmem_barrier_all();                                                                                       \
      CHECK(shmem_alltoalls(SHMEM_TEAM_WORLD, all, mine, 3, 1, 1) == 0);                                         \
      CHECK(all[3 * (npes - 1)] == (T)npes && all[1] == 0 && all[3 * npes] == 0);                                \
      shmem_free(mine);                                                                                          \
      shmem_free(all);                                                                                           \
    }                                                                                                            \
  }
#define SHMEM_STAMP_AMO_EXT(NAME, T, CLASS)                                                       \
  static void test_amo_ext_##NAME(void) {                                                         \
    static T a[8], b[8];                                                                          \
    const T* const constant = a;                                                                  \
    T fetched = 0;                                                                                \
    PREPARE(a, b, 0);                                                                             \
    shmem_atomic_set(a, 3, next);                                                                 \
    ARRIVED(a, 1, 3);                                                                             \
    CHECK(shmem_atomic_fetch(a, next) == 3 && shmem_atomic_fetch(constant, next) == 3);           \
    CHECK(shmem_atomic_fetch(ctx, a, next) == 3 && shmem_atomic_fetch(ctx, constant, next) == 3); \
    PREPARE(a, b, 0);                                                                             \
    shmem_atomic_set(ctx, a, 4, next);                                                            \
    ARRIVED(a, 1, 4);                                                                             \
    CHECK(shmem_atomic_swap(a, 5, next) == 4);                                                    \
    ARRIVED(a, 1, 5);                                                                             \
    CHECK(shmem_atomic_swap(ctx, a, 6, next) == 5);                                               \
    ARRIVED(a, 1, 6);                                                                             \
    shmem_atomic_swap_nbi(&fetched, a, 7, next);                                                  \
    shmem_quiet();                                                                                \
    CHECK(fetched == 6);                                                                          \
    ARRIVED(a, 1, 7);                                                                             \
    shmem_atomic_swap_nbi(ctx, &fetched, a, 8, next);                                             \
    shmem_ctx_quiet(ctx);                                                                         \
    CHECK(fetched == 7);                                                                          \
    ARRIVED(a, 1, 8);                                                                             \
    shmem_atomic_fetch_nbi(&fetched, constant, next);                                             \
    shmem_quiet();                                                                                \
    CHECK(fetched == 8);                                                                          \
    fetched = 0;                                                                                  \
    shmem_atomic_fetch_nbi(ctx, &fetched, a, next);                                               \
    shmem_ctx_quiet(ctx);                                                                         \
    CHECK(fetched == 8);                                                                          \
    shmem_barrier_all();                                                                          \
  }
#define SHMEM_STAMP_AMO(NAME, T, CLASS)                          \
  static void test_amo_##NAME(void) {                            \
    static T a[8], b[8];                                         \
    T fetched = 0;                                               \
    PREPARE(a, b, 0);                                            \
    CHECK(shmem_atomic_compare_swap(a, 0, 2, next) == 0);        \
    ARRIVED(a, 1, 2);                                            \
    CHECK(shmem_atomic_compare_swap(ctx, a, 2, 4, next) == 2);   \
    ARRIVED(a, 1, 4);                                            \
    shmem_atomic_compare_swap_nbi(&fetched, a, 4, 6, next);      \
    shmem_quiet();                                               \
    CHECK(fetched == 4);                                         \
    ARRIVED(a, 1, 6);                                            \
    shmem_atomic_compare_swap_nbi(ctx, &fetched, a, 6, 8, next); \
    shmem_ctx_quiet(ctx);                                        \
    CHECK(fetched == 6);                                         \
    ARRIVED(a, 1, 8);                                            \
    CHECK(shmem_atomic_fetch_inc(a, next) == 8);                 \
    ARRIVED(a, 1, 9);                                            \
    CHECK(shmem_atomic_fetch_inc(ctx, a, next) == 9);            \
    ARRIVED(a, 1, 10);                                           \
    shmem_atomic_fetch_inc_nbi(&fetched, a, next);               \
    shmem_quiet();                                               \
    CHECK(fetched == 10);                                        \
    ARRIVED(a, 1, 11);                                           \
    shmem_atomic_fetch_inc_nbi(ctx, &fetched, a, next);          \
    shmem_ctx_quiet(ctx);                                        \
    CHECK(fetched == 11);                                        \
    ARRIVED(a, 1, 12);                                           \
    CHECK(shmem_atomic_fetch_add(a, 3, next) == 12);             \
    ARRIVED(a, 1, 15);                                           \
    CHECK(shmem_atomic_fetch_add(ctx, a, 3, next) == 15);        \
    ARRIVED(a, 1, 18);                                           \
    shmem_atomic_fetch_add_nbi(&fetched, a, 2, next);            \
    shmem_quiet();                                               \
    CHECK(fetched == 18);                                        \
    ARRIVED(a, 1, 20);                                           \
    shmem_atomic_fetch_add_nbi(ctx, &fetched, a, 2, next);       \
    shmem_ctx_quiet(ctx);                                        \
    CHECK(fetched == 20);                                        \
    ARRIVED(a, 1, 22);                                           \
    shmem_atomic_inc(a, next);                                   \
    ARRIVED(a, 1, 23);                                           \
    shmem_atomic_inc(ctx, a, next);                              \
    ARRIVED(a, 1, 24);                                           \
    shmem_atomic_add(a, 3, next);                                \
    ARRIVED(a, 1, 27);                                           \
    shmem_atomic_add(ctx, a, 3, next);                           \
    ARRIVED(a, 1, 30);                                           \
  }
#define SHMEM_STAMP_AMO_BIT(NAME, T, CLASS)                 \
  static void test_amo_bit_##NAME(void) {                   \
    static T a[8], b[8];                                    \
    T fetched = 0;                                          \
    PREPARE(a, b, 0);                                       \
    shmem_atomic_or(a, 3, next);                            \
    ARRIVED(a, 1, 3);                                       \
    shmem_atomic_or(ctx, a, 12, next);                      \
    ARRIVED(a, 1, 15);                                      \
    shmem_atomic_and(a, 13, next);                          \
    ARRIVED(a, 1, 13);                                      \
    shmem_atomic_and(ctx, a, 12, next);                     \
    ARRIVED(a, 1, 12);                                      \
    shmem_atomic_xor(a, 6, next);                           \
    ARRIVED(a, 1, 10);                                      \
    shmem_atomic_xor(ctx, a, 3, next);                      \
    ARRIVED(a, 1, 9);                                       \
    CHECK(shmem_atomic_fetch_or(a, 2, next) == 9);          \
    ARRIVED(a, 1, 11);                                      \
    CHECK(shmem_atomic_fetch_or(ctx, a, 4, next) == 11);    \
    ARRIVED(a, 1, 15);                                      \
    CHECK(shmem_atomic_fetch_and(a, 14, next) == 15);       \
    ARRIVED(a, 1, 14);                                      \
    CHECK(shmem_atomic_fetch_and(ctx, a, 12, next) == 14);  \
    ARRIVED(a, 1, 12);                                      \
    CHECK(shmem_atomic_fetch_xor(a, 1, next) == 12);        \
    ARRIVED(a, 1, 13);                                      \
    CHECK(shmem_atomic_fetch_xor(ctx, a, 1, next) == 13);   \
    ARRIVED(a, 1, 12);                                      \
    shmem_atomic_fetch_or_nbi(&fetched, a, 3, next);        \
    shmem_quiet();                                          \
    CHECK(fetched == 12);                                   \
    ARRIVED(a, 1, 15);                                      \
    shmem_atomic_fetch_or_nbi(ctx, &fetched, a, 16, next);  \
    shmem_ctx_quiet(ctx);                                   \
    CHECK(fetched == 15);                                   \
    ARRIVED(a, 1, 31);                                      \
    shmem_atomic_fetch_and_nbi(&fetched, a, 30, next);      \
    shmem_quiet();                                          \
    CHECK(fetched == 31);                                   \
    ARRIVED(a, 1, 30);                                      \
    shmem_atomic_fetch_and_nbi(ctx, &fetched, a, 28, next); \
    shmem_ctx_quiet(ctx);                                   \
    CHECK(fetched == 30);                                   \
    ARRIVED(a, 1, 28);                                      \
    shmem_atomic_fetch_xor_nbi(&fetched, a, 1, next);       \
    shmem_quiet();                                          \
    CHECK(fetched == 28);                                   \
    ARRIVED(a, 1, 29);                                      \
    shmem_atomic_fetch_xor_nbi(ctx, &fetched, a, 1, next);  \
    shmem_ctx_quiet(ctx);                                   \
    CHECK(fetched == 29);                                   \
    ARRIVED(a, 1, 28);                                      \
  }
#define SHMEM_STAMP_SYNC(NAME, T, CLASS)                                                                    \
  static void test_sync_##NAME(void) {                                                                      \
    static T a[8], b[8];                                                                                    \
    const int status[3] = {0, 0, 1};                                                                        \
    size_t indices[3];                                                                                      \
    PREPARE(a, b, 1);                                                                                       \
    a[1] = 2;                                                                                               \
    shmem_wait_until(&a[1], SHMEM_CMP_EQ, 2);                                                               \
    CHECK(shmem_test(&a[1], SHMEM_CMP_EQ, 2) && !shmem_test(&a[1], SHMEM_CMP_EQ, 1));                       \
    shmem_wait_until_all(a, 3, status, SHMEM_CMP_LE, 2);                                                    \
    CHECK(shmem_wait_until_any(a, 3, status, SHMEM_CMP_EQ, 2) == 1);                                        \
    CHECK(shmem_wait_until_some(a, 3, indices, status, SHMEM_CMP_EQ, 2) == 1 && indices[0] == 1);           \
    CHECK(shmem_test_all(a, 3, status, SHMEM_CMP_LE, 2) && !shmem_test_all(a, 3, status, SHMEM_CMP_EQ, 2)); \
    CHECK(shmem_test_any(a, 3, status, SHMEM_CMP_EQ, 2) == 1);                                              \
    CHECK(shmem_test_some(a, 3, indices, status, SHMEM_CMP_EQ, 2) == 1 && indices[0] == 1);                 \
    b[1] = 2;                                                                                               \
    shmem_wait_until_all_vector(a, 3, status, SHMEM_CMP_LE, b);                                             \
    CHECK(shmem_wait_until_any_vector(a, 3, status, SHMEM_CMP_EQ, b) == 1);                                 \
    CHECK(shmem_wait_until_some_vector(a, 3, indices, status, SHMEM_CMP_EQ, b) == 1 && indices[0] == 1);    \
    CHECK(shmem_test_all_vector(a, 3, status, SHMEM_CMP_LE, b));                                            \
    CHECK(shmem_test_any_vector(a, 3, status, SHMEM_CMP_EQ, b) == 1);                                       \
    CHECK(shmem_test_some_vector(a, 3, indices, status, SHMEM_CMP_EQ, b) == 1 && indices[0] == 1);          \
    shmem_barrier_all();                                                                                    \
  }
#define REDUCE(ROUTINE, number) \
  PREPARE(a, b, 3);             \
  CHECK(ROUTINE(SHMEM_TEAM_WORLD, a, b, 3) == 0 && a[0] == (number) && a[2] == (number) && a[3] == 0)
#define SHMEM_STAMP_REDUCE_BIT(NAME, T, CLASS)    \
  static void test_reduce_bit_##NAME(void) {      \
    static T a[8], b[8];                          \
    REDUCE(shmem_and_reduce, 3);                  \
    REDUCE(shmem_or_reduce, 3);                   \
    REDUCE(shmem_xor_reduce, (npes % 2 ? 3 : 0)); \
    shmem_barrier_all();                          \
  }
#define SHMEM_STAMP_REDUCE_ORD(NAME, T, CLASS) \
  static void test_reduce_ord_##NAME(void) {   \
    static T a[8], b[8];                       \
    REDUCE(shmem_max_reduce, 3);               \
    REDUCE(shmem_min_reduce, 3);               \
    shmem_barrier_all();                       \
  }
#define SHMEM_STAMP_REDUCE_SUM(NAME, T, CLASS)                                          \
  static void test_reduce_sum_##NAME(void) {                                            \
    static T a[8], b[8];                                                                \
    REDUCE(shmem_sum_reduce, (T)(3 * npes));                                            \
    PREPARE(a, b, 1);                                                                   \
    CHECK(shmem_prod_reduce(SHMEM_TEAM_WORLD, a, b, 3) == 0 && a[2] == 1 && a[3] == 0); \
    REDUCE(shmem_sum_inscan, (T)(3 * (me + 1)));                                        \
    REDUCE(shmem_sum_exscan, (T)(3 * me));                                              \
    shmem_barrier_all();                                                                \
  }
#define SHMEM_STAMP_OLD_AMO_EXT(NAME, T, CLASS)                           \
  static void test_old_amo_ext_##NAME(void) {                             \
    static T a[8], b[8];                                                  \
    const T* const constant = a;                                          \
    PREPARE(a, b, 0);                                                     \
    shmem_set(a, 3, next);                                                \
    ARRIVED(a, 1, 3);                                                     \
    CHECK(shmem_fetch(a, next) == 3 && shmem_fetch(constant, next) == 3); \
    shmem_barrier_all();                                                  \
    CHECK(shmem_swap(a, 4, next) == 3);                                   \
    ARRIVED(a, 1, 4);                                                     \
  }
#define SHMEM_STAMP_OLD_AMO(NAME, T, CLASS) \
  static void test_old_amo_##NAME(void) {   \
    static T a[8], b[8];                    \
    PREPARE(a, b, 0);                       \
    CHECK(shmem_cswap(a, 0, 2, next) == 0); \
    ARRIVED(a, 1, 2);                       \
    CHECK(shmem_finc(a, next) == 2);        \
    ARRIVED(a, 1, 3);                       \
    CHECK(shmem_fadd(a, 2, next) == 3);     \
    ARRIVED(a, 1, 5);                       \
    shmem_inc(a, next);                     \
    ARRIVED(a, 1, 6);                       \
    shmem_add(a, 3, next);                  \
    ARRIVED(a, 1, 9);                       \
  }
#include "interface/stamp.h"

/* Names that exist without a type as well. */
static void test_untyped(void) {
  static uint64_t signal_word;
  static long psync[SHMEM_SYNC_SIZE];
  static long word;
  int i;
  for (i = 0; i < SHMEM_SYNC_SIZE; ++i) psync[i] = SHMEM_SYNC_VALUE;
  shmem_barrier_all();
  shmem_signal_set(&signal_word, 3, next);
  shmem_barrier_all();
  shmem_signal_add(ctx, &signal_word, 4, next);
  shmem_barrier_all();
  CHECK(shmem_signal_fetch(&signal_word) == 7);
  shmem_barrier_all();
  shmem_signal_set(ctx, &signal_word, 10, next);
  shmem_barrier_all();
  shmem_signal_add(&signal_word, 1, next);
  shmem_barrier_all();
  CHECK(shmem_signal_fetch(&signal_word) == 11);
  CHECK(shmem_sync(SHMEM_TEAM_WORLD) == 0);
  shmem_sync(0, 0, npes, psync);
  word = 1;
  (shmem_wait_until)(&word, SHMEM_CMP_EQ, 1); /* the function behind the macro */
}

/* Generics within arguments of generics, and arguments that are expressions. */
static void test_nesting(void) {
  static long numbers[4] = {1, 2, 3, 0};
  static double reals[4] = {1, 2, 3, 4};
  shmem_barrier_all();
  CHECK(shmem_g(&reals[shmem_g(&numbers[shmem_g(numbers, me)], me)], me) == 3.0);
  shmem_p(&numbers[3], shmem_g(ctx, numbers + 1, me) + (long)shmem_g(reals, me), me);
  CHECK(numbers[3] == 3);
  shmem_put(me >= 0 ? reals : reals + 1, &reals[3], 1, me);
  CHECK(reals[0] == 4);
  shmem_barrier_all();
}

int main(void) {
  shmem_init();
  me = shmem_my_pe();
  npes = shmem_n_pes();
  next = (me + 1) % npes;
  if (shmem_ctx_create(0, &ctx) != 0) return 2;

#define SHMEM_STAMP_RMA(NAME, T, CLASS) test_rma_##NAME();
#define SHMEM_STAMP_AMO_EXT(NAME, T, CLASS) test_amo_ext_##NAME();
#define SHMEM_STAMP_AMO(NAME, T, CLASS) test_amo_##NAME();
#define SHMEM_STAMP_AMO_BIT(NAME, T, CLASS) test_amo_bit_##NAME();
#define SHMEM_STAMP_SYNC(NAME, T, CLASS) test_sync_##NAME();
#define SHMEM_STAMP_REDUCE_BIT(NAME, T, CLASS) test_reduce_bit_##NAME();
#define SHMEM_STAMP_REDUCE_ORD(NAME, T, CLASS) test_reduce_ord_##NAME();
#define SHMEM_STAMP_REDUCE_SUM(NAME, T, CLASS) test_reduce_sum_##NAME();
#define SHMEM_STAMP_OLD_AMO_EXT(NAME, T, CLASS) test_old_amo_ext_##NAME();
#define SHMEM_STAMP_OLD_AMO(NAME, T, CLASS) test_old_amo_##NAME();
#include "interface/stamp.h"
  test_untyped();
  test_nesting();

  shmem_ctx_destroy(ctx);
  shmem_finalize();
  return failures > 0;
}
