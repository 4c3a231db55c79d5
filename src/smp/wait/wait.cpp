// SPDX-License-Identifier: BSD-3-Clause
#include "smp/wait/wait.h"

#include <errno.h>

#include <algorithm>
#include <climits>

#include "smp/job/peers.h"

namespace shmem::smp {

void ring_sleepers(ControlBlock& owner) noexcept {
  // Release: a sleeper that reads the new count (acquire, in pause_slowly) sees the store that it waits for.
  owner.rings.fetch_add(1, std::memory_order_release);
  os::futex_wake(owner.rings, INT_MAX);
}

Status Waiter::pause_slowly() noexcept {
  const WaitPolicy& policy = pe_.wait_policy;
  if (step_ < policy.spins + policy.yields) {
    ++step_;
    os::yield();
    return Status::kOk;
  }
  ControlBlock& mine = *pe_.control;

  // Acquire: pairs with the release in `mark_ending`, so that who sees the end also sees its reason.
  if (pe_.job->ending.load(std::memory_order_acquire) != 0) return Status::kEnding;
  if (!announced_) {
    // Announce, then look again: the caller looks at its condition before the next pause. Sequentially
    // consistent, and followed by a barrier on every processor of the job, so that a writer whose look at
    // `sleepers` missed this announcement has its store visible to that second look (partner: `ring`).
    mine.sleepers.fetch_add(1, std::memory_order_seq_cst);
    announced_ = true;
    sleep_ns_ = policy.first_sleep_ns;
    // Read before the second look: a ring between look and sleep changes the word and the futex returns.
    seen_rings_ = mine.rings.load(std::memory_order_acquire);
    if (pe_.writer_fences) {
      std::atomic_thread_fence(std::memory_order_seq_cst);
    } else {
      os::membarrier_all();
    }
    return Status::kOk;
  }

  // Here the caller has looked since seen_rings_ was read, and the condition was false.
  mine.sleeps.fetch_add(1, std::memory_order_relaxed);
  const int result = os::futex_wait(mine.rings, seen_rings_, sleep_ns_);
  const std::uint32_t rings = mine.rings.load(std::memory_order_acquire);  // pairs with ring_sleepers
  timed_out_ = result == ETIMEDOUT && rings == seen_rings_;
  seen_rings_ = rings;
  if (timed_out_) {
    sleep_ns_ = std::min(sleep_ns_ * 2, policy.longest_sleep_ns);
    if (!peers_alive(pe_)) return Status::kEnding;
  }
  // The check is not asked after a ring, which is how waits end when all goes well: it may be dear (Python's
  // takes the GIL). A signal cuts the sleep short; one that hit another thread is seen at the timer's next wake.
  if (timed_out_ || result == EINTR) {
    // Acquire: pairs with the release in shmemx_set_interrupt_check, which stores the argument first.
    if (int (*check)(void*) = pe_.interrupt_check.load(std::memory_order_acquire)) {
      if (check(pe_.interrupt_argument.load(std::memory_order_relaxed)) != 0) return Status::kInterrupted;
    }
  }
  return Status::kOk;
}

void Waiter::retire() noexcept {
  ControlBlock& mine = *pe_.control;
  if (timed_out_) {
    // The last thing that happened was a wake by the timer, and now the condition holds: either a store that
    // the engine does not see, or a lost ring, or the writer is between its store and its ring. The third is no
    // fault: give it some turns. Tests store through the engine only and demand that none is counted.
    int turns = 100;
    while (mine.rings.load(std::memory_order_acquire) == seen_rings_ && turns > 0) {
      os::yield();
      --turns;
    }
    if (turns == 0) mine.late_wakes.fetch_add(1, std::memory_order_relaxed);
  }
  mine.sleepers.fetch_sub(1, std::memory_order_relaxed);  // a needless ring is all that its order could cost
}

WaitPolicy choose_wait_policy(int npes, int cores) noexcept {
  WaitPolicy policy;
  if (npes <= cores) {
    // A core for each PE: spin for about as long as a sleep and a wake cost, then let others have a turn.
    policy.spins = 4000;
    policy.yields = 20;
  } else {
    // The PE that is waited for needs this core: two turns for the others before the sleep. None is several times
    // worse, since then cores go idle and waking them is dear (measured in docs/internals/waiting.md).
    policy.spins = 8;
    policy.yields = 2;
  }
  return policy;
}

}  // namespace shmem::smp
