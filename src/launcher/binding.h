// SPDX-License-Identifier: BSD-3-Clause
//
// Which core each PE is bound to.
//
// If two jobs both bound to the first cores of a machine, they would share those and leave the others idle. So a
// launcher binds an abstract socket name for each core that it uses. The kernel frees the name when the launcher ends,
// in whatever way. A core whose name is taken counts as not available.
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

  // False only if `bind` is kCore and this process may use fewer cores than there are PEs.
  bool choose(Bind bind, int npes);

  // The PE's core, or -1 if it may use any.
  [[nodiscard]] int core_of(int pe) const { return cores_.empty() ? -1 : cores_[static_cast<std::size_t>(pe)]; }
  // How many threads a PE's thread pools should have: its share of the cores.
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
