// SPDX-License-Identifier: BSD-3-Clause
//
// Stall: a job in which every PE waits, or has ended, and no wait can end.
//
// A time alone does not tell this from a job that is slow, so time only decides when it is said. What makes it certain
// are the PEs' looks. Each long wait is described in its PE's control block (wait/long_wait.h) with two times of one
// clock: when it had begun, and a later one after which the PE has looked at what it waits for in vain. Let t be the
// time at which the last of all waits had begun. If every PE has looked in vain after t, then
//   - what any PE stored before its wait was visible to each of these looks, and did not end a wait;
//   - who waits stores nothing. So no wait can be the first to end.
// A PE that computes, sleeps outside of the library or is stopped before its wait has no record; one that is stopped in
// a wait that has ended does not look. Nothing is said of either.
//
// A store could still come from a thread that is in no call of the library, or from another process that maps the job's
// memory (an observer, a forked child). Where there is one, the job perhaps stands still; and not at all while such a
// thread runs.
//
// Under a launcher of ours the launcher looks. Elsewhere the PEs do, when a timer wakes them: the first of those that
// have not ended.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "smp/stall/wait_text.h"

namespace shmem::smp {

// The order is that of certainty: a job is told so again only when more is known.
enum class StallState : std::uint32_t {
  kMoving = 0,   // a PE does not wait
  kYoung = 1,    // all wait, but not yet for so long, or not all have looked
  kPerhaps = 2,  // a store could still come
  kCertain = 3,
};

struct StallLook {
  StallState state = StallState::kMoving;
  std::int64_t since_ns = 0;  // when the last wait had begun; not if kMoving
  std::string doubt{};        // kPerhaps: where a store could come from
};

// One look at the job. Costs little while a PE does not wait.
[[nodiscard]] StallLook look_for_stall(const JobView& job, std::int64_t now_ns, std::int64_t stall_ns);

// What to print of it: a line each, without the end of the line and our name. Equal PEs share a line.
[[nodiscard]] std::vector<std::string> stall_lines(const JobView& job, const StallLook& look, std::int64_t now_ns);

// Called by a PE in a long wait: looks, where no launcher does, and says it once on standard error.
[[gnu::cold]] void say_stall(Pe& pe, std::int64_t now_ns) noexcept;

}  // namespace shmem::smp
