// SPDX-License-Identifier: BSD-3-Clause
#include "smp/wait/wait.h"

#include <errno.h>

#include <algorithm>
#include <climits>
#include <limits>

#include "smp/leaving/leaving.h"
#include "smp/leaving/peers.h"
#include "smp/team/standstill.h"

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

constexpr std::int64_t kShortestRestNs = 1'000'000;
constexpr std::int64_t kLongestRestNs = 32'000'000;
constexpr int kGoodTurns = 16;  // without a late one: nobody else computes here

// Does another PE neither give turns nor sleep? It computes then, be it in the library: who starts up or copies much
// may keep the processor for as long.
bool some_pe_computes(const Pe& pe) noexcept {
  for (int other = 0; other < pe.npes; ++other) {
    const ControlBlock& control = pe.control_of(other);
    if (other != pe.me && control.in_turn.load(std::memory_order_relaxed) == 0 &&
        control.sleepers.load(std::memory_order_relaxed) == 0) {
      return true;
    }
  }
  return false;
}

// Is another PE on this processor, as far as PEs have said? Then it may be the one that is waited for. With a core for
// each PE that happens where other processes keep a core busy.
bool is_crowded(const Pe& pe) noexcept {
  constexpr int kMostPes = 64;  // with more it takes too long to ask them all
  const std::int32_t here = os::this_processor() + 1;
  // All relaxed: hints.
  pe.control->processor.store(here, std::memory_order_relaxed);
  if (pe.npes > kMostPes) return false;
  for (int other = 0; other < pe.npes; ++other) {
    if (other != pe.me && pe.control_of(other).processor.load(std::memory_order_relaxed) == here) return true;
  }
  return false;
}

// Gives others a turn; false where this PE had better sleep. A turn that took long while all PEs waited went to a
// foreign process that computes: whoever yields to it waits for the end of its time slice, whoever sleeps is woken
// ahead of it. So a PE that has seen two in a row gives no turns for a while. Not for long, since sleeps cost several
// times what turns among waiting PEs do, and at first for a moment only: a virtual machine's processor may have been
// away (docs/internals/waiting.md).
bool give_turn(const Pe& pe, Turns& turns) noexcept {
  // All relaxed: hints, which threads of a PE may overwrite for each other.
  const std::int64_t begin = os::monotonic_ns();
  if (begin < turns.none_until_ns.load(std::memory_order_relaxed)) return false;
  pe.control->in_turn.store(1, std::memory_order_relaxed);
  os::yield();
  pe.control->in_turn.store(0, std::memory_order_relaxed);
  const std::int64_t end = os::monotonic_ns();
  const bool late = end - begin > pe.wait_policy.late_turn_ns && !some_pe_computes(pe);
  const int good = turns.good.load(std::memory_order_relaxed);
  if (!late) {
    if (good == kGoodTurns) turns.rest_ns.store(kShortestRestNs, std::memory_order_relaxed);
    turns.good.store(good + (good <= kGoodTurns ? 1 : 0), std::memory_order_relaxed);
    return true;
  }
  turns.good.store(0, std::memory_order_relaxed);
  if (good == 0) {
    const std::int64_t rest = turns.rest_ns.load(std::memory_order_relaxed);
    turns.none_until_ns.store(end + rest, std::memory_order_relaxed);
    turns.rest_ns.store(std::min(2 * rest, kLongestRestNs), std::memory_order_relaxed);
  }
  return true;
}

}  // namespace

void ring_sleepers(ControlBlock& owner) noexcept {
  // Release: a sleeper that reads the new count (acquire, in pause_slowly) sees the store that it waits for.
  owner.rings.fetch_add(1, std::memory_order_release);
  os::futex_wake(owner.rings, INT_MAX);
}

void ring_watchers(const Pe& pe, ControlBlock& owner, const volatile void* stored, std::size_t nbytes) noexcept {
  const std::uint64_t begin = offset_of(pe, stored);
  // Relaxed: see wait.h for what a writer may read here.
  if (begin < owner.watch_end.load(std::memory_order_relaxed) &&
      owner.watch_begin.load(std::memory_order_relaxed) < begin + nbytes) {
    ring_sleepers(owner);
  }
}

// Publishes the range that covers all announced waits. Under the mutex.
void Waiter::publish(Pe& pe) noexcept {
  std::uint64_t begin = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t end = 0;
  for (const Waiter* waiter = pe.waits; waiter != nullptr; waiter = waiter->next_) {
    const Watch& watch = waiter->watch_;
    const std::uint64_t first = watch.begin == nullptr ? 0 : offset_of(pe, watch.begin);
    begin = std::min(begin, first);
    end = watch.begin == nullptr ? std::numeric_limits<std::uint64_t>::max() : std::max(end, first + watch.nbytes);
  }
  pe.control->watch_begin.store(begin, std::memory_order_relaxed);
  pe.control->watch_end.store(end, std::memory_order_relaxed);
}

void Waiter::announce() noexcept {
  {
    const std::lock_guard<std::mutex> lock(pe_.waits_mutex);
    next_ = pe_.waits;
    pe_.waits = this;
    publish(pe_);
  }
  // Sequentially consistent, and followed by a barrier on every processor of the job, so that a writer whose look
  // at the doorbell missed this announcement has its store visible to the second look (partner: `ring`).
  pe_.control->sleepers.fetch_add(1, std::memory_order_seq_cst);
  announced_ = true;
  long_.begin();
  // Read before the second look: a ring between look and sleep changes the word and the futex returns.
  seen_rings_ = pe_.control->rings.load(std::memory_order_acquire);
  if (pe_.writer_fences) {
    std::atomic_thread_fence(std::memory_order_seq_cst);
  } else {
    // The only PE has only now somebody to wait for, another thread. Were this refused, the timer would wake.
    if (pe_.npes == 1) static_cast<void>(os::membarrier_register());
    os::membarrier_all();
  }
}

