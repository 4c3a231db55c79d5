// SPDX-License-Identifier: BSD-3-Clause
//
// The collectives that move data, for every type, on the world and on smaller, strided and reversed teams, small and
// large, back to back.
#include "suite.h"
#include "teams.h"

using namespace suite;

namespace {

constexpr std::size_t kLengths[] = {0, 1, 3, 100};

template <class T>
struct Routines {
  int (*broadcast)(shmem_team_t, T*, const T*, std::size_t, int);
  int (*collect)(shmem_team_t, T*, const T*, std::size_t);
  int (*fcollect)(shmem_team_t, T*, const T*, std::size_t);
  int (*alltoall)(shmem_team_t, T*, const T*, std::size_t);
  int (*alltoalls)(shmem_team_t, T*, const T*, std::ptrdiff_t, std::ptrdiff_t, std::size_t);
};

// U is T, or void for the routines that count bytes; those are given T of one byte.
template <class T, class U>
void check_broadcast(const Routines<U>& routines, const TestTeam& team, std::size_t nelems) {
  Array<T> dest(nelems + 1), source(nelems + 1);
  for (int root = 0; root < team.size && team.member(); ++root) {
    fill(source.data(), nelems + 1, team.me + 5);
    fill(dest.data(), nelems + 1, 90);
    shmem_team_sync(team.handle);
    CHECK(routines.broadcast(team.handle, dest, source, nelems, root) == 0);
    CHECK(is_filled(dest.data(), nelems, root + 5));
    CHECK(dest[nelems] == value<T>(90, nelems));
    CHECK(is_filled(source.data(), nelems + 1, team.me + 5));
    // The next round changes source while others may still be in this one.
    shmem_team_sync(team.handle);
  }
  if (team.member()) {  // in place
    fill(source.data(), nelems + 1, team.me);
    shmem_team_sync(team.handle);
    CHECK(routines.broadcast(team.handle, source, source, nelems, team.size - 1) == 0);
    CHECK(is_filled(source.data(), nelems, team.size - 1));
  }
  shmem_barrier_all();
}

// Member i brings the values of stream i; `length(i)` of them.
template <class T, class Collect, class Length>
void check_collect(Collect collect, const TestTeam& team, std::size_t nelems, Length length) {
  const std::size_t room = static_cast<std::size_t>(npes) * (nelems + static_cast<std::size_t>(npes)) + 1;
  Array<T> dest(room), source(nelems + static_cast<std::size_t>(npes));
  if (team.member()) {
    for (int round = 0; round < 2; ++round) {
      fill(source.data(), source.size(), team.me + round);
      fill(dest.data(), room, 90);
      shmem_team_sync(team.handle);
      CHECK(collect(team.handle, dest, source, length(team.me)) == 0);
      std::size_t at = 0;
      for (int index = 0; index < team.size; ++index) {
        CHECK(is_filled(dest + at, length(index), index + round));
        at += length(index);
      }
      CHECK(dest[at] == value<T>(90, at));
      shmem_team_sync(team.handle);
    }
  }
  shmem_barrier_all();
}

template <class T, class U>
void check_alltoall(const Routines<U>& routines, const TestTeam& team, std::size_t nelems, std::ptrdiff_t dst,
                    std::ptrdiff_t sst) {
  const auto size = static_cast<std::size_t>(npes);
  const std::size_t room = size * nelems * static_cast<std::size_t>(dst > sst ? dst : sst) + 1;
  const bool strided = dst != 1 || sst != 1;
  Array<T> dest(room), source(room);
  if (team.member()) {
    // Element k of my block for member j.
    const auto at = [&](int j, std::size_t k, std::ptrdiff_t stride) {
      return (static_cast<std::size_t>(j) * nelems + k) * static_cast<std::size_t>(stride);
    };
    fill(source.data(), room, 80);
    fill(dest.data(), room, 90);
    for (int j = 0; j < team.size; ++j) {
      for (std::size_t k = 0; k < nelems; ++k) source[at(j, k, sst)] = value<T>(team.me * 16 + j, k);
    }
    shmem_team_sync(team.handle);
    CHECK((strided ? routines.alltoalls(team.handle, dest, source, dst, sst, nelems)
                   : routines.alltoall(team.handle, dest, source, nelems)) == 0);
    bool right = true;
    for (int j = 0; j < team.size; ++j) {
      for (std::size_t k = 0; k < nelems; ++k) {
        T& element = dest[at(j, k, dst)];
        right &= element == value<T>(j * 16 + team.me, k);
        element = value<T>(90, at(j, k, dst));
      }
    }
    CHECK(right);
    CHECK(is_filled(dest.data(), room, 90));  // nothing between the strides and behind the end
    shmem_team_sync(team.handle);
  }
  shmem_barrier_all();
}

template <class T, class U>
void check(const Routines<U>& routines, const TestTeam& team) {
  for (const std::size_t nelems : kLengths) {
    check_broadcast<T>(routines, team, nelems);
    check_collect<T>(routines.fcollect, team, nelems, [=](int) { return nelems; });
    check_collect<T>(routines.collect, team, nelems,
                     [=](int index) { return nelems + static_cast<std::size_t>(index); });
    check_collect<T>(routines.collect, team, nelems, [=](int index) { return index % 2 == 0 ? nelems : 0; });
    check_alltoall<T>(routines, team, nelems, 1, 1);
    check_alltoall<T>(routines, team, nelems, 2, 1);
    check_alltoall<T>(routines, team, nelems, 1, 3);
  }
}

// Past every switch of algorithm.
template <class T>
void check_large(const Routines<T>& routines, const TestTeam& team) {
  context = "large collectives of long";
  for (const std::size_t nelems : {std::size_t{3000}, std::size_t{100'003}}) {
    check_broadcast<T>(routines, team, nelems);
    check_collect<T>(routines.fcollect, team, nelems, [=](int) { return nelems; });
    check_collect<T>(routines.collect, team, nelems,
                     [=](int index) { return nelems - static_cast<std::size_t>(index); });
    check_alltoall<T>(routines, team, nelems / 4, 1, 1);
    check_alltoall<T>(routines, team, nelems / 4, 3, 2);
  }
}

}  // namespace

void run_tests() {
  const TestTeams teams;

#define SHMEM_STAMP_RMA(NAME, T, CLASS)                                                            \
  {                                                                                                \
    const Routines<T> routines{ROUTINE(shmem_##NAME##_broadcast), ROUTINE(shmem_##NAME##_collect), \
                               ROUTINE(shmem_##NAME##_fcollect), ROUTINE(shmem_##NAME##_alltoall), \
                               ROUTINE(shmem_##NAME##_alltoalls)};                                 \
    context = "collectives of " #NAME;                                                             \
    for (const TestTeam& team : teams) check<T>(routines, team);                                   \
  }
#include "interface/stamp.h"

  const Routines<void> bytes{ROUTINE(shmem_broadcastmem), ROUTINE(shmem_collectmem), ROUTINE(shmem_fcollectmem),
                             ROUTINE(shmem_alltoallmem), ROUTINE(shmem_alltoallsmem)};
  context = "collectives of bytes";
  for (const TestTeam& team : teams) check<unsigned char>(bytes, team);

  for (const TestTeam& team : teams) {
    check_large<long>(
        {shmem_long_broadcast, shmem_long_collect, shmem_long_fcollect, shmem_long_alltoall, shmem_long_alltoalls},
        team);
  }
}
