// SPDX-License-Identifier: BSD-3-Clause
//
// Litmus tests of fence, quiet and atomics with two PEs: they look, many times over, for outcomes that the standard's
// memory model forbids.
#include "smp/atomics/atomics.h"
#include "smp/rma/copy.h"
#include "smp/rma/order.h"
#include "thread_job.h"

namespace shmem::smp::test {
namespace {

constexpr int kRounds = 20000;

// Cells of a cache line each in PE 0's heap, so that stores to two of them may be reordered.
std::uint64_t* cell(Pe& pe, std::size_t index) {
  return reinterpret_cast<std::uint64_t*>(pe.heap_of(0)) + 8 * index;
}

// Both threads at the same round, without the engine's own barriers.
void meet(Pe& pe, int round) {
  std::uint64_t* counter = cell(pe, 100);
  amo_fetch_add(counter, std::uint64_t{1});
  while (amo_fetch(counter) < 2 * static_cast<std::uint64_t>(round)) os::yield();
}

// Message passing: data, fence, flag. A PE that sees the flag sees the data.
TEST(Order, FenceKeepsDataBeforeFlag) {
  ThreadJob job(2);
  std::atomic<int> violations{0};
  job.run([&](Pe& pe) {
    for (std::uint64_t round = 1; round <= kRounds; ++round) {
      if (pe.me == 0) {
        store_element(cell(pe, 0), round);
        fence();
        store_element(cell(pe, 1), round);
        while (amo_fetch(cell(pe, 2)) < round) os::relax();
      } else {
        while (load_element(cell(pe, 1)) < round) os::yield();
        std::atomic_thread_fence(std::memory_order_acquire);
        if (load_element(cell(pe, 0)) < round) ++violations;
        amo_set(cell(pe, 2), round);
      }
    }
  });
  EXPECT_EQ(violations.load(), 0);
}

// Store buffering: each stores its own word, quiet, then reads the other's. Not both may miss.
TEST(Order, QuietForbidsStoreBuffering) {
  ThreadJob job(2);
  std::uint64_t seen[2];
  int violations = 0;
  job.run([&](Pe& pe) {
    const auto me = static_cast<std::size_t>(pe.me);
    for (int round = 1; round <= kRounds / 4; ++round) {
      meet(pe, 2 * round - 1);
      const auto value = static_cast<std::uint64_t>(round);
      store_element(cell(pe, me), value);
      quiet();
      seen[me] = load_element(cell(pe, 1 - me));
      meet(pe, 2 * round);
      if (pe.me == 0 && seen[0] < value && seen[1] < value) ++violations;
    }
  });
  EXPECT_EQ(violations, 0);
}

TEST(Order, FetchAddIsAtomicAndDistinct) {
  ThreadJob job(4);
  std::vector<std::uint8_t> taken(4 * 5000);
  job.run([&](Pe& pe) {
    for (int i = 0; i < 5000; ++i) {
      const std::uint64_t ticket = amo_fetch_add(cell(pe, 0), std::uint64_t{1});
      ++taken[ticket];  // a ticket given twice would be a race here, too
    }
  });
  for (const std::uint8_t count : taken) ASSERT_EQ(count, 1);
}

// Words of natural size never tear: readers see one of the values that were written.
TEST(Order, ElementStoresDoNotTear) {
  ThreadJob job(2);
  std::atomic<bool> stop{false};
  int torn = 0;
  constexpr std::uint64_t kPatterns[] = {0, ~std::uint64_t{0}};
  job.run([&](Pe& pe) {
    if (pe.me == 0) {
      for (int i = 0; i < 200000; ++i) store_element(cell(pe, 0), kPatterns[i & 1]);
      stop.store(true);
    } else {
      while (!stop.load()) {
        const std::uint64_t value = load_element(cell(pe, 0));
        if (value != kPatterns[0] && value != kPatterns[1]) ++torn;
      }
    }
  });
  EXPECT_EQ(torn, 0);
}

TEST(Atomics, WrapAround) {
  std::int32_t word = INT32_MAX;
  EXPECT_EQ(amo_fetch_add(&word, 1), INT32_MAX);
  EXPECT_EQ(word, INT32_MIN);
}

TEST(Atomics, CompareSwapReturnsWhatWasThere) {
  std::uint64_t word = 5;
  EXPECT_EQ(amo_compare_swap(&word, std::uint64_t{4}, std::uint64_t{9}), 5u);
  EXPECT_EQ(word, 5u);
  EXPECT_EQ(amo_compare_swap(&word, std::uint64_t{5}, std::uint64_t{9}), 5u);
  EXPECT_EQ(word, 9u);
}

TEST(Atomics, FloatsSwapAndSet) {
  double word = 1.5;
  EXPECT_EQ(amo_swap(&word, -2.0), 1.5);
  amo_set(&word, 0.25);
  EXPECT_EQ(amo_fetch(&word), 0.25);
}

}  // namespace
}  // namespace shmem::smp::test
