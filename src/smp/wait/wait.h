// SPDX-License-Identifier: BSD-3-Clause
//
// Waiting: the one primitive under wait_until, signals, locks, barriers and collectives.
//
// Contract. A PE waits until a condition over shared memory holds. Whoever makes it true
//   1. stores with release order (or a full barrier), then
//   2. calls `ring(pe, owner)` with the PE that may be waiting.
// Then the waiter sees the store and leaves; nothing is lost and nothing is reset.
//
// How. An eventcount over two words of the waiter's control block. The waiter looks at the condition, first
// spinning, then yielding, as its policy says; then it announces itself in `sleepers`, makes that visible
// with membarrier, remembers `rings`, *looks again*, and sleeps while `rings` is what it remembered. The
// writer's load of `sleepers` comes after its store in program order; on x86 the processor may still move it
// before (a store buffer), but not across the membarrier, which runs a full barrier on the writer's
// processor: either the writer's load comes after the announcement and it rings, or its store came before the
// waiter's second look. So the writer needs no fence. Where membarrier is missing (kJobWriterFences) it fences.
//
// A timed wake remains for stores that the engine does not see (through shmem_ptr), for the job's end and for
// signals. A wake by the timer that finds the condition true although nobody rang is counted in `late_wakes`.
//
// Any number of threads of a PE may wait at the same time.
#pragma once

#include <atomic>
#include <cstdint>

#include "smp/os/prim.h"
#include "smp/pe.h"

namespace shmem::smp {

// Wakes PE `owner`'s sleepers, if it has any. To be called after the store that they may wait for.
void ring_sleepers(ControlBlock& owner) noexcept;

[[gnu::always_inline]] inline void ring(const Pe& pe, ControlBlock& owner) noexcept {
  // Keeps the compiler from moving the look before the store; the processor is held by the sleeper's
  // membarrier (wait.cpp, Waiter::announce).
  std::atomic_signal_fence(std::memory_order_seq_cst);
  if (pe.writer_fences) [[unlikely]] std::atomic_thread_fence(std::memory_order_seq_cst);
  if (owner.sleepers.load(std::memory_order_relaxed) != 0) [[unlikely]] ring_sleepers(owner);
}

[[gnu::always_inline]] inline void ring(const Pe& pe, int owner) noexcept { ring(pe, pe.control_of(owner)); }

// One wait of one thread: `while (!condition()) if (Status s = waiter.pause(); !ok(s)) return s;`
// The condition must read with acquire order, and may be looked at any number of times.
class Waiter {
 public:
  explicit Waiter(Pe& pe) noexcept : pe_(pe) {}
  ~Waiter() {
    if (announced_) [[unlikely]] retire();
  }
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  // Passes the time until the condition is worth another look. kInterrupted or kEnding: leave the wait.
  Status pause() noexcept {
    if (step_ < pe_.wait_policy.spins) [[likely]] {
      ++step_;
      os::relax();
      return Status::kOk;
    }
    return pause_slowly();
  }

 private:
  Status pause_slowly() noexcept;
  void retire() noexcept;

  Pe& pe_;
  std::uint32_t step_ = 0;
  bool announced_ = false;
  bool timed_out_ = false;
  std::uint32_t seen_rings_ = 0;
  std::int64_t sleep_ns_ = 0;
};

// Waits until condition() is true.
template <class Condition>
Status wait_until(Pe& pe, Condition&& condition) noexcept {
  if (condition()) return Status::kOk;
  Waiter waiter(pe);
  do {
    if (const Status status = waiter.pause(); !ok(status)) [[unlikely]] return status;
  } while (!condition());
  return Status::kOk;
}

// Chooses spins and yields for a PE that shares `cores` cores with `npes` PEs.
[[nodiscard]] WaitPolicy choose_wait_policy(int npes, int cores) noexcept;

}  // namespace shmem::smp
