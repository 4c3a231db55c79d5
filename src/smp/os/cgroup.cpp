// SPDX-License-Identifier: BSD-3-Clause
//
// Reads the files of the control groups (cgroup.h). A file that is missing or holds something else sets no limit.
#include "smp/os/cgroup.h"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <sstream>
#include <string_view>
#include <vector>

namespace shmem::smp::os {

namespace {

std::vector<std::string> read_lines(const std::string& path) {
  std::vector<std::string> lines;
  FILE* const file = std::fopen(path.c_str(), "re");
  if (file == nullptr) return lines;
  std::string line;
  for (int character; (character = std::fgetc(file)) != EOF;) {
    if (character != '\n') {
      line.push_back(static_cast<char>(character));
    } else {
      lines.push_back(std::move(line));
      line.clear();
    }
  }
  if (!line.empty()) lines.push_back(std::move(line));
  std::fclose(file);
  return lines;
}

// The number that a file begins with. Empty for "max", "-1" and a missing file.
std::optional<std::uint64_t> read_number(const std::string& path) {
  const std::vector<std::string> lines = read_lines(path);
  unsigned long long number = 0;
  if (lines.empty() || lines[0].empty() || lines[0][0] < '0' || lines[0][0] > '9' ||
      std::sscanf(lines[0].c_str(), "%llu", &number) != 1) {
    return std::nullopt;
  }
  return number;
}

// The number in the line "name number" of a file of such lines.
std::optional<std::uint64_t> read_row(const std::string& path, std::string_view name) {
  for (const std::string& line : read_lines(path)) {
    unsigned long long number = 0;
    if (line.size() > name.size() && line.compare(0, name.size(), name) == 0 && line[name.size()] == ' ' &&
        std::sscanf(line.c_str() + name.size(), "%llu", &number) == 1) {
      return number;
    }
  }
  return std::nullopt;
}

bool lists(const std::string& comma_separated, std::string_view name) {
  std::istringstream names(comma_separated);
  for (std::string each; std::getline(names, each, ',');) {
    if (each == name) return true;
  }
  return false;
}

// A mounted hierarchy: the folder `top` shows the group `shown` and everything below it.
struct Mount {
  std::string top;
  std::string shown;
};

// Where the hierarchy of `controller` is mounted ("": version 2).
std::optional<Mount> find_mount(const std::string& root, std::string_view controller) {
  for (const std::string& line : read_lines(root + "/proc/self/mountinfo")) {
    // number parent device root mount-point options [optional fields] - type source super-options
    const std::size_t dash = line.find(" - ");
    if (dash == std::string::npos) continue;
    std::istringstream before(line.substr(0, dash));
    std::istringstream after(line.substr(dash + 3));
    std::string number, parent, device, shown, top, type, source, options;
    before >> number >> parent >> device >> shown >> top;
    after >> type >> source >> options;
    if (controller.empty() ? type == "cgroup2" : type == "cgroup" && lists(options, controller))
      return Mount{top, shown};
  }
  return std::nullopt;
}

// The path of this process's group in the hierarchy of `controller` ("": version 2).
std::optional<std::string> find_group(const std::string& root, std::string_view controller) {
  for (const std::string& line : read_lines(root + "/proc/self/cgroup")) {
    const std::size_t first = line.find(':');  // number:controllers:path
    const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    if (controller.empty() ? controllers.empty() : lists(controllers, controller)) return line.substr(second + 1);
  }
  return std::nullopt;
}

// Calls visit(folder) for the process's group in that hierarchy and for each of its ancestors that is mounted.
template <class Visit>
void for_each_group(const std::string& root, std::string_view controller, Visit visit) {
  const std::optional<Mount> mount = find_mount(root, controller);
  const std::optional<std::string> group = find_group(root, controller);
  if (!mount || !group) return;
  std::string below = *group;
  if (mount->shown != "/") {
    const bool inside = below.compare(0, mount->shown.size(), mount->shown) == 0;
    below = inside ? below.substr(mount->shown.size()) : "";
  }
  // "/.." leads out of the part that a namespace shows.
  if (below == "/" || below.find("/..") != std::string::npos) below.clear();
  while (true) {
    std::string folder = root;
    folder += mount->top;
    folder += below;
    visit(folder);
    if (below.empty()) return;
    const std::size_t slash = below.find_last_of('/');
    below.resize(slash == std::string::npos ? 0 : slash);
  }
}

// The kernel reclaims a group's inactive file pages before it kills a process, so they do not count as used.
std::uint64_t left_below(std::uint64_t limit, std::uint64_t used, std::uint64_t reclaimable) {
  used -= std::min(used, reclaimable);
  return limit > used ? limit - used : 0;
}

}  // namespace

CgroupLimits cgroup_limits(const std::string& root) {
  CgroupLimits limits;
  const auto limit_memory = [&](std::uint64_t limit, std::uint64_t used, std::uint64_t reclaimable) {
    limits.memory_left = std::min(limits.memory_left, left_below(limit, used, reclaimable));
  };
  const auto limit_cores = [&](std::int64_t quota, std::int64_t period) {
    if (quota <= 0 || period <= 0) return;
    const std::int64_t cores = (quota - 1) / period + 1;
    limits.cores = static_cast<int>(std::min<std::int64_t>(limits.cores, cores));
  };

  for_each_group(root, "", [&](const std::string& folder) {
    const std::optional<std::uint64_t> used = read_number(folder + "/memory.current");
    // Above memory.high the kernel slows a group down until it makes no progress.
    for (const char* file : {"/memory.max", "/memory.high"}) {
      const std::optional<std::uint64_t> limit = read_number(folder + file);
      if (limit && used) limit_memory(*limit, *used, read_row(folder + "/memory.stat", "inactive_file").value_or(0));
    }
    long long quota = 0;
    long long period = 0;
    const std::vector<std::string> lines = read_lines(folder + "/cpu.max");
    if (!lines.empty() && std::sscanf(lines[0].c_str(), "%lld %lld", &quota, &period) == 2) limit_cores(quota, period);
  });

  for_each_group(root, "memory", [&](const std::string& folder) {
    const std::optional<std::uint64_t> used = read_number(folder + "/memory.usage_in_bytes");
    if (!used) return;
    const std::string statistics = folder + "/memory.stat";
    const std::uint64_t reclaimable = read_row(statistics, "total_inactive_file").value_or(0);
    for (const std::optional<std::uint64_t> limit :
         {read_number(folder + "/memory.limit_in_bytes"), read_row(statistics, "hierarchical_memory_limit")}) {
      if (limit) limit_memory(*limit, *used, reclaimable);
    }
  });

  for_each_group(root, "cpu", [&](const std::string& folder) {
    const std::optional<std::uint64_t> quota = read_number(folder + "/cpu.cfs_quota_us");
    const std::optional<std::uint64_t> period = read_number(folder + "/cpu.cfs_period_us");
    if (quota && period) limit_cores(static_cast<std::int64_t>(*quota), static_cast<std::int64_t>(*period));
  });
  return limits;
}

OomKills oom_kills(const std::string& root) {
  OomKills kills;
  // The group's own file comes first. In version 2 it also counts the groups below.
  const auto count = [&](const std::string& file) {
    if (!kills.group) kills.group = read_row(file, "oom_kill");
  };
  for_each_group(root, "", [&](const std::string& folder) { count(folder + "/memory.events"); });
  for_each_group(root, "memory", [&](const std::string& folder) { count(folder + "/memory.oom_control"); });
  kills.machine = read_row(root + "/proc/vmstat", "oom_kill");
  return kills;
}

}  // namespace shmem::smp::os
