// SPDX-License-Identifier: BSD-3-Clause
//
// Members that wait for each other for ever all get an error; members that wait for a slow one get none.
#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <string>
#include <thread>

#include "team_job.h"

namespace shmem::smp::test {
namespace {

constexpr std::size_t kLarge = 100'000;  // beyond what goes through slots

struct Shape {
  int npes;
  int cores;
};

class Standstill : public testing::TestWithParam<Shape> {
 protected:
  Standstill() : job_(GetParam().npes, {.cores = GetParam().cores}) {}
  ThreadJob job_;
};

INSTANTIATE_TEST_SUITE_P(Jobs, Standstill,
                         testing::Values(Shape{2, 1}, Shape{2, kManyCores}, Shape{4, 2}, Shape{4, kManyCores},
                                         Shape{8, 2}, Shape{8, kManyCores}));

bool says(const char* words) {
  return std::string(failure_message()).find(words) != std::string::npos;
}

void sleep_ms(int ms) {
  std::this_thread::sleep_for(std::chrono::milliseconds(ms));
}

TEST_P(Standstill, OfDifferentCollectivesIsToldToAll) {
  job_.run([](Pe& pe) {
    Team& world = pe.teams->world();
    Member member(pe, world);
    SHMEM_EXPECT_OK(sync(pe, world));
    if (pe.me == 0) {
      // The root of no other member's broadcast.
      EXPECT_EQ(broadcast(pe, world, member.array(0), member.array(0), 8, 1), Status::kMismatch);
      EXPECT_TRUE(says("PE 0 called shmem_broadcast (root PE 1) where PE 1 called shmem_barrier_all"))
          << failure_message();
    } else {
      EXPECT_EQ(barrier(pe, world), Status::kMismatch);
      EXPECT_TRUE(says("called shmem_barrier_all where PE 0 called shmem_broadcast (root PE 1)")) << failure_message();
    }
    EXPECT_EQ(sync(pe, world), Status::kPoisoned);
    EXPECT_TRUE(says("its members called different collectives")) << failure_message();
    SHMEM_EXPECT_OK(sync(pe, *pe.teams->find(kTeamShared)));
  });
}

TEST_P(Standstill, OfDifferentRootsIsToldToAll) {
  job_.run([](Pe& pe) {
    Team& world = pe.teams->world();
    Member member(pe, world);
    const int other = (pe.me + 1) % pe.npes;
    EXPECT_EQ(broadcast(pe, world, member.array(1), member.array(0), kLarge, other), Status::kMismatch);
    EXPECT_TRUE(says("and all wait for each other")) << failure_message();
  });
}

TEST_P(Standstill, InASmallerTeamLeavesTheOthersAlone) {
  job_.run([](Pe& pe) {
    Team& world = pe.teams->world();
    Team* const pair = split(pe, &world, 0, 1, 2);
    if (pair != nullptr) {
      Member member(pe, *pair);
      const Status status = pe.me == 0 ? sync(pe, *pair) : broadcast(pe, *pair, member.array(1), member.array(0), 8, 0);
      EXPECT_EQ(status, Status::kMismatch);
    }
    SHMEM_EXPECT_OK(sync(pe, world));
  });
}

// The root of a large broadcast waits for its last reader while the others wait in the barrier that follows.
TEST_P(Standstill, IsNotASlowReader) {
  job_.run([](Pe& pe) {
    Team& world = pe.teams->world();
    Member member(pe, world);
    for (int round = 0; round < 2; ++round) {
      if (pe.me == pe.npes - 1) sleep_ms(150);
      SHMEM_EXPECT_OK(broadcast(pe, world, member.array(1), member.array(0), kLarge, 0));
      SHMEM_EXPECT_OK(barrier(pe, world));
    }
  });
}

// All are asleep in collectives, but not all in those of one team.
TEST_P(Standstill, IsNotAMemberInAnotherTeamsCollective) {
  job_.run([](Pe& pe) {
    Team& world = pe.teams->world();
    Team* const pair = split(pe, &world, 0, 1, 2);
    if (pair != nullptr) {
      if (pe.me == 0) sleep_ms(200);
      SHMEM_EXPECT_OK(sync(pe, *pair));
    }
    Member member(pe, world);
    SHMEM_EXPECT_OK(broadcast(pe, world, member.array(1), member.array(0), 8, pe.npes - 1));
    SHMEM_EXPECT_OK(barrier(pe, world));
  });
}

TEST_P(Standstill, IsNotAMemberThatWaitsForData) {
  job_.run([](Pe& pe) {
    Team& world = pe.teams->world();
    Member member(pe, world);
    auto* const flag = reinterpret_cast<std::uint64_t*>(pe.heap_begin);
    std::thread writer;
    if (pe.me == 0) {
      writer = std::thread([&] {
        sleep_ms(150);
        std::atomic_ref(*flag).store(1, std::memory_order_release);
        ring(pe, 0, flag, sizeof *flag);
      });
      SHMEM_EXPECT_OK(wait_until(pe, {flag, sizeof *flag},
                                 [&] { return std::atomic_ref(*flag).load(std::memory_order_acquire) == 1; }));
    }
    SHMEM_EXPECT_OK(broadcast(pe, world, member.array(1), member.array(0), 8, 0));
    SHMEM_EXPECT_OK(barrier(pe, world));
    if (writer.joinable()) writer.join();
  });
}

// Timers that end nearly every sleep, in collectives of every kind one behind the other.
TEST_P(Standstill, IsNotFoundWhereSleepsAreShort) {
  for (int i = 0; i < job_.npes(); ++i) {
    WaitPolicy& policy = job_.pe(i).wait_policy;
    policy.spins = policy.yields = 0;
    policy.first_sleep_ns = policy.longest_sleep_ns = 1'000;
  }
  job_.run([](Pe& pe) {
    Team& world = pe.teams->world();
    Member member(pe, world);
    std::mt19937 random(7);  // the same on all
    for (int round = 0; round < 600; ++round) {
      const std::size_t nbytes = random() % 2 == 0 ? 8 : 20'000;
      const int root = static_cast<int>(random() % static_cast<unsigned>(pe.npes));
      member.come_late();
      switch (random() % 4) {
        case 0:
          SHMEM_EXPECT_OK(barrier(pe, world));
          break;
        case 1:
          SHMEM_EXPECT_OK(fcollect(pe, world, member.array(1), member.array(0), nbytes));
          break;
        default:
          SHMEM_EXPECT_OK(broadcast(pe, world, member.array(1), member.array(0), nbytes, root));
      }
    }
  });
}

}  // namespace
}  // namespace shmem::smp::test
