// SPDX-License-Identifier: BSD-3-Clause
//
// Atomics: what each returns and leaves, for every type, on heap and globals; and that they are atomic, with all PEs
// at one word.
#include "suite.h"

using namespace suite;

namespace {

shmem_ctx_t ctx;

// The word that is worked on: a guarded element on every PE, in the heap and among the globals.
template <class T, class Check>
void on_words(Check check) {
  static T global[3];
  Array<T> heap(3);
  for (T* const words : {heap.data(), global}) {
    fill(words, 3, me);
    shmem_barrier_all();
    check(words + 1);
    shmem_barrier_all();
    CHECK(words[0] == value<T>(me, 0) && words[2] == value<T>(me, 2));
    shmem_barrier_all();
  }
}

// One call by each PE on its neighbour's word, which held the neighbour's value: `operate` returns what the routine
// fetched (or what was there, if it fetches nothing), `after` is what must be there then.
template <class T, class Operate>
void check_one(Operate operate, T after_of(T before, T operand)) {
  on_words<T>([&](T* word) {
    const T before = value<T>(next_pe(), 1);
    const T operand = value<T>(me + 10, 5);
    const T mine_before = *word;
    shmem_barrier_all();
    CHECK(operate(word, operand, next_pe()) == before);
    shmem_quiet();
    shmem_barrier_all();
    CHECK(*word == after_of(mine_before, value<T>(previous_pe() + 10, 5)));
  });
}

template <class T>
T old_value(T*, int pe) {
  return value<T>(pe, 1);
}

// All forms of a routine behind one signature, T(T* word, T operand, int pe).
template <class T>
auto plain(T (*routine)(T*, T, int)) {
  return routine;
}
template <class T>
auto plain(void (*routine)(T*, T, int)) {
  return [=](T* word, T operand, int pe) {
    routine(word, operand, pe);
    return old_value(word, pe);
  };
}
template <class T>
auto plain(T (*routine)(T*, int)) {
  return [=](T* word, T, int pe) { return routine(word, pe); };
}
template <class T>
auto plain(void (*routine)(T*, int)) {
  return [=](T* word, T, int pe) {
    routine(word, pe);
    return old_value(word, pe);
  };
}
template <class T>
auto plain(T (*routine)(shmem_ctx_t, T*, T, int)) {
  return [=](T* word, T operand, int pe) { return routine(ctx, word, operand, pe); };
}
template <class T>
auto plain(void (*routine)(shmem_ctx_t, T*, T, int)) {
  return [=](T* word, T operand, int pe) {
    routine(ctx, word, operand, pe);
    return old_value(word, pe);
  };
}
template <class T>
auto plain(T (*routine)(shmem_ctx_t, T*, int)) {
  return [=](T* word, T, int pe) { return routine(ctx, word, pe); };
}
template <class T>
auto plain(void (*routine)(shmem_ctx_t, T*, int)) {
  return [=](T* word, T, int pe) {
    routine(ctx, word, pe);
    return old_value(word, pe);
  };
}
template <class T>
auto plain_nbi(void (*routine)(T*, T*, T, int)) {
  return [=](T* word, T operand, int pe) {
    T fetched{};
    routine(&fetched, word, operand, pe);
    shmem_quiet();
    return fetched;
  };
}
template <class T>
auto plain_nbi(void (*routine)(T*, T*, int)) {
  return [=](T* word, T, int pe) {
    T fetched{};
    routine(&fetched, word, pe);
    shmem_quiet();
    return fetched;
  };
}
template <class T>
auto plain_nbi(void (*routine)(shmem_ctx_t, T*, T*, T, int)) {
  return [=](T* word, T operand, int pe) {
    T fetched{};
    routine(ctx, &fetched, word, operand, pe);
    shmem_ctx_quiet(ctx);
    return fetched;
  };
}
template <class T>
auto plain_nbi(void (*routine)(shmem_ctx_t, T*, T*, int)) {
  return [=](T* word, T, int pe) {
    T fetched{};
    routine(ctx, &fetched, word, pe);
    shmem_ctx_quiet(ctx);
    return fetched;
  };
}

// Arithmetic wraps, also of signed types.
template <class T>
T added(T a, T b) {
  T sum;
  __builtin_add_overflow(a, b, &sum);
  return sum;
}
template <class T>
T incremented(T before, T) {
  return added<T>(before, 1);
}
template <class T>
T replaced(T, T operand) {
  return operand;
}
template <class T>
T anded(T before, T operand) {
  return before & operand;
}
template <class T>
T ored(T before, T operand) {
  return before | operand;
}
template <class T>
T xored(T before, T operand) {
  return before ^ operand;
}

template <class T>
void check_fetch(T (*routine)(const T*, int)) {
  on_words<T>([&](T* word) {
    for (int pe = 0; pe < npes; ++pe) CHECK(routine(word, pe) == value<T>(pe, 1));
  });
}

// Compare-and-swap that finds its value, and one that does not.
template <class T, class Swap>
void check_compare_swap(Swap swap) {
  on_words<T>([&](T* word) {
    const T there = value<T>(next_pe(), 1);
    const T wanted = value<T>(me + 20, 3);
    CHECK(swap(word, static_cast<T>(there + 1), wanted, next_pe()) == there);
    shmem_barrier_all();
    CHECK(*word == value<T>(me, 1));
    shmem_barrier_all();
    CHECK(swap(word, there, wanted, next_pe()) == there);
    shmem_barrier_all();
    CHECK(*word == value<T>(previous_pe() + 20, 3));
  });
}

// All PEs count at PE 0's word; nothing is lost, and no two fetch the same number.
template <class T>
void check_is_atomic(T (*fetch_add)(T*, T, int), void (*add)(T*, T, int), T (*fetch_inc)(T*, int), void (*inc)(T*, int),
                     T (*compare_swap)(T*, T, T, int)) {
  constexpr int kRounds = 200;
  Array<T> word(1);
  Array<int> taken(static_cast<std::size_t>(npes) * kRounds);
  for (int round = 0; round < kRounds; ++round) {
    const T number = fetch_add(word, T(1), 0);
    CHECK(number >= T(0) && number < static_cast<T>(npes * kRounds));
    shmem_int_p(&taken[static_cast<std::ptrdiff_t>(number)], 1, 0);
  }
  shmem_barrier_all();
  if (me == 0) {
    CHECK(*word == static_cast<T>(npes * kRounds));
    bool all = true;
    for (int i = 0; i < npes * kRounds; ++i) all &= taken[i] == 1;
    CHECK(all);
    *word = 0;
  }
  shmem_barrier_all();
  for (int round = 0; round < kRounds; ++round) {
    inc(word, 0);
    add(word, T(2), 0);
    (void)fetch_inc(word, 0);
    for (T seen = 0;;) {  // counts by compare-and-swap
      const T before = compare_swap(word, seen, static_cast<T>(seen + 1), 0);
      if (before == seen) break;
      seen = before;
    }
  }
  shmem_barrier_all();
  if (me == 0) CHECK(*word == static_cast<T>(5 * npes * kRounds));
  shmem_barrier_all();
}

// Values go round by swaps: none is lost and none is doubled, so what the PEs hold in the end, together with what lies
// in the word, is what came in.
template <class T>
void check_swap_is_atomic(T (*swap)(T*, T, int)) {
  Array<T> word(1);
  Array<T> held(static_cast<std::size_t>(npes));
  T mine = static_cast<T>(me + 1);
  for (int round = 0; round < 200; ++round) mine = swap(word, mine, 0);
  shmem_putmem(held + me, &mine, sizeof mine, 0);
  shmem_barrier_all();
  if (me == 0) {
    T sum = *word;
    for (int pe = 0; pe < npes; ++pe) sum = static_cast<T>(sum + held[pe]);
    CHECK(sum == static_cast<T>(npes * (npes + 1) / 2));
  }
  shmem_barrier_all();
}

}  // namespace

