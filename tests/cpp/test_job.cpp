// SPDX-License-Identifier: BSD-3-Clause
//
// The job's file: sizes, seals, limits, mapping, claiming.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "child_process.h"
#include "smp/error.h"
#include "smp/heap/heap.h"
#include "smp/joining/attach.h"
#include "smp/memory/create.h"
#include "smp/memory/mapping.h"
#include "smp/os/memory.h"
#include "smp/stall/place.h"
#include "smp/team/ctx.h"
#include "smp/team/team.h"

namespace shmem::smp {
namespace {

using test::ChildProcess;
using testing::HasSubstr;

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

class JobFile {
 public:
  explicit JobFile(const JobOptions& options) {
    if (!ok(create_job(options, &fd_))) ADD_FAILURE() << failure_message();
  }
  explicit JobFile(int npes) : JobFile(JobOptions{.npes = npes, .heap_nbytes = 64 * kMiB, .name = "test"}) {}
  ~JobFile() { close(fd_); }
  JobFile(const JobFile&) = delete;
  JobFile& operator=(const JobFile&) = delete;
  [[nodiscard]] int fd() const { return fd_; }

 private:
  int fd_ = -1;
};

TEST(CreateJob, header_describes_areas_that_do_not_overlap) {
  const JobFile file(3);
  JobMapping mapping;
  ASSERT_TRUE(ok(mapping.map(file.fd()))) << failure_message();
  const JobHeader& job = *mapping.header();
  EXPECT_EQ(job.npes, 3);
  EXPECT_EQ(job.creator_pid, getpid());
  EXPECT_STREQ(job.job_name, "test");
  EXPECT_EQ(job.heap_nbytes, 64 * kMiB);
  EXPECT_GE(job.control_offset, sizeof(JobHeader));
  EXPECT_GE(job.data_offset, job.control_offset + 3 * sizeof(ControlBlock));
  EXPECT_GE(job.heap_offset, job.data_offset + 3 * job.data_stride);
  EXPECT_GE(job.file_nbytes, job.heap_offset + 3 * job.heap_stride);
  EXPECT_GE(job.workspace_nbytes, 16 * kMiB);
  EXPECT_GE(job.symmetric_nbytes, job.heap_nbytes + job.workspace_nbytes);
  EXPECT_GE(job.heap_stride, job.symmetric_nbytes);
  EXPECT_EQ(job.heap_stride % os::kMapAlignment, 0u);
  EXPECT_EQ(job.heap_offset % os::kMapAlignment, 0u);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(mapping.base()) % os::kMapAlignment, 0u);
}

TEST(CreateJob, budget_without_a_wish_divides_what_is_left) {
  const JobFile one(JobOptions{.npes = 1});
  const JobFile four(JobOptions{.npes = 4});
  JobMapping alone;
  JobMapping shared;
  ASSERT_TRUE(ok(alone.map(one.fd())));
  ASSERT_TRUE(ok(shared.map(four.fd())));
  // What is left changes under a running machine: by less than a half, one hopes.
  const double ratio =
      static_cast<double>(alone.header()->heap_nbytes) / static_cast<double>(shared.header()->heap_nbytes);
  EXPECT_GT(ratio, 2);
  EXPECT_LT(ratio, 8);
}

TEST(CreateJob, more_pes_than_cores_is_oversubscribed) {
  for (const int cores : {1, 2, 3}) {
    const JobFile file(JobOptions{.npes = 2, .heap_nbytes = kMiB, .cores = cores});
    JobMapping mapping;
    ASSERT_TRUE(ok(mapping.map(file.fd())));
    EXPECT_EQ((mapping.header()->flags & kJobOversubscribed) != 0, cores < 2) << cores;
  }
}

TEST(CreateJob, number_of_pes_is_checked) {
  int fd = -1;
  EXPECT_EQ(create_job(JobOptions{.npes = 0}, &fd), Status::kInvalid);
  EXPECT_EQ(create_job(JobOptions{.npes = kMaxPes + 1}, &fd), Status::kInvalid);
  EXPECT_THAT(failure_message(), HasSubstr("1025 PEs: a job has 1 to 1024"));
  EXPECT_EQ(fd, -1);
}

TEST(CreateJob, file_cannot_be_resized_and_does_not_survive_exec) {
  const JobFile file(2);
  EXPECT_EQ(ftruncate(file.fd(), 4096), -1);
  EXPECT_EQ(errno, EPERM);
  EXPECT_EQ(ftruncate(file.fd(), off_t{1} << 50), -1);
  EXPECT_NE(fcntl(file.fd(), F_GETFD) & FD_CLOEXEC, 0);
}

// Limits hold for a process for ever, so each case has one of its own.
TEST(CreateJob, default_heap_shrinks_under_an_address_space_limit) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "AddressSanitizer's shadow takes more addresses than the limit leaves";
#endif
  ChildProcess child([] {
    const rlimit limit{2048 * kMiB, 2048 * kMiB};
    if (setrlimit(RLIMIT_AS, &limit) != 0) return 2;
    int fd = -1;
    if (!ok(create_job(JobOptions{.npes = 4}, &fd))) return 3;
    JobMapping mapping;
    if (!ok(mapping.map(fd))) return 4;
    if (mapping.header()->workspace_nbytes < kMiB / 16) return 6;
    return mapping.header()->heap_nbytes >= 2 * kMiB && mapping.header()->file_nbytes < 1024 * kMiB ? 0 : 5;
  });
  EXPECT_EQ(child.wait(), 0);
}

