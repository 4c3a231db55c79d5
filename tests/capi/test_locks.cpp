// SPDX-License-Identifier: BSD-3-Clause
//
// Locks exclude, are handed on, can be tried, and do not hang with more PEs than cores; many locks at once.
#include "suite.h"

using namespace suite;

namespace {

// Counts at PE 0 without atomics: only exclusion makes the sum right.
void count(long* word) {
  const long before = shmem_long_g(word, 0);
  shmem_long_p(word, before + 1, 0);
}

void check_exclusion(bool try_only) {
  static long lock, word;
  constexpr int kRounds = 300;
  word = 0;
  shmem_barrier_all();
  for (int round = 0; round < kRounds; ++round) {
    if (try_only) {
      while (ROUTINE(shmem_test_lock)(&lock) != 0) {
      }
    } else {
      ROUTINE(shmem_set_lock)(&lock);
    }
    count(&word);
    ROUTINE(shmem_clear_lock)(&lock);
  }
  shmem_barrier_all();
  if (me == 0) CHECK(word == static_cast<long>(kRounds) * npes);
  shmem_barrier_all();
}

// While one PE holds the lock, no other obtains it; when it is free, any PE does.
void check_test() {
  Array<long> lock(1);
  for (int holder = 0; holder < npes; ++holder) {
    if (me == holder) CHECK(shmem_test_lock(lock) == 0);
    shmem_barrier_all();
    if (me != holder) CHECK(shmem_test_lock(lock) == 1);
    shmem_barrier_all();
    if (me == holder) shmem_clear_lock(lock);
    shmem_barrier_all();
  }
}

// What was stored in the critical region is seen by the next holder.
void check_region() {
  static long lock;
  Array<long> data(64);
  for (int round = 0; round < 50; ++round) {
    shmem_set_lock(&lock);
    long seen[64];
    shmem_long_get(seen, data, 64, npes - 1);
    bool equal = true;
    for (const long number : seen) equal &= number == seen[0];
    CHECK(equal);
    const long next = seen[0] + 1;
    for (long& number : seen) number = next;
    shmem_long_put_nbi(data, seen, 64, npes - 1);
    shmem_clear_lock(&lock);
  }
  shmem_barrier_all();
  if (me == npes - 1) CHECK(data[63] == 50L * npes);
  shmem_barrier_all();
}

// A PE may hold several locks; each excludes by itself.
void check_many() {
  constexpr int kLocks = 8;
  Array<long> locks(kLocks), words(kLocks);
  for (int round = 0; round < 60; ++round) {
    const int a = (me + round) % (kLocks - 1), b = a + 1;  // in ascending order: no deadlock
    shmem_set_lock(&locks[a]);
    shmem_set_lock(&locks[b]);
    count(&words[a]);
    count(&words[b]);
    shmem_clear_lock(&locks[a]);
    shmem_clear_lock(&locks[b]);
  }
  shmem_barrier_all();
  long sum = 0;
  for (int i = 0; i < kLocks; ++i) sum += shmem_long_g(&words[i], 0);
  CHECK(sum == 120L * npes);
  shmem_barrier_all();
}

}  // namespace

void run_tests() {
  check_exclusion(false);
  check_exclusion(true);
  check_test();
  check_region();
  check_many();
}
