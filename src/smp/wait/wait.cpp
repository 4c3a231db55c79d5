// SPDX-License-Identifier: BSD-3-Clause
//
// The steps of a wait after its first spins: told to the process, turns, the announcement, sleeps.
#include "smp/wait/wait.h"

#include <limits>

#include "smp/wait/deadline.h"
#include "smp/wait/observer.h"
#include "smp/wait/wake_check.h"

namespace shmem::smp {

constinit thread_local std::int64_t wait_deadline_ns [[gnu::tls_model("initial-exec")]] = kNoDeadline;

Status Waiter::pause_slowly() noexcept {
  return pause_slowly(Aim{});
}

Status Waiter::pause_slowly(Aim aim) noexcept {
  if (!idle_) {
    begin_idling();
    return Status::kOk;
  }
  std::int64_t left_ns = std::numeric_limits<std::int64_t>::max();
  if (const std::int64_t deadline_ns = wait_deadline_ns; deadline_ns != kNoDeadline) {
    left_ns = deadline_ns - os::monotonic_ns();
  }
  if (step_ < pe_.wait_policy.spins + pe_.wait_policy.yields && left_ns > 0 && give_turn(pe_)) {
    ++step_;
    return Status::kOk;
  }
  Status status = left_ns > 0 ? check_job(pe_) : Status::kTimeout;
  if (ok(status)) {
    if (!sleeper_.announced()) {
      sleep_ns_ = pe_.wait_policy.first_sleep_ns;
      long_.begin();
      sleeper_.announce();
      return Status::kOk;  // the caller looks again
    }
    status = sleep(aim, left_ns);
  }
  // The end of a wait that is given up tells nothing about wakes.
  if (!ok(status)) timed_out_ = false;
  return status;
}

void Waiter::begin_idling() noexcept {
  idle_ = true;
  spins_ = pe_.wait_policy.spins;
  if (look_for_crowd(pe_)) hurry();
  // Acquire: pairs with the release in shmemx_set_idle_hook.
  if (void (*hook)() = pe_.idle_hook.load(std::memory_order_acquire)) hook();
}

// The caller has looked since the announcement or the last sleep, and the condition was false.
Status Waiter::sleep(const Aim& aim, std::int64_t left_ns) noexcept {
  const WaitObserver& observer = *pe_.observer;
  const Watch& watch = sleeper_.watch();
  if (timed_out_) {
    observer.looked_in_vain(pe_, watch.begin);
    long_.looked_in_vain(pe_);
  }
  const Wake wake = sleeper_.sleep(std::min(sleep_ns_, left_ns));
  timed_out_ = wake == Wake::kTimer;
  if (wake == Wake::kRing) return Status::kOk;
  if (timed_out_) {
    sleep_ns_ = std::min(sleep_ns_ * 2, pe_.wait_policy.longest_sleep_ns);
    if (const Status status = observer.woken_by_timer(pe_, watch.begin, &deserted_); !ok(status)) return status;
    // A wait with a deadline ends by itself, so the job does not stand still in it and no record says so.
    if (wait_deadline_ns == kNoDeadline) long_.woken(pe_, watch, aim);
  }
  return check_interrupt(pe_);
}

void Waiter::retire() noexcept {
  if (timed_out_) count_late_wake(pe_, sleeper_);
  pe_.observer->wait_is_over(pe_, sleeper_.watch().begin);
  long_.over(pe_);
  sleeper_.withdraw();
}

}  // namespace shmem::smp
