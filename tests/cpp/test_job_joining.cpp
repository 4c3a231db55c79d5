// SPDX-License-Identifier: BSD-3-Clause
//
// How a process joins a job: the socket, the environment, foreign launchers; and how it learns that others have
// ended.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <thread>

#include "child_process.h"
#include "smp/ending/peers.h"
#include "smp/error.h"
#include "smp/heap/heap.h"
#include "smp/joining/attach.h"
#include "smp/joining/foreign.h"
#include "smp/joining/server.h"
#include "smp/memory/create.h"
#include "smp/memory/mapping.h"
#include "smp/os/memory.h"
#include "smp/team/ctx.h"
#include "smp/team/team.h"

namespace shmem::smp {
namespace {

using test::ChildProcess;
using testing::HasSubstr;

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

// No variable of any launcher, whatever has started the tests.
class Joining : public testing::Test {
 protected:
  Joining() {
    for (const char* name : {kEnvSocket,
                             kEnvPe,
                             "OMPI_COMM_WORLD_SIZE",
                             "OMPI_COMM_WORLD_RANK",
                             "OMPI_COMM_WORLD_LOCAL_RANK",
                             "OMPI_COMM_WORLD_LOCAL_SIZE",
                             "PMIX_NAMESPACE",
                             "PMIX_RANK",
                             "PMIX_SERVER_TMPDIR",
                             "PMIX_SERVER_URI2",
                             "PMI_SIZE",
                             "PMI_RANK",
                             "MPI_LOCALRANKID",
                             "MPI_LOCALNRANKS",
                             "SLURM_PROCID",
                             "SLURM_LOCALID",
                             "SLURM_STEP_NUM_TASKS",
                             "SLURM_STEP_NUM_NODES",
                             "SLURM_JOB_ID",
                             "SLURM_STEP_ID",
                             "SLURM_NTASKS",
                             "SHMEM_SYMMETRIC_SIZE",
                             "SMA_SYMMETRIC_SIZE"}) {
      unsetenv(name);
    }
  }

  static void set(const char* name, const std::string& value) { setenv(name, value.c_str(), 1); }

  void make_job(int npes, bool supervised = true) {
    ASSERT_TRUE(ok(create_job(JobOptions{.npes = npes, .heap_nbytes = 4 * kMiB, .supervised = supervised}, &fd_)))
        << failure_message();
  }
  ~Joining() override { os::close_file(fd_); }

