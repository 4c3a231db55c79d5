// SPDX-License-Identifier: BSD-3-Clause
//
// Moving variables into the job's memory and back. This executable is linked with the engine's objects, not with the
// library, so its own globals stay where they are; blocks of pages take their place in the tests.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "smp/error.h"
#include "smp/joining/globals.h"
#include "smp/os/pages.h"
#include "thread_job.h"

namespace shmem::smp::test {
namespace {

constexpr std::size_t kPage = 4096;

// Pages like those of an executable: private, at an address of their own; unmapped at the end.
struct Variables {
  std::byte* begin;
  std::size_t nbytes;
  explicit Variables(std::size_t npages) : nbytes(npages * kPage) {
    begin = static_cast<std::byte*>(os::private_pages(nbytes));
  }
  ~Variables() { os::drop_pages(begin, nbytes); }
  [[nodiscard]] int& number(std::size_t page) const { return *reinterpret_cast<int*>(begin + page * kPage + 40); }
};

// A job that has given its PEs no globals yet.
struct BareJob : ThreadJob {
  explicit BareJob(int npes) : ThreadJob(npes) {
    for (int i = 0; i < npes; ++i) {
      pe(i).data_begin = nullptr;
      pe(i).data_nbytes = 0;
    }
  }
};

TEST(Globals, ExecutableWithoutTheLibraryKeepsItsData) {
  EXPECT_EQ(find_globals().count, 0);
}

TEST(Globals, KeepTheirAddressesAndContents) {
  BareJob job(2);
  Variables mine(4);
  Variables theirs(4);
  mine.number(0) = 11;
  mine.number(3) = 14;
  theirs.number(0) = 21;
  DataPieces data;
  data.count = 1;
  data.hash = 99;
  data.pieces[0] = {mine.begin, mine.nbytes};
  SHMEM_EXPECT_OK(share_data(job.pe(0), data));
  data.pieces[0] = {theirs.begin, theirs.nbytes};
  SHMEM_EXPECT_OK(share_data(job.pe(1), data));
  EXPECT_EQ(mine.number(0), 11);
  EXPECT_EQ(mine.number(3), 14);

  // Each PE reaches the other's through its own address, and both see one memory.
  int* remote = job.pe(0).translate(&mine.number(0), sizeof(int), 1);
  ASSERT_NE(remote, nullptr);
  EXPECT_EQ(*remote, 21);
  *remote = 22;
  EXPECT_EQ(theirs.number(0), 22);
  mine.number(3) = 15;
  EXPECT_EQ(*job.pe(1).translate(&theirs.number(3), sizeof(int), 0), 15);
  EXPECT_EQ(job.pe(0).control->data_nbytes.load(), mine.nbytes);
}

TEST(Globals, BoundsHold) {
  BareJob job(2);
  Variables mine(2);
  DataPieces data;
  data.count = 1;
  data.pieces[0] = {mine.begin, mine.nbytes};
  SHMEM_EXPECT_OK(share_data(job.pe(0), data));
  const Pe& pe = job.pe(0);
  EXPECT_NE(pe.translate(mine.begin, mine.nbytes, 1), nullptr);
  EXPECT_EQ(pe.translate(mine.begin, mine.nbytes + 1, 1), nullptr);
  EXPECT_EQ(pe.translate(mine.begin - 1, 1, 1), nullptr);
  EXPECT_EQ(pe.translate(mine.begin + mine.nbytes, 1, 1), nullptr);
  EXPECT_EQ(pe.translate(mine.begin, 1, 2), nullptr);
  EXPECT_EQ(pe.translate(mine.begin, 1, -1), nullptr);
  EXPECT_EQ(pe.translate(mine.begin, SIZE_MAX, 1), nullptr);
}

TEST(Globals, OfAnotherProgramAreNotSymmetric) {
  BareJob job(2);
  Variables mine(1);
  Variables theirs(1);
  DataPieces data;
  data.count = 1;
  data.hash = 1;
  data.pieces[0] = {mine.begin, mine.nbytes};
  SHMEM_EXPECT_OK(share_data(job.pe(0), data));
  data.hash = 2;
  data.pieces[0] = {theirs.begin, theirs.nbytes};
  SHMEM_EXPECT_OK(share_data(job.pe(1), data));
  EXPECT_NE(job.pe(0).translate(mine.begin, 1, 0), nullptr);
  EXPECT_EQ(job.pe(0).translate(mine.begin, 1, 1), nullptr);
}

TEST(Globals, ReadOnlyGapsStayAsTheyAre) {
  BareJob job(1);
  Variables all(4);
  for (std::size_t page = 0; page < 4; ++page) all.number(page) = static_cast<int>(page);
  ASSERT_EQ(mprotect(all.begin + kPage, 2 * kPage, PROT_READ), 0);
  DataPieces data;
  data.count = 2;
  data.pieces[0] = {all.begin, kPage};
  data.pieces[1] = {all.begin + 3 * kPage, kPage};
  SHMEM_EXPECT_OK(share_data(job.pe(0), data));
  for (std::size_t page = 0; page < 4; ++page) EXPECT_EQ(all.number(page), static_cast<int>(page));
  all.number(3) = 33;
  EXPECT_EQ(*job.pe(0).translate(&all.number(3), sizeof(int), 0), 33);
  EXPECT_EQ(job.pe(0).data_nbytes, 4 * kPage);
}

TEST(Globals, TooManyAreRefusedWithWords) {
  BareJob job(1);
  Variables many(17);  // 64 KiB are set aside by the fixture
  DataPieces data;
  data.count = 1;
  data.pieces[0] = {many.begin, many.nbytes};
  EXPECT_EQ(share_data(job.pe(0), data), Status::kUnsupported);
  EXPECT_NE(std::string(failure_message()).find("static variables"), std::string::npos) << failure_message();
  EXPECT_EQ(job.pe(0).data_nbytes, 0u);
}

TEST(Globals, ForkedChildHasACopyOfItsOwn) {
  BareJob job(1);
  Variables mine(3);
  mine.number(0) = 1;
  DataPieces data;
  data.count = 1;
  data.pieces[0] = {mine.begin, mine.nbytes};
  SHMEM_EXPECT_OK(share_data(job.pe(0), data));
  mine.number(2) = 3;

  int to_child[2];
  ASSERT_EQ(pipe(to_child), 0);
  keep_data_before_fork();
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    char go = 0;
    // The parent goes on to change its variables before the child looks.
    if (read(to_child[0], &go, 1) != 1 || !restore_data_in_child()) _exit(1);
    if (mine.number(0) != 1 || mine.number(1) != 0 || mine.number(2) != 3) _exit(2);
    mine.number(0) = 50;
    mine.number(1) = 51;
    _exit(0);
  }
  drop_kept_data_in_parent();
  mine.number(0) = 7;
  ASSERT_EQ(write(to_child[1], "g", 1), 1);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(mine.number(0), 7);
  EXPECT_EQ(mine.number(1), 0);
  close(to_child[0]);
  close(to_child[1]);
}

}  // namespace
}  // namespace shmem::smp::test
