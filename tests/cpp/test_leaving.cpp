// SPDX-License-Identifier: BSD-3-Clause
//
// PEs that leave: all meet in a finalisation, which no collective is mistaken for. Calls that need a PE that has left
// return an error, and no others do.
#include "smp/leaving/leaving.h"
#include "smp/life/finalisation.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include "smp/lock/lock.h"
#include "smp/wait/conditions.h"
#include "team_job.h"

namespace shmem::smp::test {
namespace {

constexpr std::size_t kLarge = 100'000;  // beyond what goes through slots

class Leaving : public testing::TestWithParam<JobShape> {
 protected:
  Leaving() : job_(GetParam().npes, {.cores = GetParam().cores}) {}
  ThreadJob job_;
};

INSTANTIATE_TEST_SUITE_P(Jobs, Leaving,
                         testing::Values(JobShape{2, 1}, JobShape{2, kManyCores}, JobShape{3, 1},
                                         JobShape{4, kManyCores}, JobShape{8, 2}));

bool says(const std::string& words) {
  return std::string(failure_message()).find(words) != std::string::npos;
}

void sleep_ms(int ms) {
  std::this_thread::sleep_for(std::chrono::milliseconds(ms));
}

// As shmem_finalize leaves a PE.
void finalise(Pe& pe) {
  SHMEM_EXPECT_OK(finalise_together(pe, PeState::kFinalizing));
  pe.control->state.store(static_cast<std::uint32_t>(PeState::kFinalized), std::memory_order_release);
}

// As a nested shmem_finalize does, or a second shmem_init.
void go_on(Pe& pe) {
  pe.control->state.store(static_cast<std::uint32_t>(PeState::kRunning), std::memory_order_release);
}

TEST_P(Leaving, MeetsAllEachTime) {
  ThreadJob job(GetParam().npes, {.cores = GetParam().cores, .timer = false});  // a ring that is lost is a hang
  std::atomic<int> come{0};
  job.run([&](Pe& pe) {
    Member member(pe, pe.teams->world());
    for (int round = 1; round <= 200; ++round) {
      member.come_late();
      come.fetch_add(1, std::memory_order_relaxed);
      finalise(pe);
      EXPECT_GE(come.load(std::memory_order_relaxed), round * pe.npes);
      go_on(pe);
    }
  });
}

TEST_P(Leaving, MakesStoresVisible) {
  job_.run([](Pe& pe) {
    Member member(pe, pe.teams->world());
    const int next = (pe.me + 1) % pe.npes;
    member.fill(pe.translate(member.array(0), kLarge, next), kLarge, 1);
    finalise(pe);
    EXPECT_TRUE(Member::holds(member.array(0), kLarge, (pe.me + pe.npes - 1) % pe.npes, 1));
  });
}

// Returns when all have come here. Without it a PE may leave while another is still on its way out of the call before.
void await_all(std::atomic<int>& come, int all) {
  ++come;
  while (come.load() < all) std::this_thread::yield();
}

TEST_P(Leaving, IsNotTakenForABarrier) {
  std::atomic<int> passed{0};
  job_.run([&](Pe& pe) {
    Team& world = pe.teams->world();
    SHMEM_EXPECT_OK(barrier(pe, world));
    await_all(passed, pe.npes);
    if (pe.me == 1) return finalise(pe);
    EXPECT_EQ(barrier(pe, world), Status::kLeft);
    EXPECT_TRUE(says("PE " + std::to_string(pe.me) + " waits for PE 1, which has called shmem_finalize"))
        << failure_message();
    EXPECT_EQ(barrier(pe, world), Status::kPoisoned);
    EXPECT_TRUE(says("a member has left")) << failure_message();
    finalise(pe);  // which needs no team
  });
}

TEST_P(Leaving, IsToldInEveryCollective) {
  for (int kind = 0; kind < 7; ++kind) {
    ThreadJob job(GetParam().npes, {.cores = GetParam().cores});
    std::atomic<int> passed{0};
    job.run([kind, &passed](Pe& pe) {
      Team& world = pe.teams->world();
      Member member(pe, world);
      SHMEM_EXPECT_OK(barrier(pe, world));
      await_all(passed, pe.npes);
      if (pe.me == pe.npes - 1) return finalise(pe);
      std::byte* const to = member.array(1);
      std::byte* const from = member.array(0);
      switch (kind) {
        case 0:
          EXPECT_EQ(sync(pe, world), Status::kLeft);
          break;
        case 1:
          EXPECT_EQ(broadcast(pe, world, to, from, 8, pe.npes - 1), Status::kLeft);
          break;
        case 2:
          if (pe.me == 0) {
            EXPECT_EQ(broadcast(pe, world, to, from, kLarge, 0), Status::kLeft);
          } else {
            (void)broadcast(pe, world, to, from, kLarge, 0);  // its readers need the root alone
          }
          break;
        case 3:
          EXPECT_EQ(fcollect(pe, world, to, from, 64), Status::kLeft);
          break;
        case 4:
          EXPECT_EQ(collect(pe, world, to, from, 64), Status::kLeft);
          break;
        case 5:
          EXPECT_EQ(reduce(pe, world, ReduceOp::kSum, ElementType::kDouble, to, from, 8), Status::kLeft);
          break;
        default:
          void* block = nullptr;
          EXPECT_EQ(pe.heap->allocate(64, 0, 0, false, nullptr, &block), Status::kLeft);
      }
      finalise(pe);
    });
  }
}

TEST_P(Leaving, IsToldInAnActiveSet) {
  std::atomic<int> passed{0};
  std::atomic<int> told{0};
  job_.run([&](Pe& pe) {
    auto* const psync = reinterpret_cast<long*>(pe.heap_begin);
    const ActiveSet all{0, 1, pe.npes};
    SHMEM_EXPECT_OK(set_barrier(pe, all, psync, true));
    await_all(passed, pe.npes);
    if (pe.me == 1) return finalise(pe);
    EXPECT_EQ(set_barrier(pe, all, psync, true), Status::kLeft);
    EXPECT_TRUE(says("waits for PE 1, which has called shmem_finalize")) << failure_message();
    await_all(told, pe.npes - 1);  // else a slow one hears of another that leaves after it was told
    finalise(pe);
  });
}

// Teams that the PE was not in, and all that needs no team, go on as before.
TEST_P(Leaving, LeavesTheOthersToThemselves) {
  if (GetParam().npes < 3) GTEST_SKIP() << "nobody is left to meet";
  job_.run([](Pe& pe) {
    Team& world = pe.teams->world();
    Team* const rest = split(pe, &world, 1, 1, pe.npes - 1);
    if (pe.me == 0) return finalise(pe);
    auto* const flag = reinterpret_cast<long*>(pe.heap_begin);
    long* const lock = flag + 1;
    for (int round = 1; round <= 20; ++round) {
      if (pe.me == 1) sleep_ms(5);  // the others sleep, and their timers wake them
      SHMEM_EXPECT_OK(barrier(pe, *rest));
      SHMEM_EXPECT_OK(set_lock(pe, lock));
      SHMEM_EXPECT_OK(clear_lock(pe, lock));
      const int next = pe.me + 1 == pe.npes ? 1 : pe.me + 1;
      long* const there = pe.translate(flag, sizeof *flag, next);
      std::atomic_ref(*there).store(round, std::memory_order_release);
      ring(pe, next, there, sizeof *there);
      SHMEM_EXPECT_OK(wait_until(pe, flag, Cmp::kGe, static_cast<long>(round)));
    }
    finalise(pe);
  });
}

// What a PE has done before it left counts: the root of a broadcast and its readers, slow ones too.
TEST_P(Leaving, IsNotToldOfThoseWhoHaveDoneTheirPart) {
  for (const std::size_t nbytes : {std::size_t{8}, kLarge}) {
    for (const bool slow_root : {false, true}) {
      ThreadJob job(GetParam().npes, {.cores = GetParam().cores});
      job.run([&](Pe& pe) {
        Team& world = pe.teams->world();
        Member member(pe, world);
        const bool is_root = pe.me == 0;
        if (is_root) member.fill(member.array(0), nbytes, 1);
        if (is_root == slow_root || pe.me == pe.npes - 1) sleep_ms(30);
        SHMEM_EXPECT_OK(broadcast(pe, world, member.array(1), member.array(0), nbytes, 0));
        EXPECT_TRUE(Member::holds(member.array(1), nbytes, 0, 1));
        finalise(pe);
      });
    }
  }
}

// A PE that is slow to see that all have met is not one that has left.
TEST_P(Leaving, IsOverForAllAtOnce) {
  job_.run([](Pe& pe) {
    Team& world = pe.teams->world();
    for (int round = 0; round < 5; ++round) {
      SHMEM_EXPECT_OK(finalise_together(pe, PeState::kFinalizing));
      if (pe.me == round % pe.npes) sleep_ms(40);
      go_on(pe);
      SHMEM_EXPECT_OK(barrier(pe, world));
    }
  });
}

TEST_P(Leaving, IsToldToThoseWhoWaitForALockOfTheLeaver) {
  job_.run([](Pe& pe) {
    auto* const lock = reinterpret_cast<long*>(pe.heap_begin);
    if (pe.me == 1) SHMEM_EXPECT_OK(set_lock(pe, lock));
    SHMEM_EXPECT_OK(barrier(pe, pe.teams->world()));
    if (pe.me == 1) return finalise(pe);
    EXPECT_EQ(set_lock(pe, lock), Status::kLeft);
    EXPECT_TRUE(says("is held by PE 1, which has called shmem_finalize")) << failure_message();
    finalise(pe);
  });
}

// As a process says that knows its threads.
int no_other_threads(char*, std::size_t) {
  return 0;
}

TEST_P(Leaving, IsToldInAWaitWhenNobodyIsLeftWhoCouldStore) {
  job_.pe(0).place_hook.store(no_other_threads, std::memory_order_release);
  job_.run([](Pe& pe) {
    auto* const flag = reinterpret_cast<long*>(pe.heap_begin);
    if (pe.me != 0) {
      if (pe.me == pe.npes - 1) sleep_ms(60);  // until then a PE could
      long* const there = pe.translate(flag, sizeof *flag, 0);
      std::atomic_ref(*there).fetch_add(1, std::memory_order_release);
      ring(pe, 0, there, sizeof *there);
      SHMEM_EXPECT_OK(finalise_together(pe, PeState::kReturning));
      return;
    }
    SHMEM_EXPECT_OK(wait_until(pe, flag, Cmp::kEq, static_cast<long>(pe.npes - 1)));
    EXPECT_EQ(wait_until(pe, flag, Cmp::kEq, static_cast<long>(pe.npes)), Status::kLeft);
    EXPECT_TRUE(says("nobody is left who could store what PE 0 waits for: PE 1, whose program has ended"))
        << failure_message();
    finalise(pe);
  });
}

TEST_P(Leaving, IsNotToldInAWaitForAnotherThread) {
  job_.run([](Pe& pe) {
    if (pe.me != 0) return finalise(pe);
    auto* const flag = reinterpret_cast<long*>(pe.heap_begin);
    std::thread writer([&] {
      sleep_ms(100);
      std::atomic_ref(*flag).store(1, std::memory_order_release);
      ring(pe, 0, flag, sizeof *flag);
    });
    SHMEM_EXPECT_OK(wait_until(pe, flag, Cmp::kEq, 1L));
    writer.join();
    finalise(pe);
  });
}

}  // namespace
}  // namespace shmem::smp::test
