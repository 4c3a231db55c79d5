// SPDX-License-Identifier: BSD-3-Clause
//
// The allocator as a data structure: against a model that paints bytes, and the properties that the collective
// protocol rests on.
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <vector>

#include "smp/heap/allocator.h"

namespace shmem::smp {
namespace {

constexpr std::size_t kBudget = std::size_t{8} << 20;

// What a simple-minded allocator knows: live blocks by offset.
using Model = std::map<std::size_t, std::size_t>;

// The longest run of granules at the alignment that no live block of the model touches.
bool model_has_room(const Model& model, std::size_t budget, std::size_t nbytes, std::size_t alignment) {
  const auto up = [](std::size_t value, std::size_t unit) { return (value + unit - 1) / unit * unit; };
  std::size_t free_from = 0;
  const auto fits_before = [&](std::size_t end) {
    const std::size_t begin = up(free_from, alignment);
    return begin <= end && up(nbytes, Allocator::kGranule) <= end - begin;
  };
  for (const auto& [offset, size] : model) {
    if (fits_before(offset)) return true;
    free_from = up(offset + size, Allocator::kGranule);
  }
  return fits_before(budget);
}

bool overlaps(const Model& model, std::size_t offset, std::size_t nbytes) {
  const auto next = model.lower_bound(offset);
  if (next != model.end() && next->first < offset + nbytes) return true;
  if (next == model.begin()) return false;
  const auto before = std::prev(next);
  return before->first + before->second > offset;
}

std::size_t random_size(std::mt19937_64& random) {
  switch (random() % 4) {
    case 0:
      return 1 + random() % 64;
    case 1:
      return 1 + random() % 1024;
    case 2:
      return 1 + random() % 65536;
    default:
      return 1 + random() % (kBudget / 4);
  }
}

TEST(Allocator, RandomSequencesAgreeWithModel) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    std::mt19937_64 random(seed);
    Allocator allocator(kBudget);
    Model model;
    for (int step = 0; step < 3000; ++step) {
      const bool allocate = model.empty() || random() % 100 < 52;
      if (allocate) {
        const std::size_t nbytes = random_size(random);
        const std::size_t alignment = random() % 3 == 0 ? std::size_t{1} << (random() % 22) : 0;
        const std::size_t effective = alignment > Allocator::kGranule ? alignment : Allocator::kGranule;
        const auto offset = allocator.allocate(nbytes, alignment);
        ASSERT_EQ(offset.has_value(), model_has_room(model, kBudget, nbytes, effective))
            << "seed " << seed << " step " << step << ": " << nbytes << " bytes, alignment " << alignment;
        if (!offset) continue;
        ASSERT_EQ(*offset % effective, 0u);
        ASSERT_LE(*offset + nbytes, kBudget);
        ASSERT_FALSE(overlaps(model, *offset, nbytes));
        model[*offset] = nbytes;
      } else {
        auto victim = model.begin();
        std::advance(victim, static_cast<std::ptrdiff_t>(random() % model.size()));
        if (random() % 3 == 0) {
          const std::size_t nbytes = random_size(random);
          const auto next = std::next(victim);
          const std::size_t end = next == model.end() ? kBudget : next->first;
          const std::size_t rounded = (nbytes + Allocator::kGranule - 1) / Allocator::kGranule * Allocator::kGranule;
          ASSERT_EQ(allocator.resize(victim->first, nbytes), victim->first + rounded <= end);
          if (victim->first + rounded <= end) victim->second = nbytes;
        } else {
          allocator.release(victim->first);
          model.erase(victim);
        }
      }
      if (step % 50 == 0) {
        ASSERT_TRUE(allocator.consistent()) << "seed " << seed << " step " << step;
        for (const auto& [offset, nbytes] : model) {
          const auto at = allocator.block_at(offset);
          ASSERT_TRUE(at && at->nbytes == nbytes);
          const auto around = allocator.block_around(offset + nbytes - 1);
          ASSERT_TRUE(around && around->offset == offset && around->nbytes == nbytes);
          ASSERT_FALSE(allocator.block_at(offset + 1));
        }
      }
    }
    for (const auto& [offset, nbytes] : model) allocator.release(offset);
    EXPECT_TRUE(allocator.consistent());
    EXPECT_EQ(allocator.free_ranges(), 1u);
    EXPECT_EQ(allocator.live_nbytes(), 0u);
  }
}

TEST(Allocator, EqualCallsGiveEqualOffsets) {
  Allocator one(kBudget);
  Allocator two(kBudget);
  std::mt19937_64 random(7);
  std::vector<std::size_t> live;
  for (int step = 0; step < 20000; ++step) {
    if (live.empty() || random() % 2 == 0) {
      const std::size_t nbytes = random_size(random);
      const auto offset = one.allocate(nbytes);
      ASSERT_EQ(offset, two.allocate(nbytes));
      if (offset) live.push_back(*offset);
    } else {
      const std::size_t index = random() % live.size();
      one.release(live[index]);
      two.release(live[index]);
      live.erase(live.begin() + static_cast<std::ptrdiff_t>(index));
    }
  }
}