#define CHECK_OP(ROUTINE_NAME, AFTER, T) check_one<T>(plain<T>(ROUTINE(ROUTINE_NAME)), AFTER<T>)
#define CHECK_NBI(ROUTINE_NAME, AFTER, T) check_one<T>(plain_nbi<T>(ROUTINE(ROUTINE_NAME)), AFTER<T>)
// A routine with and without context.
#define CHECK_BOTH(NAME, OP, AFTER, T)            \
  CHECK_OP(shmem_##NAME##_atomic_##OP, AFTER, T); \
  CHECK_OP(shmem_ctx_##NAME##_atomic_##OP, AFTER, T)
// The fetching forms of an operation, blocking and not.
#define CHECK_FETCHING(NAME, OP, AFTER, T)               \
  CHECK_BOTH(NAME, OP, AFTER, T);                        \
  CHECK_NBI(shmem_##NAME##_atomic_##OP##_nbi, AFTER, T); \
  CHECK_NBI(shmem_ctx_##NAME##_atomic_##OP##_nbi, AFTER, T)

void run_tests() {
  CHECK(shmem_ctx_create(0, &ctx) == 0);

#define SHMEM_STAMP_AMO_EXT(NAME, T, CLASS)                                        \
  check_fetch<T>(ROUTINE(shmem_##NAME##_atomic_fetch));                            \
  {                                                                                \
    static auto* const with_ctx = ROUTINE(shmem_ctx_##NAME##_atomic_fetch);        \
    static auto* const nbi = ROUTINE(shmem_##NAME##_atomic_fetch_nbi);             \
    static auto* const ctx_nbi = ROUTINE(shmem_ctx_##NAME##_atomic_fetch_nbi);     \
    check_fetch<T>([](const T* word, int pe) { return with_ctx(ctx, word, pe); }); \
    check_fetch<T>([](const T* word, int pe) {                                     \
      T fetched{};                                                                 \
      nbi(&fetched, word, pe);                                                     \
      shmem_quiet();                                                               \
      return fetched;                                                              \
    });                                                                            \
    check_fetch<T>([](const T* word, int pe) {                                     \
      T fetched{};                                                                 \
      ctx_nbi(ctx, &fetched, word, pe);                                            \
      shmem_ctx_quiet(ctx);                                                        \
      return fetched;                                                              \
    });                                                                            \
  }                                                                                \
  CHECK_BOTH(NAME, set, replaced, T);                                              \
  CHECK_FETCHING(NAME, swap, replaced, T);                                         \
  check_swap_is_atomic<T>(shmem_##NAME##_atomic_swap);
#define SHMEM_STAMP_AMO(NAME, T, CLASS)                                                                               \
  CHECK_BOTH(NAME, inc, incremented, T);                                                                              \
  CHECK_BOTH(NAME, add, added, T);                                                                                    \
  CHECK_FETCHING(NAME, fetch_inc, incremented, T);                                                                    \
  CHECK_FETCHING(NAME, fetch_add, added, T);                                                                          \
  check_compare_swap<T>(ROUTINE(shmem_##NAME##_atomic_compare_swap));                                                 \
  check_compare_swap<T>([swap = ROUTINE(shmem_ctx_##NAME##_atomic_compare_swap)](T* word, T cond, T wanted, int pe) { \
    return swap(ctx, word, cond, wanted, pe);                                                                         \
  });                                                                                                                 \
  check_compare_swap<T>([swap = ROUTINE(shmem_##NAME##_atomic_compare_swap_nbi)](T* word, T cond, T wanted, int pe) { \
    T fetched{};                                                                                                      \
    swap(&fetched, word, cond, wanted, pe);                                                                           \
    shmem_quiet();                                                                                                    \
    return fetched;                                                                                                   \
  });                                                                                                                 \
  check_compare_swap<T>(                                                                                              \
      [swap = ROUTINE(shmem_ctx_##NAME##_atomic_compare_swap_nbi)](T* word, T cond, T wanted, int pe) {               \
        T fetched{};                                                                                                  \
        swap(ctx, &fetched, word, cond, wanted, pe);                                                                  \
        shmem_ctx_quiet(ctx);                                                                                         \
        return fetched;                                                                                               \
      });                                                                                                             \
  check_is_atomic<T>(shmem_##NAME##_atomic_fetch_add, shmem_##NAME##_atomic_add, shmem_##NAME##_atomic_fetch_inc,     \
                     shmem_##NAME##_atomic_inc, shmem_##NAME##_atomic_compare_swap);
#define SHMEM_STAMP_AMO_BIT(NAME, T, CLASS)  \
  CHECK_BOTH(NAME, and, anded, T);           \
  CHECK_BOTH(NAME, or, ored, T);             \
  CHECK_BOTH(NAME, xor, xored, T);           \
  CHECK_FETCHING(NAME, fetch_and, anded, T); \
  CHECK_FETCHING(NAME, fetch_or, ored, T);   \
  CHECK_FETCHING(NAME, fetch_xor, xored, T);
#define SHMEM_STAMP_OLD_AMO_EXT(NAME, T, CLASS)  \
  check_fetch<T>(ROUTINE(shmem_##NAME##_fetch)); \
  CHECK_OP(shmem_##NAME##_set, replaced, T);     \
  CHECK_OP(shmem_##NAME##_swap, replaced, T);
#define SHMEM_STAMP_OLD_AMO(NAME, T, CLASS)      \
  CHECK_OP(shmem_##NAME##_finc, incremented, T); \
  CHECK_OP(shmem_##NAME##_inc, incremented, T);  \
  CHECK_OP(shmem_##NAME##_fadd, added, T);       \
  CHECK_OP(shmem_##NAME##_add, added, T);        \
  check_compare_swap<T>(ROUTINE(shmem_##NAME##_cswap));
#include "interface/stamp.h"

  shmem_ctx_destroy(ctx);
}
