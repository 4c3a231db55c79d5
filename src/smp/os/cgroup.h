// SPDX-License-Identifier: BSD-3-Clause
//
// What the control groups that this process is in allow it, in version 1, version 2 or both.
//
// /proc/self/cgroup names the group in each hierarchy, /proc/self/mountinfo where the hierarchy is mounted and which
// part of it. Every group limits, and so do all of its ancestors that can be seen; what a container hides limits no
// less, and version 1 tells of it in memory.stat.
#pragma once

#include <climits>
#include <cstdint>
#include <optional>
#include <string>

namespace shmem::smp::os {

struct CgroupLimits {
  std::uint64_t memory_left = UINT64_MAX;  // bytes that may still be taken; files in the page cache count as free
  int cores = INT_MAX;                     // the quota, rounded up
};

// `root` stands before every path that is read, for tests: "" is the machine.
[[nodiscard]] CgroupLimits cgroup_limits(const std::string& root = {});

// How many processes the kernel has killed so far for want of memory: of this process's control group, and of the
// machine. Nothing where it does not say.
struct OomKills {
  std::optional<std::uint64_t> group{};
  std::optional<std::uint64_t> machine{};
};
[[nodiscard]] OomKills oom_kills(const std::string& root = {});

}  // namespace shmem::smp::os