Status Waiter::pause_slowly() noexcept {
  return pause_slowly(Aim{});
}

Status Waiter::pause_slowly(Aim aim) noexcept {
  const WaitPolicy& policy = pe_.wait_policy;
  if (!idle_) {
    idle_ = true;
    spins_ = policy.spins;
    const bool crowded = is_crowded(pe_);
    pe_.turns.crowded.store(crowded, std::memory_order_relaxed);
    if (crowded) hurry();
    // Acquire: pairs with the release in shmemx_set_idle_hook.
    if (void (*hook)() = pe_.idle_hook.load(std::memory_order_acquire)) hook();
    return Status::kOk;
  }
  if (step_ < policy.spins + policy.yields && give_turn(pe_, pe_.turns)) {
    ++step_;
    return Status::kOk;
  }
  ControlBlock& mine = *pe_.control;

  // Acquire: pairs with the release in `mark_ending`, so that who sees the end also sees its reason.
  if (pe_.job->ending.load(std::memory_order_acquire) != 0) return leave(Status::kEnding);
  if (!announced_) {
    announce();
    sleep_ns_ = policy.first_sleep_ns;
    return Status::kOk;  // the caller looks again
  }

  // Here the caller has looked since seen_rings_ was read, and the condition was false.
  if (timed_out_) {
    looked_in_vain(pe_, watch_.begin);
    long_.looked_in_vain(pe_);
  }
  mine.sleeps.fetch_add(1, std::memory_order_relaxed);
  const int result = os::futex_wait(mine.rings, seen_rings_, sleep_ns_);
  const std::uint32_t rings = mine.rings.load(std::memory_order_acquire);  // pairs with ring_sleepers
  timed_out_ = result == ETIMEDOUT && rings == seen_rings_;
  seen_rings_ = rings;
  if (timed_out_) {
    sleep_ns_ = std::min(sleep_ns_ * 2, policy.longest_sleep_ns);
    if (!peers_alive(pe_)) return leave(Status::kEnding);
    if (const Status status = refuse_without_leavers(pe_, watch_.begin, &deserted_); !ok(status)) return leave(status);
    if (const Status status = woken_by_timer(pe_, watch_.begin); !ok(status)) return leave(status);
    long_.woken(pe_, watch_, aim);
  }
  // The check is not asked after a ring, which is how waits end when all goes well: it may be dear (Python's
  // takes the GIL). A signal cuts the sleep short; one that hit another thread is seen at the timer's next wake.
  if (timed_out_ || result == EINTR) {
    // Acquire: pairs with the release in shmemx_set_interrupt_check, which stores the argument first.
    if (int (*check)(void*) = pe_.interrupt_check.load(std::memory_order_acquire)) {
      if (check(pe_.interrupt_argument.load(std::memory_order_relaxed)) != 0) {
        return leave(Status::kInterrupted);
      }
    }
  }
  return Status::kOk;
}

void Waiter::retire() noexcept {
  ControlBlock& mine = *pe_.control;
  if (timed_out_) {
    // The last thing that happened was a wake by the timer, and now the condition holds: either a store that
    // the engine does not see, or a lost ring, or the writer is between its store and its ring. The third is no
    // fault: give it some turns, which on a busy machine may be too few. So the count is a hint. Tests that look for
    // lost rings sleep without a timer instead.
    int turns = 100;
    while (mine.rings.load(std::memory_order_acquire) == seen_rings_ && turns > 0) {
      os::yield();
      --turns;
    }
    if (turns == 0) mine.late_wakes.fetch_add(1, std::memory_order_relaxed);
  }
  wait_is_over(pe_, watch_.begin);
  long_.over(pe_);
  mine.sleepers.fetch_sub(1, std::memory_order_relaxed);  // a needless ring is all that its order could cost
  const std::lock_guard<std::mutex> lock(pe_.waits_mutex);
  Waiter** link = &pe_.waits;
  while (*link != this) link = &(*link)->next_;
  *link = next_;
  publish(pe_);
}

WaitPolicy choose_wait_policy(int npes, int cores, bool pinned) noexcept {
  WaitPolicy policy;
  if (npes <= cores) {
    // A core for each PE: spin for longer than a sleep and a wake cost, then let others have a turn. PEs that are not
    // pinned may have met on one core, where a spin keeps away who is waited for.
    policy.spins = pinned ? 4000 : 1000;
    policy.yields = 20;
  } else {
    // The PE that is waited for needs this core: two turns for the others before the sleep. None is several times
    // worse, since then cores go idle and waking them is dear (measured in docs/internals/waiting.md).
    policy.spins = 8;
    policy.yields = 2;
    // Above what PEs that wait as well need for their turns, below the time slice of somebody who computes. (With a
    // core for each, PEs are better off awake: those that run at the same time get much done in one slice.)
    policy.late_turn_ns = 1'000'000;
  }
  // Many sleepers look at their timers less often: together they take a share of a core that does not grow with them.
  policy.longest_sleep_ns *= std::max(1, npes / 16);
  return policy;
}

}  // namespace shmem::smp
