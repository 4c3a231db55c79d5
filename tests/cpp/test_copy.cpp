// SPDX-License-Identifier: BSD-3-Clause
//
// Copies against the plain loop that defines them: every element size, aligned or not, strides of both signs.
#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "engine/string_moves.h"
#include "smp/rma/copy.h"

namespace shmem::smp::test {
namespace {

struct Shape {
  std::ptrdiff_t target_stride;
  std::ptrdiff_t source_stride;
  std::size_t block;
  std::size_t nblocks;
};

void check(std::size_t element, std::size_t offset, const Shape& shape) {
  constexpr std::size_t kNbytes = 1 << 16;
  alignas(64) static unsigned char source[kNbytes];
  alignas(64) static unsigned char target[kNbytes];
  alignas(64) static unsigned char expected[kNbytes];
  for (std::size_t i = 0; i < kNbytes; ++i) source[i] = static_cast<unsigned char>(i * 37 + i / 251);
  std::memset(target, 0xee, kNbytes);
  std::memset(expected, 0xee, kNbytes);
  // Negative strides run down from the middle.
  const std::size_t middle = kNbytes / 2 / 16 * 16 + offset;
  for (std::size_t b = 0; b < shape.nblocks; ++b) {
    for (std::size_t i = 0; i < shape.block * element; ++i) {
      const auto at = static_cast<std::ptrdiff_t>(b);
      const auto size = static_cast<std::ptrdiff_t>(element);
      expected[static_cast<std::ptrdiff_t>(middle + i) + at * shape.target_stride * size] =
          source[static_cast<std::ptrdiff_t>(middle + i) + at * shape.source_stride * size];
    }
  }
  copy_strided(target + middle, source + middle, shape.target_stride, shape.source_stride, shape.block, shape.nblocks,
               element);
  ASSERT_EQ(std::memcmp(target, expected, kNbytes), 0)
      << "element " << element << " offset " << offset << " strides " << shape.target_stride << ' '
      << shape.source_stride << " block " << shape.block << " x " << shape.nblocks;
}

#if defined(__x86_64__)
TEST(Copy, MeasuresOnceAndOnlyWhereItMatters) {
  alignas(4096) static unsigned char area[4 * 4096];
  copy_bytes(area + 8192, area, 2047);
  EXPECT_EQ(string_moves::verdict.load(), string_moves::kUnknown) << "too small";
  copy_bytes(area + 8192 + 16, area, 4096);
  const unsigned measured = string_moves::verdict.load();
  EXPECT_NE(measured & string_moves::kKnown, 0u);
  EXPECT_EQ(string_moves::detail::measure(), string_moves::kUnknown) << "a second time";
  EXPECT_EQ(string_moves::verdict.load(), measured);
}
#endif

TEST(Copy, StridedMatchesTheLoopThatDefinesIt) {
  const std::vector<Shape> shapes = {
      {1, 1, 1, 100},
      {1, 3, 1, 100},
      {3, 1, 1, 100},
      {2, 5, 1, 50},
      {-1, 1, 1, 60},
      {1, -2, 1, 60},
      {-3, -3, 1, 20},
      {4, 4, 4, 25},
      {12, 11, 8, 12},
      {11, 12, 5, 12},
      {-9, 12, 9, 12},
      {4, 7, 4, 20},
      {9, 4, 3, 20},
      {1, 0, 1, 50},
      {5, 5, 0, 10},
      {5, 5, 5, 0},
      {2, 2, 1, 1},
      // Far elements, at every size: see copy_words_strided.
      {257, 300, 1, 6},
      {-256, 300, 1, 6},
      {300, -257, 1, 6},
  };
  for (const std::size_t element : {1, 2, 3, 4, 8, 12, 16}) {
    for (const std::size_t offset : {0, 1, 4, 8}) {
      for (const Shape& shape : shapes) check(element, offset, shape);
    }
  }
}

TEST(Copy, BytesOfEverySize) {
  std::vector<unsigned char> source(300);
  for (std::size_t i = 0; i < source.size(); ++i) source[i] = static_cast<unsigned char>(i * 7 + 1);
  for (std::size_t nbytes = 0; nbytes <= 260; ++nbytes) {
    std::vector<unsigned char> target(300, 0xcc);
    copy_bytes(target.data() + 1, source.data() + 3, nbytes);
    ASSERT_EQ(std::memcmp(target.data() + 1, source.data() + 3, nbytes), 0) << nbytes;
    ASSERT_EQ(target[0], 0xcc);
    ASSERT_EQ(target[nbytes + 1], 0xcc) << nbytes;
  }
}

// Sizes and distances around those where the copy is made by vectors, and none of the bytes beside it.
TEST(Copy, BytesAtEveryDistance) {
  constexpr std::size_t kMost = (std::size_t{1} << 20) + 64;
  std::vector<unsigned char> source(kMost + 8192);
  for (std::size_t i = 0; i < source.size(); ++i) source[i] = static_cast<unsigned char>(i * 31 + i / 255);
  std::vector<unsigned char> target(kMost + 16384);
  for (const std::size_t nbytes : {2047, 2048, 2049, 2111, 2112, 4096, 65537, 1048575, 1048576}) {
    for (const std::size_t distance : {0, 1, 7, 8, 16, 31, 32, 39, 40, 64, 4064, 4095}) {
      for (const std::size_t offset : {0, 5, 48}) {
        const unsigned char* from = source.data() + offset;
        const auto page = reinterpret_cast<std::uintptr_t>(from) - reinterpret_cast<std::uintptr_t>(target.data());
        unsigned char* to = target.data() + page % 4096 + distance + 4096;
        std::memset(to - 64, 0xcc, nbytes + 128);
        copy_bytes(to, from, nbytes);
        ASSERT_EQ(std::memcmp(to, from, nbytes), 0) << nbytes << " bytes, distance " << distance;
        for (int i = 0; i < 64; ++i) {
          ASSERT_EQ(to[-1 - i], 0xcc) << nbytes << " bytes, distance " << distance;
          ASSERT_EQ(to[nbytes + static_cast<std::size_t>(i)], 0xcc) << nbytes << " bytes, distance " << distance;
        }
      }
    }
  }
}

// Ranges of one PE may overlap, whichever comes first.
TEST(Copy, BytesThatOverlap) {
  for (const std::ptrdiff_t distance : {-4080, -16, -1, 1, 16, 39, 4112}) {
    std::vector<unsigned char> memory(32768);
    for (std::size_t i = 0; i < memory.size(); ++i) memory[i] = static_cast<unsigned char>(i * 31 + i / 255);
    const std::vector<unsigned char> before(memory.begin() + 8192, memory.begin() + 8192 + 16000);
    copy_bytes(memory.data() + 8192 + distance, memory.data() + 8192, before.size());
    ASSERT_EQ(std::memcmp(memory.data() + 8192 + distance, before.data(), before.size()), 0) << distance;
  }
}

// All ways that a measurement may choose, at all places around a page: every byte, and none beside them.
TEST(Copy, ContiguousIsRightWhateverHasBeenMeasured) {
  constexpr std::size_t kMost = std::size_t{70} << 10;
  alignas(4096) static unsigned char source[kMost];
  alignas(4096) static unsigned char target[kMost + 2 * 4096];
  for (std::size_t i = 0; i < kMost; ++i) source[i] = static_cast<unsigned char>(i * 37 + i / 251);
#if defined(__x86_64__)
  const unsigned before = string_moves::verdict.load();
  for (const unsigned verdict : {0u, 1u, 3u, 5u, 7u}) {
    string_moves::verdict.store(verdict);
#else
  {
#endif
    for (const std::size_t ahead : {0, 1, 8, 9, 16, 39, 40, 63, 64, 2048, 4095}) {
      for (const std::size_t nbytes : {2047, 2048, 2049, 4095, 4096, 5000, 16384, 16385, 66000}) {
        std::memset(target, 0xee, sizeof target);
        copy_bytes(target + ahead, source, nbytes);
        ASSERT_EQ(std::memcmp(target + ahead, source, nbytes), 0) << ahead << ' ' << nbytes;
        for (std::size_t i = 0; i < 64; ++i) ASSERT_EQ(target[ahead + nbytes + i], 0xee) << ahead << ' ' << nbytes;
        for (std::size_t i = 0; i < ahead; ++i) ASSERT_EQ(target[i], 0xee) << ahead << ' ' << nbytes;
      }
    }
#if defined(__x86_64__)
  }
  string_moves::verdict.store(before);
#else
  }
#endif
}

}  // namespace
}  // namespace shmem::smp::test
