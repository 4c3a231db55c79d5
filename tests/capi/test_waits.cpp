// SPDX-License-Identifier: BSD-3-Clause
//
// wait_until and test: every comparison, on one variable and on arrays, with status arrays and vectors of values, for
// every type; waits that are satisfied already and waits that another PE satisfies later; when a test gives a turn.
#include <sched.h>
#include <shmemx.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "suite.h"

using namespace suite;

namespace {

constexpr int kComparisons[] = {SHMEM_CMP_EQ, SHMEM_CMP_NE, SHMEM_CMP_GT, SHMEM_CMP_GE, SHMEM_CMP_LT, SHMEM_CMP_LE};

template <class T>
bool holds(T left, int cmp, T right) {
  switch (cmp) {
    case SHMEM_CMP_EQ:
      return left == right;
    case SHMEM_CMP_NE:
      return left != right;
    case SHMEM_CMP_GT:
      return left > right;
    case SHMEM_CMP_GE:
      return left >= right;
    case SHMEM_CMP_LT:
      return left < right;
    default:
      return left <= right;
  }
}

template <class T>
struct One {
  void (*wait_until)(T*, int, T);
  int (*test)(T*, int, T);
  void (*put)(T*, T, int);

  void check() const {
    static T global;
    Array<T> heap(1);
    for (T* const ivar : {heap.data(), &global}) {
      const T high = std::numeric_limits<T>::max(), low = std::numeric_limits<T>::lowest();
      for (const T left : {low, T(0), T(5), high}) {
        for (const T right : {low, T(0), T(5), high}) {
          *ivar = left;
          for (const int cmp : kComparisons) {
            CHECK((test(ivar, cmp, right) != 0) == holds(left, cmp, right));
            if (holds(left, cmp, right)) wait_until(ivar, cmp, right);  // true already: comes back
          }
        }
      }
      // A token goes round: each waits for its predecessor's store.
      *ivar = 0;
      shmem_barrier_all();
      for (int round = 1; round <= 3; ++round) {
        if (me == 0) put(ivar, T(round), next_pe());
        wait_until(ivar, SHMEM_CMP_GE, T(round));
        CHECK(*ivar == T(round));
        if (me != 0) put(ivar, T(round), next_pe());
        shmem_barrier_all();
      }
      // And with test in a loop.
      if (me == 0) put(ivar, T(9), next_pe());
      while (test(ivar, SHMEM_CMP_EQ, T(9)) == 0) {
      }
      if (me != 0) put(ivar, T(9), next_pe());
      shmem_barrier_all();
    }
  }
};

template <class T>
struct Arrays {
  void (*wait_all)(T*, std::size_t, const int*, int, T);
  std::size_t (*wait_any)(T*, std::size_t, const int*, int, T);
  std::size_t (*wait_some)(T*, std::size_t, std::size_t*, const int*, int, T);
  int (*test_all)(T*, std::size_t, const int*, int, T);
  std::size_t (*test_any)(T*, std::size_t, const int*, int, T);
  std::size_t (*test_some)(T*, std::size_t, std::size_t*, const int*, int, T);
  void (*wait_all_vector)(T*, std::size_t, const int*, int, const T*);
  std::size_t (*wait_any_vector)(T*, std::size_t, const int*, int, const T*);
  std::size_t (*wait_some_vector)(T*, std::size_t, std::size_t*, const int*, int, const T*);
  int (*test_all_vector)(T*, std::size_t, const int*, int, const T*);
  std::size_t (*test_any_vector)(T*, std::size_t, const int*, int, const T*);
  std::size_t (*test_some_vector)(T*, std::size_t, std::size_t*, const int*, int, const T*);
  void (*put)(T*, T, int);

  static constexpr std::size_t kLength = 6;