  int fd_ = -1;
};

void serve(JobServer& server, int connections) {
  for (int served = 0; served < connections;) {
    pollfd entry{server.fd(), POLLIN, 0};
    ASSERT_EQ(poll(&entry, 1, 10000), 1);
    if (server.serve_one() != 0) ++served;
  }
}

TEST_F(Joining, processes_get_the_file_from_the_socket) {
  make_job(2);
  JobServer server;
  ASSERT_TRUE(ok(server.listen(fd_))) << failure_message();
  set(kEnvSocket, server.name());
  const auto body = [](const char* number) {
    set(kEnvPe, number);
    Pe pe;
    if (!ok(attach(pe))) return 2;
    if (std::getenv(kEnvSocket) != nullptr || std::getenv(kEnvPe) != nullptr) return 3;
    pe.heap_of(0)[pe.me] = std::byte{7};
    return pe.npes == 2 && pe.me == std::atoi(number) ? 0 : 4;
  };
  ChildProcess one([&] { return body("1"); });
  ChildProcess zero([&] { return body("0"); });
  serve(server, 2);
  EXPECT_EQ(zero.wait(), 0);
  EXPECT_EQ(one.wait(), 0);
  JobMapping mapping;
  ASSERT_TRUE(ok(mapping.map(fd_)));
  EXPECT_EQ(mapping.base()[mapping.header()->heap_offset], std::byte{7});
  EXPECT_EQ(mapping.base()[mapping.header()->heap_offset + 1], std::byte{7});
}

TEST_F(Joining, server_tells_who_has_got_the_file) {
  make_job(1);
  JobServer server;
  ASSERT_TRUE(ok(server.listen(fd_)));
  ChildProcess child([&] {
    int fd = -1;
    int launcher = 0;
    return ok(receive_job(server.name(), &fd, &launcher)) && launcher == getppid() ? 0 : 1;
  });
  const pid_t pid = child.pid();
  pollfd entry{server.fd(), POLLIN, 0};
  ASSERT_EQ(poll(&entry, 1, 10000), 1);
  EXPECT_EQ(server.serve_one(), pid);
  EXPECT_EQ(child.wait(), 0);
  EXPECT_EQ(server.serve_one(), 0) << "nobody has asked";
}

TEST_F(Joining, servers_have_names_of_their_own) {
  make_job(1);
  JobServer one;
  JobServer other;
  ASSERT_TRUE(ok(one.listen(fd_)));
  ASSERT_TRUE(ok(other.listen(fd_)));
  EXPECT_NE(one.name(), other.name());
  JobServer third;
  EXPECT_EQ(third.listen(fd_, one.name()), Status::kSystem);
  EXPECT_THAT(failure_message(), HasSubstr("Address already in use"));
}

TEST_F(Joining, a_launcher_that_is_gone_is_said_to_be_gone) {
  set(kEnvSocket, "shmem4py-nobody");
  set(kEnvPe, "0");
  Pe pe;
  EXPECT_EQ(attach(pe), Status::kUnsupported);
  EXPECT_THAT(failure_message(), HasSubstr("nobody serves the job at the abstract socket shmem4py-nobody"));
  EXPECT_THAT(failure_message(), HasSubstr("unset SHMEM4PY_JOB_SOCKET"));
}

TEST_F(Joining, number_of_the_pe_is_checked) {
  set(kEnvSocket, "shmem4py-nobody");
  Pe pe;
  for (const char* number : {"", "x", "-1", "1x", "99999999999"}) {
    set(kEnvPe, number);
    EXPECT_EQ(attach(pe), Status::kInvalid) << number;
  }
}

TEST_F(Joining, without_a_launcher_a_process_is_one_pe) {
  set("SHMEM_SYMMETRIC_SIZE", "6m");
  Pe pe;
  ASSERT_TRUE(ok(attach(pe))) << failure_message();
  EXPECT_EQ(pe.npes, 1);
  EXPECT_EQ(pe.me, 0);
  EXPECT_EQ(pe.heap_nbytes, 6 * kMiB);
  EXPECT_TRUE(peers_alive(pe));
}

TEST_F(Joining, heap_size_in_the_environment_is_checked) {
  set("SHMEM_SYMMETRIC_SIZE", "much");
  Pe pe;
  EXPECT_EQ(attach(pe), Status::kInvalid);
  EXPECT_THAT(failure_message(), HasSubstr("SHMEM_SYMMETRIC_SIZE=much is no size"));
}

// --- foreign launchers ---

TEST_F(Joining, open_mpi_on_one_machine_is_recognised) {
  set("OMPI_COMM_WORLD_SIZE", "4");
  set("OMPI_COMM_WORLD_RANK", "2");
  set("OMPI_COMM_WORLD_LOCAL_RANK", "2");
  set("OMPI_COMM_WORLD_LOCAL_SIZE", "4");
  set("PMIX_NAMESPACE", "123");
  ForeignPlace place;
  ASSERT_TRUE(ok(find_foreign_place(&place))) << failure_message();
  EXPECT_EQ(place.pe, 2);
  EXPECT_EQ(place.npes, 4);
  const std::string key = place.key;
  set("PMIX_NAMESPACE", "124");
  ASSERT_TRUE(ok(find_foreign_place(&place)));
  EXPECT_NE(place.key, key);
}

TEST_F(Joining, open_mpi_on_several_machines_is_refused_with_the_engine_to_use) {
  set("OMPI_COMM_WORLD_SIZE", "4");
  set("OMPI_COMM_WORLD_RANK", "2");
  set("OMPI_COMM_WORLD_LOCAL_RANK", "0");
  set("OMPI_COMM_WORLD_LOCAL_SIZE", "2");
  Pe pe;
  EXPECT_EQ(attach(pe), Status::kUnsupported);
  EXPECT_THAT(failure_message(), HasSubstr("2 of 4 PEs are on this one"));
  EXPECT_THAT(failure_message(), HasSubstr("SHMEM4PY_ENGINE=openmpi"));
}

TEST_F(Joining, hydra_without_its_proxy_is_refused) {
  set("PMI_SIZE", "2");
  set("PMI_RANK", "0");
  set("MPI_LOCALRANKID", "0");
  set("MPI_LOCALNRANKS", "2");
  ForeignPlace place;
  EXPECT_EQ(find_foreign_place(&place), Status::kUnsupported);
  EXPECT_THAT(failure_message(), HasSubstr("hydra_pmi_proxy"));
}

TEST_F(Joining, slurm_step_is_recognised_and_a_batch_script_is_one_pe) {
  set("SLURM_JOB_ID", "77");
  set("SLURM_PROCID", "0");
  set("SLURM_LOCALID", "0");
  set("SLURM_NTASKS", "8");
  ForeignPlace place;
  ASSERT_TRUE(ok(find_foreign_place(&place)));
  EXPECT_EQ(place.launcher, nullptr) << "a batch script has no step";
  set("SLURM_STEP_ID", "0");
  set("SLURM_STEP_NUM_TASKS", "8");
  set("SLURM_STEP_NUM_NODES", "1");
  ASSERT_TRUE(ok(find_foreign_place(&place))) << failure_message();
  EXPECT_EQ(place.npes, 8);
  set("SLURM_STEP_NUM_NODES", "2");
  EXPECT_EQ(find_foreign_place(&place), Status::kUnsupported);
  EXPECT_THAT(failure_message(), HasSubstr("srun has spread the job over several machines"));
}

TEST_F(Joining, pmix_launcher_that_says_too_little_is_refused) {
  set("PMIX_RANK", "1");
  Pe pe;
  EXPECT_EQ(attach(pe), Status::kUnsupported);
  EXPECT_THAT(failure_message(), HasSubstr("does not say how many"));
}

TEST_F(Joining, half_an_environment_is_refused) {
  set("OMPI_COMM_WORLD_SIZE", "2");
  set("OMPI_COMM_WORLD_LOCAL_SIZE", "2");
  Pe pe;
  EXPECT_EQ(attach(pe), Status::kUnsupported);
  EXPECT_THAT(failure_message(), HasSubstr("does not say which PE"));
}

TEST_F(Joining, local_rank_0_serves_the_others_whoever_comes_first) {
  set("OMPI_COMM_WORLD_SIZE", "3");
  set("OMPI_COMM_WORLD_LOCAL_SIZE", "3");
  set("PMIX_NAMESPACE", "test-" + std::to_string(getpid()));
  set("SHMEM_SYMMETRIC_SIZE", "4m");
  const auto body = [](const char* rank, int late_ms) {
    set("OMPI_COMM_WORLD_RANK", rank);
    set("OMPI_COMM_WORLD_LOCAL_RANK", rank);
    std::this_thread::sleep_for(std::chrono::milliseconds(late_ms));
    Pe& pe = *new Pe;  // stays mapped for the thread that serves, as a process's own does
    if (!ok(attach(pe))) return 2;
    for (int i = 0; i < 10000 && pe.job->attached.load() < 3; ++i) usleep(1000);
    return pe.me == std::atoi(rank) && pe.job->attached.load() == 3 && (pe.job->flags & kJobSupervised) == 0 ? 0 : 3;
  };
  ChildProcess one([&] { return body("1", 0); });
  ChildProcess zero([&] { return body("0", 100); });
  ChildProcess two([&] { return body("2", 200); });
  EXPECT_EQ(one.wait(), 0);
  EXPECT_EQ(two.wait(), 0);
  EXPECT_EQ(zero.wait(), 0);
}

TEST_F(Joining, rank_that_finds_nobody_gives_up) {
  ForeignPlace place{.launcher = "a launcher", .pe = 1, .npes = 2, .local_pe = 1, .patience_ns = 100'000'000};
  place.key = "nobody-" + std::to_string(getpid());
  Pe pe;
  EXPECT_EQ(attach_foreign(pe, place), Status::kSystem);
  EXPECT_THAT(failure_message(), HasSubstr("PE 1 of 2, started by a launcher, has not found PE 0"));
}

TEST_F(Joining, rank_0_that_is_left_alone_ends_the_job) {
  ForeignPlace place{.launcher = "a launcher", .pe = 0, .npes = 3, .local_pe = 0, .patience_ns = 100'000'000};
  place.key = "alone-" + std::to_string(getpid());
  ChildProcess child([&] {
    Pe& pe = *new Pe;
    if (!ok(attach_foreign(pe, place))) return 2;
    for (int i = 0; i < 5000 && pe.job->ending.load() != 2; ++i) usleep(1000);
    return pe.job->ending.load() == 2 && pe.job->ending_pe.load() == -1 && pe.job->ending_status.load() == 1 ? 0 : 3;
  });
  EXPECT_EQ(child.wait(), 0);
}

TEST_F(Joining, rank_waits_while_an_earlier_program_of_the_same_ranks_goes) {
  // A process serves the name, but for a job in which this rank's place is taken.
  make_job(2, false);
  ForeignPlace place{.launcher = "a launcher", .pe = 1, .npes = 2, .local_pe = 1};
  place.key = "again-" + std::to_string(getpid());
  const auto stay = [&](int rank) {
    place.pe = place.local_pe = rank;
    Pe& pe = *new Pe;
    if (!ok(attach_foreign(pe, place))) return 2;
    for (int i = 0; i < 5000 && pe.job->attached.load() < 2; ++i) usleep(1000);
    return pe.job->attached.load() == 2 ? 0 : 3;
  };
  ChildProcess first_0([&] { return stay(0); });
  ChildProcess first_1([&] { return stay(1); });
  ASSERT_EQ(first_1.wait(), 0);
  ChildProcess second_1([&] { return stay(1); });
  ASSERT_EQ(first_0.wait(), 0);
  ChildProcess second_0([&] { return stay(0); });
  EXPECT_EQ(second_0.wait(), 0);
  EXPECT_EQ(second_1.wait(), 0);
}

// --- which processes are alive ---

// Asks as a sleeper does, again and again.
bool becomes_lost(Pe& pe) {
  for (int i = 0; i < 5000; ++i) {
    if (!peers_alive(pe)) return true;
    usleep(1000);
  }
  return false;
}

TEST_F(Joining, peer_that_dies_ends_the_job_under_a_foreign_launcher) {
  make_job(3, false);
  Pe pe;
  ASSERT_TRUE(ok(attach_slot(pe, fd_, 0)));
  EXPECT_TRUE(peers_alive(pe)) << "the others have not come yet";
  const auto stay = [&](int slot) {
    Pe mine;
    if (!ok(attach_slot(mine, fd_, slot))) return 1;
    pause();
    return 0;
  };
  ChildProcess one([&] { return stay(1); });
  ChildProcess two([&] { return stay(2); });
  while (pe.job->attached.load() < 3) usleep(1000);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(peers_alive(pe));
  kill(two.pid(), SIGKILL);
  testing::internal::CaptureStderr();
  EXPECT_TRUE(becomes_lost(pe));
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              HasSubstr("PE 2 (process " + std::to_string(two.pid()) + ") has ended without"));
  EXPECT_EQ(pe.job->ending.load(), 2u);
  EXPECT_EQ(pe.job->ending_pe.load(), 2);
  EXPECT_EQ(pe.job->ending_status.load(), 1);
}

TEST_F(Joining, peer_that_has_finalised_may_go) {
  make_job(2, false);
  Pe pe;
  ASSERT_TRUE(ok(attach_slot(pe, fd_, 0)));
  ChildProcess one([&] {
    Pe mine;
    if (!ok(attach_slot(mine, fd_, 1))) return 1;
    mine.control->state.store(static_cast<std::uint32_t>(PeState::kFinalized));
    return 0;
  });
  while (pe.job->attached.load() < 2) usleep(1000);
  EXPECT_TRUE(peers_alive(pe));
  EXPECT_EQ(one.wait(), 0);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(peers_alive(pe));
  EXPECT_EQ(pe.job->ending.load(), 0u);
}

TEST_F(Joining, launcher_that_dies_ends_the_job) {
  make_job(2);
  Pe pe;
  ASSERT_TRUE(ok(attach_slot(pe, fd_, 0)));
  ChildProcess launcher([] {
    pause();
    return 0;
  });
  pe.peers->watch_launcher(launcher.pid());
  EXPECT_TRUE(peers_alive(pe));
  kill(launcher.pid(), SIGKILL);
  EXPECT_TRUE(becomes_lost(pe));
  EXPECT_EQ(pe.job->ending.load(), 2u);
  EXPECT_EQ(pe.job->ending_pe.load(), -1);
}

}  // namespace
}  // namespace shmem::smp
