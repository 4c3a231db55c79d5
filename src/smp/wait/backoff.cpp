// SPDX-License-Identifier: BSD-3-Clause
//
// Spins, turns and rests (backoff.h). Nothing here decides whether a wait ends, so a hint that is out of date costs
// time only.
#include "smp/wait/backoff.h"

#include <algorithm>

#include "smp/os/prim.h"

namespace shmem::smp {

namespace {

constexpr std::int64_t kLongestRestNs = 32'000'000;
constexpr int kGoodTurns = 16;  // without a late one: no other process computes here

// Does another PE neither give turns nor sleep? It computes then. A PE in the library counts as well: while it starts
// up or copies much, it may keep the processor for as long.
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

bool is_crowded(const Pe& pe) noexcept {
  constexpr int kMostPes = 64;  // to ask more of them takes too long
  const std::int32_t here = os::this_processor() + 1;
  pe.control->processor.store(here, std::memory_order_relaxed);
  if (pe.npes > kMostPes) return false;
  for (int other = 0; other < pe.npes; ++other) {
    if (other != pe.me && pe.control_of(other).processor.load(std::memory_order_relaxed) == here) return true;
  }
  return false;
}

}  // namespace

bool look_for_crowd(Pe& pe) noexcept {
  const bool crowded = is_crowded(pe);
  pe.turns.crowded.store(crowded, std::memory_order_relaxed);
  return crowded;
}

bool give_turn(Pe& pe) noexcept {
  Turns& turns = pe.turns;
  const std::int64_t begin = os::monotonic_ns();
  if (begin < turns.none_until_ns.load(std::memory_order_relaxed)) return false;
  pe.control->in_turn.store(1, std::memory_order_relaxed);
  os::yield();
  pe.control->in_turn.store(0, std::memory_order_relaxed);
  const std::int64_t end = os::monotonic_ns();
  const bool late = end - begin > pe.wait_policy.late_turn_ns && !some_pe_computes(pe);
  const int good = turns.good.load(std::memory_order_relaxed);
  if (!late) {
    if (good == kGoodTurns) turns.rest_ns.store(Turns::kShortestRestNs, std::memory_order_relaxed);
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

WaitPolicy choose_wait_policy(int npes, int cores, bool pinned) noexcept {
  WaitPolicy policy;
  if (npes <= cores) {
    // A core for each PE: spin for longer than a sleep and a wake cost, then let others have a turn. PEs that are not
    // pinned may have met on one core, where a spin keeps away the PE that is waited for.
    policy.spins = pinned ? 4000 : 1000;
    policy.yields = 20;
  } else {
    // The PE that is waited for needs this core: two turns for the others before the sleep. None is several times
    // worse, since cores go idle then, and waking one takes long (measured in docs/internals/waiting.md).
    policy.spins = 8;
    policy.yields = 2;
    // Longer than PEs that wait as well need for their turns, shorter than the time slice of a process that computes.
    // With a core for each, PEs are better off awake: those that run at the same time get much done in one slice.
    policy.late_turn_ns = 1'000'000;
  }
  // Many sleepers look at their timers less often: together they take a share of a core that does not grow with them.
  policy.longest_sleep_ns *= std::max(1, npes / 16);
  return policy;
}

}  // namespace shmem::smp
