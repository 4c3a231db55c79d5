// SPDX-License-Identifier: BSD-3-Clause
//
// Contexts: handles, their teams' numbers, and making and destroying them from threads.
#include "team_job.h"

namespace shmem::smp::test {
namespace {

TEST(Ctx, DefaultIsTheWorld) {
  ThreadJob job(3);
  CtxTable& table = *job.pe(2).contexts;
  const Ctx* all = table.find(kCtxDefault);
  ASSERT_NE(all, nullptr);
  EXPECT_EQ(all->team, kTeamWorld);
  EXPECT_EQ(all->size, 3);
  EXPECT_EQ(table.destroy(kCtxDefault), Status::kInvalid);
  EXPECT_EQ(table.find(kCtxInvalid), nullptr);
  EXPECT_EQ(table.find(2), nullptr);
  EXPECT_EQ(table.find(0xffff), nullptr);
  EXPECT_EQ(table.find(~CtxHandle{0}), nullptr);
  EXPECT_EQ(ctx_world_pe(job.pe(2), kCtxDefault, 1), 1);
}

TEST(Ctx, NumbersPesAsItsTeamDoes) {
  ThreadJob job(4);
  job.run([](Pe& pe) {
    Team* team = split(pe, &pe.teams->world(), 3, -2, 2);
    if (team == nullptr) return;
    CtxHandle ctx = kCtxInvalid;
    SHMEM_EXPECT_OK(pe.contexts->create(team->handle(), 6, &ctx));
    EXPECT_EQ(pe.contexts->find(ctx)->options, 6);
    EXPECT_EQ(pe.contexts->find(ctx)->team, team->handle());
    EXPECT_EQ(ctx_world_pe(pe, ctx, 0), 3);
    EXPECT_EQ(ctx_world_pe(pe, ctx, 1), 1);
    EXPECT_EQ(ctx_world_pe(pe, ctx, 2), -1);
    EXPECT_EQ(ctx_world_pe(pe, ctx, -1), -1);
    // The team takes its contexts with it.
    SHMEM_EXPECT_OK(pe.teams->destroy(*team));
    EXPECT_EQ(pe.contexts->find(ctx), nullptr);
    EXPECT_EQ(ctx_world_pe(pe, ctx, 0), -1);
    EXPECT_EQ(pe.contexts->destroy(ctx), Status::kInvalid);
  });
}

TEST(Ctx, IsRefusedForATeamThatDoesNotExist) {
  ThreadJob job(1);
  CtxHandle ctx = 5;
  EXPECT_EQ(job.pe(0).contexts->create(kTeamInvalid, 0, &ctx), Status::kInvalid);
  EXPECT_EQ(ctx, kCtxInvalid);
  EXPECT_EQ(job.pe(0).contexts->create(TeamHandle{0x50001}, 0, &ctx), Status::kInvalid);
}

TEST(Ctx, ManyLiveAtOnceAndAStaleHandleIsRecognised) {
  ThreadJob job(1);
  CtxTable& table = *job.pe(0).contexts;
  std::vector<CtxHandle> handles;
  CtxHandle ctx = kCtxInvalid;
  while (ok(table.create(kTeamWorld, static_cast<long>(handles.size()), &ctx))) handles.push_back(ctx);
  EXPECT_EQ(failure_status(), Status::kNoMemory);
  EXPECT_EQ(ctx, kCtxInvalid);
  EXPECT_GE(handles.size(), 65000u);
  for (std::size_t i = 0; i < handles.size(); ++i) ASSERT_EQ(table.find(handles[i])->options, static_cast<long>(i));

  const CtxHandle old = handles[1000];
  SHMEM_EXPECT_OK(table.destroy(old));
  EXPECT_EQ(table.find(old), nullptr);
  EXPECT_EQ(table.destroy(old), Status::kInvalid);
  SHMEM_EXPECT_OK(table.create(kTeamWorld, 7, &ctx));
  EXPECT_NE(ctx, old);
  EXPECT_EQ(table.find(old), nullptr);
  EXPECT_EQ(table.find(ctx)->options, 7);
}

TEST(Ctx, ThreadsMakeAndDestroyAtTheSameTime) {
  ThreadJob job(1);
  Pe& pe = job.pe(0);
  const auto work = [&](long thread) {
    std::vector<CtxHandle> mine;
    for (long round = 0; round < 2000; ++round) {
      CtxHandle ctx = kCtxInvalid;
      SHMEM_EXPECT_OK(pe.contexts->create(kTeamWorld, 1000000 * thread + round, &ctx));
      mine.push_back(ctx);
      ASSERT_EQ(pe.contexts->find(ctx)->options, 1000000 * thread + round);
      if (round % 3 != 0) {
        SHMEM_EXPECT_OK(pe.contexts->destroy(mine[mine.size() / 2]));
        mine.erase(mine.begin() + static_cast<std::ptrdiff_t>(mine.size() / 2));
      }
    }
    for (const CtxHandle ctx : mine) SHMEM_EXPECT_OK(pe.contexts->destroy(ctx));
  };
  std::thread first(work, 1);
  std::thread second(work, 2);
  work(3);
  first.join();
  second.join();
}

}  // namespace
}  // namespace shmem::smp::test
