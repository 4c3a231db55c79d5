// SPDX-License-Identifier: BSD-3-Clause
//
// Collectives that move data, on all teams and sizes around the limits of slots.
#include <atomic>

#include "smp/collectives/choice.h"
#include "team_job.h"

namespace shmem::smp::test {
namespace {

constexpr std::size_t kGuard = 64;

std::vector<std::size_t> sizes_around(std::size_t limit) {
  return {0, 1, 4, 7, 8, 100, limit - 1, limit, limit + 1, 9000, 40001};
}

class Broadcast : public OnTeams {};
SHMEM_ON_JOBS(Broadcast);

TEST_P(Broadcast, BringsTheRootsBytesToAll) {
  run([](Member& member) {
    int round = 0;
    for (const bool in_place : {false, true}) {
      for (const std::size_t nbytes : sizes_around(one_sender_limit(member.team()))) {
        const int root = round % member.size();
        std::byte* source = member.array(0, round % 3);
        std::byte* dest = in_place ? source : member.array(1, round % 5);
        Member::clear(dest, nbytes + kGuard);
        if (!in_place || member.me() == root) member.fill(source, nbytes, round);
        member.come_late();
        SHMEM_EXPECT_OK(broadcast(member.pe(), member.team(), dest, source, nbytes, root));
        ASSERT_TRUE(Member::holds(dest, nbytes, root, round));
        ASSERT_TRUE(Member::untouched(dest + nbytes, kGuard));
        ++round;
      }
    }
  });
}

// Far more messages than slots from one root, whose readers are slow: none is overwritten before it is read.
TEST_P(Broadcast, OfOneRootDoesNotOverrunSlowReaders) {
  run([](Member& member) {
    // By slots alone, by parcels, and by both in turn.
    constexpr std::size_t kSizes[3][2] = {{40, 90}, {200, 500}, {16, 300}};
    for (const auto& sizes : kSizes) {
      for (int round = 0; round < 3 * static_cast<int>(kSlotCount); ++round) {
        const std::size_t nbytes = sizes[round % 2];
        std::byte* array = member.array(2);
        if (member.me() == 0) {
          member.fill(array, nbytes, round);
        } else {
          member.come_late();
        }
        SHMEM_EXPECT_OK(broadcast(member.pe(), member.team(), array, array, nbytes, 0));
        ASSERT_TRUE(Member::holds(array, nbytes, 0, round));
      }
    }
  });
}

class Collect : public OnTeams {};
SHMEM_ON_JOBS(Collect);

TEST_P(Collect, FcollectConcatenatesEqualBlocks) {
  run([](Member& member) {
    int round = 0;
    for (const std::size_t nbytes : sizes_around(all_senders_limit(member.team()))) {
      std::byte* source = member.array(0, round % 3);
      std::byte* dest = member.array(1, round % 5);
      const std::size_t total = nbytes * static_cast<std::size_t>(member.size());
      Member::clear(dest, total + kGuard);
      member.fill(source, nbytes, round);
      member.come_late();
      SHMEM_EXPECT_OK(fcollect(member.pe(), member.team(), dest, source, nbytes));
      for (int from = 0; from < member.size(); ++from) {
        ASSERT_TRUE(Member::holds(dest + static_cast<std::size_t>(from) * nbytes, nbytes, from, round));
      }
      ASSERT_TRUE(Member::untouched(dest + total, kGuard));
      ++round;
    }
  });
}

TEST_P(Collect, ConcatenatesBlocksOfDifferentSizes) {
  run([](Member& member) {
    const std::vector<std::size_t> sizes = sizes_around(all_senders_limit(member.team()) - 8);
    for (int round = 0; round < 2 * static_cast<int>(sizes.size()); ++round) {
      const auto nbytes_of = [&](int index) {
        return sizes[static_cast<std::size_t>(round + 3 * index) % sizes.size()];
      };
      std::byte* source = member.array(0, round % 3);
      std::byte* dest = member.array(1, round % 5);
      std::size_t total = 0;
      for (int index = 0; index < member.size(); ++index) total += nbytes_of(index);
      Member::clear(dest, total + kGuard);
      member.fill(source, nbytes_of(member.me()), round);
      member.come_late();
      SHMEM_EXPECT_OK(collect(member.pe(), member.team(), dest, source, nbytes_of(member.me())));
      std::byte* block = dest;
      for (int from = 0; from < member.size(); ++from) {
        ASSERT_TRUE(Member::holds(block, nbytes_of(from), from, round));
        block += nbytes_of(from);
      }
      ASSERT_TRUE(Member::untouched(block, kGuard));
    }
  });
}

class Alltoall : public OnTeams {};
SHMEM_ON_JOBS(Alltoall);

TEST_P(Alltoall, SendsBlockLOfMemberKToBlockKOfMemberL) {
  run([](Member& member) {
    int round = 0;
    const auto size = static_cast<std::size_t>(member.size());
    for (const std::size_t nbytes : sizes_around(all_senders_limit(member.team()) / size)) {
      std::byte* source = member.array(0, round % 3);
      std::byte* dest = member.array(1, round % 5);
      Member::clear(dest, nbytes * size + kGuard);
      member.fill(source, nbytes * size, round);
      member.come_late();
      SHMEM_EXPECT_OK(alltoall(member.pe(), member.team(), dest, source, nbytes));
      for (int from = 0; from < member.size(); ++from) {
        ASSERT_TRUE(Member::holds(dest + static_cast<std::size_t>(from) * nbytes, nbytes, from, round,
                                  static_cast<std::size_t>(member.me()) * nbytes));
      }
      ASSERT_TRUE(Member::untouched(dest + nbytes * size, kGuard));
      ++round;
    }
  });
}

// Elements between those that the strides name stay as they were.
TEST_P(Alltoall, WithStridesTouchesOnlyItsElements) {
  run([](Member& member) {
    int round = 0;
    for (const std::size_t element : {1, 2, 4, 8, 16}) {
      for (const std::size_t nelems : {0, 1, 3, 100, 700}) {
        for (const auto& [dst, sst] : {std::pair{1, 1}, std::pair{2, 3}, std::pair{4, 1}}) {
          const auto size = static_cast<std::size_t>(member.size());
          const auto at = [&](std::byte* array, std::size_t block, std::size_t i, int stride) {
            return array + (block * nelems + i) * static_cast<std::size_t>(stride) * element;
          };
          std::byte* source = member.array(0);
          std::byte* dest = member.array(1);
          const std::size_t extent = nelems * size * static_cast<std::size_t>(dst) * element;
          member.fill(source, nelems * size * static_cast<std::size_t>(sst) * element, round);
          Member::clear(dest, extent + kGuard);
          member.come_late();
          SHMEM_EXPECT_OK(alltoalls(member.pe(), member.team(), dest, source, dst, sst, nelems, element));
          for (std::size_t from = 0; from < size; ++from) {
            for (std::size_t i = 0; i < nelems; ++i) {
              const auto first = static_cast<std::size_t>(at(nullptr, static_cast<std::size_t>(member.me()), i, sst) -
                                                          static_cast<std::byte*>(nullptr));
              std::byte* to = at(dest, from, i, dst);
              ASSERT_TRUE(Member::holds(to, element, static_cast<int>(from), round, first));
              ASSERT_TRUE(Member::untouched(to + element, static_cast<std::size_t>(dst - 1) * element));
            }
          }
          ASSERT_TRUE(Member::untouched(dest + extent, kGuard));
          ++round;
        }
      }
    }
  });
}

// Members that share cores mark in one word which of them have come. A bit that an earlier message left, whose number
// has the same low half, stands for no member: its slot holds another message.
TEST(AlltoallInPairs, DoesNotTakeAnOldBitForAMember) {
  ThreadJob job(2, {.cores = 1});
  job.run([](Pe& pe) {
    Team& world = pe.teams->world();
    Member member(pe, world);
    constexpr std::size_t kNbytes = 9000;
    ASSERT_TRUE(moves_in_pairs(world, kNbytes) && kNbytes > all_senders_limit(world));
    member.fill(member.array(0), 2 * kNbytes, 1);
    for (std::uint64_t i = 0; i < kSlotCount; ++i) {
      SHMEM_EXPECT_OK(alltoall(pe, world, member.array(2), member.array(0), kNbytes));
    }
    Member::clear(member.array(2), 2 * kNbytes);
    if (pe.me == 0) world.cell(pe, 0).arrivals.in_pairs = (world.sequence + 1) << kMaxPaired | 0b11;
    SHMEM_EXPECT_OK(sync(pe, world));
    if (pe.me == 1) std::this_thread::sleep_for(std::chrono::milliseconds(50));
    EXPECT_TRUE(Member::untouched(member.array(2), 2 * kNbytes));
    SHMEM_EXPECT_OK(alltoall(pe, world, member.array(1), member.array(0), kNbytes));
    for (int from = 0; from < 2; ++from) {
      EXPECT_TRUE(Member::holds(member.array(1) + static_cast<std::size_t>(from) * kNbytes, kNbytes, from, 1,
                                static_cast<std::size_t>(pe.me) * kNbytes));
    }
  });
}

// All kinds in random order, the same on all members.
TEST_P(Alltoall, BroadcastsAndCollectsMixBackToBack) {
  run([](Member& member) {
    std::mt19937 random(4711);
    const auto size = static_cast<std::size_t>(member.size());
    for (int round = 0; round < 200; ++round) {
      const std::size_t nbytes = random() % 3 == 0 ? random() % 20000 : random() % 300;
      const int root = static_cast<int>(random() % size);
      std::byte* source = member.array(round % 2);
      std::byte* dest = member.array(2 + round % 2);
      member.fill(source, nbytes * size, round);
      member.come_late();
      Pe& pe = member.pe();
      switch (random() % 5) {
        case 0:
          SHMEM_EXPECT_OK(broadcast(pe, member.team(), dest, source, nbytes, root));
          ASSERT_TRUE(Member::holds(dest, nbytes, root, round));
          break;
        case 1:
          SHMEM_EXPECT_OK(fcollect(pe, member.team(), dest, source, nbytes));
          for (std::size_t i = 0; i < size; ++i) {
            ASSERT_TRUE(Member::holds(dest + i * nbytes, nbytes, static_cast<int>(i), round));
          }
          break;
        case 2:
          SHMEM_EXPECT_OK(alltoall(pe, member.team(), dest, source, nbytes));
          for (std::size_t i = 0; i < size; ++i) {
            ASSERT_TRUE(Member::holds(dest + i * nbytes, nbytes, static_cast<int>(i), round,
                                      static_cast<std::size_t>(member.me()) * nbytes));
          }
          break;
        case 3:
          SHMEM_EXPECT_OK(barrier(pe, member.team()));
          break;
        default:
          SHMEM_EXPECT_OK(broadcast(pe, member.team(), dest, source, nbytes % 100, root));
          ASSERT_TRUE(Member::holds(dest, nbytes % 100, root, round));
      }
    }
  });
}

// Arguments that differ are noticed and reported, and no member hangs; the team goes on.
TEST(CollectiveMismatch, IsToldByAllThatCompare) {
  for (const int cores : {1, kManyCores}) {
    ThreadJob job(3, {.cores = cores});
    job.run([](Pe& pe) {
      Team& world = pe.teams->world();
      Member member(pe, world);
      std::byte* source = member.array(0);
      std::byte* dest = member.array(1);
      const auto expect_words = [](const char* words) {
        EXPECT_NE(std::string(failure_message()).find(words), std::string::npos) << failure_message();
      };
      EXPECT_EQ(fcollect(pe, world, dest, source, pe.me == 1 ? 16 : 8), Status::kMismatch);
      expect_words(pe.me == 1 ? "(8 bytes)" : "PE 1 called shmem_fcollect (16 bytes)");
      for (const std::size_t other : {std::size_t{20000}, std::size_t{6000}}) {
        for (const std::size_t nbytes : {std::size_t{8}, std::size_t{5000}}) {
          Member::clear(dest, 3 * other);
          EXPECT_EQ(alltoall(pe, world, dest, source, pe.me == 2 ? other : nbytes), Status::kMismatch);
          // Blocks between PE 2 and the others, whatever their size, stay as they were.
          const std::size_t first = pe.me == 2 ? 0 : 2 * nbytes;
          const std::size_t end = pe.me == 2 ? 2 * other : 3 * other;
          EXPECT_TRUE(Member::untouched(dest + first, end - first));
        }
      }
      EXPECT_EQ(reduce(pe, world, pe.me == 0 ? ReduceOp::kMax : ReduceOp::kSum, ElementType::kDouble, dest, source, 1),
                Status::kMismatch);
      expect_words("max of double, 8 bytes");
      const Status status = pe.me == 0 ? fcollect(pe, world, dest, source, 8)
                                       : reduce(pe, world, ReduceOp::kSum, ElementType::kInt64, dest, source, 1);
      EXPECT_EQ(status, Status::kMismatch);
      // The root of a broadcast receives from no member.
      const Status sent = broadcast(pe, world, dest, source, pe.me == 2 ? 5 : 6, 0);
      EXPECT_EQ(sent, pe.me == 2 ? Status::kMismatch : Status::kOk);
      EXPECT_EQ(broadcast(pe, world, dest, source, pe.me == 2 ? 5000 : 6000, 0), sent);
      EXPECT_EQ(broadcast(pe, world, dest, source, 8, 3), Status::kInvalid);
      expect_words("root 3 is not in a team of 3 PEs");
      member.fill(source, 8, 1);
      SHMEM_EXPECT_OK(fcollect(pe, world, dest, source, 8));
      for (int from = 0; from < 3; ++from) EXPECT_TRUE(Member::holds(dest + 8 * from, 8, from, 1));
    });
  }
}

// Where members share cores a barrier and a reduction meet at one counter. What the slot of the barrier's caller
// holds is an older message, and may be just like the others'.
TEST(CollectiveMismatch, OfABarrierIsToldToAll) {
  ThreadJob job(3, {.cores = 1});
  job.run([](Pe& pe) {
    Team& world = pe.teams->world();
    Member member(pe, world);
    const auto sum = [&](std::size_t nelems) {
      return reduce(pe, world, ReduceOp::kSum, ElementType::kInt64, member.array(1), member.array(0), nelems);
    };
    for (std::uint64_t i = 0; i < 2 * kSlotCount; ++i) SHMEM_EXPECT_OK(sum(1));
    EXPECT_EQ(pe.me == 1 ? sync(pe, world) : sum(1), Status::kMismatch);
    EXPECT_STREQ(failure_message(), pe.me == 1   ? "PE 1 called shmem_sync_all where PE 0 called shmem_reduce"
                                    : pe.me == 0 ? "PE 0 called shmem_reduce where PE 1 called shmem_sync_all"
                                                 : "PE 2 called shmem_reduce where PE 1 called shmem_sync_all");
    SHMEM_EXPECT_OK(sum(1));
  });
}

// A member leaves a broadcast by an interrupt. A root hears of it in its next wait, at the latest when its slots are
// used up, and readers from the root; in the end no member hangs.
TEST(CollectiveInterrupt, EndsTheWaitsOfAll) {
  for (const int cores : {1, kManyCores}) {
    for (const std::size_t nbytes : {std::size_t{8}, std::size_t{100000}}) {
      ThreadJob job(3, {.cores = cores});
      static std::atomic<bool> leave;
      leave = false;
      job.pe(1).interrupt_check = [](void*) { return leave.load() ? 1 : 0; };
      job.run([&](Pe& pe) {
        Team& world = pe.teams->world();
        Member member(pe, world);
        if (pe.me == 0) {
          std::this_thread::sleep_for(std::chrono::milliseconds(10));
          leave = true;
          std::this_thread::sleep_for(std::chrono::milliseconds(100));
        }
        Status status = Status::kOk;
        for (int i = 0; i < 2 * static_cast<int>(kSlotCount) && ok(status); ++i) {
          status = broadcast(pe, world, member.array(1), member.array(0), nbytes, 0);
        }
        EXPECT_EQ(status, pe.me == 1 ? Status::kInterrupted : Status::kPoisoned);
        EXPECT_EQ(fcollect(pe, world, member.array(1), member.array(0), nbytes), Status::kPoisoned);
      });
    }
  }
}

}  // namespace
}  // namespace shmem::smp::test
