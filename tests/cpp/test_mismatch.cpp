// SPDX-License-Identifier: BSD-3-Clause
//
// Members of a team that call different routines and do not wait for each other: reported at once where a message is
// read, and at the latest in the team's next call or when the job finalises. Told once, after which the team goes on.
#include <atomic>
#include <string>

#include "team_job.h"

namespace shmem::smp::test {
namespace {

class Mismatch : public testing::TestWithParam<JobShape> {
 protected:
  using Body = std::function<void(Member&)>;
  static void run(const Body& body, int npes = GetParam().npes) {
    ThreadJob job(npes, {.cores = GetParam().cores});
    job.run([&](Pe& pe) {
      Member member(pe, pe.teams->world());
      member.fill(member.array(0), 256, 1);
      body(member);
      // The team goes on.
      SHMEM_EXPECT_OK(barrier(pe, member.team()));
      SHMEM_EXPECT_OK(fcollect(pe, member.team(), member.array(2), member.array(0), 8));
      SHMEM_EXPECT_OK(sync(pe, member.team()));
    });
  }
  static void expect_words(const std::string& words) {
    EXPECT_NE(std::string(failure_message()).find(words), std::string::npos) << failure_message();
  }
};
INSTANTIATE_TEST_SUITE_P(Jobs, Mismatch,
                         testing::Values(JobShape{2, 1}, JobShape{2, 2}, JobShape{3, kManyCores}, JobShape{4, 2},
                                         JobShape{7, kManyCores}));

Status send_from(Member& member, int root, std::size_t nbytes = 8) {
  return broadcast(member.pe(), member.team(), member.array(1), member.array(0), nbytes, root);
}

// Every member takes itself for the root: none reads, and the next call reports it.
TEST_P(Mismatch, RootsThatHearNobodyAreToldByTheNextBarrier) {
  run([](Member& member) {
    SHMEM_EXPECT_OK(send_from(member, member.me()));
    EXPECT_EQ(barrier(member.pe(), member.team()), Status::kMismatch);
    expect_words("an earlier call did not match: PE ");
    expect_words("called shmem_broadcast (root " + std::to_string(member.me()) + ", 8 bytes) where PE");
  });
}

TEST_P(Mismatch, RootsThatHearNobodyAreToldByTheNextReduction) {
  run([](Member& member) {
    SHMEM_EXPECT_OK(send_from(member, member.me() == 0 ? 0 : 1));
    EXPECT_EQ(
        reduce(member.pe(), member.team(), ReduceOp::kSum, ElementType::kInt64, member.array(1), member.array(0), 1),
        Status::kMismatch);
    expect_words("an earlier call did not match: PE ");
  });
}

TEST_P(Mismatch, RootsThatHearNobodyAreToldByTheNextBroadcast) {
  run([](Member& member) {
    SHMEM_EXPECT_OK(send_from(member, member.me()));
    // Readers hear of it here, and take over what the root has called; then all are alike again.
    const Status status = send_from(member, 0);
    EXPECT_EQ(status, member.me() == 0 ? Status::kOk : Status::kMismatch);
    if (member.me() != 0) expect_words("(root 0, 8 bytes)");
  });
}

TEST_P(Mismatch, RootsThatHearNobodyAreToldByTheNextAllocation) {
  run([](Member& member) {
    SHMEM_EXPECT_OK(send_from(member, member.me()));
    void* block = nullptr;
    EXPECT_EQ(member.pe().heap->allocate(8, 0, 0, false, nullptr, &block), Status::kMismatch);
    expect_words("an earlier call did not match: PE ");
    SHMEM_EXPECT_OK(member.pe().heap->allocate(8, 0, 0, false, nullptr, &block));
  });
}

TEST_P(Mismatch, RootsThatHearNobodyAreToldWhenSlotsAreNeededAgain) {
  run([](Member& member) {
    Status status = Status::kOk;
    std::uint64_t sent = 0;
    for (; ok(status) && sent < 2 * kSlotCount; ++sent) status = send_from(member, member.me());
    EXPECT_EQ(status, Status::kMismatch);
    EXPECT_EQ(sent, kSlotCount + 1);
  });
}

// A call that moves nothing sends no message.
TEST_P(Mismatch, EmptyCallsAreCompared) {
  run([](Member& member) {
    SHMEM_EXPECT_OK(send_from(member, 0, member.me() == 0 ? 8 : 0));
    EXPECT_EQ(barrier(member.pe(), member.team()), Status::kMismatch);
    expect_words("did not match");
  });
  run([](Member& member) {
    const auto op = member.me() == 0 ? ReduceOp::kSum : ReduceOp::kMax;
    SHMEM_EXPECT_OK(reduce(member.pe(), member.team(), op, ElementType::kInt64, member.array(1), member.array(0), 0));
    EXPECT_EQ(barrier(member.pe(), member.team()), Status::kMismatch);
  });
}

TEST_P(Mismatch, RoutinesThatMeetAreCompared) {
  run([](Member& member) {
    Pe& pe = member.pe();
    EXPECT_EQ(member.me() == 0 ? barrier(pe, member.team()) : sync(pe, member.team()), Status::kMismatch);
    expect_words(member.me() == 0 ? "PE 0 called shmem_barrier_all where PE 1 called shmem_sync_all"
                                  : "called shmem_sync_all where PE 0 called shmem_barrier_all");
  });
}

TEST_P(Mismatch, StridesAreCompared) {
  run([](Member& member) {
    const Status status =
        alltoalls(member.pe(), member.team(), member.array(1), member.array(0), 1, member.me() == 0 ? 1 : 2, 2, 8);
    EXPECT_EQ(status, Status::kMismatch);
  });
}

TEST_P(Mismatch, InATeamThatNobodyMeetsInIsToldAtTheEnd) {
  ThreadJob job(GetParam().npes, {.cores = GetParam().cores});
  job.run([](Pe& pe) {
    Team* const team = split(pe, &pe.teams->world(), pe.npes - 1, -1, pe.npes);
    Member member(pe, *team);
    const auto compare = [&] {
      pe.teams->tell_histories();
      SHMEM_EXPECT_OK(barrier(pe, pe.teams->world()));
      const Status status = pe.teams->compare_histories();
      SHMEM_EXPECT_OK(barrier(pe, pe.teams->world()));
      return status;
    };
    SHMEM_EXPECT_OK(send_from(member, 0));
    SHMEM_EXPECT_OK(compare());
    SHMEM_EXPECT_OK(send_from(member, member.me()));
    EXPECT_EQ(compare(), Status::kMismatch);
    expect_words("an earlier call did not match: PE ");
  });
}

// Two threads of one PE: the second is refused, and what the first is in goes on.
TEST_P(Mismatch, SecondThreadOfAPeIsRefused) {
  ThreadJob job(GetParam().npes, {.cores = GetParam().cores});
  std::atomic<bool> refused{false};
  job.run([&](Pe& pe) {
    Team& world = pe.teams->world();
    Member member(pe, world);
    if (pe.me != 0) {
      while (!refused.load()) std::this_thread::yield();
      SHMEM_EXPECT_OK(barrier(pe, world));
    } else {
      std::thread second([&] {
        while (std::atomic_ref<Operation>(world.inside).load() == Operation::kNone) std::this_thread::yield();
        EXPECT_EQ(broadcast(pe, world, member.array(1), member.array(0), 8, 0), Status::kMismatch);
        EXPECT_STREQ(
            failure_message(),
            "another thread of PE 0 is in shmem_barrier_all on the same team, and only one at a time may be in "
            "its collectives");
        void* block = nullptr;
        EXPECT_EQ(pe.heap->allocate(8, 0, 0, false, nullptr, &block), Status::kMismatch);
        refused.store(true);
      });
      SHMEM_EXPECT_OK(barrier(pe, world));
      second.join();
    }
    SHMEM_EXPECT_OK(fcollect(pe, world, member.array(1), member.array(0), 8));
    SHMEM_EXPECT_OK(barrier(pe, world));
  });
}

}  // namespace
}  // namespace shmem::smp::test
