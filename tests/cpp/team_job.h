// SPDX-License-Identifier: BSD-3-Clause
//
// TeamJob: a ThreadJob for tests of collectives, with teams of every shape and arrays in the symmetric heap.
//
// Collectives follow each other without a barrier in between, PEs come late at random, and each PE writes its
// source again as soon as a call returns. So a collective that releases a buffer too early gives wrong values.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <ostream>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "smp/collectives/collectives.h"
#include "thread_job.h"

namespace shmem::smp::test {

struct JobShape {
  int npes;
  int cores;  // what the job believes: decides how the members meet
};

inline void PrintTo(const JobShape& shape, std::ostream* out) {
  *out << shape.npes << " PEs, " << shape.cores << " cores";
}

inline constexpr int kManyCores = 64;

inline std::vector<JobShape> job_shapes() {
  return {{1, 1}, {2, 2}, {2, 1}, {3, kManyCores}, {4, 2}, {7, 1}, {8, 1}, {8, kManyCores}};
}

// A number that depends on everything, so that a byte from the wrong place or time shows.
inline std::uint64_t mix(std::uint64_t a, std::uint64_t b, std::uint64_t c) {
  std::uint64_t x = a * 0x9e3779b97f4a7c15u ^ (b + 1) * 0xbf58476d1ce4e5b9u ^ (c + 7) * 0x94d049bb133111ebu;
  x ^= x >> 29;
  x *= 0xbf58476d1ce4e5b9u;
  return x ^ x >> 32;
}

inline std::byte pattern(int pe, int round, std::size_t index) {
  return static_cast<std::byte>(mix(static_cast<std::uint64_t>(pe), static_cast<std::uint64_t>(round), index));
}

// One PE's side of a test.
class Member {
 public:
  static constexpr std::size_t kArrayNbytes = std::size_t{2} << 20;

  Member(Pe& pe, Team& team) : pe_(pe), team_(team), random_(static_cast<unsigned>(7919 * pe.me + team.slot)) {}

  [[nodiscard]] Pe& pe() const { return pe_; }
  [[nodiscard]] Team& team() const { return team_; }
  [[nodiscard]] int size() const { return team_.size; }
  [[nodiscard]] int me() const { return team_.my_index; }

  // Symmetric arrays: number `n` of this team's slot, `shift` bytes in.
  [[nodiscard]] std::byte* array(int n, std::size_t shift = 0) const {
    return pe_.heap_begin + static_cast<std::size_t>(n) * kArrayNbytes + shift;
  }

  void come_late() {
    const unsigned dice = random_() % 16;
    if (dice == 0) std::this_thread::sleep_for(std::chrono::microseconds(random_() % 200));
    if (dice < 4) std::this_thread::yield();
  }

  void fill(std::byte* array, std::size_t nbytes, int round) const {
    for (std::size_t i = 0; i < nbytes; ++i) array[i] = pattern(team_.my_index, round, i);
  }
  static void clear(std::byte* array, std::size_t nbytes) { std::memset(array, 0xee, nbytes); }

  // array[0, nbytes) is member `from`'s source of this round, beginning at `first`.
  [[nodiscard]] static bool holds(const std::byte* array, std::size_t nbytes, int from, int round,
                                  std::size_t first = 0) {
    for (std::size_t i = 0; i < nbytes; ++i) {
      if (array[i] != pattern(from, round, first + i)) {
        ADD_FAILURE() << "byte " << i << " of " << nbytes << ", from member " << from << ", round " << round;
        return false;
      }
    }
    return true;
  }
  [[nodiscard]] static bool untouched(const std::byte* array, std::size_t nbytes) {
    for (std::size_t i = 0; i < nbytes; ++i) {
      if (array[i] != std::byte{0xee}) {
        ADD_FAILURE() << "byte " << i << " of " << nbytes << " was written";
        return false;
      }
    }
    return true;
  }

 private:
  Pe& pe_;
  Team& team_;
  std::mt19937 random_;
};

// The team behind a handle, which may be kTeamInvalid on a PE that is not in it.
inline Team* split(Pe& pe, Team* parent, int start, int stride, int size) {
  if (parent == nullptr) return nullptr;
  TeamHandle handle = kTeamInvalid;
  SHMEM_EXPECT_OK(pe.teams->split_strided(*parent, start, stride, size, 0, 0, &handle));
  return pe.teams->find(handle);
}

// Runs body(member) on teams of every shape, one after the other: the world, all in reverse, every second PE,
// those in reverse without the first, rows and columns of two, and each PE alone.
inline void on_all_teams(Pe& pe, const std::function<void(Member&)>& body) {
  std::vector<Team*> teams{&pe.teams->world()};
  const int n = pe.npes;
  teams.push_back(split(pe, teams[0], n - 1, -1, n));
  teams.push_back(split(pe, teams[0], 0, 2, (n + 1) / 2));
  const int nested = (n + 1) / 2;
  teams.push_back(split(pe, teams[2], nested - 1, -1, nested - 1 > 0 ? nested - 1 : 1));
  TeamHandle row = kTeamInvalid;
  TeamHandle column = kTeamInvalid;
  SHMEM_EXPECT_OK(pe.teams->split_2d(pe.teams->world(), 2, 0, 0, &row, 0, 0, &column));
  teams.push_back(pe.teams->find(row));
  teams.push_back(pe.teams->find(column));
  for (int alone = 0; alone < n; ++alone) teams.push_back(split(pe, teams[0], alone, 0, 1));
  for (Team* team : teams) {
    if (team == nullptr) continue;
    Member member(pe, *team);
    body(member);
    // Slots of PEs' arrays are shared by all teams: the next one may overlap this.
    SHMEM_EXPECT_OK(sync(pe, *team));
  }
  SHMEM_EXPECT_OK(sync(pe, pe.teams->world()));
  for (std::size_t i = teams.size(); i-- > 1;) {
    if (teams[i] != nullptr) SHMEM_EXPECT_OK(pe.teams->destroy(*teams[i]));
  }
}

class OnTeams : public testing::TestWithParam<JobShape> {
 protected:
  void run(const std::function<void(Member&)>& body) {
    ThreadJob job(GetParam().npes, {.cores = GetParam().cores});
    job.run([&](Pe& pe) { on_all_teams(pe, body); });
  }
};

#define SHMEM_ON_JOBS(Suite) INSTANTIATE_TEST_SUITE_P(Jobs, Suite, testing::ValuesIn(job_shapes()))

}  // namespace shmem::smp::test
