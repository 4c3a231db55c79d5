// SPDX-License-Identifier: BSD-3-Clause
//
// Announcing a sleep, sleeping and ringing (eventcount.h has the argument that no ring is lost). Invariant: the
// published range covers every announced wait of the PE; a mutex of the PE orders its changes.
#include "smp/wait/eventcount.h"

#include <errno.h>

#include <algorithm>
#include <climits>
#include <limits>

#include "smp/os/prim.h"

namespace shmem::smp {

namespace {

// Where an address lies in the job's file: in my mapping of it, or in my globals, which are mapped once more.
std::uint64_t offset_of(const Pe& pe, const volatile void* address) noexcept {
  const auto at = reinterpret_cast<std::uintptr_t>(address);
  const auto base = reinterpret_cast<std::uintptr_t>(pe.job);
  const std::size_t in_data = at - reinterpret_cast<std::uintptr_t>(pe.data_begin);
  if (in_data >= pe.data_nbytes) return at - base;
  return reinterpret_cast<std::uintptr_t>(pe.data_zero) - base + static_cast<std::size_t>(pe.me) * pe.data_stride +
         in_data;
}

}  // namespace

void ring_sleepers(ControlBlock& owner) noexcept {
  // Release: a sleeper that reads the new count (acquire, in Sleeper::sleep) sees the store that it waits for.
  owner.rings.fetch_add(1, std::memory_order_release);
  os::futex_wake(owner.rings, INT_MAX);
}

void ring_watchers(const Pe& pe, ControlBlock& owner, const volatile void* stored, std::size_t nbytes) noexcept {
  const std::uint64_t begin = offset_of(pe, stored);
  // Relaxed: see the header for what a writer may read here.
  if (begin < owner.watch_end.load(std::memory_order_relaxed) &&
      owner.watch_begin.load(std::memory_order_relaxed) < begin + nbytes) {
    ring_sleepers(owner);
  }
}

// Publishes the range that covers all announced waits. Under the mutex.
void Sleeper::publish(Pe& pe) noexcept {
  std::uint64_t begin = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t end = 0;
  for (const Sleeper* sleeper = pe.waits; sleeper != nullptr; sleeper = sleeper->next_) {
    const Watch& watch = sleeper->watch_;
    const std::uint64_t first = watch.begin == nullptr ? 0 : offset_of(pe, watch.begin);
    begin = std::min(begin, first);
    end = watch.begin == nullptr ? std::numeric_limits<std::uint64_t>::max() : std::max(end, first + watch.nbytes);
  }
  // Both relaxed: made visible by the membarrier that follows (ring_watchers).
  pe.control->watch_begin.store(begin, std::memory_order_relaxed);
  pe.control->watch_end.store(end, std::memory_order_relaxed);
}

void Sleeper::announce() noexcept {
  {
    const std::lock_guard<std::mutex> lock(pe_.waits_mutex);
    next_ = pe_.waits;
    pe_.waits = this;
    publish(pe_);
  }
  // Sequentially consistent, and followed by a barrier on every processor of the job. So a writer whose load in `ring`
  // missed this announcement has its store visible to the second look.
  pe_.control->sleepers.fetch_add(1, std::memory_order_seq_cst);
  announced_ = true;
  // Acquire: pairs with the release in ring_sleepers. Read before the second look: a ring between look and sleep
  // changes the word, and the futex returns at once.
  seen_rings_ = pe_.control->rings.load(std::memory_order_acquire);
  if (pe_.writer_fences) {
    std::atomic_thread_fence(std::memory_order_seq_cst);
  } else {
    // A job of one PE waits for one of its own threads, and registers only now. Were this refused, the timer would
    // wake.
    if (pe_.npes == 1) static_cast<void>(os::membarrier_register());
    os::membarrier_all();
  }
}

Wake Sleeper::sleep(std::int64_t ns) noexcept {
  ControlBlock& mine = *pe_.control;
  // Relaxed: a statistic, which the owner alone writes and compares.
  mine.sleeps.fetch_add(1, std::memory_order_relaxed);
  const int result = os::futex_wait(mine.rings, seen_rings_, ns);
  // Acquire: pairs with the release in ring_sleepers.
  const std::uint32_t rings = mine.rings.load(std::memory_order_acquire);
  const bool rung = rings != seen_rings_;
  seen_rings_ = rings;
  // A signal is told also when a ring has come with it: the wait asks then whether it is to be interrupted.
  if (result == EINTR) return Wake::kSignal;
  return result == ETIMEDOUT && !rung ? Wake::kTimer : Wake::kRing;
}

bool Sleeper::rung_since() const noexcept {
  // Acquire: pairs with the release in ring_sleepers.
  return pe_.control->rings.load(std::memory_order_acquire) != seen_rings_;
}

void Sleeper::withdraw() noexcept {
  // Relaxed: a writer that still sees this sleeper rings needlessly, and nothing else.
  pe_.control->sleepers.fetch_sub(1, std::memory_order_relaxed);
  const std::lock_guard<std::mutex> lock(pe_.waits_mutex);
  Sleeper** link = &pe_.waits;
  while (*link != this) link = &(*link)->next_;
  *link = next_;
  publish(pe_);
}

}  // namespace shmem::smp
