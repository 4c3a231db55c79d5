// SPDX-License-Identifier: BSD-3-Clause
//
// Stall: a job in which every PE waits, or has ended, and no wait can end.
//
// A time alone does not distinguish a standstill from a slow job, so time decides only when a standstill is reported.
// The PEs' looks make it certain. Each long wait is described in its PE's control block (wait/long_wait.h) with two
// times of one clock: a time at which it had begun, and a later time after which the PE has looked in vain at what it
// waits for. Let t be the time at which the last of all waits had begun. If every PE has looked in vain after t, then
//   - what any PE stored before its wait was visible to each of these looks, and did not end a wait;
//   - a PE that waits stores nothing. So no wait can be the first to end.
// A PE that computes, that sleeps outside of the library or that is stopped before its wait has no record. A PE that is
// stopped in a wait whose condition has come true does not look. In both cases nothing is reported.
//
// A store could still come from a thread that is in no call of the library, or from another process that maps the job's
// memory (an observer, a forked child). If there is one, the report says "perhaps". While such a thread of a PE
// runs, nothing is reported.
//
// Under our launcher the launcher looks. Elsewhere a PE looks when a timer wakes it: the first PE that has not ended.
//
// Shared: the wait records (memory/wait_record.h), which are read here, and JobHeader::stall_said.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "smp/stall/wait_text.h"

namespace shmem::smp {

// In the order of certainty. A job reports its standstill again only in a higher state.
enum class StallState : std::uint32_t {
  kMoving = 0,   // a PE does not wait
  kYoung = 1,    // all wait, but not for long enough, or not all have looked
  kPerhaps = 2,  // a store could still come
  kCertain = 3,
};

struct StallLook {
  StallState state = StallState::kMoving;
  std::int64_t since_ns = 0;  // when the last wait had begun; no meaning if kMoving
  std::string doubt{};        // kPerhaps: where a store could come from
};

// One look at the job. It ends early, and costs little, if a PE does not wait.
[[nodiscard]] StallLook look_for_stall(const JobView& job, std::int64_t now_ns, std::int64_t stall_ns);

// The lines to print of it, without line ends and without the library's name. PEs with the same text share a line.
[[nodiscard]] std::vector<std::string> stall_lines(const JobView& job, const StallLook& look, std::int64_t now_ns);

// A PE calls this in a long wait. Unless our launcher does so, it looks and reports a standstill on standard error,
// once.
[[gnu::cold]] void say_stall(Pe& pe, std::int64_t now_ns) noexcept;

}  // namespace shmem::smp