// Two PEs that took back an allocation on which they did not agree are in step again, whatever each had tried.
TEST(Allocator, TakingBackRestoresTheState) {
  std::mt19937_64 random(3);
  Allocator steady(kBudget);
  Allocator wavering(kBudget);
  std::vector<std::size_t> live;
  for (int step = 0; step < 5000; ++step) {
    if (const auto tried = wavering.allocate(random_size(random), std::size_t{1} << (random() % 16))) {
      wavering.release(*tried);
    }
    if (live.size() < 5 || random() % 2 == 0) {
      const std::size_t nbytes = random_size(random);
      const auto offset = steady.allocate(nbytes);
      ASSERT_EQ(offset, wavering.allocate(nbytes)) << "step " << step;
      if (offset) live.push_back(*offset);
    }
    if (live.size() > 4) {
      const std::size_t index = random() % live.size();
      steady.release(live[index]);
      wavering.release(live[index]);
      live.erase(live.begin() + static_cast<std::ptrdiff_t>(index));
    }
  }
}

TEST(Allocator, NeighboursComeTogetherInAnyOrderOfFreeing) {
  for (const auto& order : {std::vector<int>{0, 1, 2}, {2, 1, 0}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}}) {
    Allocator allocator(3 * 128);
    const std::size_t offsets[] = {*allocator.allocate(128), *allocator.allocate(128), *allocator.allocate(128)};
    EXPECT_FALSE(allocator.allocate(1));
    for (int index : order) allocator.release(offsets[index]);
    EXPECT_TRUE(allocator.consistent());
    EXPECT_EQ(allocator.allocate(3 * 128), std::optional<std::size_t>(0));
  }
}

TEST(Allocator, BlocksOfDifferentUseShareNoCacheLine) {
  Allocator allocator(kBudget);
  std::size_t end = 0;
  for (std::size_t nbytes : {1, 8, 63, 64, 65, 100, 8}) {
    const auto offset = allocator.allocate(nbytes);
    ASSERT_TRUE(offset);
    EXPECT_EQ(*offset % 64, 0u);
    EXPECT_GE(*offset, end);
    end = *offset + nbytes;
  }
}

TEST(Allocator, LargeBlocksBeginALineIntoPagesWhereThatFits) {
  Allocator allocator(kBudget);
  ASSERT_EQ(allocator.allocate(1), std::optional<std::size_t>(0));
  EXPECT_EQ(*allocator.allocate(5000) % Allocator::kPage, Allocator::kLead);
  EXPECT_EQ(*allocator.allocate(Allocator::kHugePage) % Allocator::kHugePage, Allocator::kLead);
  // A request with an alignment gets the page as well.
  EXPECT_EQ(*allocator.allocate(5000, 128) % Allocator::kPage, 0u);
  EXPECT_EQ(*allocator.allocate(5000, 64) % Allocator::kPage, Allocator::kLead);
  // A preference only: what is left in one piece can be had in one piece.
  std::size_t largest = 0;
  allocator.for_each_free(1, [&](const Allocator::Extent& range) { largest = range.nbytes; });
  EXPECT_TRUE(allocator.allocate(largest));
}

TEST(Allocator, ExhaustionAndHugeRequestsFailWithoutChange) {
  Allocator allocator(1000);  // 960 in whole lines
  EXPECT_EQ(allocator.budget(), 960u);
  EXPECT_FALSE(allocator.allocate(961));
  EXPECT_FALSE(allocator.allocate(SIZE_MAX));
  EXPECT_FALSE(allocator.allocate(SIZE_MAX - 63, 64));
  EXPECT_FALSE(allocator.allocate(64, std::size_t{1} << 63));
  EXPECT_TRUE(allocator.consistent());
  const auto all = allocator.allocate(960);
  ASSERT_TRUE(all);
  EXPECT_FALSE(allocator.allocate(1));
  EXPECT_FALSE(allocator.resize(*all, SIZE_MAX));
  allocator.release(*all);
  EXPECT_TRUE(allocator.consistent());
  EXPECT_FALSE(Allocator(0).allocate(1));
}

TEST(Allocator, AddressesBetweenBlocksBelongToNone) {
  Allocator allocator(kBudget);
  const std::size_t one = *allocator.allocate(100);
  const std::size_t two = *allocator.allocate(100);
  EXPECT_TRUE(allocator.block_around(one + 99));
  EXPECT_FALSE(allocator.block_around(one + 100));  // rounding is not the user's
  allocator.release(one);
  EXPECT_FALSE(allocator.block_around(one));
  EXPECT_FALSE(allocator.block_at(one));
  EXPECT_EQ(allocator.release(one), 0u) << "freed already";
  EXPECT_EQ(allocator.release(two + 64), 0u) << "inside of a block";
  EXPECT_EQ(allocator.release(kBudget), 0u);
  EXPECT_EQ(allocator.block_around(two + 5)->offset, two);
}

TEST(Allocator, AMillionCyclesDoNotGrow) {
  Allocator allocator(kBudget);
  std::mt19937_64 random(11);
  std::vector<std::size_t> ring(64, SIZE_MAX);
  for (int step = 0; step < 1'000'000; ++step) {
    std::size_t& place = ring[random() % ring.size()];
    if (place != SIZE_MAX) allocator.release(place);
    const auto offset = allocator.allocate(1 + random() % 4000);
    ASSERT_TRUE(offset) << "step " << step;
    place = *offset;
    // 64 blocks of at most a page: what best fit needs beyond that is fragmentation.
    ASSERT_LE(place, std::size_t{64} * 2 * 4096);
  }
  EXPECT_LE(allocator.free_ranges(), 65u);
  EXPECT_TRUE(allocator.consistent());
}

}  // namespace
}  // namespace shmem::smp
