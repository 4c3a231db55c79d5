// SPDX-License-Identifier: BSD-3-Clause
//
// SHMEM_THREAD_MULTIPLE: threads of all PEs put, get, count, wait, lock and use contexts of their own at the same time.
#define SUITE_OWN_MAIN
#include <atomic>
#include <thread>
#include <vector>

#include "suite.h"

using namespace suite;

namespace {

constexpr int kThreads = 3;
constexpr int kRounds = 300;

std::atomic<int> thread_failures{0};
#define CHECK_IN_THREAD(CONDITION) ((CONDITION) ? (void)0 : (void)(thread_failures++))

// Runs body(thread) in kThreads threads.
template <class Body>
void in_threads(const char* what, Body body) {
  context = what;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) threads.emplace_back(body, thread);
  for (std::thread& thread : threads) thread.join();
  CHECK(thread_failures.exchange(0) == 0);
  shmem_barrier_all();
}

void check_transfers() {
  Array<long> slots(kThreads), sum(1);
  in_threads("transfers", [&](int thread) {
    for (long round = 1; round <= kRounds; ++round) {
      shmem_long_p(&slots[thread], round, next_pe());
      CHECK_IN_THREAD(shmem_long_g(&slots[thread], next_pe()) == round);
      shmem_long_atomic_inc(sum, 0);
    }
  });
  if (me == 0) CHECK(*sum == static_cast<long>(kThreads) * kRounds * npes);
  shmem_barrier_all();
}

// A ring of tokens per thread: waiters of one PE do not take each other's wakes.
void check_waits() {
  Array<long> tokens(kThreads);
  in_threads("waits", [&](int thread) {
    for (long round = 1; round <= kRounds; ++round) {
      if (me == 0) shmem_long_p(&tokens[thread], round, next_pe());
      shmem_long_wait_until(&tokens[thread], SHMEM_CMP_GE, round);
      CHECK_IN_THREAD(tokens[thread] == round);
      if (me != 0) shmem_long_p(&tokens[thread], round, next_pe());
    }
  });
}

void check_locks() {
  static long lock;
  Array<long> word(1);
  in_threads("locks", [&](int) {
    for (int round = 0; round < kRounds / 3; ++round) {
      shmem_set_lock(&lock);
      shmem_long_p(word, shmem_long_g(word, 0) + 1, 0);
      shmem_clear_lock(&lock);
    }
  });
  if (me == 0) CHECK(*word == static_cast<long>(kThreads) * (kRounds / 3) * npes);
  shmem_barrier_all();
}

void check_contexts() {
  Array<long> words(kThreads);
  in_threads("contexts", [&](int thread) {
    for (long round = 1; round <= kRounds; ++round) {
      shmem_ctx_t ctx;
      CHECK_IN_THREAD(shmem_ctx_create(SHMEM_CTX_PRIVATE, &ctx) == 0);
      shmem_ctx_long_atomic_add(ctx, &words[thread], round, next_pe());
      shmem_ctx_quiet(ctx);
      shmem_ctx_destroy(ctx);
    }
  });
  for (int thread = 0; thread < kThreads; ++thread) CHECK(words[thread] == kRounds * (kRounds + 1L) / 2);
  shmem_barrier_all();
}

// One team per thread: collectives on different teams may run at the same time.
void check_teams() {
  shmem_team_t teams[kThreads];
  for (shmem_team_t& team : teams) {
    CHECK(shmem_team_split_strided(SHMEM_TEAM_WORLD, 0, 1, npes, nullptr, 0, &team) == 0);
  }
  Array<long> mine(kThreads), sum(kThreads);
  in_threads("teams", [&](int thread) {
    for (long round = 1; round <= kRounds / 3; ++round) {
      mine[thread] = me + round;
      CHECK_IN_THREAD(shmem_long_sum_reduce(teams[thread], &sum[thread], &mine[thread], 1) == 0);
      CHECK_IN_THREAD(sum[thread] == npes * round + static_cast<long>(npes) * (npes - 1) / 2);
      CHECK_IN_THREAD(shmem_team_sync(teams[thread]) == 0);
    }
  });
  for (const shmem_team_t team : teams) shmem_team_destroy(team);
}

}  // namespace

void run_tests() {
  check_transfers();
  check_waits();
  check_locks();
  check_contexts();
  check_teams();
}

int main() {
  int provided = -1;
  CHECK(shmem_init_thread(SHMEM_THREAD_MULTIPLE, &provided) == 0 && provided == SHMEM_THREAD_MULTIPLE);
  me = shmem_my_pe();
  npes = shmem_n_pes();
  run_tests();
  shmem_finalize();
  if (failures > 0) std::fprintf(stderr, "PE %d: %d checks failed\n", me, failures);
  return failures > 0 ? 1 : 0;
}
