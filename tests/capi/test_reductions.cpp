// SPDX-License-Identifier: BSD-3-Clause
//
// Reductions and scans on teams, for every type and operator: in place and not, from no element to many.
#include "reduce_values.h"
#include "teams.h"

using namespace suite;

namespace {

template <class T>
using Reduce = int(shmem_team_t, T*, const T*, std::size_t);

// `expected(i)` is what member team.me must find at i.
template <class T, class Expected>
void check_collective(Reduce<T>* routine, const TestTeam& team, std::size_t nelems, Expected expected) {
  Array<T> dest(nelems + 1), source(nelems + 1);
  if (team.member()) {
    for (const bool in_place : {false, true}) {
      T* const result = in_place ? source.data() : dest.data();
      fill_operands(source.data(), nelems, team.me);
      fill(dest.data(), nelems + 1, 77);
      source[nelems] = value<T>(77, nelems);
      shmem_team_sync(team.handle);
      CHECK(routine(team.handle, result, source, nelems) == 0);
      bool right = true;
      for (std::size_t i = 0; i < nelems; ++i) right &= result[i] == expected(i);
      CHECK(right);
      CHECK(result[nelems] == value<T>(77, nelems));
      bool kept = in_place;
      for (std::size_t i = 0; i < nelems && !in_place; ++i) {
        kept = source[i] == operand<T>(team.me, i);
        if (!kept) break;
      }
      CHECK(kept || nelems == 0);
      shmem_team_sync(team.handle);
    }
  }
  shmem_barrier_all();
}

template <class T>
void check_reduce(Reduce<T>* routine, Op op, const TestTeams& teams, std::initializer_list<std::size_t> lengths) {
  for (const TestTeam& team : teams) {
    for (const std::size_t nelems : lengths) {
      check_collective(routine, team, nelems, [&](std::size_t i) { return reduced<T>(op, 0, team.size - 1, i); });
    }
  }
}

template <class T>
void check_scan(Reduce<T>* routine, bool inclusive, const TestTeams& teams,
                std::initializer_list<std::size_t> lengths) {
  for (const TestTeam& team : teams) {
    for (const std::size_t nelems : lengths) {
      check_collective(routine, team, nelems, [&](std::size_t i) {
        if (inclusive) return reduced<T>(Op::kSum, 0, team.me, i);
        return team.me == 0 ? T() : reduced<T>(Op::kSum, 0, team.me - 1, i);
      });
    }
  }
}

}  // namespace

void run_tests() {
  const TestTeams teams;
  const auto lengths = {std::size_t{0}, std::size_t{1}, std::size_t{7}, std::size_t{200}};

#define REDUCE(NAME, OP, KIND, T) check_reduce<T>(ROUTINE(shmem_##NAME##_##OP##_reduce), Op::KIND, teams, lengths);
#define SHMEM_STAMP_REDUCE_BIT(NAME, T, CLASS) \
  REDUCE(NAME, and, kAnd, T)                   \
  REDUCE(NAME, or, kOr, T)                     \
  REDUCE(NAME, xor, kXor, T)
#define SHMEM_STAMP_REDUCE_ORD(NAME, T, CLASS) \
  REDUCE(NAME, max, kMax, T)                   \
  REDUCE(NAME, min, kMin, T)
#define SHMEM_STAMP_REDUCE_SUM(NAME, T, CLASS)                                                                       \
  check_reduce<T>(note_routine<Reduce<T>>("shmem_" #NAME "_sum_reduce", shmem_##NAME##_sum_reduce), Op::kSum, teams, \
                  lengths);                                                                                          \
  check_reduce<T>(note_routine<Reduce<T>>("shmem_" #NAME "_prod_reduce", shmem_##NAME##_prod_reduce), Op::kProd,     \
                  teams, lengths);                                                                                   \
  check_scan<T>(note_routine<Reduce<T>>("shmem_" #NAME "_sum_inscan", shmem_##NAME##_sum_inscan), true, teams,       \
                lengths);                                                                                            \
  check_scan<T>(note_routine<Reduce<T>>("shmem_" #NAME "_sum_exscan", shmem_##NAME##_sum_exscan), false, teams,      \
                lengths);
#include "interface/stamp.h"
#undef REDUCE

  // Past every switch of algorithm.
  context = "large reductions";
  const auto large = {std::size_t{5000}, std::size_t{200'003}};
  check_reduce<long>(shmem_long_sum_reduce, Op::kSum, teams, large);
  check_reduce<double>(shmem_double_max_reduce, Op::kMax, teams, large);
  check_scan<int>(shmem_int_sum_inscan, true, teams, large);
  check_scan<int>(shmem_int_sum_exscan, false, teams, large);

  // Back to back on one team, without anything in between.
  context = "reductions back to back";
  Array<long> sum(1), mine(1);
  for (long round = 0; round < 300; ++round) {
    *mine = me + round;
    CHECK(shmem_long_sum_reduce(SHMEM_TEAM_WORLD, sum, mine, 1) == 0);
    CHECK(*sum == npes * round + static_cast<long>(npes) * (npes - 1) / 2);
  }
}
