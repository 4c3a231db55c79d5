// SPDX-License-Identifier: BSD-3-Clause
//
// The heap's collective protocol: equal calls agree, different ones fail alike and change nothing.
#include <array>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "smp/collectives/collectives.h"
#include "thread_job.h"

namespace shmem::smp::test {
namespace {

std::size_t offset_of(const Pe& pe, const void* address) {
  return static_cast<std::size_t>(static_cast<const std::byte*>(address) - pe.heap_begin);
}

class SymmetricHeap : public testing::TestWithParam<int> {};

TEST_P(SymmetricHeap, EqualCallsGiveEqualOffsets) {
  ThreadJob job(GetParam(), {.timer = false});
  constexpr int kSteps = 2000;
  std::vector<std::vector<std::size_t>> offsets(static_cast<std::size_t>(job.npes()));
  job.run([&](Pe& pe) {
    std::mt19937_64 random(5);  // the same on all PEs
    std::vector<void*> live;
    for (int step = 0; step < kSteps; ++step) {
      const auto choice = random() % 10;
      if (live.empty() || choice < 5) {
        void* block = nullptr;
        const std::size_t size = 1 + random() % (choice == 0 ? 200'000 : 2'000);
        SHMEM_EXPECT_OK(pe.heap->allocate(size, choice == 1 ? 4096 : 0, 0, choice == 2, nullptr, &block));
        if (block == nullptr) return;
        offsets[static_cast<std::size_t>(pe.me)].push_back(offset_of(pe, block));
        live.push_back(block);
      } else {
        const std::size_t index = random() % live.size();
        if (choice < 8) {
          SHMEM_EXPECT_OK(pe.heap->free(live[index]));
          live.erase(live.begin() + static_cast<std::ptrdiff_t>(index));
        } else {
          void* block = nullptr;
          SHMEM_EXPECT_OK(pe.heap->reallocate(live[index], 1 + random() % 5'000, &block));
          if (block == nullptr) return;
          offsets[static_cast<std::size_t>(pe.me)].push_back(offset_of(pe, block));
          live[index] = block;
        }
      }
    }
    for (void* block : live) SHMEM_EXPECT_OK(pe.heap->free(block));
    EXPECT_EQ(pe.heap->usage().used, 0u);
  });
  for (const auto& of_pe : offsets) EXPECT_EQ(of_pe, offsets[0]);
}

// As soon as a PE returns it may write to the others' new block; and a freed block's new owner keeps what it wrote.
TEST_P(SymmetricHeap, NewBlocksCanBeUsedAtOnce) {
  ThreadJob job(GetParam());
  job.run([&](Pe& pe) {
    Team& world = pe.teams->world();
    for (int round = 0; round < 300; ++round) {
      void* block = nullptr;
      SHMEM_EXPECT_OK(pe.heap->allocate(sizeof(long) * static_cast<std::size_t>(pe.npes), 0, 0, true, nullptr, &block));
      if (block == nullptr) return;
      auto* words = static_cast<long*>(block);
      for (int other = 0; other < pe.npes; ++other) {
        long* remote = pe.translate(words + pe.me, sizeof(long), other);
        __atomic_store_n(remote, 1000L * round + pe.me, __ATOMIC_RELAXED);
      }
      SHMEM_EXPECT_OK(barrier(pe, world));
      for (int other = 0; other < pe.npes; ++other) {
        EXPECT_EQ(__atomic_load_n(words + other, __ATOMIC_RELAXED), 1000L * round + other);
      }
      SHMEM_EXPECT_OK(pe.heap->free(block));
    }
  });
}

TEST_P(SymmetricHeap, ClearedBlocksReadAsZeros) {
  ThreadJob job(GetParam());
  job.run([&](Pe& pe) {
    for (std::size_t size : {1u, 100u, 5'000u, 3'000'000u}) {
      void* block = nullptr;
      SHMEM_EXPECT_OK(pe.heap->allocate(size, 0, 0, false, nullptr, &block));
      if (block == nullptr) return;
      std::memset(block, 0xff, size);
      SHMEM_EXPECT_OK(pe.heap->free(block));
      // The same place, and new memory behind it.
      void* cleared = nullptr;
      SHMEM_EXPECT_OK(pe.heap->allocate(size + 2'000, 0, 0, true, nullptr, &cleared));
      if (cleared == nullptr) return;
      const auto* bytes = static_cast<const unsigned char*>(cleared);
      std::size_t wrong = 0;
      for (std::size_t i = 0; i < size + 2'000; ++i) wrong += bytes[i] != 0;
      EXPECT_EQ(wrong, 0u) << "size " << size;
      SHMEM_EXPECT_OK(pe.heap->free(cleared));
    }
  });
}

TEST_P(SymmetricHeap, ResizingKeepsContents) {
  ThreadJob job(GetParam());
  job.run([&](Pe& pe) {
    void* block = nullptr;
    void* wall = nullptr;
    SHMEM_EXPECT_OK(pe.heap->reallocate(nullptr, 1000, &block));  // as allocate
    SHMEM_EXPECT_OK(pe.heap->allocate(64, 0, 0, false, nullptr, &wall));
    if (block == nullptr || wall == nullptr) return;
    auto fill = static_cast<unsigned char>(pe.me + 1);
    std::memset(block, fill, 1000);
    for (std::size_t size : {500u, 1000u, 3'000u, 100'000u, 700u}) {
      void* moved = nullptr;
      SHMEM_EXPECT_OK(pe.heap->reallocate(block, size, &moved));
      if (moved == nullptr) return;
      const auto* bytes = static_cast<const unsigned char*>(moved);
      for (std::size_t i = 0; i < 500; ++i) EXPECT_EQ(bytes[i], fill) << "size " << size << " byte " << i;
      void* begin = nullptr;
      std::size_t extent = 0;
      EXPECT_TRUE(pe.heap->block_of(bytes + size - 1, &begin, &extent));
      EXPECT_EQ(begin, moved);
      EXPECT_EQ(extent, size);
      block = moved;
    }
    void* none = block;
    SHMEM_EXPECT_OK(pe.heap->reallocate(block, 0, &none));  // as free
    EXPECT_EQ(none, nullptr);
    EXPECT_EQ(pe.heap->usage().used, 64u);
  });
}

TEST_P(SymmetricHeap, ExhaustionIsTheSameForAllAndLeavesTheHeapUsable) {
  ThreadJobOptions options;
  options.heap_nbytes = 100'000;
  ThreadJob job(GetParam(), options);
  job.run([&](Pe& pe) {
    void* block = nullptr;
    SHMEM_EXPECT_OK(pe.heap->allocate(60'000, 0, 0, false, nullptr, &block));
    void* more = block;
    EXPECT_EQ(pe.heap->allocate(60'000, 0, 0, false, nullptr, &more), Status::kNoMemory);
    EXPECT_EQ(more, nullptr);
    EXPECT_NE(std::string(failure_message()).find("60000 are asked for"), std::string::npos) << failure_message();
    EXPECT_NE(std::string(failure_message()).find("SHMEM_SYMMETRIC_SIZE"), std::string::npos);
    EXPECT_EQ(pe.heap->allocate(SIZE_MAX, 0, 0, true, nullptr, &more), Status::kNoMemory);
    more = block;
    EXPECT_EQ(pe.heap->reallocate(block, 200'000, &more), Status::kNoMemory);
    EXPECT_EQ(more, nullptr);
    std::memset(block, 1, 60'000);  // is still ours
    SHMEM_EXPECT_OK(pe.heap->free(block));
    SHMEM_EXPECT_OK(pe.heap->allocate(99'968, 0, 0, false, nullptr, &block));
  });
}

TEST_P(SymmetricHeap, NothingCommunicatesForNothing) {
  ThreadJob job(GetParam());
  // One PE alone: it would hang if it waited for the others.
  Pe& pe = job.pe(0);
  void* block = &job;
  SHMEM_EXPECT_OK(pe.heap->free(nullptr));
  SHMEM_EXPECT_OK(pe.heap->reallocate(nullptr, 0, &block));
  EXPECT_EQ(block, nullptr);
}

TEST_P(SymmetricHeap, NoBytesAreABlockOfTheirOwn) {
  ThreadJob job(GetParam());
  job.run([](Pe& pe) {
    void* one = nullptr;
    void* two = nullptr;
    SHMEM_EXPECT_OK(pe.heap->allocate(0, 0, 0, false, nullptr, &one));
    SHMEM_EXPECT_OK(pe.heap->allocate(0, 0, 0, true, nullptr, &two));
    EXPECT_NE(one, nullptr);
    EXPECT_NE(one, two);
    if (pe.npes > 1) {
      void* out = nullptr;
      EXPECT_EQ(pe.heap->allocate(pe.me == 0 ? 0 : 1, 0, 0, false, nullptr, &out), Status::kMismatch);
    }
    SHMEM_EXPECT_OK(pe.heap->free(one));
    SHMEM_EXPECT_OK(pe.heap->free(two));
  });
}

// Whether numbers are equal, which costs nothing, or not; also where there is no memory.
TEST_P(SymmetricHeap, AllHearTheGreatestNumber) {
  ThreadJob job(GetParam());
  job.run([](Pe& pe) {
    void* block = nullptr;
    for (int round = 0; round < 20; ++round) {
      std::uint64_t number = round % 2 == 0 ? 7 : static_cast<std::uint64_t>((pe.me + round) % pe.npes);
      const std::uint64_t greatest = round % 2 == 0 ? 7 : static_cast<std::uint64_t>(pe.npes - 1);
      SHMEM_EXPECT_OK(pe.heap->allocate(64, 0, 0, false, &number, &block));
      EXPECT_EQ(number, greatest) << "round " << round;
      SHMEM_EXPECT_OK(pe.heap->free(block));
    }
    auto number = static_cast<std::uint64_t>(pe.me);
    EXPECT_EQ(pe.heap->allocate(SIZE_MAX, 0, 0, false, &number, &block), Status::kNoMemory);
    EXPECT_EQ(number, static_cast<std::uint64_t>(pe.npes - 1));
  });
}

TEST_P(SymmetricHeap, AddressesThatAreNoBlockAreInvalidForAll) {
  ThreadJob job(GetParam());
  job.run([&](Pe& pe) {
    void* block = nullptr;
    SHMEM_EXPECT_OK(pe.heap->allocate(1000, 0, 0, false, nullptr, &block));
    if (block == nullptr) return;
    EXPECT_EQ(pe.heap->free(static_cast<char*>(block) + 64), Status::kInvalid);
    EXPECT_NE(std::string(failure_message()).find("is not the start of a live block"), std::string::npos)
        << failure_message();
    int on_stack = 0;
    EXPECT_EQ(pe.heap->free(&on_stack), Status::kInvalid);
    void* out = nullptr;
    EXPECT_EQ(pe.heap->reallocate(&on_stack, 10, &out), Status::kInvalid);
    SHMEM_EXPECT_OK(pe.heap->free(block));
    EXPECT_EQ(pe.heap->free(block), Status::kInvalid) << "second free";
    EXPECT_EQ(pe.heap->allocate(8, 24, 0, false, nullptr, &out), Status::kInvalid);
    EXPECT_EQ(pe.heap->allocate(8, 2 * os::kMapAlignment, 0, false, nullptr, &out), Status::kNoMemory);
    EXPECT_NE(std::string(failure_message()).find("alignment = 16777216"), std::string::npos) << failure_message();
    EXPECT_EQ(pe.heap->usage().used, 0u);
  });
}

TEST_P(SymmetricHeap, AlignmentHoldsOnAllPes) {
  ThreadJob job(GetParam());
  job.run([&](Pe& pe) {
    for (std::size_t alignment = 1; alignment <= os::kMapAlignment; alignment *= 2) {
      void* block = nullptr;
      SHMEM_EXPECT_OK(pe.heap->allocate(100, alignment, 0, false, nullptr, &block));
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(block) % alignment, 0u);
    }
  });
}

// Large blocks that come and go: their pages are given back, so cleared ones read as zeros without being written.
TEST_P(SymmetricHeap, PagesOfLargeBlocksAreGivenBack) {
  ThreadJobOptions options;
  options.heap_nbytes = std::size_t{64} << 20;
  ThreadJob job(GetParam(), options);
  job.run([&](Pe& pe) {
    constexpr std::size_t kSize = std::size_t{24} << 20;
    for (int round = 0; round < 4; ++round) {
      void* block = nullptr;
      SHMEM_EXPECT_OK(pe.heap->allocate(kSize, 0, 0, true, nullptr, &block));
      if (block == nullptr) return;
      const auto* words = static_cast<const std::uint64_t*>(block);
      std::uint64_t bits = 0;
      for (std::size_t i = 0; i < kSize / 8; i += 64) bits |= words[i];
      EXPECT_EQ(bits, 0u);
      std::memset(block, 0x55, kSize);
      SHMEM_EXPECT_OK(pe.heap->free(block));
    }
    // The file's pages are gone, for every mapping of it.
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < kSize; i += 4096) bits |= std::to_integer<std::uint64_t>(pe.heap_begin[i]);
    EXPECT_EQ(bits, 0u);
  });
}

INSTANTIATE_TEST_SUITE_P(Pes, SymmetricHeap, testing::Values(1, 2, 3, 4, 8));

// Each PE in turn asks for something else, with cores enough that PEs hear of each other in rounds, and with too few.
TEST(SymmetricHeapMismatch, IsHeardOfByAllWhoeverDiffers) {
  for (const int npes : {2, 3, 5, 6, 8}) {
    for (const int cores : {1, 8}) {
      ThreadJob job(npes, {.cores = cores});
      job.run([&](Pe& pe) {
        void* out = nullptr;
        for (int who = 0; who < npes; ++who) {
          EXPECT_EQ(pe.heap->allocate(pe.me == who ? 200 : 100, 0, 0, false, nullptr, &out), Status::kMismatch);
          SHMEM_EXPECT_OK(pe.heap->allocate(100, 0, 0, false, nullptr, &out));
          SHMEM_EXPECT_OK(pe.heap->free(out));
        }
      });
    }
  }
}

TEST(SymmetricHeapMismatch, SaysWhoCalledWhatAndChangesNothing) {
  ThreadJob job(3);
  job.run([&](Pe& pe) {
    Heap& heap = *pe.heap;
    void* out = nullptr;
    const auto expect_words = [&](const char* words) {
      EXPECT_EQ(std::string(failure_message()), words) << "PE " << pe.me;
    };
    EXPECT_EQ(heap.allocate(pe.me == 2 ? 200 : 100, 0, 0, false, nullptr, &out), Status::kMismatch);
    expect_words("PE 0 asks for 100 bytes, but PE 2 asks for 200 bytes");
    EXPECT_EQ(out, nullptr);

    // One PE runs out of memory by asking for more than the others.
    EXPECT_EQ(heap.allocate(pe.me == 1 ? SIZE_MAX : 100, 0, 0, false, nullptr, &out), Status::kMismatch);
    EXPECT_EQ(heap.allocate(100, pe.me == 0 ? 256 : 0, 0, false, nullptr, &out), Status::kMismatch);
    expect_words("PE 0 asks for 100 bytes aligned to 256, but PE 1 asks for 100 bytes");
    EXPECT_EQ(heap.allocate(100, 0, pe.me, false, nullptr, &out), Status::kMismatch);
    expect_words("PE 0 asks for 100 bytes, but PE 1 asks for 100 bytes with hints 1");
    EXPECT_EQ(heap.allocate(100, 0, 0, pe.me == 0, nullptr, &out), Status::kMismatch);
    expect_words("PE 0 asks for 100 zeroed bytes, but PE 1 asks for 100 bytes");

    void* one = nullptr;
    void* two = nullptr;
    SHMEM_EXPECT_OK(heap.allocate(100, 0, 0, false, nullptr, &one));
    SHMEM_EXPECT_OK(heap.allocate(100, 0, 0, false, nullptr, &two));
    EXPECT_EQ(offset_of(pe, one), 0u) << "what was tried before has been taken back";
    EXPECT_EQ(heap.free(pe.me == 1 ? one : two), Status::kMismatch);
    expect_words("PE 0 frees the block at offset 128 of the heap, but PE 1 frees the block at offset 0 of the heap");
    int on_stack = 0;
    EXPECT_EQ(heap.free(pe.me == 1 ? static_cast<char*>(one) + 1 : one), Status::kMismatch);
    EXPECT_EQ(heap.free(pe.me == 1 ? &on_stack : one), Status::kMismatch);
    expect_words("PE 0 frees the block at offset 0 of the heap, but PE 1 frees an address outside of the heap");
    if (pe.me == 0) {
      EXPECT_EQ(heap.free(one), Status::kMismatch);
    } else {
      EXPECT_EQ(heap.reallocate(one, 300, &out), Status::kMismatch);
    }
    expect_words(
        "PE 0 frees the block at offset 0 of the heap, but PE 1 resizes the block at offset 0 of the heap to 300 "
        "bytes");

    SHMEM_EXPECT_OK(heap.free(one));
    SHMEM_EXPECT_OK(heap.free(two));
    EXPECT_EQ(heap.usage().used, 0u);
  });
}

TEST(SymmetricHeapMismatch, AnotherCollectiveIsFoundOut) {
  ThreadJob job(2);
  job.run([&](Pe& pe) {
    Team& world = pe.teams->world();
    void* out = nullptr;
    for (int round = 0; round < 3; ++round) {
      if (pe.me == 0) {
        EXPECT_EQ(pe.heap->allocate(100, 0, 0, false, nullptr, &out), Status::kMismatch);
        EXPECT_EQ(std::string(failure_message()),
                  "PE 0 asks for 100 bytes, but PE 1 called another collective routine");
      } else {
        EXPECT_EQ(barrier(pe, world), Status::kMismatch);
        EXPECT_STREQ(failure_message(), "PE 1 called shmem_barrier_all where PE 0 called shmem_malloc");
      }
      SHMEM_EXPECT_OK(barrier(pe, world));
      SHMEM_EXPECT_OK(pe.heap->allocate(100, 0, 0, false, nullptr, &out));
      EXPECT_EQ(offset_of(pe, out), 128u * static_cast<std::size_t>(round));
    }
  });
}

TEST(SymmetricHeapQuestions, BlockOfKnowsLiveBlocksOnly) {
  ThreadJob job(1);
  Pe& pe = job.pe(0);
  void* block = nullptr;
  SHMEM_EXPECT_OK(pe.heap->allocate(100, 0, 0, false, nullptr, &block));
  void* begin = nullptr;
  std::size_t size = 0;
  EXPECT_TRUE(pe.heap->block_of(static_cast<char*>(block) + 99, &begin, &size));
  EXPECT_EQ(begin, block);
  EXPECT_EQ(size, 100u);
  EXPECT_FALSE(pe.heap->block_of(static_cast<char*>(block) + 100, &begin, &size));
  EXPECT_FALSE(pe.heap->block_of(&job, &begin, &size));
  EXPECT_FALSE(pe.heap->block_of(pe.heap_begin - 1, &begin, &size));
  SHMEM_EXPECT_OK(pe.heap->free(block));
  EXPECT_FALSE(pe.heap->block_of(block, &begin, &size));
}

TEST(SymmetricHeapQuestions, AreAnsweredWhileAnotherThreadAllocates) {
  ThreadJob job(2);
  std::atomic<bool> done{false};
  void* kept[2] = {};
  job.run([&](Pe& pe) { SHMEM_EXPECT_OK(pe.heap->allocate(64, 0, 0, false, nullptr, &kept[pe.me])); });
  std::thread asker([&] {
    while (!done) {
      void* begin = nullptr;
      std::size_t size = 0;
      EXPECT_TRUE(job.pe(0).heap->block_of(kept[0], &begin, &size));
      EXPECT_EQ(size, 64u);
    }
  });
  job.run([&](Pe& pe) {
    for (int i = 0; i < 300; ++i) {
      void* block = nullptr;
      SHMEM_EXPECT_OK(pe.heap->allocate(1000, 0, 0, false, nullptr, &block));
      SHMEM_EXPECT_OK(pe.heap->free(block));
    }
  });
  done = true;
  asker.join();
}

TEST(SymmetricHeapLife, ResetForgetsBlocksAndGoesOnCounting) {
  ThreadJob job(2);
  job.run([&](Pe& pe) {
    void* block = nullptr;
    for (int i = 0; i < 3; ++i) SHMEM_EXPECT_OK(pe.heap->allocate(100, 0, 0, false, nullptr, &block));
    std::memset(block, 0xff, 100);
    SHMEM_EXPECT_OK(barrier(pe, pe.teams->world()));
    pe.heap->reset();
    EXPECT_EQ(pe.heap->usage().used, 0u);
    SHMEM_EXPECT_OK(pe.heap->allocate(1000, 0, 0, true, nullptr, &block));
    EXPECT_EQ(offset_of(pe, block), 0u);
    EXPECT_EQ(std::to_integer<int>(static_cast<std::byte*>(block)[256]), 0) << "an earlier life's bytes";
  });
}

}  // namespace
}  // namespace shmem::smp::test
