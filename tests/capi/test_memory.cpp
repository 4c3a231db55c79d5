// SPDX-License-Identifier: BSD-3-Clause
//
// The symmetric heap: alignment, contents, equal addresses relative to the heap, growth and reuse, running out, and
// the old names.
#include <vector>

#include "suite.h"

using namespace suite;

namespace {

// All PEs got the same object: what I write to my neighbour's arrives in mine.
void check_symmetric(void* block, std::size_t nbytes) {
  if (block == nullptr) return;
  auto* const bytes = static_cast<unsigned char*>(block);
  const auto mark = static_cast<unsigned char>(me + 1);
  shmem_barrier_all();
  shmem_uchar_p(bytes + nbytes - 1, mark, next_pe());
  shmem_barrier_all();
  CHECK(bytes[nbytes - 1] == static_cast<unsigned char>(previous_pe() + 1));
  shmem_barrier_all();
}

void check_sizes() {
  std::vector<void*> blocks;
  for (const std::size_t nbytes : {1, 7, 8, 64, 100, 4096, 70'000, 3'000'000}) {
    void* const block = ROUTINE(shmem_malloc)(nbytes);
    CHECK(block != nullptr && reinterpret_cast<std::uintptr_t>(block) % alignof(std::max_align_t) == 0);
    std::memset(block, 0xa5, nbytes);
    for (void* const other : blocks) CHECK(other != block);
    blocks.push_back(block);
    check_symmetric(block, nbytes);
  }
  for (void* const block : blocks) ROUTINE(shmem_free)(block);
  CHECK(shmem_malloc(0) == nullptr);
  shmem_free(nullptr);
}

void check_calloc() {
  for (int round = 0; round < 3; ++round) {
    auto* const words = static_cast<long*>(ROUTINE(shmem_calloc)(1000, sizeof(long)));
    CHECK(words != nullptr);
    bool zero = true;
    for (int i = 0; i < 1000; ++i) zero &= words[i] == 0;
    CHECK(zero);
    fill(words, 1000, me);  // the next round may get the same memory
    shmem_free(words);
  }
  CHECK(shmem_calloc(0, 8) == nullptr && shmem_calloc(8, 0) == nullptr);
}

// Memory or NULL, on all PEs alike, and the job goes on.
void check_large_alignments() {
  for (int power = 24; power < 64; ++power) {
    const std::size_t alignment = std::size_t{1} << power;
    void* const block = shmem_align(alignment, 64);
    CHECK(reinterpret_cast<std::uintptr_t>(block) % alignment == 0);
    shmem_free(block);
  }
}

void check_align() {
  for (std::size_t alignment = sizeof(void*); alignment <= (std::size_t{8} << 20); alignment *= 4) {
    void* const small = ROUTINE(shmem_align)(alignment, 24);
    void* const large = shmem_align(alignment, 10'000);
    CHECK(small != nullptr && reinterpret_cast<std::uintptr_t>(small) % alignment == 0);
    CHECK(large != nullptr && reinterpret_cast<std::uintptr_t>(large) % alignment == 0);
    check_symmetric(large, 10'000);
    shmem_free(large);
    shmem_free(small);
  }
}

void check_realloc() {
  auto* words = static_cast<long*>(ROUTINE(shmem_realloc)(nullptr, 100 * sizeof(long)));
  CHECK(words != nullptr);
  fill(words, 100, me);
  void* const neighbour = shmem_malloc(64);  // in the way of growing in place
  std::size_t kept = 100;
  for (const std::size_t nelems : {200, 50, 60, 100'000, 10}) {
    auto* const moved = static_cast<long*>(shmem_realloc(words, nelems * sizeof(long)));
    CHECK(moved != nullptr);
    if (moved == nullptr) return;
    kept = nelems < kept ? nelems : kept;
    CHECK(is_filled(moved, kept, me));
    words = moved;
    check_symmetric(neighbour, 64);
  }
  CHECK(shmem_realloc(words, 0) == nullptr);
  shmem_free(neighbour);
}

void check_hints() {
  for (const long hints : {0L, SHMEM_MALLOC_ATOMICS_REMOTE, SHMEM_MALLOC_SIGNAL_REMOTE,
                           SHMEM_MALLOC_ATOMICS_REMOTE | SHMEM_MALLOC_SIGNAL_REMOTE}) {
    auto* const word = static_cast<long*>(ROUTINE(shmem_malloc_with_hints)(64, hints));
    CHECK(word != nullptr);
    if (word == nullptr) continue;
    *word = 0;
    shmem_barrier_all();
    shmem_long_atomic_inc(word, next_pe());
    shmem_barrier_all();
    CHECK(*word == 1);
    shmem_free(word);
  }
  CHECK(shmem_malloc_with_hints(0, SHMEM_MALLOC_ATOMICS_REMOTE) == nullptr);
}

// More than there is: all PEs are refused, and the heap works on.
void check_running_out() {
  CHECK(shmem_malloc(std::size_t{1} << 60) == nullptr);
  CHECK(shmem_calloc(std::size_t{1} << 40, std::size_t{1} << 40) == nullptr);
  void* const block = shmem_malloc(100);
  CHECK(block != nullptr);
  std::memset(block, 1, 100);
  CHECK(shmem_realloc(block, std::size_t{1} << 60) == nullptr);
  CHECK(static_cast<char*>(block)[99] == 1);  // unchanged
  check_symmetric(block, 100);
  shmem_free(block);
}

// Freed memory comes back: in all this asks for more than the heap of 256 MB that the suite runs with.
void check_reuse() {
  for (int round = 0; round < 200; ++round) {
    void* const a = shmem_malloc(std::size_t{16} << 20);
    CHECK(a != nullptr);
    if (a == nullptr) return;
    shmem_free(a);
  }
  std::vector<void*> blocks;
  for (std::size_t i = 0; i < 300; ++i) blocks.push_back(shmem_malloc(1 + i * 37 % 5000));
  for (std::size_t i = 0; i < blocks.size(); i += 2) shmem_free(blocks[i]);
  for (std::size_t i = 0; i < blocks.size(); i += 2) blocks[i] = shmem_malloc(1 + i * 91 % 3000);
  for (void* const block : blocks) {
    CHECK(block != nullptr);
    shmem_free(block);
  }
}

void check_old_names() {
  CHECK(ROUTINE(_my_pe)() == me && ROUTINE(_num_pes)() == npes);
  void* block = ROUTINE(shmalloc)(40);
  CHECK(block != nullptr);
  std::memset(block, 3, 40);
  block = ROUTINE(shrealloc)(block, 4000);
  CHECK(block != nullptr && static_cast<char*>(block)[39] == 3);
  check_symmetric(block, 4000);
  ROUTINE(shfree)(block);
  for (int round = 0; round < 40; ++round) {
    void* const large = shmalloc(std::size_t{16} << 20);
    CHECK(large != nullptr);
    shfree(large);
  }
  void* const aligned = ROUTINE(shmemalign)(4096, 10);
  CHECK(aligned != nullptr && reinterpret_cast<std::uintptr_t>(aligned) % 4096 == 0);
  shfree(aligned);
}

}  // namespace

void run_tests() {
  check_sizes();
  check_calloc();
  check_align();
  check_large_alignments();
  check_realloc();
  check_hints();
  check_running_out();
  check_reuse();
  check_old_names();
}
