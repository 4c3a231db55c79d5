// SPDX-License-Identifier: BSD-3-Clause
//
// Teams: their members, translation, splits of splits, both kinds of split, configuration, reuse of slots, and what
// the routines answer for SHMEM_TEAM_INVALID.
#include "suite.h"

using namespace suite;

namespace {

struct Triplet {
  int start, stride, size;
};

// A team of `size` world PEs start, start + stride, ...: numbers and translation both ways.
void check_members(shmem_team_t team, int start, int stride, int size) {
  const int offset = me - start;
  int expected = -1;
  for (int index = 0; index < size; ++index) {
    if (offset == index * stride) expected = index;
  }
  CHECK((team == SHMEM_TEAM_INVALID) == (expected < 0));
  CHECK(ROUTINE(shmem_team_my_pe)(team) == expected);
  CHECK(ROUTINE(shmem_team_n_pes)(team) == (expected < 0 ? -1 : size));
  if (expected < 0) return;
  for (int index = 0; index < size; ++index) {
    const int world = start + index * stride;
    CHECK(ROUTINE(shmem_team_translate_pe)(team, index, SHMEM_TEAM_WORLD) == world);
    CHECK(shmem_team_translate_pe(SHMEM_TEAM_WORLD, world, team) == index);
  }
  CHECK(shmem_team_translate_pe(team, size, SHMEM_TEAM_WORLD) == -1);
  CHECK(shmem_team_translate_pe(team, -1, SHMEM_TEAM_WORLD) == -1);
  for (int world = 0; world < npes; ++world) {
    bool member = false;
    for (int index = 0; index < size; ++index) member |= world == start + index * stride;
    if (!member) CHECK(shmem_team_translate_pe(SHMEM_TEAM_WORLD, world, team) == -1);
  }
}

// A team works: its members sum their numbers.
void check_works(shmem_team_t team) {
  static long mine, sum;
  const int size = shmem_team_n_pes(team);
  if (size < 0) return;
  mine = shmem_team_my_pe(team);
  CHECK(shmem_team_sync(team) == 0);
  CHECK(shmem_long_sum_reduce(team, &sum, &mine, 1) == 0);
  CHECK(sum == static_cast<long>(size) * (size - 1) / 2);
  CHECK(shmem_team_sync(team) == 0);
}

void check_split(int start, int stride, int size) {
  shmem_team_t team = SHMEM_TEAM_WORLD;
  CHECK(ROUTINE(shmem_team_split_strided)(SHMEM_TEAM_WORLD, start, stride, size, nullptr, 0, &team) == 0);
  check_members(team, start, stride, size);
  check_works(team);
  if (team == SHMEM_TEAM_INVALID) return;
  // A subset of the subset, in reverse.
  shmem_team_t inner;
  const int inner_size = (size + 1) / 2;
  const int first = (inner_size - 1) * 2;
  CHECK(shmem_team_split_strided(team, first, -2, inner_size, nullptr, 0, &inner) == 0);
  check_members(inner, start + first * stride, -2 * stride, inner_size);
  check_works(inner);
  if (inner != SHMEM_TEAM_INVALID) shmem_team_destroy(inner);
  ROUTINE(shmem_team_destroy)(team);
}

void check_2d(int xrange) {
  shmem_team_t x, y;
  CHECK(ROUTINE(shmem_team_split_2d)(SHMEM_TEAM_WORLD, xrange, nullptr, 0, &x, nullptr, 0, &y) == 0);
  const int range = xrange < npes ? xrange : npes;
  const int row = me / range, column = me % range;
  const int columns = row * range + range <= npes ? range : npes - row * range;
  const int rows = (npes - column + range - 1) / range;
  check_members(x, row * range, 1, columns);
  check_members(y, column, range, rows);
  check_works(x);
  check_works(y);
  shmem_team_destroy(x);
  shmem_team_destroy(y);
}

void check_config() {
  shmem_team_config_t config{7};
  shmem_team_t team;
  CHECK(shmem_team_split_strided(SHMEM_TEAM_WORLD, 0, 1, npes, &config, SHMEM_TEAM_NUM_CONTEXTS, &team) == 0);
  shmem_team_config_t seen{-1};
  CHECK(ROUTINE(shmem_team_get_config)(team, SHMEM_TEAM_NUM_CONTEXTS, &seen) == 0);
  CHECK(seen.num_contexts == 7);
  seen.num_contexts = -1;
  CHECK(shmem_team_get_config(team, 0, &seen) == 0 && seen.num_contexts == -1);
  CHECK(shmem_team_get_config(team, 0, nullptr) == 0);
  CHECK(shmem_team_get_config(SHMEM_TEAM_INVALID, SHMEM_TEAM_NUM_CONTEXTS, &seen) != 0 && seen.num_contexts == -1);
  shmem_team_destroy(team);
}

void check_invalid() {
  CHECK(shmem_team_my_pe(SHMEM_TEAM_INVALID) == -1);
  CHECK(shmem_team_n_pes(SHMEM_TEAM_INVALID) == -1);
  CHECK(shmem_team_translate_pe(SHMEM_TEAM_INVALID, 0, SHMEM_TEAM_WORLD) == -1);
  CHECK(shmem_team_translate_pe(SHMEM_TEAM_WORLD, 0, SHMEM_TEAM_INVALID) == -1);
  shmem_team_t team = SHMEM_TEAM_WORLD, other = SHMEM_TEAM_WORLD;
  CHECK(shmem_team_split_strided(SHMEM_TEAM_INVALID, 0, 1, 1, nullptr, 0, &team) != 0 && team == SHMEM_TEAM_INVALID);
  team = SHMEM_TEAM_WORLD;
  CHECK(shmem_team_split_2d(SHMEM_TEAM_INVALID, 1, nullptr, 0, &team, nullptr, 0, &other) != 0);
  CHECK(team == SHMEM_TEAM_INVALID && other == SHMEM_TEAM_INVALID);
  // Triplets that are no subset.
  for (const auto& [start, stride, size] :
       {Triplet{0, 1, npes + 1}, {npes, 1, 1}, {-1, 1, 1}, {0, 1, 0}, {0, -1, 2}, {0, npes, 2}}) {
    team = SHMEM_TEAM_WORLD;
    CHECK(shmem_team_split_strided(SHMEM_TEAM_WORLD, start, stride, size, nullptr, 0, &team) != 0);
    CHECK(team == SHMEM_TEAM_INVALID);
  }
  shmem_team_destroy(SHMEM_TEAM_INVALID);
  CHECK(shmem_team_ptr(SHMEM_TEAM_INVALID, &failures, 0) == nullptr);
}

// Slots are used again, however many teams there have been.
void check_many() {
  for (int round = 0; round < 600; ++round) {
    shmem_team_t team;
    CHECK(shmem_team_split_strided(SHMEM_TEAM_WORLD, round % npes, 1, 1, nullptr, 0, &team) == 0);
    CHECK((team != SHMEM_TEAM_INVALID) == (me == round % npes));
    if (team != SHMEM_TEAM_INVALID) shmem_team_destroy(team);
  }
  constexpr int kLive = 40;
  shmem_team_t teams[kLive];
  for (shmem_team_t& team : teams) {
    CHECK(shmem_team_split_strided(SHMEM_TEAM_WORLD, 0, 1, npes, nullptr, 0, &team) == 0);
  }
  for (const shmem_team_t team : teams) check_works(team);
  for (int i = kLive - 1; i >= 0; --i) shmem_team_destroy(teams[i]);
}

// Disjoint parents split at the same time.
void check_concurrent_splits() {
  shmem_team_t half;
  const bool low = me < npes / 2;
  shmem_team_t low_half, high_half;
  CHECK(shmem_team_split_strided(SHMEM_TEAM_WORLD, 0, 1, npes / 2 > 0 ? npes / 2 : 1, nullptr, 0, &low_half) == 0);
  CHECK(shmem_team_split_strided(SHMEM_TEAM_WORLD, npes / 2, 1, npes - npes / 2, nullptr, 0, &high_half) == 0);
  half = low ? low_half : high_half;
  for (int round = 0; round < 20; ++round) {
    shmem_team_t inner;
    const int size = shmem_team_n_pes(half);
    CHECK(shmem_team_split_strided(half, size - 1, -1, size, nullptr, 0, &inner) == 0);
    CHECK(shmem_team_my_pe(inner) == size - 1 - shmem_team_my_pe(half));
    check_works(inner);
    shmem_team_destroy(inner);
  }
  if (low_half != SHMEM_TEAM_INVALID) shmem_team_destroy(low_half);
  if (high_half != SHMEM_TEAM_INVALID) shmem_team_destroy(high_half);
}

void check_predefined() {
  check_members(SHMEM_TEAM_WORLD, 0, 1, npes);
  check_members(SHMEM_TEAM_SHARED, 0, 1, npes);
  check_works(SHMEM_TEAM_SHARED);
  static int global;
  Array<int> heap(4);
  for (int* const object : {&global, heap.data() + 2}) {
    *object = 1000 + me;
    shmem_barrier_all();
    for (int pe = 0; pe < npes; ++pe) {
      const int* const there = static_cast<int*>(ROUTINE(shmem_team_ptr)(SHMEM_TEAM_SHARED, object, pe));
      CHECK(there != nullptr && *there == 1000 + pe);
    }
    shmem_barrier_all();
  }
  CHECK(shmem_team_ptr(SHMEM_TEAM_WORLD, heap, npes) == nullptr);
  // PE numbers are the team's.
  shmem_team_t reversed;
  CHECK(shmem_team_split_strided(SHMEM_TEAM_WORLD, npes - 1, -1, npes, nullptr, 0, &reversed) == 0);
  heap[0] = me;
  shmem_barrier_all();
  CHECK(*static_cast<int*>(shmem_team_ptr(reversed, heap, 0)) == npes - 1);
  shmem_barrier_all();
  shmem_team_destroy(reversed);
}

// A team's sync holds back its members only, and all of them.
void check_sync(int stride) {
  static long arrived[64];
  shmem_team_t team;
  const int size = (npes + stride - 1) / stride;
  for (long& round : arrived) round = 0;
  shmem_barrier_all();
  CHECK(shmem_team_split_strided(SHMEM_TEAM_WORLD, 0, stride, size, nullptr, 0, &team) == 0);
  if (team != SHMEM_TEAM_INVALID) {
    for (long round = 1; round <= 40; ++round) {
      if (round % 8 == 1) usleep(static_cast<useconds_t>(500 * ((me / stride + round) % size)));
      for (int index = 0; index < size; ++index) shmem_long_p(&arrived[me], round, stride * index);
      shmem_quiet();
      CHECK(ROUTINE(shmem_team_sync)(team) == 0);
      for (int index = 0; index < size; ++index) CHECK(arrived[stride * index] >= round);
    }
    shmem_team_destroy(team);
  }
  shmem_barrier_all();
}

}  // namespace

void run_tests() {
  check_predefined();
  for (int stride = 1; stride <= 3 && stride <= npes; ++stride) {
    for (int start = 0; start < npes; ++start) {
      const int size = (npes - start + stride - 1) / stride;
      check_split(start, stride, size);
      check_split(start + (size - 1) * stride, -stride, size);
    }
  }
  check_split(npes - 1, 0, 1);
  for (int xrange = 1; xrange <= npes + 1; ++xrange) check_2d(xrange);
  check_config();
  check_invalid();
  check_sync(1);
  check_sync(2);
  check_concurrent_splits();
  check_many();
}
