// SPDX-License-Identifier: BSD-3-Clause
//
// The limits that control groups set for this process, in version 1, version 2 or both.
//
// /proc/self/cgroup names the group in each hierarchy. /proc/self/mountinfo tells where the hierarchy is mounted and
// which part of it is shown. A group's limit holds for its descendants, so all visible ancestors count. A container
// hides some of them; version 1 includes those limits in memory.stat.
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

// `root` is put before every path that is read, for tests. "" is the machine.
[[nodiscard]] CgroupLimits cgroup_limits(const std::string& root = {});

// How many processes the kernel has killed so far because memory ran out: in this process's control group, and on the
// machine. Empty where the kernel does not tell.
struct OomKills {
  std::optional<std::uint64_t> group{};
  std::optional<std::uint64_t> machine{};
};
[[nodiscard]] OomKills oom_kills(const std::string& root = {});

}  // namespace shmem::smp::os