  // The twelve routines behind six, with one value for all or each its own.
  struct Form {
    const Arrays& routines;
    bool vector;
    T values[kLength];
    void wait_all(T* ivars, std::size_t n, const int* status, int cmp) const {
      vector ? routines.wait_all_vector(ivars, n, status, cmp, values)
             : routines.wait_all(ivars, n, status, cmp, values[0]);
    }
    std::size_t wait_any(T* ivars, std::size_t n, const int* status, int cmp) const {
      return vector ? routines.wait_any_vector(ivars, n, status, cmp, values)
                    : routines.wait_any(ivars, n, status, cmp, values[0]);
    }
    std::size_t wait_some(T* ivars, std::size_t n, std::size_t* indices, const int* status, int cmp) const {
      return vector ? routines.wait_some_vector(ivars, n, indices, status, cmp, values)
                    : routines.wait_some(ivars, n, indices, status, cmp, values[0]);
    }
    int test_all(T* ivars, std::size_t n, const int* status, int cmp) const {
      return vector ? routines.test_all_vector(ivars, n, status, cmp, values)
                    : routines.test_all(ivars, n, status, cmp, values[0]);
    }
    std::size_t test_any(T* ivars, std::size_t n, const int* status, int cmp) const {
      return vector ? routines.test_any_vector(ivars, n, status, cmp, values)
                    : routines.test_any(ivars, n, status, cmp, values[0]);
    }
    std::size_t test_some(T* ivars, std::size_t n, std::size_t* indices, const int* status, int cmp) const {
      return vector ? routines.test_some_vector(ivars, n, indices, status, cmp, values)
                    : routines.test_some(ivars, n, indices, status, cmp, values[0]);
    }
  };

  // Are these the indices of all elements that are expected to hold, each once?
  static bool are_some(const std::size_t* indices, std::size_t n, const bool* expected, std::size_t count) {
    bool seen[kLength] = {};
    for (std::size_t i = 0; i < n; ++i) {
      if (indices[i] >= kLength || !expected[indices[i]] || seen[indices[i]]) return false;
      seen[indices[i]] = true;
    }
    return n == count;
  }

  // One look at known values: which elements hold, with elements left out by status.
  void check_looks(const Form& form, T* ivars) const {
    static constexpr int kAll[kLength] = {};
    static constexpr int kOdd[kLength] = {1, 0, 1, 0, 1, 0};
    static constexpr int kNone[kLength] = {1, 1, 1, 1, 1, 1};
    const int* const statuses[] = {nullptr, kAll, kOdd, kNone};
    for (const int cmp : kComparisons) {
      for (const int* status : statuses) {
        bool expected[kLength];
        std::size_t included = 0, count = 0;
        for (std::size_t i = 0; i < kLength; ++i) {
          const bool in = status == nullptr || status[i] == 0;
          expected[i] = in && holds(ivars[i], cmp, form.values[form.vector ? i : 0]);
          included += in;
          count += expected[i];
        }
        CHECK((form.test_all(ivars, kLength, status, cmp) != 0) == (count == included));
        const std::size_t any = form.test_any(ivars, kLength, status, cmp);
        CHECK(count == 0 ? any == SIZE_MAX : any < kLength && expected[any]);
        std::size_t indices[kLength];
        CHECK(are_some(indices, form.test_some(ivars, kLength, indices, status, cmp), expected, count));
        if (count == included) form.wait_all(ivars, kLength, status, cmp);
        if (count > 0 || included == 0) {
          const std::size_t waited = form.wait_any(ivars, kLength, status, cmp);
          CHECK(count == 0 ? waited == SIZE_MAX : waited < kLength && expected[waited]);
          CHECK(are_some(indices, form.wait_some(ivars, kLength, indices, status, cmp), expected, count));
        }
      }
      // No elements: nothing to wait for.
      CHECK(form.test_all(ivars, 0, nullptr, cmp) != 0);
      CHECK(form.test_any(ivars, 0, nullptr, cmp) == SIZE_MAX && form.wait_any(ivars, 0, nullptr, cmp) == SIZE_MAX);
      std::size_t indices[1];
      CHECK(form.test_some(ivars, 0, indices, nullptr, cmp) == 0 &&
            form.wait_some(ivars, 0, indices, nullptr, cmp) == 0);
      form.wait_all(ivars, 0, nullptr, cmp);
    }
  }

