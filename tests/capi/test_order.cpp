// SPDX-License-Identifier: BSD-3-Clause
//
// Memory ordering and the world's barriers: litmus tests between neighbours, and no PE passes a barrier before the
// last has come.
#include "suite.h"

using namespace suite;

namespace {

constexpr int kRounds = 20'000;

// Message passing: data, fence, flag. A PE that sees the flag of round r sees data of round r or later.
template <class Fence>
void check_message_passing(Fence fence) {
  static long data, flag;
  data = flag = 0;
  shmem_barrier_all();
  const int rounds = npes > 2 ? kRounds / 10 : kRounds;  // more PEs than cores take turns
  for (long round = 1; round <= rounds; ++round) {
    shmem_long_p(&data, round, next_pe());
    fence();
    shmem_long_p(&flag, round, next_pe());
    if (round % 8 != 0) continue;
    const long seen = shmem_long_g(&flag, me);
    CHECK(shmem_long_g(&data, me) >= seen);
  }
  shmem_long_wait_until(&flag, SHMEM_CMP_EQ, rounds);
  CHECK(data == rounds);
  shmem_barrier_all();
}

// Store buffering, between PEs 0 and 1: each stores its word on the other, completes it, and reads its own. If both
// find the old value, a store was not complete although quiet had returned. Words are used once.
template <class Quiet>
void check_store_buffering(Quiet quiet) {
  Array<long> go(kRounds), word(kRounds), found(kRounds), found_by_other(kRounds);
  if (npes >= 2 && me < 2) {
    const int other = 1 - me;
    for (int round = 0; round < kRounds; ++round) {
      shmem_long_p(&go[round], 1, other);
      shmem_long_wait_until(&go[round], SHMEM_CMP_EQ, 1);
      shmem_long_p(&word[round], 1, other);
      quiet(other);
      found[round] = *static_cast<volatile long*>(&word[round]);
    }
    shmem_long_put(found_by_other, found, kRounds, other);
  }
  shmem_barrier_all();
  long both_missed = 0;
  for (int round = 0; round < kRounds && npes >= 2 && me < 2; ++round) {
    both_missed += found[round] == 0 && found_by_other[round] == 0;
  }
  CHECK(both_missed == 0);
  shmem_barrier_all();
}

// Each PE stores the round on all others just before, and finds all others' just after. Some come late.
template <class Barrier>
void check_barrier(Barrier barrier) {
  Array<long> arrived(static_cast<std::size_t>(npes));
  for (long round = 1; round <= 200; ++round) {
    if (round % 25 == 1) usleep(static_cast<useconds_t>(1000 * ((me + round) % npes)));
    for (int pe = 0; pe < npes; ++pe) shmem_long_put_nbi(&arrived[me], &round, 1, pe);
    barrier();
    for (int pe = 0; pe < npes; ++pe) CHECK(arrived[pe] >= round && arrived[pe] <= round + 1);
  }
  shmem_barrier_all();
}

}  // namespace

void run_tests() {
  shmem_ctx_t ctx;
  CHECK(shmem_ctx_create(0, &ctx) == 0);
  check_message_passing([fence = ROUTINE(shmem_fence)] { fence(); });
  check_message_passing([=, fence = ROUTINE(shmem_ctx_fence)] { fence(ctx); });
  check_store_buffering([quiet = ROUTINE(shmem_quiet)](int) { quiet(); });
  check_store_buffering([=, quiet = ROUTINE(shmem_ctx_quiet)](int) { quiet(ctx); });
  check_store_buffering([quiet = ROUTINE(shmem_pe_quiet)](int other) { quiet(&other, 1); });
  check_store_buffering([=, quiet = ROUTINE(shmem_ctx_pe_quiet)](int other) { quiet(ctx, &other, 1); });
  shmem_pe_quiet(nullptr, 0);
  check_barrier(ROUTINE(shmem_barrier_all));
  check_barrier([sync = ROUTINE(shmem_sync_all)] {
    shmem_quiet();
    sync();
  });
  shmem_ctx_destroy(ctx);
}
