// SPDX-License-Identifier: BSD-3-Clause
//
// PeerWatch: whether the processes are alive without which the job cannot go on. A PE asks when a timer ends its sleep.
//
// Under our launcher that process is the launcher, which watches the PEs and marks the job as ending. Under a foreign
// launcher the PEs watch each other through pidfds. Each watches its next 64 neighbours, which are all others in most
// jobs. So every PE has watchers that live, and no process needs more descriptors than it may have.
//
// Private to the PE. Invariant: a peer that has finalised may end; the end of any other peer ends the job.
#pragma once

#include <mutex>
#include <vector>

#include "smp/pe.h"

namespace shmem::smp {

class PeerWatch {
 public:
  PeerWatch() = default;
  ~PeerWatch();
  PeerWatch(const PeerWatch&) = delete;
  PeerWatch& operator=(const PeerWatch&) = delete;

  void watch_launcher(int pid) noexcept;  // 0: it lies in a namespace that we do not see
  [[nodiscard]] bool alive(Pe& pe) noexcept;

 private:
  struct Peer {
    int pe;
    int watched;  // pidfd
  };
  bool open_peers(Pe& pe) noexcept;
  bool lost(Pe& pe, int peer) noexcept;

  std::mutex mutex_;
  int launcher_ = -1;
  int opened_ = 0;  // neighbours whose descriptors are open, or that have finalised
  std::vector<Peer> peers_;
};

// False if a peer has ended without finalising, or the launcher has ended. The job is marked as ending then, with that
// PE as the reason. One system call for each process that is watched.
[[nodiscard]] bool peers_alive(Pe& pe) noexcept;

}  // namespace shmem::smp
