// SPDX-License-Identifier: BSD-3-Clause
//
// Locks: mutual exclusion, order, leaving the queue, and that a lock reads as zero again when no PE has it.
#include <atomic>
#include <random>
#include <thread>
#include <vector>

#include "smp/collectives/collectives.h"
#include "smp/ending/ending.h"
#include "smp/lock/lock.h"
#include "thread_job.h"

namespace shmem::smp::test {
namespace {

// The lock at the same offset in each PE's heap.
long* lock_of(Pe& pe, int index = 0) {
  return reinterpret_cast<long*>(pe.heap_begin + 64 * index);
}

std::uint32_t tail_of(ThreadJob& job, int index = 0) {
  return reinterpret_cast<std::atomic<std::uint32_t>*>(lock_of(job.pe(0), index))->load(std::memory_order_acquire);
}

// Returns when PE `pe` is the last in the queue.
void await_tail(ThreadJob& job, int pe) {
  while (tail_of(job) != static_cast<std::uint32_t>(pe) + 1) std::this_thread::yield();
}

void expect_unused(ThreadJob& job, int index = 0) {
  for (int pe = 0; pe < job.npes(); ++pe) EXPECT_EQ(*lock_of(job.pe(pe), index), 0) << "copy of PE " << pe;
}

// What the lock protects: not atomic, and now and then the holder loses its core, so that the others queue up.
void work(long& counter, int turn) {
  const long before = counter;
  if (turn % 8 == 0) std::this_thread::yield();
  counter = before + 1;
}

class Lock : public testing::TestWithParam<int> {};

TEST_P(Lock, ExcludesOthersAndReadsZeroAfterwards) {
  ThreadJob job(GetParam(), {.timer = false});
  constexpr int kTurns = 5'000;
  long counter = 0;
  job.run([&](Pe& pe) {
    SHMEM_EXPECT_OK(sync(pe, pe.teams->world()));  // so that all contend
    for (int i = 0; i < kTurns; ++i) {
      SHMEM_EXPECT_OK(set_lock(pe, lock_of(pe)));
      work(counter, i);
      SHMEM_EXPECT_OK(clear_lock(pe, lock_of(pe)));
    }
  });
  EXPECT_EQ(counter, static_cast<long>(kTurns) * job.npes());
  expect_unused(job);
}

TEST_P(Lock, TestingNeverWaitsAndExcludesToo) {
  ThreadJob job(GetParam());
  constexpr int kTurns = 2'000;
  long counter = 0;
  job.run([&](Pe& pe) {
    SHMEM_EXPECT_OK(sync(pe, pe.teams->world()));
    for (int done = 0; done < kTurns;) {
      bool obtained = false;
      // Half of the PEs mix both ways in.
      if (pe.me % 2 == 0 && done % 2 == 0) {
        SHMEM_EXPECT_OK(set_lock(pe, lock_of(pe)));
        obtained = true;
      } else {
        SHMEM_EXPECT_OK(test_lock(pe, lock_of(pe), &obtained));
      }
      if (!obtained) continue;
      work(counter, done);
      ++done;
      SHMEM_EXPECT_OK(clear_lock(pe, lock_of(pe)));
    }
  });
  EXPECT_EQ(counter, static_cast<long>(kTurns) * job.npes());
  expect_unused(job);
}

TEST_P(Lock, SeveralMayBeHeldAtOnce) {
  ThreadJob job(GetParam());
  constexpr int kLocks = 5;
  long counters[kLocks] = {};
  std::atomic<long> entered{0};
  job.run([&](Pe& pe) {
    std::mt19937 random(static_cast<unsigned>(pe.me));
    SHMEM_EXPECT_OK(sync(pe, pe.teams->world()));
    for (int i = 0; i < 2'000; ++i) {
      int low = static_cast<int>(random() % kLocks);
      int high = static_cast<int>(random() % kLocks);
      if (low > high) std::swap(low, high);  // one order everywhere: no deadlock
      SHMEM_EXPECT_OK(set_lock(pe, lock_of(pe, low)));
      if (high != low) SHMEM_EXPECT_OK(set_lock(pe, lock_of(pe, high)));
      work(counters[low], i);
      if (high != low) work(counters[high], i);
      entered.fetch_add(high != low ? 2 : 1, std::memory_order_relaxed);
      SHMEM_EXPECT_OK(clear_lock(pe, lock_of(pe, low)));
      if (high != low) SHMEM_EXPECT_OK(clear_lock(pe, lock_of(pe, high)));
    }
  });
  long sum = 0;
  for (int index = 0; index < kLocks; ++index) {
    expect_unused(job, index);
    sum += counters[index];
  }
  EXPECT_EQ(sum, entered.load());
}

TEST_P(Lock, GlobalsCanBeLocks) {
  ThreadJob job(GetParam());
  long counter = 0;
  job.run([&](Pe& pe) {
    auto* lock = reinterpret_cast<long*>(pe.data_begin + 4096);
    SHMEM_EXPECT_OK(sync(pe, pe.teams->world()));
    for (int i = 0; i < 5'000; ++i) {
      SHMEM_EXPECT_OK(set_lock(pe, lock));
      work(counter, i);
      SHMEM_EXPECT_OK(clear_lock(pe, lock));
    }
  });
  EXPECT_EQ(counter, 5'000L * job.npes());
}

TEST_P(Lock, ThreadsOfOnePeExcludeEachOther) {
  ThreadJob job(GetParam(), {.timer = false});
  constexpr int kThreads = 3;
  long counter = 0;
  job.run([&](Pe& pe) {
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 1'000; ++i) {
          SHMEM_EXPECT_OK(set_lock(pe, lock_of(pe)));
          work(counter, i);
          SHMEM_EXPECT_OK(clear_lock(pe, lock_of(pe)));
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  });
  EXPECT_EQ(counter, 1'000L * kThreads * job.npes());
  expect_unused(job);
}

// The interrupt check of each PE says yes at random, so that places are abandoned, passed over and taken up again.
TEST_P(Lock, InterruptsAtRandomMomentsLoseNothing) {
  ThreadJob job(GetParam());
  long counter = 0;
  std::atomic<long> expected{0};
  job.run([&](Pe& pe) {
    struct State {
      std::mt19937 random;
    } state{std::mt19937(static_cast<unsigned>(pe.me) + 17)};
    pe.wait_policy.spins = 1;
    pe.wait_policy.yields = 1;
    pe.interrupt_argument.store(&state);
    pe.interrupt_check.store([](void* argument) -> int { return static_cast<State*>(argument)->random() % 3 == 0; });
    for (int i = 0; i < 1000; ++i) {
      const Status status = set_lock(pe, lock_of(pe));
      if (status == Status::kInterrupted) continue;
      SHMEM_EXPECT_OK(status);
      work(counter, i);
      expected.fetch_add(1, std::memory_order_relaxed);
      SHMEM_EXPECT_OK(clear_lock(pe, lock_of(pe)));
    }
    pe.interrupt_check.store(nullptr);
  });
  EXPECT_EQ(counter, expected.load());
  // Places that were abandoned last have been passed over, too.
  job.run([&](Pe& pe) {
    SHMEM_EXPECT_OK(set_lock(pe, lock_of(pe)));
    SHMEM_EXPECT_OK(clear_lock(pe, lock_of(pe)));
  });
  expect_unused(job);
}

INSTANTIATE_TEST_SUITE_P(Pes, Lock, testing::Values(1, 2, 3, 4, 8));

TEST(LockOrder, FirstComeIsFirstServed) {
  ThreadJob job(5);
  std::vector<int> order;
  job.run([&](Pe& pe) {
    // PE 0 holds the lock; the others line up one behind the other.
    if (pe.me > 0) await_tail(job, pe.me - 1);
    SHMEM_EXPECT_OK(set_lock(pe, lock_of(pe)));
    if (pe.me == 0) await_tail(job, 4);
    order.push_back(pe.me);
    SHMEM_EXPECT_OK(clear_lock(pe, lock_of(pe)));
  });
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4}));
}

int always(void*) {
  return 1;
}

TEST(LockInterrupt, AbandonedPlaceIsPassedOver) {
  ThreadJob job(3);
  std::atomic<bool> left{false};
  job.run([&](Pe& pe) {
    long* lock = lock_of(pe);
    if (pe.me == 0) {
      SHMEM_EXPECT_OK(set_lock(pe, lock));
      await_tail(job, 2);
      while (!left) std::this_thread::yield();
      SHMEM_EXPECT_OK(clear_lock(pe, lock));
    } else if (pe.me == 1) {
      await_tail(job, 0);
      pe.interrupt_check.store(always);
      EXPECT_EQ(set_lock(pe, lock), Status::kInterrupted);
      EXPECT_EQ(clear_lock(pe, lock), Status::kInvalid);
      left = true;
    } else {
      await_tail(job, 1);
      SHMEM_EXPECT_OK(set_lock(pe, lock));
      SHMEM_EXPECT_OK(clear_lock(pe, lock));
    }
  });
  expect_unused(job);
}

TEST(LockInterrupt, AbandonedPlaceAtTheEndLeavesTheLockFree) {
  ThreadJob job(2);
  std::atomic<bool> left{false};
  job.run([&](Pe& pe) {
    long* lock = lock_of(pe);
    if (pe.me == 0) {
      SHMEM_EXPECT_OK(set_lock(pe, lock));
      while (!left) std::this_thread::yield();
      SHMEM_EXPECT_OK(clear_lock(pe, lock));
    } else {
      await_tail(job, 0);
      pe.interrupt_check.store(always);
      EXPECT_EQ(set_lock(pe, lock), Status::kInterrupted);
      pe.interrupt_check.store(nullptr);
      left = true;
    }
  });
  expect_unused(job);
}

TEST(LockInterrupt, OldPlaceIsTakenUpAgain) {
  ThreadJob job(3);
  std::atomic<bool> again{false};
  std::vector<int> order;
  job.run([&](Pe& pe) {
    long* lock = lock_of(pe);
    if (pe.me == 0) {
      SHMEM_EXPECT_OK(set_lock(pe, lock));
      await_tail(job, 2);
      while (!again) std::this_thread::yield();
      // PE 1's word says "waiting" again: its place before PE 2 is taken.
      auto& word = *reinterpret_cast<std::atomic<long>*>(lock_of(job.pe(1)));
      while (word.load() >> 48 != 1) std::this_thread::yield();
    } else if (pe.me == 1) {
      await_tail(job, 0);
      pe.interrupt_check.store(always);
      EXPECT_EQ(set_lock(pe, lock), Status::kInterrupted);
      pe.interrupt_check.store(nullptr);
      bool obtained = true;
      SHMEM_EXPECT_OK(test_lock(pe, lock, &obtained));
      EXPECT_FALSE(obtained);
      await_tail(job, 2);
      again = true;
      SHMEM_EXPECT_OK(set_lock(pe, lock));
    } else {
      await_tail(job, 1);
      SHMEM_EXPECT_OK(set_lock(pe, lock));
    }
    order.push_back(pe.me);
    SHMEM_EXPECT_OK(clear_lock(pe, lock));
  });
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2}));
  expect_unused(job);
}

