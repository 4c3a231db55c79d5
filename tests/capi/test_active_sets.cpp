// SPDX-License-Identifier: BSD-3-Clause
//
// The deprecated collectives on active sets, on all sets that the PEs allow: all PEs, every second, the upper half.
// Work arrays are used again as soon as the standard allows: pSync is unchanged when a call returns.
#include <vector>

#include "reduce_values.h"

using namespace suite;

namespace {

long psync[2][SHMEM_SYNC_SIZE];  // two, used in turn
int turn = 0;

struct Set {
  int start, log_stride, size;
  [[nodiscard]] int index() const {
    const int offset = me - start, stride = 1 << log_stride;
    return offset >= 0 && offset % stride == 0 && offset / stride < size ? offset / stride : -1;
  }
  [[nodiscard]] bool member() const { return index() >= 0; }
};

long* next_psync() {
  return psync[turn ^= 1];
}

// Called after each collective: no PE uses this array again before I have used the other.
bool is_psync_restored() {
  for (const long word : psync[turn]) {
    if (word != SHMEM_SYNC_VALUE) return false;
  }
  return true;
}

std::vector<Set> sets() {
  std::vector<Set> all{{0, 0, npes}, {0, 1, (npes + 1) / 2}, {npes / 2, 0, npes - npes / 2}};
  if (npes >= 3) all.push_back({1, 1, npes / 2});
  if (npes >= 5) all.push_back({0, 2, (npes + 3) / 4});
  return all;
}

template <class T>
struct Sized {
  void (*broadcast)(void*, const void*, std::size_t, int, int, int, int, long*);
  void (*collect)(void*, const void*, std::size_t, int, int, int, long*);
  void (*fcollect)(void*, const void*, std::size_t, int, int, int, long*);
  void (*alltoall)(void*, const void*, std::size_t, int, int, int, long*);
  void (*alltoalls)(void*, const void*, std::ptrdiff_t, std::ptrdiff_t, std::size_t, int, int, int, long*);

  void check(const Set& set, std::size_t nelems) const {
    const auto [start, log_stride, size] = set;
    const int mine = set.index();
    const std::size_t room = (nelems + static_cast<std::size_t>(npes)) * static_cast<std::size_t>(npes) * 3 + 1;
    Array<T> dest(room), source(room);
    const auto prepare = [&] {
      shmem_barrier_all();
      fill(source.data(), room, me);
      fill(dest.data(), room, 90);
      shmem_barrier_all();
    };
    const auto pe_of = [=](int index) { return start + (index << log_stride); };

    for (int root = 0; root < size; ++root) {
      prepare();
      if (!set.member()) continue;
      broadcast(dest, source, nelems, root, start, log_stride, size, next_psync());
      CHECK(is_psync_restored());
      // The root's dest is not written in this form.
      CHECK(is_filled(dest.data(), nelems, mine == root ? 90 : pe_of(root)));
      CHECK(dest[nelems] == value<T>(90, nelems));
    }
    prepare();
    if (set.member()) {
      fcollect(dest, source, nelems, start, log_stride, size, next_psync());
      CHECK(is_psync_restored());
      for (int index = 0; index < size; ++index) {
        CHECK(is_filled(dest + static_cast<std::size_t>(index) * nelems, nelems, pe_of(index)));
      }
    }
    prepare();
    if (set.member()) {
      const auto length = [&](int index) { return nelems + static_cast<std::size_t>(index); };
      collect(dest, source, length(mine), start, log_stride, size, next_psync());
      CHECK(is_psync_restored());
      std::size_t at = 0;
      for (int index = 0; index < size; ++index) {
        CHECK(is_filled(dest + at, length(index), pe_of(index)));
        at += length(index);
      }
      CHECK(dest[at] == value<T>(90, at));
    }
    for (const bool strided : {false, true}) {
      const std::size_t dst = strided ? 3 : 1, sst = strided ? 2 : 1;
      prepare();
      if (!set.member()) continue;
      for (int j = 0; j < size; ++j) {
        for (std::size_t k = 0; k < nelems; ++k) {
          source[(static_cast<std::size_t>(j) * nelems + k) * sst] = value<T>(mine * 16 + j, k);
        }
      }
      if (strided)
        alltoalls(dest, source, 3, 2, nelems, start, log_stride, size, next_psync());
      else
        alltoall(dest, source, nelems, start, log_stride, size, next_psync());
      CHECK(is_psync_restored());
      bool right = true;
      for (int j = 0; j < size; ++j) {
        for (std::size_t k = 0; k < nelems; ++k) {
          right &= dest[(static_cast<std::size_t>(j) * nelems + k) * dst] == value<T>(j * 16 + mine, k);
        }
      }
      CHECK(right);
    }
    shmem_barrier_all();
  }
};

template <class T>
void check_to_all(void (*routine)(T*, const T*, int, int, int, int, T*, long*), Op op) {
  constexpr int kLargest = 40;
  Array<T> dest(kLargest + 1), source(kLargest), work(kLargest + SHMEM_REDUCE_MIN_WRKDATA_SIZE);
  for (const Set& set : sets()) {
    for (const int nreduce : {0, 1, 5, kLargest}) {
      for (const bool in_place : {false, true}) {
        shmem_barrier_all();
        fill_operands(source.data(), kLargest, set.index());
        fill(dest.data(), kLargest + 1, 66);
        shmem_barrier_all();
        if (!set.member()) continue;
        T* const result = in_place ? source.data() : dest.data();
        routine(result, source, nreduce, set.start, set.log_stride, set.size, work, next_psync());
        CHECK(is_psync_restored());
        bool right = true;
        for (int i = 0; i < nreduce; ++i) {
          right &= result[i] == reduced<T>(op, 0, set.size - 1, static_cast<std::size_t>(i));
        }
        CHECK(right);
        CHECK(in_place || dest[nreduce] == value<T>(66, static_cast<std::size_t>(nreduce)));
      }
    }
  }
  shmem_barrier_all();
}

// No PE passes before the last has come: each PE stores a number just before, and finds all others' just after.
// barrier completes puts; for sync the stores must be completed by the program.
void check_rendezvous(void (*routine)(int, int, int, long*), bool completes) {
  Array<long> seen(static_cast<std::size_t>(npes));
  for (const Set& set : sets()) {
    for (long round = 1; round <= 20; ++round) {
      if (!set.member()) continue;
      if (round % 10 == 1) usleep(static_cast<useconds_t>(1000 * ((me + round) % npes)));
      for (int index = 0; index < set.size; ++index) {
        shmem_long_put_nbi(&seen[me], &round, 1, set.start + (index << set.log_stride));
      }
      if (!completes) shmem_quiet();
      routine(set.start, set.log_stride, set.size, next_psync());
      CHECK(is_psync_restored());
      for (int index = 0; index < set.size; ++index) CHECK(seen[set.start + (index << set.log_stride)] >= round);
    }
    shmem_barrier_all();
    for (int pe = 0; pe < npes; ++pe) seen[pe] = 0;
    shmem_barrier_all();
  }
}

}  // namespace

