// SPDX-License-Identifier: BSD-3-Clause
//
// The eventcount by which a PE sleeps until another one has stored what it waits for. A writer that wakes nobody pays
// for one load.
//
// Each control block has two words for it: `sleepers`, how many of the PE's threads are about to sleep, and `rings`,
// how often they have been woken. A waiter announces itself in `sleepers`, makes that visible with membarrier,
// remembers `rings`, looks at its condition *again*, and sleeps while `rings` is what it has remembered.
//
// The writer's load of `sleepers` comes after its store in program order. On x86 the processor may still move it before
// the store (a store buffer), but not across the membarrier, which runs a full barrier on the writer's processor.
// Either the writer's load comes after the announcement, and it rings; or its store came before the waiter's second
// look. So the writer needs no fence. Where membarrier is missing (kJobWriterFences), it fences.
//
// A waiter says which bytes it watches. So a PE that sleeps in a barrier is not woken by each of a million puts to it,
// and the puts do not pay for system calls. What all waits of a PE watch is published as one range that covers them.
// Its ends are two words, read one after the other. A writer that reads either of them as it was before the
// announcement made its store before the membarrier, and the second look finds it. Later ranges cover this wait too, as
// long as it is announced.
//
// Shared: `sleepers`, `rings`, `watch_begin`, `watch_end` of a control block. The owner's threads write all but
// `rings`, which any PE counts up. Pe::waits lists the announced sleepers of this PE's threads, under Pe::waits_mutex.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "smp/pe.h"

namespace shmem::smp {

// Words of the job's memory that a wait looks at, by any of their addresses in this PE. Nothing given: everything.
struct Watch {
  const volatile void* begin = nullptr;
  std::size_t nbytes = 0;
};

// Wakes all sleepers of a PE, whatever they watch.
void ring_sleepers(ControlBlock& owner) noexcept;

// Wakes them if they watch any of these bytes of the job's mapping.
[[gnu::cold]] void ring_watchers(const Pe& pe, ControlBlock& owner, const volatile void* stored,
                                 std::size_t nbytes) noexcept;

// To be called after each store that another PE may wait for: rings `owner`, if it sleeps and watches the nbytes at
// `stored`, an address in this PE's mapping of the job.
[[gnu::always_inline]] inline void ring(const Pe& pe, ControlBlock& owner, const volatile void* stored,
                                        std::size_t nbytes) noexcept {
  // Keeps the compiler from moving the look before the store; the processor is held by the sleeper's membarrier
  // (Sleeper::announce).
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

// What has ended a sleep.
enum class Wake : std::uint8_t { kRing, kTimer, kSignal };

// One thread's place among the sleepers of its PE.
class Sleeper {
 public:
  Sleeper(Pe& pe, Watch watch) noexcept : pe_(pe), watch_(watch) {}
  Sleeper(const Sleeper&) = delete;
  Sleeper& operator=(const Sleeper&) = delete;

  [[nodiscard]] bool announced() const noexcept { return announced_; }
  [[nodiscard]] const Watch& watch() const noexcept { return watch_; }

  // To be followed by a look at the condition. After `announce` and each `sleep`, a ring that the next look may have
  // missed ends the next sleep at once.
  void announce() noexcept;

  // At most so long. The caller has looked since the last call, and the condition was false.
  [[nodiscard]] Wake sleep(std::int64_t ns) noexcept;

  // Has this PE been rung since the last sleep ended?
  [[nodiscard]] bool rung_since() const noexcept;

  // The end. Must be called once after `announce`.
  void withdraw() noexcept;

 private:
  static void publish(Pe& pe) noexcept;

  Pe& pe_;
  const Watch watch_;
  Sleeper* next_ = nullptr;  // in Pe::waits
  std::uint32_t seen_rings_ = 0;
  bool announced_ = false;
};

}  // namespace shmem::smp
