// SPDX-License-Identifier: BSD-3-Clause
//
// Slots of symmetric memory, and of put and get.

#include "check.h"

namespace engine_test {

void test_memory() {
  for (const size_t alignment : {size_t{0}, size_t{8}, size_t{64}, size_t{4096}}) {
    for (const size_t nbytes : {size_t{1}, size_t{40}, size_t{100000}}) {
      void* pointer = nullptr;
      CHECK_OK(engine->alloc(nbytes, alignment, 0, 1, nullptr, &pointer));
      CHECK(pointer != nullptr);
      if (alignment != 0) CHECK_EQ(reinterpret_cast<uintptr_t>(pointer) % alignment, uintptr_t{0});
      const auto* const bytes = static_cast<const unsigned char*>(pointer);
      bool zero = true;
      for (size_t i = 0; i < nbytes; ++i) zero = zero && bytes[i] == 0;
      CHECK(zero);
      std::memset(pointer, 0xff, nbytes);
      CHECK_OK(engine->free(pointer, 5));
    }
  }
  void* pointer = nullptr;
  CHECK_OK(engine->alloc(64, 0, ENGINE_ATOMICS_REMOTE | ENGINE_SIGNAL_REMOTE, 0, nullptr, &pointer));
  CHECK(pointer != nullptr);
  release(pointer);

  // Beyond the heap: the same on all PEs, and the heap stays usable.
  CHECK_EQ(engine->alloc(size_t{1} << 60, 0, 0, 0, nullptr, &pointer), int{ENGINE_NO_MEMORY});
  CHECK(pointer == nullptr);
  CHECK_EQ(take_status(), int{ENGINE_NO_MEMORY});
  // All hear the greatest number.
  uint64_t number = static_cast<uint64_t>(10 + me);
  CHECK_OK(engine->alloc(0, 0, 0, 0, &number, &pointer));
  CHECK(pointer != nullptr);
  CHECK_EQ(number, static_cast<uint64_t>(9 + n_pes));
  release(pointer);
  number = static_cast<uint64_t>(n_pes - me);
  CHECK_EQ(engine->alloc(size_t{1} << 60, 0, 0, 0, &number, &pointer), int{ENGINE_NO_MEMORY});
  CHECK_EQ(take_status(), int{ENGINE_NO_MEMORY});
  CHECK_EQ(number, static_cast<uint64_t>(n_pes));
  if (n_pes > 1) {
    CHECK_EQ(engine->alloc(me == 0 ? 64 : 128, 0, 0, 0, nullptr, &pointer), int{ENGINE_MISMATCH});
    CHECK(pointer == nullptr);
    const char* message = nullptr;
    CHECK_EQ(engine->take_error(&message), int{ENGINE_MISMATCH});
    CHECK(std::strlen(message) > 0);
    CHECK_EQ(take_status(), int{ENGINE_OK});
  }
  for (int round = 0; round < 200; ++round) {
    auto* const block = symmetric<char>(static_cast<size_t>(1000 + round));
    CHECK(block != nullptr);
    release(block);
  }
}

namespace {

constexpr size_t kNbytes = 1 << 18;

void fill(std::vector<unsigned char>& bytes, uint64_t salt) {
  for (size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<unsigned char>(mix(static_cast<uint64_t>(me), salt, i / 8) >> (8 * (i % 8)));
  }
}

void test_contiguous(unsigned char* heap) {
  std::vector<unsigned char> source(kNbytes);
  std::vector<unsigned char> found(kNbytes);
  const int to = (me + 1) % n_pes;
  const int from = (me + n_pes - 1) % n_pes;
  std::vector<unsigned char> expected(kNbytes);
  for (int log2 = 0; log2 <= 4; ++log2) {
    for (const size_t nelems : {size_t{0}, size_t{1}, size_t{3}, size_t{500}, kNbytes >> log2}) {
      for (const bool nbi : {false, true}) {
        const uint64_t salt = nelems * 10 + static_cast<uint64_t>(log2) + (nbi ? 100 : 0);
        const size_t nbytes = nelems << log2;
        fill(source, salt);
        (nbi ? engine->put_nbi : engine->put)(ctx, heap, source.data(), nelems, log2, to);
        engine->barrier_all();
        const int keep = me;
        me = from;
        fill(expected, salt);
        me = keep;
        CHECK(std::memcmp(heap, expected.data(), nbytes) == 0);
        // Get back from the right neighbour what was put there.
        std::fill(found.begin(), found.end(), 0);
        (nbi ? engine->get_nbi : engine->get)(ctx, found.data(), heap, nelems, log2, to);
        if (nbi) engine->quiet(ctx);
        CHECK(std::memcmp(found.data(), source.data(), nbytes) == 0);
        CHECK(nbytes == found.size() || found[nbytes] == 0);
        engine->barrier_all();
      }
    }
  }
}

void test_elements(unsigned char* heap) {
  for (int to = 0; to < n_pes; ++to) {
    unsigned char* const at = heap + 64 * me;
    const uint64_t value = mix(static_cast<uint64_t>(me), 77, static_cast<uint64_t>(to));
    engine->p1(ctx, at, static_cast<uint8_t>(value), to);
    engine->p2(ctx, at + 2, static_cast<uint16_t>(value), to);
    engine->p4(ctx, at + 4, static_cast<uint32_t>(value), to);
    engine->p8(ctx, at + 8, value, to);
    engine->quiet(ctx);
    CHECK_EQ(engine->g1(ctx, at, to), static_cast<uint8_t>(value));
    CHECK_EQ(engine->g2(ctx, at + 2, to), static_cast<uint16_t>(value));
    CHECK_EQ(engine->g4(ctx, at + 4, to), static_cast<uint32_t>(value));
    CHECK_EQ(engine->g8(ctx, at + 8, to), value);
  }
  engine->barrier_all();
}

struct Blocks {
  ptrdiff_t dest_stride;
  ptrdiff_t source_stride;
  size_t block_nelems;
  size_t nblocks;
};

void test_blocks(unsigned char* heap) {
  const Blocks shapes[] = {{1, 1, 1, 50}, {3, 2, 1, 40}, {5, 7, 4, 30},  {4, 4, 4, 20},  {9, 4, 2, 3},
                           {2, 5, 2, 60}, {1, 9, 1, 1},  {6, 6, 5, 100}, {20, 8, 8, 30}, {3, 3, 2, 0}};
  const int to = (me + 1) % n_pes;
  constexpr size_t kArea = 64 * 1024;
  std::vector<unsigned char> source(kArea);
  std::vector<unsigned char> expected(kArea);
  std::vector<unsigned char> found(kArea);
  const auto move = [](unsigned char* dest, const unsigned char* from, const Blocks& shape, size_t each) {
    for (size_t b = 0; b < shape.nblocks; ++b) {
      const auto index = static_cast<ptrdiff_t>(b * each);
      std::memcpy(dest + index * shape.dest_stride, from + index * shape.source_stride, shape.block_nelems * each);
    }
  };
  for (int log2 = 0; log2 <= 4; ++log2) {
    const size_t each = size_t{1} << log2;
    for (const Blocks& shape : shapes) {
      fill(source, shape.nblocks);
      std::memset(heap, 0x55, kArea);
      engine->barrier_all();
      engine->ibput(ctx, heap, source.data(), shape.dest_stride, shape.source_stride, shape.block_nelems, shape.nblocks,
                    log2, to);
      engine->quiet(ctx);
      engine->get(ctx, found.data(), heap, kArea, 0, to);
      std::fill(expected.begin(), expected.end(), 0x55);
      move(expected.data(), source.data(), shape, each);
      CHECK(found == expected);
      engine->barrier_all();

      std::memcpy(heap, source.data(), kArea);
      engine->barrier_all();
      const int keep = me;
      me = to;
      fill(source, shape.nblocks);
      me = keep;
      std::fill(found.begin(), found.end(), 0x55);
      std::fill(expected.begin(), expected.end(), 0x55);
      engine->ibget(ctx, found.data(), heap, shape.dest_stride, shape.source_stride, shape.block_nelems, shape.nblocks,
                    log2, to);
      move(expected.data(), source.data(), shape, each);
      CHECK(found == expected);
      engine->barrier_all();
    }
  }
}

// A flag put after a fence is never seen before the data put ahead of it.
void test_ordering(uint64_t* words) {
  const int to = (me + 1) % n_pes;
  constexpr uint64_t kRounds = 2000;
  std::memset(words, 0, 128);
  engine->barrier_all();
  bool ordered = true;
  for (uint64_t round = 1; round <= kRounds; ++round) {
    engine->p8(ctx, words, round, to);
    engine->fence(ctx);
    engine->p8(ctx, words + 8, round, to);
    const uint64_t flag = __atomic_load_n(words + 8, __ATOMIC_ACQUIRE);
    ordered = ordered && __atomic_load_n(words, __ATOMIC_ACQUIRE) >= flag;
  }
  CHECK(ordered);
  engine->pe_quiet(ctx, &to, 1);
  CHECK_EQ(engine->g8(ctx, words + 8, to), kRounds);
  engine->pe_quiet(ctx, nullptr, 0);
  engine->sync_all();
  engine->barrier_all();
}

}  // namespace

void test_transfers() {
  auto* const heap = symmetric<unsigned char>(kNbytes);
  test_contiguous(heap);
  test_elements(heap);
  test_blocks(heap);
  test_ordering(reinterpret_cast<uint64_t*>(heap));
  release(heap);
}

}  // namespace engine_test
