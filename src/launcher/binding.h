// SPDX-License-Identifier: BSD-3-Clause
//
// Which core a PE may use.
//
// Two jobs that both bind to the first cores of a machine would share those and leave the others idle. So a
// launcher holds each core that it binds to by an abstract socket name, which the kernel takes back when the
// launcher is gone, however it went; cores that somebody holds count as not there.
#pragma once

#include <vector>

#include "launcher/options.h"

namespace shmem::launcher {

class CoreBinding {
 public:
  CoreBinding() = default;
  ~CoreBinding();
  CoreBinding(const CoreBinding&) = delete;
  CoreBinding& operator=(const CoreBinding&) = delete;

  // False only where `bind` asks for cores that this process may not use.
  bool choose(Bind bind, int npes);

  // The PE's core, or -1: any.
  [[nodiscard]] int core_of(int pe) const { return cores_.empty() ? -1 : cores_[static_cast<std::size_t>(pe)]; }
  // What a thread pool of a PE should take: the cores left to each.
  [[nodiscard]] int threads_per_pe() const { return threads_per_pe_; }
  [[nodiscard]] int usable() const { return usable_; }

 private:
  bool hold(int core);
  void release();

  std::vector<int> cores_;
  std::vector<int> held_;  // sockets
  int threads_per_pe_ = 1;
  int usable_ = 1;  // cores in the affinity mask
};

}  // namespace shmem::launcher