void run_tests() {
  for (auto& array : psync) {
    for (long& word : array) word = SHMEM_SYNC_VALUE;
  }
  shmem_barrier_all();

  check_rendezvous(ROUTINE(shmem_barrier), true);
  check_rendezvous(note_routine<void(int, int, int, long*)>("shmem_sync", shmem_sync), false);

#define SIZED(BITS)                                                                                         \
  for (const Set& set : sets()) {                                                                           \
    for (const std::size_t nelems : {std::size_t{0}, std::size_t{1}, std::size_t{50}, std::size_t{3000}}) { \
      Sized<std::uint##BITS##_t>{ROUTINE(shmem_broadcast##BITS), ROUTINE(shmem_collect##BITS),              \
                                 ROUTINE(shmem_fcollect##BITS), ROUTINE(shmem_alltoall##BITS),              \
                                 ROUTINE(shmem_alltoalls##BITS)}                                            \
          .check(set, nelems);                                                                              \
    }                                                                                                       \
  }
  SIZED(32)
  SIZED(64)
#undef SIZED

#define TO_ALL(NAME, OP, KIND, T)                                                                                   \
  check_to_all<T>(note_routine<void(T*, const T*, int, int, int, int, T*, long*)>("shmem_" #NAME "_" #OP "_to_all", \
                                                                                  shmem_##NAME##_##OP##_to_all),    \
                  Op::KIND);
#define SHMEM_STAMP_TO_ALL_BIT(NAME, T, CLASS) \
  TO_ALL(NAME, and, kAnd, T)                   \
  TO_ALL(NAME, or, kOr, T)                     \
  TO_ALL(NAME, xor, kXor, T)
#define SHMEM_STAMP_TO_ALL_ORD(NAME, T, CLASS) \
  TO_ALL(NAME, max, kMax, T)                   \
  TO_ALL(NAME, min, kMin, T)
#define SHMEM_STAMP_TO_ALL_SUM(NAME, T, CLASS) \
  TO_ALL(NAME, sum, kSum, T)                   \
  TO_ALL(NAME, prod, kProd, T)
#include "interface/stamp.h"
#undef TO_ALL
}
