// SPDX-License-Identifier: BSD-3-Clause
//
// The deprecated collectives: sets of PEs that never formed a team, with nothing but pSync between them.
#include <array>

#include "team_job.h"

namespace shmem::smp::test {
namespace {

class ActiveSets : public testing::TestWithParam<JobShape> {
 protected:
  // Runs body(pe, set, me) on every PE of each set, one set after the other: overlapping ones by turns.
  void run(const std::function<void(Pe&, ActiveSet, int)>& body) {
    const int n = GetParam().npes;
    ThreadJob job(n, {.cores = GetParam().cores});
    job.run([&](Pe& pe) {
      for (const ActiveSet set : {ActiveSet{0, 1, n}, ActiveSet{n / 2, 1, n - n / 2}, ActiveSet{0, 2, (n + 1) / 2},
                                  ActiveSet{n - 1, 1, 1}, ActiveSet{n / 3, 4, (n - n / 3 + 3) / 4}}) {
        const int distance = pe.me - set.start;
        if (distance >= 0 && distance % set.stride == 0 && distance / set.stride < set.size) {
          body(pe, set, distance / set.stride);
        }
        // The standard: a pSync goes to another set only when all calls with it have completed everywhere.
        SHMEM_EXPECT_OK(barrier(pe, pe.teams->world()));
      }
    });
  }

  static long* psync(Pe& pe, int which = 0) { return reinterpret_cast<long*>(pe.heap_begin) + kSyncNwords * which; }
  static std::byte* array(Pe& pe, int which) {
    return pe.heap_begin + (std::size_t{1} << 20) * static_cast<std::size_t>(which + 1);
  }

