// SPDX-License-Identifier: BSD-3-Clause
//
// The descriptors by which a PE watches other processes, and what it does when one has ended (peers.h). The PE's
// threads share them under a mutex that a thread only tries, so no wait is held up by another one's look. Invariant: a
// descriptor is closed only when its process has ended after it had finalised, or with the PeerWatch.
#include "smp/ending/peers.h"

#include <errno.h>

#include <algorithm>
#include <cstdio>

#include "smp/ending/ending.h"
#include "smp/leaving/leaving.h"
#include "smp/os/memory.h"
#include "smp/os/process.h"
#include "smp/stall/place.h"

namespace shmem::smp {

namespace {

constexpr int kNeighbours = 64;

}  // namespace

void DeletePart::operator()(PeerWatch* peers) const noexcept {
  delete peers;
}

PeerWatch::~PeerWatch() {
  os::close_file(launcher_);
  for (const Peer& peer : peers_) os::close_file(peer.watched);
}

void PeerWatch::watch_launcher(int pid) noexcept {
  if (pid > 0) launcher_ = os::watch_process(pid);
}

bool PeerWatch::alive(Pe& pe) noexcept {
  // Another thread of this PE is asking already.
  const std::unique_lock<std::mutex> lock(mutex_, std::try_to_lock);
  if (!lock.owns_lock()) return true;
  if (launcher_ >= 0 && os::has_ended(launcher_)) {
    mark_ending(pe, -1, 1);
    return false;
  }
  if ((pe.job->flags & kJobSupervised) != 0) return true;
  if (!open_peers(pe)) return false;
  for (std::size_t i = 0; i < peers_.size();) {
    if (!os::has_ended(peers_[i].watched)) {
      ++i;
    } else if (!has_finalised(pe.control_of(peers_[i].pe))) {
      return lost(pe, peers_[i].pe);
    } else {
      os::close_file(peers_[i].watched);
      peers_[i] = peers_.back();
      peers_.pop_back();
    }
  }
  return true;
}

bool PeerWatch::open_peers(Pe& pe) noexcept {
  const int neighbours = std::min(kNeighbours, pe.npes - 1);
  for (; opened_ < neighbours; ++opened_) {
    const int peer = (pe.me + 1 + opened_) % pe.npes;
    const int pid = pe.control_of(peer).pid.load(std::memory_order_relaxed);
    if (pid == 0) return true;  // has not attached yet: ask again at the next wake
    const int watched = os::watch_process(pid);
    if (watched >= 0) {
      peers_.push_back({peer, watched});
    } else if (errno == ESRCH) {
      if (!has_finalised(pe.control_of(peer))) return lost(pe, peer);
    } else {
      opened_ = neighbours;  // no descriptors, or no pidfds: the launcher's own watch must do
    }
  }
  return true;
}

bool PeerWatch::lost(Pe& pe, int peer) noexcept {
  if (mark_ending(pe, peer, 1)) {
    char place[kPlaceNbytes];
    describe_place(pe.control_of(peer), place, sizeof place);
    std::fprintf(stderr, "shmem4py: PE %d: PE %d (process %d) has ended without shmem_finalize, %s\n", pe.me, peer,
                 pe.control_of(peer).pid.load(std::memory_order_relaxed), place);
  }
  return false;
}

bool peers_alive(Pe& pe) noexcept {
  return pe.peers == nullptr || pe.peers->alive(pe);
}

}  // namespace shmem::smp
