// SPDX-License-Identifier: BSD-3-Clause
//
// Waiting: the one primitive under wait_until, signals, locks, barriers and collectives.
//
// Contract. A PE waits until a condition over shared memory holds. Whoever makes it true
//   1. stores with release order (or a full barrier), then
//   2. calls `ring` with the PE that may be waiting and with the words that it has stored.
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
// A waiter says what it watches, so that a PE that sleeps in a barrier is not woken by each of a million puts to it,
// and the puts do not pay for system calls. What all waits of a PE watch is published as one range that covers
// them. Its ends are two words, read one after the other: a writer that reads either as it was before the
// announcement made its store before the membarrier, and the second look finds it; later ranges cover this wait too,
// as long as it is announced.
//
// A timed wake remains for stores that the engine does not see (through shmem_ptr), for the job's end and for
// signals. A wake by the timer that finds the condition true although nobody rang is counted in `late_wakes`.
//
// Any number of threads of a PE may wait at the same time.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "smp/os/prim.h"
#include "smp/pe.h"
#include "smp/wait/long_wait.h"

namespace shmem::smp {

// Wakes all sleepers of a PE, whatever they watch.
void ring_sleepers(ControlBlock& owner) noexcept;

// Wakes them if they watch any of these bytes of the job's mapping.
[[gnu::cold]] void ring_watchers(const Pe& pe, ControlBlock& owner, const volatile void* stored,
                                 std::size_t nbytes) noexcept;

// To be called after each store that somebody may wait for: rings `owner`, if it sleeps and watches the nbytes at
// `stored`, an address in this PE's mapping of the job.
[[gnu::always_inline]] inline void ring(const Pe& pe, ControlBlock& owner, const volatile void* stored,
                                        std::size_t nbytes) noexcept {
  // Keeps the compiler from moving the look before the store; the processor is held by the sleeper's
  // membarrier (Waiter::pause_slowly).
  std::atomic_signal_fence(std::memory_order_seq_cst);
  if (pe.writer_fences) [[unlikely]]
    std::atomic_thread_fence(std::memory_order_seq_cst);
  if (owner.sleepers.load(std::memory_order_relaxed) != 0) [[unlikely]]
    ring_watchers(pe, owner, stored, nbytes);
}

[[gnu::always_inline]] inline void ring(const Pe& pe, int owner, const volatile void* stored,
                                        std::size_t nbytes) noexcept {
  ring(pe, pe.control_of(owner), stored, nbytes);
}

// One wait of one thread: `while (!condition()) if (Status s = waiter.pause(); !ok(s)) return s;`
// The condition must read with acquire order, and may be looked at any number of times.
class Waiter {
 public:
  Waiter(Pe& pe, Watch watch) noexcept
      : pe_(pe),
        watch_(watch),
        spins_(std::min(pe.wait_policy.spins,
                        pe.turns.crowded.load(std::memory_order_relaxed) ? kSpinsWhereCrowded : kSpinsBeforeIdle)) {}
  ~Waiter() {
    if (announced_) [[unlikely]]
      retire();
  }
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  // Passes the time until the condition is worth another look. Else why to leave the wait: kInterrupted, kEnding, or
  // that it would never end: kLeft without PEs that have left (leaving/leaving.h), kMismatch at a standstill
  // (team/standstill.h).
  Status pause() noexcept { return spin() ? Status::kOk : pause_slowly(); }
  // The same for what the watched words alone do not tell. A wait for the words of a team's collective needs no aim.
  Status pause(Aim aim) noexcept { return spin() ? Status::kOk : pause_slowly(aim); }

  // Has the timer ended the last sleep? Then what nobody rings for is worth a look as well.
  [[nodiscard]] bool timed_out() const noexcept { return timed_out_; }

  // The next pauses give turns, without more looks before: who is waited for may need this processor.
  void hurry() noexcept { step_ = std::max(step_, spins_); }

 private:
  // After so many spins, some microseconds, the process is told that it waits (shmemx_set_idle_hook).
  static constexpr std::uint32_t kSpinsBeforeIdle = 256;
  static constexpr std::uint32_t kSpinsWhereCrowded = 8;

  bool spin() noexcept {
    if (step_ < spins_) [[likely]] {
      ++step_;
      os::relax();
      return true;
    }
    return false;
  }
  // Two, so that no caller keeps an aim ready while it spins.
  Status pause_slowly() noexcept;
  Status pause_slowly(Aim aim) noexcept;
  void announce() noexcept;
  // The wait is given up: its end tells nothing about wakes.
  Status leave(Status status) noexcept {
    timed_out_ = false;
    return status;
  }
  void retire() noexcept;
  static void publish(Pe& pe) noexcept;

  Pe& pe_;
  Watch watch_;
  Waiter* next_ = nullptr;  // in Pe::waits
  std::uint32_t step_ = 0;
  std::uint32_t spins_;
  bool idle_ = false;
  bool announced_ = false;
  bool timed_out_ = false;
  bool deserted_ = false;  // nobody was left who could store when the timer last woke this one
  std::uint32_t seen_rings_ = 0;
  std::int64_t sleep_ns_ = 0;
  LongWait long_;  // initialised by `announce`
};

// Waits until condition() is true, which depends on the watched words alone.
template <class Condition>
Status wait_until(Pe& pe, Watch watch, Condition&& condition) noexcept {
  if (condition()) return Status::kOk;
  Waiter waiter(pe, watch);
  do {
    if (const Status status = waiter.pause(); !ok(status)) [[unlikely]]
      return status;
  } while (!condition());
  return Status::kOk;
}

// The same for what the watched words alone do not tell: `tell(note)` describes the wait (Aim).
template <class Condition, class Tell>
Status wait_until(Pe& pe, Watch watch, Condition&& condition, const Tell& tell) noexcept {
  if (condition()) return Status::kOk;
  const Aim aim{[](const void* what, WaitNote& note) noexcept { (*static_cast<const Tell*>(what))(note); }, &tell};
  Waiter waiter(pe, watch);
  do {
    if (const Status status = waiter.pause(aim); !ok(status)) [[unlikely]]
      return status;
  } while (!condition());
  return Status::kOk;
}

// Chooses spins, yields and sleeps for a PE that shares `cores` cores with `npes` PEs. `pinned`: to a core of its own,
// where there are as many.
[[nodiscard]] WaitPolicy choose_wait_policy(int npes, int cores, bool pinned) noexcept;

}  // namespace shmem::smp
