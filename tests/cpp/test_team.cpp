// SPDX-License-Identifier: BSD-3-Clause
//
// Teams: which PEs are in them, how slots and handles are used again, and splits by several threads at a time.
#include <set>

#include "team_job.h"

namespace shmem::smp::test {
namespace {

// The world PEs of a team, as its members' numbers say.
std::vector<int> members(const Team& team) {
  std::vector<int> pes;
  for (int i = 0; i < team.size; ++i) pes.push_back(team.world_pe(i));
  return pes;
}

TEST(TeamTable, HasThePredefinedTeamsFromTheStart) {
  ThreadJob job(3);
  Pe& pe = job.pe(1);
  for (const TeamHandle handle : {kTeamWorld, kTeamShared}) {
    Team* team = pe.teams->find(handle);
    ASSERT_NE(team, nullptr);
    EXPECT_EQ(team->handle(), handle);
    EXPECT_EQ(members(*team), (std::vector<int>{0, 1, 2}));
    EXPECT_EQ(team->my_index, 1);
    EXPECT_EQ(pe.teams->destroy(*team), Status::kInvalid);
  }
  for (const TeamHandle handle : {kTeamInvalid, TeamHandle{3}, TeamHandle{257}, TeamHandle{0x10001}, ~TeamHandle{0}}) {
    EXPECT_EQ(pe.teams->find(handle), nullptr);
  }
}

TEST(TeamSplit, TakesTripletsOfTheParentsNumbers) {
  struct Case {
    int start, stride, size;
    std::vector<int> pes;
  };
  ThreadJob job(8);
  job.run([](Pe& pe) {
    Team& world = pe.teams->world();
    for (const Case& c :
         {Case{0, 1, 8, {0, 1, 2, 3, 4, 5, 6, 7}}, Case{7, -1, 8, {7, 6, 5, 4, 3, 2, 1, 0}}, Case{1, 3, 3, {1, 4, 7}},
          Case{6, -2, 3, {6, 4, 2}}, Case{5, 0, 1, {5}}, Case{3, 100, 1, {3}}, Case{3, -100, 1, {3}}}) {
      Team* team = split(pe, &world, c.start, c.stride, c.size);
      const auto found = std::find(c.pes.begin(), c.pes.end(), pe.me);
      ASSERT_EQ(team != nullptr, found != c.pes.end());
      if (team == nullptr) continue;
      EXPECT_EQ(members(*team), c.pes);
      EXPECT_EQ(team->my_index, found - c.pes.begin());
      for (int other = -1; other <= 8; ++other) {
        const auto place = std::find(c.pes.begin(), c.pes.end(), other);
        EXPECT_EQ(team->index_of(other), place == c.pes.end() ? -1 : place - c.pes.begin()) << other;
      }
      SHMEM_EXPECT_OK(sync(pe, *team));
      SHMEM_EXPECT_OK(pe.teams->destroy(*team));
    }
  });
}

TEST(TeamSplit, RefusesTripletsOutsideTheParentOnAllAlike) {
  ThreadJob job(4);
  job.run([](Pe& pe) {
    Team& world = pe.teams->world();
    const int triplets[][3] = {{0, 1, 5},  {4, 1, 1}, {-1, 1, 2},        {0, 1, 0}, {0, 1, -1},
                               {3, 3, 3},  {0, 0, 2}, {1, -1, 3},        {0, 2, 3}, {0, 1 << 30, 3},
                               {2, -3, 2}, {3, 1, 2}, {0, -(1 << 30), 4}};
    for (const auto& t : triplets) {
      TeamHandle handle = 77;
      EXPECT_EQ(pe.teams->split_strided(world, t[0], t[1], t[2], 0, 0, &handle), Status::kInvalid);
      EXPECT_EQ(handle, kTeamInvalid);
    }
    TeamHandle x = 77;
    TeamHandle y = 77;
    EXPECT_EQ(pe.teams->split_2d(world, 0, 0, 0, &x, 0, 0, &y), Status::kInvalid);
    EXPECT_EQ(x, kTeamInvalid);
    EXPECT_EQ(y, kTeamInvalid);
    TeamHandle handle = 77;
    EXPECT_EQ(pe.teams->split_strided(world, 0, 1, pe.me == 0 ? 2 : 3, 0, 0, &handle), Status::kMismatch);
    EXPECT_EQ(handle, kTeamInvalid);
    EXPECT_NE(std::string(failure_message()).find("size 3"), std::string::npos) << failure_message();
    SHMEM_EXPECT_OK(barrier(pe, world));
  });
}

TEST(TeamSplit, NestsAndTranslates) {
  ThreadJob job(8);
  job.run([](Pe& pe) {
    Team& world = pe.teams->world();
    Team* odd = split(pe, &world, 1, 2, 4);      // 1 3 5 7
    Team* reversed = split(pe, odd, 3, -1, 4);   // 7 5 3 1
    Team* outer = split(pe, reversed, 0, 3, 2);  // 7 1
    if (odd != nullptr) {
      EXPECT_EQ(members(*reversed), (std::vector<int>{7, 5, 3, 1}));
      EXPECT_EQ(odd->translate(0, *reversed), 3);
      EXPECT_EQ(reversed->translate(0, world), 7);
      EXPECT_EQ(reversed->translate(4, world), -1);
      EXPECT_EQ(world.translate(2, *odd), -1);
    }
    if (outer != nullptr) {
      EXPECT_EQ(members(*outer), (std::vector<int>{7, 1}));
      EXPECT_EQ(odd->translate(1, *outer), -1);
      SHMEM_EXPECT_OK(sync(pe, *outer));
    }
  });
}

TEST(TeamSplit, KeepsTheConfig) {
  ThreadJob job(2);
  job.run([](Pe& pe) {
    TeamHandle handle = kTeamInvalid;
    SHMEM_EXPECT_OK(pe.teams->split_strided(pe.teams->world(), 0, 1, 2, 5, 1, &handle));
    EXPECT_EQ(pe.teams->find(handle)->num_contexts, 5);
    EXPECT_EQ(pe.teams->find(handle)->config_mask, 1);
  });
}

// The standard's picture: 10 PEs in rows of 3.
TEST(TeamSplit2d, GivesRowsAndColumnsWithAnIncompleteLastRow) {
  ThreadJob job(10);
  job.run([](Pe& pe) {
    TeamHandle x = kTeamInvalid;
    TeamHandle y = kTeamInvalid;
    SHMEM_EXPECT_OK(pe.teams->split_2d(pe.teams->world(), 3, 0, 0, &x, 0, 0, &y));
    Team* row = pe.teams->find(x);
    Team* column = pe.teams->find(y);
    ASSERT_TRUE(row != nullptr && column != nullptr);
    std::vector<int> row_pes;
    std::vector<int> column_pes;
    for (int other = 0; other < 10; ++other) {
      if (other / 3 == pe.me / 3) row_pes.push_back(other);
      if (other % 3 == pe.me % 3) column_pes.push_back(other);
    }
    EXPECT_EQ(members(*row), row_pes);
    EXPECT_EQ(members(*column), column_pes);
    EXPECT_EQ(row->my_index, pe.me % 3);
    EXPECT_EQ(column->my_index, pe.me / 3);
    // Rows work at the same time, then columns.
    for (Team* team : {row, column}) {
      auto* sum = reinterpret_cast<std::int64_t*>(pe.heap_begin);
      sum[0] = pe.me;
      SHMEM_EXPECT_OK(reduce(pe, *team, ReduceOp::kSum, ElementType::kInt64, sum + 1, sum, 1));
      std::int64_t expected = 0;
      for (const int other : members(*team)) expected += other;
      EXPECT_EQ(sum[1], expected);
    }
    SHMEM_EXPECT_OK(pe.teams->destroy(*row));
    SHMEM_EXPECT_OK(pe.teams->destroy(*column));
    // Wider than the team: as wide as the team.
    SHMEM_EXPECT_OK(pe.teams->split_2d(pe.teams->world(), 100, 0, 0, &x, 0, 0, &y));
    EXPECT_EQ(pe.teams->find(x)->size, 10);
    EXPECT_EQ(pe.teams->find(y)->size, 1);
  });
}

// Slots go from one set of members to others, with PEs late at random, for thousands of teams; collectives on each
// must see nothing of the teams before.
TEST(TeamLife, ThousandsOfTeamsUseTheSameSlots) {
  for (const int cores : {1, kManyCores}) {
    ThreadJob job(4, {.cores = cores});
    job.run([](Pe& pe) {
      std::mt19937 together(99);
      std::set<int> slots;
      for (int round = 0; round < 1000; ++round) {
        const int start = static_cast<int>(together() % 4);
        const int stride = start >= 2 ? -1 : 1;
        const int size = 1 + static_cast<int>(together() % 3);
        const int messages = static_cast<int>(together() % 12);
        const bool fits = start + stride * (size - 1) >= 0 && start + stride * (size - 1) < 4;
        if (!fits) continue;
        Team* team = split(pe, &pe.teams->world(), start, stride, size);
        if (team == nullptr) continue;
        slots.insert(team->slot);
        const TeamHandle handle = team->handle();
        Member member(pe, *team);
        for (int i = 0; i < messages; ++i) {
          const int tag = 100 * round + i;
          const std::size_t nbytes = i % 4 == 3 ? 3000 : 24;
          std::byte* source = member.array(0) + 8192 * team->slot;
          std::byte* dest = member.array(1) + 8192 * team->slot;
          member.fill(source, nbytes, tag);
          member.come_late();
          SHMEM_EXPECT_OK(broadcast(pe, *team, dest, source, nbytes, i % size));
          ASSERT_TRUE(Member::holds(dest, nbytes, i % size, tag));
          if (i % 5 == 0) SHMEM_EXPECT_OK(sync(pe, *team));
        }
        SHMEM_EXPECT_OK(pe.teams->destroy(*team));
        EXPECT_EQ(pe.teams->find(handle), nullptr);
      }
      EXPECT_LE(slots.size(), 3u);
    });
  }
}

TEST(TeamLife, RunsOutOfSlotsOnAllAlikeAndRecovers) {
  ThreadJob job(2);
  job.run([](Pe& pe) {
    Team& world = pe.teams->world();
    std::vector<Team*> teams;
    for (int i = 2; i < kMaxTeams; ++i) teams.push_back(split(pe, &world, 0, 1, 2));
    TeamHandle handle = kTeamInvalid;
    EXPECT_EQ(pe.teams->split_strided(world, 0, 1, 2, 0, 0, &handle), Status::kNoMemory);
    EXPECT_EQ(handle, kTeamInvalid);
    for (Team* team : teams) SHMEM_EXPECT_OK(sync(pe, *team));
    SHMEM_EXPECT_OK(pe.teams->destroy(*teams[17]));
    Team* again = split(pe, &world, 1, -1, 2);
    ASSERT_NE(again, nullptr);
    EXPECT_EQ(again, teams[17]);
    SHMEM_EXPECT_OK(sync(pe, *again));
  });
}

// Two threads of each PE split different parents with the same members over and over: they never get one slot.
TEST(TeamThreads, SplitDifferentParentsAtTheSameTime) {
  for (const int cores : {1, kManyCores}) {
    ThreadJob job(3, {.cores = cores});
    job.run([](Pe& pe) {
      Team* parents[2] = {split(pe, &pe.teams->world(), 0, 1, 3), split(pe, &pe.teams->world(), 2, -1, 3)};
      const auto work = [&](int thread) {
        Team& parent = *parents[thread];
        auto* numbers = reinterpret_cast<std::int64_t*>(pe.heap_begin) + 100 * thread;
        for (int round = 0; round < 150; ++round) {
          Team* child = split(pe, &parent, 0, 1, 2 + round % 2);
          if (child == nullptr) continue;
          numbers[0] = 1000 * thread + round;
          SHMEM_EXPECT_OK(reduce(pe, *child, ReduceOp::kSum, ElementType::kInt64, numbers + 1, numbers, 1));
          ASSERT_EQ(numbers[1], numbers[0] * child->size);
          SHMEM_EXPECT_OK(pe.teams->destroy(*child));
        }
      };
      std::thread second(work, 1);
      work(0);
      second.join();
    });
  }
}

// Collectives on two teams by two threads of each PE.
TEST(TeamThreads, UseDifferentTeamsAtTheSameTime) {
  ThreadJob job(4);
  job.run([](Pe& pe) {
    const auto work = [&](TeamHandle handle) {
      Member member(pe, *pe.teams->find(handle));
      const int which = static_cast<int>(handle);
      for (int round = 0; round < 300; ++round) {
        const std::size_t nbytes = round % 10 == 0 ? 5000 : 16;
        std::byte* source = member.array(2 * which);
        std::byte* dest = member.array(2 * which + 1);
        member.fill(source, nbytes, round);
        SHMEM_EXPECT_OK(fcollect(pe, member.team(), dest, source, nbytes));
        for (int from = 0; from < 4; ++from) {
          ASSERT_TRUE(Member::holds(dest + static_cast<std::size_t>(from) * nbytes, nbytes, from, round));
        }
      }
    };
    std::thread second(work, kTeamShared);
    work(kTeamWorld);
    second.join();
  });
}

// A poisoned team can be given up; its slot is not used again.
TEST(TeamPoison, DestroysOnEachMemberAlone) {
  ThreadJob job(2);
  job.run([](Pe& pe) {
    Team* team = split(pe, &pe.teams->world(), 0, 1, 2);
    ASSERT_NE(team, nullptr);
    const int slot = team->slot;
    if (pe.me == 0) {
      pe.interrupt_check = [](void*) { return 1; };
      Status status = Status::kOk;
      while (ok(status)) status = sync(pe, *team);
      EXPECT_EQ(status, Status::kInterrupted);
      pe.interrupt_check = nullptr;
    } else {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      Status status = Status::kOk;
      while (ok(status)) status = sync(pe, *team);
      EXPECT_EQ(status, Status::kPoisoned);
    }
    SHMEM_EXPECT_OK(pe.teams->destroy(*team));
    Team* next = split(pe, &pe.teams->world(), 0, 1, 2);
    ASSERT_NE(next, nullptr);
    EXPECT_NE(next->slot, slot);
    SHMEM_EXPECT_OK(sync(pe, *next));
  });
}

}  // namespace
}  // namespace shmem::smp::test
