// SPDX-License-Identifier: BSD-3-Clause
//
// Barrier and sync: no PE leaves before all have come, and stores before it are seen after it.
#include <atomic>
#include <random>

#include "smp/collectives/collectives.h"
#include "thread_job.h"

namespace shmem::smp::test {
namespace {

constexpr int kMany = 64;

struct Variant {
  int npes;
  int cores;  // what the job believes: decides how the members meet
  int rounds;
  bool writer_fences = false;
};

void PrintTo(const Variant& v, std::ostream* out) {
  *out << v.npes << " PEs, " << v.cores << " cores" << (v.writer_fences ? ", writers fence" : "");
}

// Without a timer a ring that is missing is missed in the first round that needs it.
class Barrier : public testing::TestWithParam<Variant> {
 protected:
  ThreadJob job_{GetParam().npes,
                 {.cores = GetParam().cores, .writer_fences = GetParam().writer_fences, .timer = false}};
};

// Each PE stores its round, plainly, and reads those of all after the barrier: without the barrier's order a
// sanitizer reports a race, without its meeting a PE reads an old round.
TEST_P(Barrier, StoresBeforeAreSeenAfter) {
  const auto round_of = [](Pe& pe, int other) { return reinterpret_cast<int*>(pe.heap_of(other)); };
  job_.run([&](Pe& pe) {
    Team& world = pe.teams->world();
    for (int round = 1; round <= GetParam().rounds; ++round) {
      *round_of(pe, pe.me) = round;
      SHMEM_EXPECT_OK(round % 2 == 0 ? barrier(pe, world) : sync(pe, world));
      for (int other = 0; other < pe.npes; ++other) ASSERT_EQ(*round_of(pe, other), round);
      SHMEM_EXPECT_OK(barrier(pe, world));
    }
  });
}

// One late PE each time: no PE passes it.
TEST_P(Barrier, WaitsForTheLastToCome) {
  std::atomic<int> arrived{0};
  const int rounds = GetParam().rounds / 50 + 3;
  job_.run([&](Pe& pe) {
    for (int round = 0; round < rounds; ++round) {
      if (round % pe.npes == pe.me) std::this_thread::sleep_for(std::chrono::milliseconds(3));
      arrived.fetch_add(1, std::memory_order_relaxed);
      SHMEM_EXPECT_OK(sync(pe, pe.teams->world()));
      ASSERT_GE(arrived.load(std::memory_order_relaxed), (round + 1) * pe.npes);
      SHMEM_EXPECT_OK(sync(pe, *pe.teams->find(kTeamShared)));
    }
  });
}

// A word of the dissemination has room for 30 bits of the meeting's number.
TEST_P(Barrier, GoesOnWhenTheNumberOfMeetingsNoLongerFitsItsWord) {
  for (const int bits : {30, 32}) {
    std::atomic<int> arrived{0};
    job_.run([&](Pe& pe) {
      Team& world = pe.teams->world();
      SHMEM_EXPECT_OK(barrier(pe, *pe.teams->find(kTeamShared)));
      world.meetings = (std::uint64_t{1} << bits) - 4;
      SHMEM_EXPECT_OK(barrier(pe, *pe.teams->find(kTeamShared)));
      for (int round = 0; round < 8; ++round) {
        arrived.fetch_add(1, std::memory_order_relaxed);
        SHMEM_EXPECT_OK(barrier(pe, world));
        ASSERT_GE(arrived.load(std::memory_order_relaxed), (round + 1) * pe.npes);
      }
      ASSERT_GT(world.meetings >> bits, 0u);
    });
  }
}

TEST_P(Barrier, LeavesNoNoteBehind) {
  job_.run([&](Pe& pe) { SHMEM_EXPECT_OK(barrier(pe, pe.teams->world())); });
  for (int i = 0; i < job_.npes(); ++i) {
    EXPECT_EQ(Note::unpack(job_.pe(i).control->note.load()).operation, static_cast<int>(Operation::kNone));
  }
}

INSTANTIATE_TEST_SUITE_P(Variants, Barrier,
                         testing::Values(Variant{1, 1, 1000}, Variant{2, 2, 3000}, Variant{2, 1, 2000},
                                         Variant{3, 1, 1000}, Variant{3, kMany, 100}, Variant{4, kMany, 100},
                                         Variant{7, kMany, 30}, Variant{8, 2, 500}, Variant{16, 2, 200},
                                         Variant{4, 2, 500, true}, Variant{2, 2, 1000, true}));

// Two teams in one slot whose numbers of meetings are alike in the 30 bits that a word holds: the words that the first
// has left are not taken for arrivals in the second.
TEST(BarrierReuse, TakesNoWordOfAnEarlierTeamForAnArrival) {
  ThreadJob job(3, {.cores = kMany});
  std::atomic<int> arrived{0};
  job.run([&](Pe& pe) {
    Team& world = pe.teams->world();
    const auto split = [&](int start, int size) {
      TeamHandle handle = kTeamInvalid;
      SHMEM_EXPECT_OK(pe.teams->split_strided(world, start, 1, size, 0, 0, &handle));
      return pe.teams->find(handle);
    };
    // The first two PEs meet 7 times; the third, alone in the same slot, has met 2^30 times more often.
    Team* const pair = split(0, 2);
    Team* const alone = split(2, 1);
    Team* const mine = pair != nullptr ? pair : alone;
    ASSERT_NE(mine, nullptr);
    ASSERT_EQ(mine->slot, 2);
    if (pair != nullptr) {
      for (int round = 0; round < 6; ++round) SHMEM_EXPECT_OK(barrier(pe, *pair));
    } else {
      alone->meetings += (std::uint64_t{1} << 30) + 4;
    }
    SHMEM_EXPECT_OK(pe.teams->destroy(*mine));
    SHMEM_EXPECT_OK(barrier(pe, world));

    Team* const all = split(0, 3);
    ASSERT_EQ(all->slot, 2);
    ASSERT_EQ(all->meetings & 0x3fffffff, 5u) << "so the number of the sixth barrier comes again";
    for (int round = 0; round < 8; ++round) {
      if (pe.me == 2) std::this_thread::sleep_for(std::chrono::milliseconds(5));
      arrived.fetch_add(1, std::memory_order_relaxed);
      SHMEM_EXPECT_OK(barrier(pe, *all));
      ASSERT_GE(arrived.load(std::memory_order_relaxed), 3 * (round + 1));
    }
  });
}

// An interrupt takes a PE out of a barrier; all others' collectives on that team fail instead of hanging, now and
// later, and other teams go on.
TEST(BarrierInterrupt, PoisonsTheTeamForAll) {
  for (const int cores : {1, kMany}) {
    ThreadJob job(3, {.cores = cores});
    static std::atomic<bool> leave;
    leave = false;
    job.pe(1).interrupt_check = [](void*) { return leave.load() ? 1 : 0; };
    job.run([&](Pe& pe) {
      Team& world = pe.teams->world();
      SHMEM_EXPECT_OK(barrier(pe, world));
      if (pe.me == 0) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        leave = true;
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
      }
      // All come to this barrier, so a member may get through before it hears that PE 1 did not stay.
      const Status status = barrier(pe, world);
      EXPECT_TRUE(pe.me == 1 ? status == Status::kInterrupted : status == Status::kPoisoned || ok(status));
      EXPECT_EQ(sync(pe, world), Status::kPoisoned);
      EXPECT_NE(std::string(failure_message()).find("3 PEs"), std::string::npos);
      if (pe.me == 1) leave = false;
      SHMEM_EXPECT_OK(sync(pe, *pe.teams->find(kTeamShared)));
    });
  }
}

TEST(BarrierEnding, LeavesWhenTheJobEnds) {
  ThreadJob job(2);
  job.run([&](Pe& pe) {
    if (pe.me == 0) {
      EXPECT_EQ(barrier(pe, pe.teams->world()), Status::kEnding);
    } else {
      pe.job->ending.store(2, std::memory_order_release);
    }
  });
}

}  // namespace
}  // namespace shmem::smp::test