  static void expect_restored(Pe& pe, int which = 0) {
    for (int i = 0; i < kSyncNwords; ++i) {
      ASSERT_EQ(std::atomic_ref<long>(psync(pe, which)[i]).load(std::memory_order_relaxed), 0) << i;
    }
  }
};
INSTANTIATE_TEST_SUITE_P(Jobs, ActiveSets, testing::ValuesIn(job_shapes()));

TEST_P(ActiveSets, BarriersFollowEachOtherWithOnePsync) {
  run([](Pe& pe, ActiveSet set, int me) {
    const auto round_of = [&](int index) { return reinterpret_cast<int*>(pe.heap_of(set.world_pe(index)) + 4096); };
    for (int round = 1; round <= 100; ++round) {
      *round_of(me) = round;
      SHMEM_EXPECT_OK(set_barrier(pe, set, psync(pe), true));
      for (int index = 0; index < set.size; ++index) ASSERT_EQ(*round_of(index), round);
      SHMEM_EXPECT_OK(set_barrier(pe, set, psync(pe), false));
    }
  });
}

// Not what the standard allows, but what programs do, and other libraries bear.
TEST(ActiveSetsOfOneJob, OnePsyncServesOverlappingSetsWithoutBarriersBetween) {
  for (const int npes : {2, 3, 4, 7}) {
    ThreadJob job(npes);
    job.run([npes](Pe& pe) {
      long* const psync = reinterpret_cast<long*>(pe.heap_begin);
      const auto meet = [&](ActiveSet set) {
        const int distance = pe.me - set.start;
        if (set.size < 1 || distance < 0 || distance % set.stride != 0 || distance / set.stride >= set.size) return;
        SHMEM_EXPECT_OK(set_barrier(pe, set, psync, true));
      };
      for (int round = 0; round < 200; ++round) {
        meet({0, 2, (npes + 1) / 2});
        meet({1, 2, npes / 2});
        for (int size = npes - 1; size > 0; --size) meet({0, 1, size});
        meet({pe.me, 1, 1});
        meet({0, 1, npes});
      }
      for (int i = 0; i < kSyncNwords; ++i) {
        ASSERT_EQ(std::atomic_ref<long>(psync[i]).load(std::memory_order_relaxed), 0) << i;
      }
      SHMEM_EXPECT_OK(barrier(pe, pe.teams->world()));
    });
  }
}

TEST_P(ActiveSets, CollectivesMoveDataAndRestorePsync) {
  run([](Pe& pe, ActiveSet set, int me) {
    int round = 0;
    const auto size = static_cast<std::size_t>(set.size);
    const auto fill = [&](std::size_t nbytes) {
      for (std::size_t i = 0; i < nbytes; ++i) array(pe, 0)[i] = pattern(me, round, i);
    };
    const auto holds = [&](std::size_t offset, std::size_t nbytes, int from, std::size_t first = 0) {
      return Member::holds(array(pe, 1) + offset, nbytes, from, round, first);
    };
    // Two pSyncs by turns, each separated from its next use by the barrier below.
    const auto begin = [&](std::size_t nbytes) {
      ++round;
      fill(nbytes);
      Member::clear(array(pe, 1), 200000);
      return psync(pe, round % 2);
    };
    const auto end = [&] {
      SHMEM_EXPECT_OK(set_barrier(pe, set, psync(pe, 2), false));
      expect_restored(pe, round % 2);
    };
    for (const std::size_t nbytes :
         {std::size_t{0}, std::size_t{4}, std::size_t{8}, std::size_t{1000}, std::size_t{20008}}) {
      const int root = round % set.size;
      long* sync_words = begin(nbytes);
      SHMEM_EXPECT_OK(set_broadcast(pe, set, array(pe, 1), array(pe, 0), nbytes, root, sync_words));
      if (me == root) {
        ASSERT_TRUE(Member::untouched(array(pe, 1), nbytes));
      } else {
        ASSERT_TRUE(holds(0, nbytes, root));
      }
      end();

      sync_words = begin(nbytes);
      SHMEM_EXPECT_OK(set_fcollect(pe, set, array(pe, 1), array(pe, 0), nbytes, sync_words));
      for (std::size_t i = 0; i < size; ++i) ASSERT_TRUE(holds(i * nbytes, nbytes, static_cast<int>(i)));
      end();

      const auto nbytes_of = [&](std::size_t index) { return index % 3 == 1 ? 0 : nbytes + 8 * index; };
      sync_words = begin(nbytes_of(static_cast<std::size_t>(me)));
      SHMEM_EXPECT_OK(
          set_collect(pe, set, array(pe, 1), array(pe, 0), nbytes_of(static_cast<std::size_t>(me)), sync_words));
      std::size_t offset = 0;
      for (std::size_t i = 0; i < size; ++i) {
        ASSERT_TRUE(holds(offset, nbytes_of(i), static_cast<int>(i)));
        offset += nbytes_of(i);
      }
      end();

      sync_words = begin(nbytes * size);
      SHMEM_EXPECT_OK(set_alltoall(pe, set, array(pe, 1), array(pe, 0), nbytes, sync_words));
      for (std::size_t i = 0; i < size; ++i) {
        ASSERT_TRUE(holds(i * nbytes, nbytes, static_cast<int>(i), static_cast<std::size_t>(me) * nbytes));
      }
      end();

      const std::size_t nelems = nbytes / 8;
      sync_words = begin(nelems * size * 3 * 8);
      SHMEM_EXPECT_OK(set_alltoalls(pe, set, array(pe, 1), array(pe, 0), 2, 3, nelems / 8, 8, sync_words));
      for (std::size_t i = 0; i < size; ++i) {
        for (std::size_t j = 0; j < nelems / 8; ++j) {
          const std::size_t first = (static_cast<std::size_t>(me) * (nelems / 8) + j) * 3 * 8;
          ASSERT_TRUE(holds((i * (nelems / 8) + j) * 2 * 8, 8, static_cast<int>(i), first));
        }
      }
      end();
    }
  });
}

TEST_P(ActiveSets, ReduceInPlaceAndNot) {
  run([](Pe& pe, ActiveSet set, int me) {
    auto* source = reinterpret_cast<double*>(array(pe, 0));
    int round = 0;
    for (const std::size_t nelems : {0, 1, 3, 1000, 10001}) {
      for (const bool in_place : {false, true}) {
        double* dest = in_place ? source : reinterpret_cast<double*>(array(pe, 1));
        for (std::size_t i = 0; i < nelems; ++i) source[i] = me * 0.1 + static_cast<double>(i);
        SHMEM_EXPECT_OK(
            set_reduce(pe, set, ReduceOp::kSum, ElementType::kDouble, dest, source, nelems, psync(pe, round)));
        for (std::size_t i = 0; i < nelems; ++i) {
          double expected = static_cast<double>(i);
          for (int from = 1; from < set.size; ++from) expected += from * 0.1 + static_cast<double>(i);
          ASSERT_EQ(dest[i], expected);
        }
        SHMEM_EXPECT_OK(set_barrier(pe, set, psync(pe, 2), false));
        expect_restored(pe, round);
        round = 1 - round;
      }
    }
    EXPECT_EQ(set_reduce(pe, set, ReduceOp::kAnd, ElementType::kDouble, source, source, 1, psync(pe)),
              Status::kInvalid);
  });
}

}  // namespace
}  // namespace shmem::smp::test
