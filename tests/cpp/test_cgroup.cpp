// SPDX-License-Identifier: BSD-3-Clause
//
// Limits of control groups, on trees of files that look like the machine's.
#include <gtest/gtest.h>

#include <climits>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "smp/os/cgroup.h"

namespace shmem::smp::os {
namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

class Cgroups : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "cgroups-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    root_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  void write(const std::string& path, const std::string& text) const {
    const std::filesystem::path file = root_ + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text << "\n";
  }
  void write(const std::string& path, std::uint64_t number) const { write(path, std::to_string(number)); }

  // One hierarchy of version 2.
  void mount_2(const std::string& group, const std::string& shown = "/") const {
    write("/proc/self/cgroup", "0::" + group);
    write("/proc/self/mountinfo", "22 1 0:21 / /proc rw - proc proc rw\n31 22 0:27 " + shown +
                                      " /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate");
  }
  // Version 1, with a mount of version 2 beside it that has no controllers, as systemd's hybrid layout has it.
  void mount_1(const std::string& group, const std::string& shown = "/") const {
    write("/proc/self/cgroup", "5:memory:" + group + "\n4:cpu,cpuacct:" + group + "\n1:name=systemd:/\n0::/");
    write("/proc/self/mountinfo", "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n35 31 0:32 " + shown +
                                      " /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n32 31 0:29 " + shown +
                                      " /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct");
  }
  [[nodiscard]] CgroupLimits limits() const { return cgroup_limits(root_); }
  [[nodiscard]] std::uint64_t memory_left() const { return limits().memory_left; }

  std::string root_;
};

TEST_F(Cgroups, nothing_mounted_limits_nothing) {
  EXPECT_EQ(memory_left(), UINT64_MAX);
  EXPECT_EQ(limits().cores, INT_MAX);
  mount_2("/a");
  EXPECT_EQ(memory_left(), UINT64_MAX) << "no files";
}

TEST_F(Cgroups, version_2_every_ancestor_limits) {
  mount_2("/a/b");
  write("/sys/fs/cgroup/a/b/memory.max", "max");
  write("/sys/fs/cgroup/a/b/memory.current", 10 * kMiB);
  EXPECT_EQ(memory_left(), UINT64_MAX);
  write("/sys/fs/cgroup/a/memory.max", 100 * kMiB);
  write("/sys/fs/cgroup/a/memory.current", 30 * kMiB);
  EXPECT_EQ(memory_left(), 70 * kMiB);
  write("/sys/fs/cgroup/a/b/memory.max", 50 * kMiB);
  EXPECT_EQ(memory_left(), 40 * kMiB);
  write("/sys/fs/cgroup/a/b/memory.high", 45 * kMiB);
  EXPECT_EQ(memory_left(), 35 * kMiB);
}

TEST_F(Cgroups, version_2_file_pages_not_in_use_count_as_free) {
  mount_2("/a");
  write("/sys/fs/cgroup/a/memory.max", 100 * kMiB);
  write("/sys/fs/cgroup/a/memory.current", 90 * kMiB);
  write("/sys/fs/cgroup/a/memory.stat",
        "anon 5\nfile 7\ninactive_file " + std::to_string(60 * kMiB) + "\nactive_file 1");
  EXPECT_EQ(memory_left(), 70 * kMiB);
  write("/sys/fs/cgroup/a/memory.stat", "anon 5");
  write("/sys/fs/cgroup/a/memory.current", 120 * kMiB);
  EXPECT_EQ(memory_left(), 0u);
}

