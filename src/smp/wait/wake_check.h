// SPDX-License-Identifier: BSD-3-Clause
//
// What a wait asks between its sleeps: has the job ended, and does the process want to leave the wait? And the count of
// wakes that came too late.
#pragma once

#include "smp/pe.h"
#include "smp/status.h"
#include "smp/wait/eventcount.h"

namespace shmem::smp {

// kEnding once the job's end has been marked, else kOk.
[[nodiscard]] inline Status check_job(const Pe& pe) noexcept {
  // Acquire: pairs with the release in mark_ending, so that a PE that sees the end also sees its reason.
  return pe.job->ending.load(std::memory_order_acquire) != 0 ? Status::kEnding : Status::kOk;
}

// kInterrupted if the process asks to leave the wait (shmemx_set_interrupt_check), else kOk. To be asked when a timer
// or a signal has ended a sleep. It is not asked after a ring, which is how waits end when all goes well, since it may
// take long: Python's takes the GIL. A signal that another thread of the process has got is seen at the timer's next
// wake.
[[nodiscard]] inline Status check_interrupt(const Pe& pe) noexcept {
  // Acquire: pairs with the release in shmemx_set_interrupt_check, which stores the argument first.
  int (*const check)(void*) = pe.interrupt_check.load(std::memory_order_acquire);
  if (check == nullptr) return Status::kOk;
  return check(pe.interrupt_argument.load(std::memory_order_relaxed)) != 0 ? Status::kInterrupted : Status::kOk;
}

// For a wait whose last sleep the timer has ended, and whose condition holds now: counts it in `late_wakes` unless the
// ring comes at once.
void count_late_wake(const Pe& pe, const Sleeper& sleeper) noexcept;

}  // namespace shmem::smp
