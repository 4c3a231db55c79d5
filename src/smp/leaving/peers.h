// SPDX-License-Identifier: BSD-3-Clause
//
// Are those alive without whom the job cannot go on? Whoever sleeps asks when its timer wakes it.
//
// Under a launcher of ours that is the launcher: it watches the PEs, and marks the job as ending. Under a
// foreign launcher the PEs watch each other through pidfds: each one its next 64 neighbours (all of them in
// most jobs), so that every PE has live watchers and no process needs more descriptors than it may have.
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

// False when a peer has gone without finalising, or the launcher has; the job is marked as ending then, with
// that PE as the reason. One system call where there is somebody to watch.
[[nodiscard]] bool peers_alive(Pe& pe) noexcept;

}  // namespace shmem::smp