TEST_F(Cgroups, version_1_limit_is_read) {
  mount_1("/a/b");
  write("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712");
  write("/sys/fs/cgroup/memory/memory.usage_in_bytes", 500 * kMiB);
  EXPECT_GT(memory_left(), std::uint64_t{1} << 60);
  write("/sys/fs/cgroup/memory/a/memory.limit_in_bytes", 300 * kMiB);
  write("/sys/fs/cgroup/memory/a/memory.usage_in_bytes", 200 * kMiB);
  write("/sys/fs/cgroup/memory/a/memory.stat", "cache 3\ntotal_inactive_file " + std::to_string(50 * kMiB));
  EXPECT_EQ(memory_left(), 150 * kMiB);
  write("/sys/fs/cgroup/memory/a/b/memory.limit_in_bytes", 80 * kMiB);
  write("/sys/fs/cgroup/memory/a/b/memory.usage_in_bytes", 20 * kMiB);
  EXPECT_EQ(memory_left(), 60 * kMiB);
}

TEST_F(Cgroups, version_1_limit_of_hidden_ancestors_is_in_the_statistics) {
  mount_1("/docker/1", "/docker/1");
  write("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712");
  write("/sys/fs/cgroup/memory/memory.usage_in_bytes", 20 * kMiB);
  write("/sys/fs/cgroup/memory/memory.stat", "hierarchical_memory_limit " + std::to_string(64 * kMiB));
  EXPECT_EQ(memory_left(), 44 * kMiB);
}

TEST_F(Cgroups, group_is_found_below_the_part_that_is_mounted) {
  mount_1("/docker/1/inner", "/docker/1");
  write("/sys/fs/cgroup/memory/inner/memory.limit_in_bytes", 64 * kMiB);
  write("/sys/fs/cgroup/memory/inner/memory.usage_in_bytes", kMiB);
  EXPECT_EQ(memory_left(), 63 * kMiB);
}

TEST_F(Cgroups, group_outside_of_what_is_mounted_leaves_the_top) {
  for (const char* group : {"/elsewhere", "/../elsewhere"}) {
    mount_2(group, "/docker/1");
    write("/sys/fs/cgroup/memory.max", 64 * kMiB);
    write("/sys/fs/cgroup/memory.current", kMiB);
    EXPECT_EQ(memory_left(), 63 * kMiB) << group;
  }
}

TEST_F(Cgroups, quotas_of_cores_are_rounded_up) {
  mount_2("/a");
  write("/sys/fs/cgroup/a/cpu.max", "max 100000");
  EXPECT_EQ(limits().cores, INT_MAX);
  write("/sys/fs/cgroup/a/cpu.max", "150000 100000");
  EXPECT_EQ(limits().cores, 2);
  mount_1("/a");
  write("/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us", "-1");
  write("/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us", "100000");
  EXPECT_EQ(limits().cores, INT_MAX);
  write("/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us", "250000");
  EXPECT_EQ(limits().cores, 3);
}

TEST_F(Cgroups, processes_killed_for_want_of_memory_are_counted_by_the_group_in_version_2) {
  mount_2("/user/job");
  EXPECT_FALSE(oom_kills(root_).group);
  EXPECT_FALSE(oom_kills(root_).machine);
  write("/sys/fs/cgroup/user/memory.events", "low 0\nhigh 0\nmax 9\noom 3\noom_kill 7\noom_group_kill 0");
  write("/sys/fs/cgroup/user/job/memory.events", "low 0\nhigh 0\nmax 9\noom 1\noom_kill 2\noom_group_kill 0");
  EXPECT_EQ(oom_kills(root_).group, 2U) << "the group's own";
}

TEST_F(Cgroups, processes_killed_for_want_of_memory_are_counted_by_the_group_in_version_1) {
  mount_1("/job");
  write("/sys/fs/cgroup/memory/job/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 4");
  EXPECT_EQ(oom_kills(root_).group, 4U);
}

TEST_F(Cgroups, processes_killed_for_want_of_memory_are_counted_by_the_machine) {
  write("/proc/vmstat", "pgfault 5\noom_kill 6\nnr_dirty 1");
  EXPECT_EQ(oom_kills(root_).machine, 6U);
  EXPECT_FALSE(oom_kills(root_).group);
}

}  // namespace
}  // namespace shmem::smp::os