TEST(CreateJob, explicit_heap_beyond_an_address_space_limit_is_an_error) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "AddressSanitizer's shadow takes more addresses than the limit leaves";
#endif
  ChildProcess child([] {
    const rlimit limit{2048 * kMiB, 2048 * kMiB};
    if (setrlimit(RLIMIT_AS, &limit) != 0) return 2;
    int fd = -1;
    if (create_job(JobOptions{.npes = 4, .heap_nbytes = 1024 * kMiB}, &fd) != Status::kNoMemory) return 3;
    return std::strstr(failure_message(), "no room for 4 PEs with a symmetric heap of 1024 MiB each") ? 0 : 4;
  });
  EXPECT_EQ(child.wait(), 0);
}

TEST(CreateJob, default_heap_shrinks_under_a_file_size_limit) {
  ChildProcess child([] {
    const rlimit limit{512 * kMiB, 512 * kMiB};  // beyond it the kernel sends SIGXFSZ
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) return 2;
    int fd = -1;
    return ok(create_job(JobOptions{.npes = 2}, &fd)) ? 0 : 3;
  });
  EXPECT_EQ(child.wait(), 0);
}

TEST(CreateJob, default_heap_shrinks_to_what_a_narrow_file_size_limit_leaves) {
  ChildProcess child([] {
    const std::uint64_t most = 64 * kMiB;
    const rlimit limit{most, most};
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) return 2;
    int fd = -1;
    if (!ok(create_job(JobOptions{.npes = 4}, &fd))) return 3;
    JobMapping mapping;
    if (!ok(mapping.map(fd))) return 4;
    return mapping.header()->file_nbytes <= most && mapping.header()->heap_nbytes >= kMiB ? 0 : 5;
  });
  EXPECT_EQ(child.wait(), 0);
}

TEST(CreateJob, soft_file_size_limit_is_no_limit_and_stays) {
  ChildProcess child([] {
    rlimit limit;
    if (getrlimit(RLIMIT_FSIZE, &limit) != 0) return 2;
    if (limit.rlim_max != RLIM_INFINITY) return 0;
    limit.rlim_cur = kMiB;
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) return 3;
    int fd = -1;
    if (!ok(create_job(JobOptions{.npes = 2, .heap_nbytes = 64 * kMiB}, &fd))) return 4;
    return getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur == kMiB ? 0 : 5;
  });
  EXPECT_EQ(child.wait(), 0);
}

