// SPDX-License-Identifier: BSD-3-Clause
//
// The waiting primitive: no PE sleeps through a ring, and every way out of a wait works.
#include <atomic>
#include <chrono>
#include <random>
#include <thread>

#include "smp/ending/ending.h"
#include "smp/wait/conditions.h"
#include "thread_job.h"

namespace shmem::smp::test {
namespace {

using Word = std::uint64_t;

Word* word_of(Pe& pe, int owner, std::size_t index = 0) {
  return reinterpret_cast<Word*>(pe.heap_of(owner)) + 8 * index;
}

void set_and_ring(Pe& pe, int owner, Word value, std::size_t index = 0) {
  amo_set(word_of(pe, owner, index), value);
  ring(pe, owner, word_of(pe, owner, index), sizeof(Word));
}

// Sleeps without spinning or yielding, so that every wait takes the eventcount's way.
void sleep_at_once(ThreadJob& job) {
  for (int i = 0; i < job.npes(); ++i) {
    job.pe(i).wait_policy.spins = 0;
    job.pe(i).wait_policy.yields = 0;
  }
}

struct Variant {
  int npes;
  bool sleeping;
  bool writer_fences;
};

class WaitRing : public testing::TestWithParam<Variant> {};

// A token goes round; each PE sleeps until it comes. Without a timer one lost wake stops it for ever.
TEST_P(WaitRing, TokenGoesRoundWithoutATimer) {
  const Variant variant = GetParam();
  ThreadJob job(variant.npes, {.writer_fences = variant.writer_fences, .timer = false});
  if (variant.sleeping) sleep_at_once(job);
  constexpr Word kRounds = 2000;
  job.run([&](Pe& pe) {
    const int next = (pe.me + 1) % pe.npes;
    for (Word round = 1; round <= kRounds; ++round) {
      if (pe.me == 0) set_and_ring(pe, next, round);
      SHMEM_EXPECT_OK(wait_until(pe, word_of(pe, pe.me), Cmp::kGe, round));
      if (pe.me != 0) set_and_ring(pe, next, round);
    }
  });
}

INSTANTIATE_TEST_SUITE_P(Variants, WaitRing,
                         testing::Values(Variant{2, false, false}, Variant{2, true, false}, Variant{2, true, true},
                                         Variant{3, true, false}, Variant{8, true, false}, Variant{8, false, true}),
                         [](const auto& variant) {
                           return std::to_string(variant.param.npes) +
                                  (variant.param.sleeping ? "Sleeping" : "Spinning") +
                                  (variant.param.writer_fences ? "WriterFences" : "Membarrier");
                         });

// Writers store at random distances from the moment at which the waiter falls asleep.
TEST(Wait, StoreAtRandomMomentsIsNeverSleptThrough) {
  ThreadJob job(2, {.timer = false});
  sleep_at_once(job);
  constexpr Word kRounds = 3000;
  job.run([&](Pe& pe) {
    if (pe.me == 0) {
      for (Word round = 1; round <= kRounds; ++round) {
        SHMEM_EXPECT_OK(wait_until(pe, word_of(pe, 0), Cmp::kEq, round));
        set_and_ring(pe, 1, round);
      }
    } else {
      std::minstd_rand random(7);
      for (Word round = 1; round <= kRounds; ++round) {
        for (unsigned spin = random() % 3000; spin > 0; --spin) os::relax();
        set_and_ring(pe, 0, round);
        SHMEM_EXPECT_OK(wait_until(pe, word_of(pe, 1), Cmp::kEq, round));
      }
    }
  });
  EXPECT_GT(job.pe(0).control->sleeps.load() + job.pe(1).control->sleeps.load(), 0u);
}

// The timer is for stores that the engine does not see, and what it finds is counted.
TEST(Wait, StoreWithoutRingIsFoundByTheTimerAndCounted) {
  ThreadJob job(2);
  sleep_at_once(job);
  job.run([&](Pe& pe) {
    if (pe.me == 0) {
      SHMEM_EXPECT_OK(wait_until(pe, word_of(pe, 0), Cmp::kEq, Word{1}));
    } else {
      while (pe.control_of(0).sleeps.load() == 0) os::yield();
      amo_set(word_of(pe, 0), Word{1});  // as through shmem_ptr
    }
  });
  EXPECT_EQ(job.late_wakes(), 1u);
}

// A PE that sleeps is left alone by stores to other words: one before, one behind, and one that ends where the
// watched word begins.
TEST(Wait, StoreToAnotherWordDoesNotRing) {
  ThreadJob job(2, {.timer = false});
  sleep_at_once(job);
  std::uint32_t rings = 0;
  job.run([&](Pe& pe) {
    if (pe.me == 0) {
      SHMEM_EXPECT_OK(wait_until(pe, word_of(pe, 0, 1), Cmp::kEq, Word{1}));
    } else {
      ControlBlock& sleeper = pe.control_of(0);
      while (sleeper.sleeps.load() == 0) os::yield();
      for (int i = 0; i < 1000; ++i) {
        set_and_ring(pe, 0, 1, 0);
        set_and_ring(pe, 0, 1, 2);
        ring(pe, 0, word_of(pe, 0, 1) - 1, sizeof(Word));
      }
      rings = sleeper.rings.load();
      set_and_ring(pe, 0, 1, 1);
    }
  });
  EXPECT_EQ(rings, 0u);
  EXPECT_EQ(job.late_wakes(), 0u);
}

// A store of many bytes rings each PE that watches any of them.
TEST(Wait, StoreThatCoversTheWordRings) {
  ThreadJob job(2, {.timer = false});
  sleep_at_once(job);
  job.run([&](Pe& pe) {
    if (pe.me == 0) {
      SHMEM_EXPECT_OK(wait_until(pe, word_of(pe, 0, 1), Cmp::kEq, Word{1}));
    } else {
      while (pe.control_of(0).sleeps.load() == 0) os::yield();
      amo_set(word_of(pe, 0, 1), Word{1});
      ring(pe, 0, word_of(pe, 0, 0), 4096);
    }
  });
}

// Globals have two addresses in their owner and a third in others: they are one place to the doorbell.
TEST(Wait, GlobalsAreWatchedByTheirPlaceInTheFile) {
  ThreadJob job(2, {.timer = false});
  sleep_at_once(job);
  job.run([&](Pe& pe) {
    auto* mine = reinterpret_cast<Word*>(pe.data_begin);
    if (pe.me == 0) {
      SHMEM_EXPECT_OK(wait_until(pe, mine, Cmp::kEq, Word{1}));
    } else {
      while (pe.control_of(0).sleeps.load() == 0) os::yield();
      auto* theirs = pe.translate(mine, sizeof(Word), 0);
      amo_set(theirs, Word{1});
      ring(pe, 0, theirs, sizeof(Word));
    }
  });
}

TEST(Wait, EndingJobWakesSleepers) {
  ThreadJob job(3);
  sleep_at_once(job);
  job.run([&](Pe& pe) {
    if (pe.me == 2) {
      while (pe.control_of(0).sleeps.load() == 0 || pe.control_of(1).sleeps.load() == 0) os::yield();
      mark_ending(pe, 2, 7);
    } else {
      EXPECT_EQ(wait_until(pe, Watch{}, [] { return false; }), Status::kEnding);
    }
  });
  EXPECT_EQ(job.pe(0).job->ending_pe.load(), 2);
  EXPECT_EQ(job.pe(0).job->ending_status.load(), 7);
}

TEST(Wait, FirstReasonForEndingStays) {
  ThreadJob job(2);
  mark_ending(job.pe(1), 1, 5);
  mark_ending(job.pe(0), 0, 6);
  EXPECT_EQ(job.pe(0).job->ending_pe.load(), 1);
  EXPECT_EQ(job.pe(0).job->ending_status.load(), 5);
}

TEST(Wait, InterruptCheckLeavesTheWait) {
  ThreadJob job(1);
  std::atomic<int> asked{0};
  Pe& pe = job.pe(0);
  pe.interrupt_argument.store(&asked);
  pe.interrupt_check.store([](void* argument) {
    return static_cast<std::atomic<int>*>(argument)->fetch_add(1) >= 2 ? 1 : 0;  // the third time
  });
  EXPECT_EQ(wait_until(pe, Watch{}, [] { return false; }), Status::kInterrupted);
  EXPECT_EQ(asked.load(), 3);
  EXPECT_EQ(pe.control->sleepers.load(), 0u) << "a wait that was left must not stay announced";
  EXPECT_EQ(job.late_wakes(), 0u) << "a wait that was left was not woken late";
}

TEST(Wait, SeveralThreadsOfOnePeWaitForDifferentWords) {
  constexpr int kThreads = 4;
  ThreadJob job(2, {.timer = false});
  sleep_at_once(job);
  job.run([&](Pe& pe) {
    if (pe.me == 0) {
      std::vector<std::thread> threads;
      for (std::size_t i = 0; i < kThreads; ++i) {
        threads.emplace_back([&pe, i] {
          for (Word round = 1; round <= 200; ++round) {
            SHMEM_EXPECT_OK(wait_until(pe, word_of(pe, 0, i), Cmp::kGe, round));
          }
        });
      }
      for (std::thread& thread : threads) thread.join();
    } else {
      for (Word round = 1; round <= 200; ++round) {
        for (std::size_t i = 0; i < kThreads; ++i) set_and_ring(pe, 0, round, i);
      }
    }
  });
  EXPECT_EQ(job.pe(0).control->sleepers.load(), 0u);
}

TEST(Conditions, CompareIsTheStandards) {
  EXPECT_TRUE(compare(1, Cmp::kEq, 1) && !compare(1, Cmp::kEq, 2));
  EXPECT_TRUE(compare(1, Cmp::kNe, 2) && !compare(1, Cmp::kNe, 1));
  EXPECT_TRUE(compare(2, Cmp::kGt, 1) && !compare(1, Cmp::kGt, 1));
  EXPECT_TRUE(compare(1, Cmp::kLe, 1) && !compare(2, Cmp::kLe, 1));
  EXPECT_TRUE(compare(0, Cmp::kLt, 1) && !compare(1, Cmp::kLt, 1));
  EXPECT_TRUE(compare(1, Cmp::kGe, 1) && !compare(0, Cmp::kGe, 1));
  EXPECT_TRUE(compare(-1, Cmp::kLt, 0)) << "signed";
  EXPECT_TRUE(compare(~0u, Cmp::kGt, 0u)) << "unsigned";
}

TEST(Conditions, FamiliesRespectStatusAndVectors) {
  const int ivars[] = {5, 0, 7, 0};
  const int status[] = {0, 1, 0, 1};
  const int one[] = {1};
  const int each[] = {5, 9, 9, 0};
  std::size_t indices[4];
  const WaitSet<int> all{ivars, 4, nullptr, Cmp::kGe, one, false};
  const WaitSet<int> some{ivars, 4, status, Cmp::kGe, one, false};
  const WaitSet<int> vector{ivars, 4, nullptr, Cmp::kEq, each, true};
  EXPECT_FALSE(test_all(all));
  EXPECT_TRUE(test_all(some));
  EXPECT_EQ(test_any(all), 0u);
  EXPECT_EQ(test_any(all, 1), 2u);
  EXPECT_EQ(test_any(all, 3), 0u) << "the search wraps";
  EXPECT_EQ(test_some(some, indices), 2u);
  EXPECT_EQ(indices[0], 0u);
  EXPECT_EQ(indices[1], 2u);
  EXPECT_EQ(test_some(vector, indices), 2u);
  EXPECT_EQ(indices[1], 3u);
}

TEST(Conditions, EmptySetsReturnAtOnce) {
  ThreadJob job(1);
  const int ivars[] = {0};
  const int excluded[] = {1};
  const int one[] = {1};
  std::size_t index = 0;
  std::size_t count = 9;
  for (const WaitSet<int>& set : {WaitSet<int>{ivars, 1, excluded, Cmp::kEq, one, false},
                                  WaitSet<int>{ivars, 0, nullptr, Cmp::kEq, one, false}}) {
    SHMEM_EXPECT_OK(wait_until_all(job.pe(0), set));
    SHMEM_EXPECT_OK(wait_until_any(job.pe(0), set, &index));
    EXPECT_EQ(index, kNone);
    SHMEM_EXPECT_OK(wait_until_some(job.pe(0), set, &index, &count));
    EXPECT_EQ(count, 0u);
    EXPECT_TRUE(test_all(set));
    EXPECT_EQ(test_any(set), kNone);
  }
}

}  // namespace
}  // namespace shmem::smp::test