  // All PEs store one element each at their neighbour, which waits for them in all three ways.
  void check_waits(const Form& form, T* ivars) const {
    for (int way = 0; way < 3; ++way) {
      for (std::size_t i = 0; i < kLength; ++i) ivars[i] = 0;
      shmem_barrier_all();
      for (std::size_t i = 0; i < kLength; ++i) {
        // So late that a PE that does not wait finds it missing.
        if (way == 0 && i + 1 == kLength && me % 2 == 1) usleep(2000);
        put(ivars + i, form.values[form.vector ? i : 0], next_pe());
      }
      if (way == 0) form.wait_all(ivars, kLength, nullptr, SHMEM_CMP_EQ);
      int status[kLength] = {};
      std::size_t found = 0;
      while (way == 1 && found < kLength) {
        const std::size_t index = form.wait_any(ivars, kLength, status, SHMEM_CMP_EQ);
        CHECK(index < kLength && status[index] == 0);
        if (index >= kLength) break;
        status[index] = 1;
        ++found;
      }
      while (way == 2 && found < kLength) {
        std::size_t indices[kLength];
        const std::size_t n = form.wait_some(ivars, kLength, indices, status, SHMEM_CMP_EQ);
        CHECK(n > 0 && n <= kLength);
        if (n == 0 || n > kLength) break;
        for (std::size_t i = 0; i < n; ++i) status[indices[i]] = 1;
        found += n;
      }
      for (std::size_t i = 0; i < kLength; ++i) CHECK(ivars[i] == form.values[form.vector ? i : 0]);
      shmem_barrier_all();
    }
  }

  // Elements that all hold are found in turn, also when none is left out.
  void check_fairness(const Form& form, T* ivars) const {
    for (std::size_t i = 0; i < kLength; ++i) ivars[i] = form.values[form.vector ? i : 0];
    for (const bool wait : {false, true}) {
      bool seen[kLength] = {};
      for (std::size_t i = 0; i < kLength; ++i) {
        const std::size_t index = wait ? form.wait_any(ivars, kLength, nullptr, SHMEM_CMP_EQ)
                                       : form.test_any(ivars, kLength, nullptr, SHMEM_CMP_EQ);
        CHECK(index < kLength && !seen[index]);
        if (index < kLength) seen[index] = true;
      }
    }
  }