TEST(MapJob, refuses_other_layouts_other_files_and_unsealed_ones) {
  const JobFile file(1);
  JobMapping original;
  ASSERT_TRUE(ok(original.map(file.fd())));

  const auto copy_with = [&](auto&& change) {
    int fd = -1;
    EXPECT_EQ(os::create_memory_file("copy", original.header()->file_nbytes, &fd), 0);
    void* page = mmap(nullptr, sizeof(JobHeader), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    std::memcpy(page, original.base(), sizeof(JobHeader));
    change(*static_cast<JobHeader*>(page));
    munmap(page, sizeof(JobHeader));
    JobMapping mapping;
    const Status status = mapping.map(fd);
    EXPECT_EQ(mapping.header() == nullptr, !ok(status));
    close(fd);
    return status;
  };
  EXPECT_EQ(copy_with([](JobHeader&) {}), Status::kOk);
  EXPECT_EQ(copy_with([](JobHeader& job) { job.layout_hash ^= 1; }), Status::kUnsupported);
  EXPECT_THAT(failure_message(), HasSubstr("different builds of the shmem4py library"));
  EXPECT_EQ(copy_with([](JobHeader& job) { job.version += 1; }), Status::kUnsupported);
  EXPECT_EQ(copy_with([](JobHeader& job) { job.magic = 0; }), Status::kUnsupported);
  EXPECT_THAT(failure_message(), HasSubstr("is no job of shmem4py"));
  EXPECT_EQ(copy_with([](JobHeader& job) { job.npes = 1000; }), Status::kUnsupported);
  EXPECT_THAT(failure_message(), HasSubstr("damaged"));
  EXPECT_EQ(copy_with([](JobHeader& job) { job.heap_nbytes = job.heap_stride + 1; }), Status::kUnsupported);

  const int unsealed = memfd_create("unsealed", MFD_CLOEXEC);
  ASSERT_EQ(ftruncate(unsealed, 1 << 20), 0);
  JobMapping mapping;
  EXPECT_EQ(mapping.map(unsealed), Status::kUnsupported);
  EXPECT_THAT(failure_message(), HasSubstr("no sealed memory file"));
  close(unsealed);
}

TEST(AttachSlot, pes_see_each_other_at_a_fixed_distance) {
  const JobFile file(3);
  Pe pes[3];
  for (int me = 0; me < 3; ++me) ASSERT_TRUE(ok(attach_slot(pes[me], file.fd(), me))) << failure_message();
  for (int me = 0; me < 3; ++me) {
    EXPECT_EQ(pes[me].me, me);
    EXPECT_EQ(pes[me].npes, 3);
    EXPECT_EQ(pes[me].heap_nbytes, 64 * kMiB);
    EXPECT_EQ(pes[me].control->pid.load(), getpid());
    auto* word = reinterpret_cast<std::uint64_t*>(pes[me].heap_begin + 4096);
    for (int other = 0; other < 3; ++other) {
      *pes[me].translate(word, sizeof *word, other) = static_cast<std::uint64_t>(100 * me + other);
      // The same word, through the mapping of its owner.
      EXPECT_EQ(*reinterpret_cast<std::uint64_t*>(pes[other].heap_begin + 4096),
                static_cast<std::uint64_t>(100 * me + other));
    }
  }
  EXPECT_EQ(pes[0].job->attached.load(), 3u);
}

TEST(AttachSlot, second_claimant_is_told_who_is_there) {
  const JobFile file(2);
  Pe first;
  Pe second;
  ASSERT_TRUE(ok(attach_slot(first, file.fd(), 1)));
  EXPECT_EQ(attach_slot(second, file.fd(), 1), Status::kInvalid);
  EXPECT_THAT(failure_message(), HasSubstr("PE 1 is process " + std::to_string(getpid())));
  EXPECT_THAT(failure_message(), HasSubstr("a second process cannot become it"));
  EXPECT_EQ(second.npes, 0);
  EXPECT_EQ(first.job->attached.load(), 1u);
}

TEST(AttachSlot, slot_of_a_dead_process_stays_claimed) {
  const JobFile file(2);
  ChildProcess child([&] {
    Pe pe;
    return ok(attach_slot(pe, file.fd(), 0)) ? 0 : 1;
  });
  const pid_t pid = child.pid();
  ASSERT_EQ(child.wait(), 0);
  Pe second;
  EXPECT_EQ(attach_slot(second, file.fd(), 0), Status::kInvalid);
  EXPECT_THAT(failure_message(), HasSubstr("PE 0 has been process " + std::to_string(pid)));
}

TEST(AttachSlot, slot_must_exist) {
  const JobFile file(2);
  Pe pe;
  EXPECT_EQ(attach_slot(pe, file.fd(), 2), Status::kInvalid);
  EXPECT_EQ(attach_slot(pe, file.fd(), -1), Status::kInvalid);
}

// Whether the mapping around an address is left out of core dumps: flag "dd" in smaps.
bool left_out_of_dumps(const void* address) {
  std::ifstream smaps("/proc/self/smaps");
  std::string line;
  bool here = false;
  while (std::getline(smaps, line)) {
    unsigned long long begin = 0;
    unsigned long long end = 0;
    if (std::sscanf(line.c_str(), "%llx-%llx", &begin, &end) == 2) {
      const auto at = reinterpret_cast<std::uintptr_t>(address);
      here = begin <= at && at < end;
    } else if (here && line.rfind("VmFlags:", 0) == 0) {
      return line.find(" dd") != std::string::npos;
    }
  }
  ADD_FAILURE() << "not mapped: " << address;
  return false;
}

TEST(AttachSlot, core_dumps_hold_only_this_pe) {
  const JobFile file(3);
  Pe pe;
  ASSERT_TRUE(ok(attach_slot(pe, file.fd(), 1)));
  EXPECT_TRUE(left_out_of_dumps(pe.heap_of(0)));
  EXPECT_FALSE(left_out_of_dumps(pe.heap_of(1)));
  EXPECT_TRUE(left_out_of_dumps(pe.heap_of(2)));
  EXPECT_FALSE(left_out_of_dumps(pe.control));
}

TEST(DescribePlace, follows_state_and_note) {
  auto control = std::make_unique<ControlBlock>();
  const auto place = [&] {
    char text[kPlaceNbytes];
    describe_place(*control, text, sizeof text);
    return std::string(text);
  };
  const auto set = [&](PeState state, Note note) {
    control->state = static_cast<std::uint32_t>(state);
    control->note = note.pack();
  };
  EXPECT_EQ(place(), "before shmem_init");
  set(PeState::kAttached, Note{});
  EXPECT_EQ(place(), "in shmem_init");
  set(PeState::kRunning, Note{});
  EXPECT_EQ(place(), "not waiting");
  set(PeState::kRunning, Note{static_cast<std::uint16_t>(Operation::kBarrierAll), 0, -1});
  EXPECT_EQ(place(), "in shmem_barrier_all");
  set(PeState::kRunning, Note{static_cast<std::uint16_t>(Operation::kPut), 0, 3});
  EXPECT_EQ(place(), "in shmem_put with PE 3");
  set(PeState::kRunning, Note{static_cast<std::uint16_t>(Operation::kTeamSync), 7, -1});
  EXPECT_EQ(place(), "in shmem_team_sync on team 7");
  set(PeState::kFinalized, Note{});
  EXPECT_EQ(place(), "after shmem_finalize");
}

}  // namespace
}  // namespace shmem::smp
