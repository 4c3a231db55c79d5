// SPDX-License-Identifier: BSD-3-Clause
//
// Waiting: the one primitive under wait_until, signals, locks, barriers and collectives.
//
// Contract. A PE waits until a condition over shared memory holds. The PE that makes it true
//   1. stores with release order (or a full barrier), then
//   2. calls `ring` with the PE that may be waiting and with the words that it has stored (eventcount.h).
// Then the waiter sees the store and leaves; nothing is lost and nothing is reset.
//
// A wait spins, gives turns (backoff.h), and then sleeps on the eventcount. A timer ends each sleep sooner or later:
// for stores that the engine does not see (through shmem_ptr), for the job's end and for signals. What is looked at
// then is in wake_check.h. A long wait describes itself to other processes (long_wait.h).
//
// Any number of threads of a PE may wait at the same time.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "smp/os/prim.h"
#include "smp/pe.h"
#include "smp/status.h"
#include "smp/wait/backoff.h"
#include "smp/wait/eventcount.h"
#include "smp/wait/long_wait.h"

namespace shmem::smp {

// One wait of one thread: `while (!condition()) if (Status s = waiter.pause(); !ok(s)) return s;`
// The condition must read with acquire order, and may be looked at any number of times.
class Waiter {
 public:
  Waiter(Pe& pe, Watch watch) noexcept
      : pe_(pe),
        sleeper_(pe, watch),
        spins_(std::min(pe.wait_policy.spins,
                        pe.turns.crowded.load(std::memory_order_relaxed) ? kSpinsWhereCrowded : kSpinsBeforeIdle)) {}
  ~Waiter() {
    if (sleeper_.announced()) [[unlikely]]
      retire();
  }
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  // Passes the time until the condition is worth another look. Else why to leave the wait: kInterrupted, kEnding,
  // kTimeout (wait/deadline.h), or a reason why it would never end (WaitObserver::woken_by_timer).
  Status pause() noexcept { return spin() ? Status::kOk : pause_slowly(); }
  // The same for what the watched words alone do not tell. A wait for the words of a team's collective needs no aim.
  Status pause(Aim aim) noexcept { return spin() ? Status::kOk : pause_slowly(aim); }

  // Has the timer ended the last sleep? Then a condition for which no PE rings is worth a look as well.
  [[nodiscard]] bool timed_out() const noexcept { return timed_out_; }

  // The next pauses give turns, without more looks before: the PE that is waited for may need this processor.
  void hurry() noexcept { step_ = std::max(step_, spins_); }

 private:
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
  void begin_idling() noexcept;
  Status sleep(const Aim& aim, std::int64_t left_ns) noexcept;
  void retire() noexcept;

  Pe& pe_;
  Sleeper sleeper_;
  std::uint32_t step_ = 0;
  std::uint32_t spins_;
  bool idle_ = false;
  bool timed_out_ = false;
  bool deserted_ = false;  // WaitObserver::woken_by_timer
  std::int64_t sleep_ns_ = 0;
  LongWait long_;  // initialised before the first sleep
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

}  // namespace shmem::smp
