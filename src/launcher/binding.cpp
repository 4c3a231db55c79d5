// SPDX-License-Identifier: BSD-3-Clause
//
// Chooses the cores and holds their socket names (binding.h).
#include "launcher/binding.h"

#include <errno.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>

#include "smp/os/prim.h"

namespace shmem::launcher {

namespace {

// True for a hardware thread that shares a core with a lower-numbered one. Those are used last.
bool is_second_thread(int core) {
  char path[96];
  std::snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", core);
  FILE* file = std::fopen(path, "re");
  if (file == nullptr) return false;
  int first = core;
  const bool known = std::fscanf(file, "%d", &first) == 1;
  std::fclose(file);
  return known && first != core;
}

std::vector<int> allowed_cores() {
  std::vector<int> cores;
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return cores;
  for (int core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(core, &set)) cores.push_back(core);
  }
  return cores;
}

}  // namespace

CoreBinding::~CoreBinding() {
  release();
}

bool CoreBinding::choose(Bind bind, int npes) {
  std::vector<int> cores = allowed_cores();
  usable_ = static_cast<int>(cores.size());
  threads_per_pe_ = std::max(1, smp::os::usable_cores() / npes);
  const auto wanted = static_cast<std::size_t>(npes);
  if (bind == Bind::kCore && cores.size() < wanted) return false;
  // A single PE has no neighbour to be kept apart from.
  if (bind == Bind::kNone || cores.size() < wanted || (bind == Bind::kAuto && npes == 1)) return true;

  std::stable_partition(cores.begin(), cores.end(), [](int core) { return !is_second_thread(core); });
  std::vector<int> taken;
  for (const int core : cores) {
    if (cores_.size() == wanted) break;
    if (hold(core)) {
      cores_.push_back(core);
    } else {
      taken.push_back(core);
    }
  }
  if (cores_.size() < wanted && bind == Bind::kAuto) {
    release();
    return true;
  }
  for (std::size_t i = 0; cores_.size() < wanted; ++i) cores_.push_back(taken[i]);
  std::sort(cores_.begin(), cores_.end());
  threads_per_pe_ = 1;
  return true;
}

bool CoreBinding::hold(int core) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const int length = std::snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "shmem4py-core-%d", core);
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  const auto nbytes = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + static_cast<std::size_t>(length));
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), nbytes) != 0) {
    close(fd);
    return false;
  }
  held_.push_back(fd);
  return true;
}

void CoreBinding::release() {
  for (const int fd : held_) close(fd);
  held_.clear();
  cores_.clear();
}

}  // namespace shmem::launcher