  void check() const {
    Array<T> ivars(kLength);
    const Form scalar{*this, false, {T(5)}};
    const Form vector{*this, true, {T(3), T(7), T(5), T(1), T(9), T(5)}};
    for (const Form& form : {scalar, vector}) {
      constexpr int kPatterns[][kLength] = {
          {5, 5, 5, 5, 5, 5}, {3, 7, 5, 1, 9, 5}, {0, 8, 5, 2, 9, 4}, {9, 9, 9, 9, 9, 9}};
      for (const auto& pattern : kPatterns) {
        for (std::size_t i = 0; i < kLength; ++i) ivars[i] = static_cast<T>(pattern[i]);
        check_looks(form, ivars);
      }
      check_waits(form, ivars);
      check_fairness(form, ivars);
    }
  }
};

template <class T>
void check_wait(void (*wait)(T*, T), void (*put)(T*, T, int)) {
  Array<T> ivar(1);
  *ivar = 4;
  wait(ivar, T(3));  // differs already
  shmem_barrier_all();
  if (me == 0) put(ivar, T(5), next_pe());
  wait(ivar, T(4));
  CHECK(*ivar == T(5));
  if (me != 0) put(ivar, T(5), next_pe());
  shmem_barrier_all();
}

long turns_in_tests = 0;
bool in_test = false;

void fail_tests(Array<long>& never, int count) {
  in_test = true;
  for (int i = 0; i < count; ++i) CHECK(shmem_long_test(never.data(), SHMEM_CMP_EQ, 1) == 0);
  in_test = false;
}

// So many failed tests in a row that the next one gives a turn, with a core for each PE and without: see test.cpp,
// where every test behind a policy's spins does, or each 64th.
constexpr int kUntilATurn = 63 * 64 - 1;

// Fewer than any policy lets fail before the first turn.
constexpr int kFew = 8;

template <class Wait>
void check_no_turns_after(Array<long>& never, Wait&& wait) {
  CHECK(shmem_long_test(never.data(), SHMEM_CMP_EQ, 0) != 0);  // one that succeeds ends the row
  fail_tests(never, kUntilATurn);
  wait();
  turns_in_tests = 0;
  fail_tests(never, kFew);
  CHECK(turns_in_tests == 0);
}

// A loop of tests gives turns to the PE that is to store. A program that waits and tests in turn needs none, so that a
// test after a wait gives none, however many have failed before. What other processes do makes no difference: the tests
// that fail are counted, and each wait is one that has waited.
void check_turns() {
  Array<long> never(1), token(1);
  *never = *token = 0;
  shmem_barrier_all();
  turns_in_tests = 0;
  fail_tests(never, kUntilATurn + 1);
  CHECK(turns_in_tests > 0);

  // The forms over arrays count as waits even if their condition holds already.
  std::size_t indices[1];
  check_no_turns_after(never, [&] { shmem_long_wait_until_all(token.data(), 1, nullptr, SHMEM_CMP_EQ, 0); });
  check_no_turns_after(never, [&] { shmem_long_wait_until_any(token.data(), 1, nullptr, SHMEM_CMP_EQ, 0); });
  check_no_turns_after(never, [&] { shmem_long_wait_until_some(token.data(), 1, indices, nullptr, SHMEM_CMP_EQ, 0); });
  shmem_barrier_all();
  if (npes == 1) return;
  if (me == 0) {
    check_no_turns_after(never, [&] { shmem_long_wait_until(token.data(), SHMEM_CMP_EQ, 1); });
  } else if (me == 1) {
    // The store comes when PE 0 is in its wait, not before.
    char operation[256] = "";
    while (std::strstr(operation, "shmem_wait_until") == nullptr || std::strstr(operation, "_until_") != nullptr) {
      shmemx_operation(0, operation, sizeof operation);
    }
    shmem_long_p(token.data(), 1, 0);
  }
  shmem_barrier_all();
}

}  // namespace

// In place of the C library's, for the library under test as well. A turn that is counted is not given: on a busy
// machine thousands would take minutes.
extern "C" [[gnu::visibility("default")]] int sched_yield() noexcept {
  if (!in_test) return static_cast<int>(syscall(SYS_sched_yield));
  ++turns_in_tests;
  return 0;
}

void run_tests() {
  check_turns();
#define SHMEM_STAMP_SYNC(NAME, T, CLASS)                                                              \
  One<T>{ROUTINE(shmem_##NAME##_wait_until), ROUTINE(shmem_##NAME##_test), shmem_##NAME##_p}.check(); \
  Arrays<T>{ROUTINE(shmem_##NAME##_wait_until_all),                                                   \
            ROUTINE(shmem_##NAME##_wait_until_any),                                                   \
            ROUTINE(shmem_##NAME##_wait_until_some),                                                  \
            ROUTINE(shmem_##NAME##_test_all),                                                         \
            ROUTINE(shmem_##NAME##_test_any),                                                         \
            ROUTINE(shmem_##NAME##_test_some),                                                        \
            ROUTINE(shmem_##NAME##_wait_until_all_vector),                                            \
            ROUTINE(shmem_##NAME##_wait_until_any_vector),                                            \
            ROUTINE(shmem_##NAME##_wait_until_some_vector),                                           \
            ROUTINE(shmem_##NAME##_test_all_vector),                                                  \
            ROUTINE(shmem_##NAME##_test_any_vector),                                                  \
            ROUTINE(shmem_##NAME##_test_some_vector),                                                 \
            shmem_##NAME##_p}                                                                         \
      .check();
#define SHMEM_STAMP_WAIT(NAME, T, CLASS) check_wait<T>(ROUTINE(shmem_##NAME##_wait), shmem_##NAME##_p);
#include "interface/stamp.h"

  // The long ones without a type in their name.
  const auto wait_until = note_routine<void(long*, int, long)>("shmem_wait_until", shmem_wait_until);
  One<long>{wait_until, shmem_long_test, shmem_long_p}.check();
  check_wait<long>(ROUTINE(shmem_wait), shmem_long_p);
}