TEST(LockMisuse, HasWords) {
  ThreadJob job(2);
  Pe& pe = job.pe(1);
  long* lock = lock_of(pe);
  EXPECT_EQ(clear_lock(pe, lock), Status::kInvalid);
  EXPECT_NE(std::string(failure_message()).find("is not held by PE 1"), std::string::npos) << failure_message();

  SHMEM_EXPECT_OK(set_lock(job.pe(0), lock_of(job.pe(0))));
  EXPECT_EQ(clear_lock(pe, lock), Status::kInvalid) << "PE 0 holds it";
  bool obtained = true;
  SHMEM_EXPECT_OK(test_lock(pe, lock, &obtained));
  EXPECT_FALSE(obtained);
  SHMEM_EXPECT_OK(clear_lock(job.pe(0), lock_of(job.pe(0))));
  SHMEM_EXPECT_OK(test_lock(pe, lock, &obtained));
  EXPECT_TRUE(obtained);
  SHMEM_EXPECT_OK(clear_lock(pe, lock));

  long local = 0;
  EXPECT_EQ(set_lock(pe, &local), Status::kInvalid);
  EXPECT_NE(std::string(failure_message()).find("is not a symmetric"), std::string::npos) << failure_message();
  auto* crooked = reinterpret_cast<long*>(pe.heap_begin + 4);
  EXPECT_EQ(set_lock(pe, crooked), Status::kInvalid);
  EXPECT_EQ(test_lock(pe, crooked, &obtained), Status::kInvalid);
  EXPECT_EQ(clear_lock(pe, &local), Status::kInvalid);
}

TEST(LockEnding, WaitersLeaveAnEndingJob) {
  ThreadJob job(3);
  job.run([&](Pe& pe) {
    if (pe.me == 0) {
      SHMEM_EXPECT_OK(set_lock(pe, lock_of(pe)));
      while (tail_of(job) == 1) std::this_thread::yield();
      mark_ending(pe, 0, 3);
    } else {
      await_tail(job, pe.me - 1);
      EXPECT_EQ(set_lock(pe, lock_of(pe)), Status::kEnding);
    }
  });
}

}  // namespace
}  // namespace shmem::smp::test
