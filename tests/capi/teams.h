// SPDX-License-Identifier: BSD-3-Clause
//
// The teams that collectives are tested on: the world, every second PE, the PEs in reverse, and all but the first,
// as far as there are PEs for them. Made and destroyed by all PEs together.
#pragma once

#include <vector>

#include "suite.h"

namespace suite {

struct TestTeam {
  shmem_team_t handle = SHMEM_TEAM_INVALID;
  int me = -1;  // my number in the team
  int size = 0;
  [[nodiscard]] bool member() const { return me >= 0; }
};

class TestTeams {
 public:
  TestTeams() {
    add(SHMEM_TEAM_WORLD);
    split(0, 2, (npes + 1) / 2);
    split(npes - 1, -1, npes);
    if (npes > 1) split(1, 1, npes - 1);
  }
  ~TestTeams() {
    for (std::size_t i = 1; i < teams_.size(); ++i) {
      if (teams_[i].member()) shmem_team_destroy(teams_[i].handle);
    }
  }
  TestTeams(const TestTeams&) = delete;
  TestTeams& operator=(const TestTeams&) = delete;

  [[nodiscard]] auto begin() const { return teams_.begin(); }
  [[nodiscard]] auto end() const { return teams_.end(); }

 private:
  void add(shmem_team_t handle) { teams_.push_back({handle, shmem_team_my_pe(handle), shmem_team_n_pes(handle)}); }
  void split(int start, int stride, int size) {
    shmem_team_t handle;
    CHECK(shmem_team_split_strided(SHMEM_TEAM_WORLD, start, stride, size, nullptr, 0, &handle) == 0);
    add(handle);
  }

  std::vector<TestTeam> teams_;
};

}  // namespace suite
