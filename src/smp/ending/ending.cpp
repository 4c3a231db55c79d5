// SPDX-License-Identifier: BSD-3-Clause
//
// Marking a job as ending, and leaving it (ending.h). The mark goes from 0 to 1, when one process claims it, and to 2,
// when the reason has been stored; it never goes back. The PEs and the launcher share it. Both ways to leave flush
// stdio and run no exit handlers, which could call the library again.
#include "smp/ending/ending.h"

#include <cstdio>

#include "smp/notice.h"
#include "smp/os/output.h"
#include "smp/os/process.h"
#include "smp/wait/wait.h"

namespace shmem::smp {

namespace {

// Prints "shmem4py: PE 3: …", or without a number before the PE has one. Of equal texts our launcher makes one line
// with the numbers of all their PEs, so the text that it gets has none.
void print_line(const Pe& pe, const char* text) noexcept {
  char line[768];
  const int told = std::snprintf(line, sizeof line, "shmem4py: %s\n", text);
  if (told < static_cast<int>(sizeof line) &&
      tell_launcher(pe, os::kStandardError, NoticeKind::kError, "", {line, static_cast<std::size_t>(told)})) {
    return;
  }
  int length = pe.job != nullptr ? std::snprintf(line, sizeof line, "shmem4py: PE %d: %s\n", pe.me, text)
                                 : std::snprintf(line, sizeof line, "shmem4py: %s\n", text);
  if (length >= static_cast<int>(sizeof line)) length = sizeof line - 1;
  os::write_once(os::kStandardError, {line, static_cast<std::size_t>(length)});
}

}  // namespace

bool mark_ending(Pe& pe, int culprit, int status) noexcept {
  std::uint32_t running = 0;
  // Relaxed: the claim alone tells nothing, and the release below publishes the reason.
  const bool first = pe.job->ending.compare_exchange_strong(running, 1, std::memory_order_relaxed);
  if (first) {
    pe.job->ending_pe.store(culprit, std::memory_order_relaxed);
    pe.job->ending_status.store(status, std::memory_order_relaxed);
    // Release: pairs with the acquire in check_job (wait/wake_check.h) and leave_ending_job.
    pe.job->ending.store(2, std::memory_order_release);
  }
  for (int other = 0; other < pe.world_npes; ++other) ring_sleepers(pe.control_of(other));
  return first;
}

void end_job(Pe& pe, int status, const char* reason) noexcept {
  if (reason != nullptr) print_line(pe, reason);
  if (pe.job != nullptr && pe.phase != Phase::kForkedChild) mark_ending(pe, pe.me, status);
  std::fflush(nullptr);
  os::leave_process(status);
}

void leave_ending_job(Pe& pe) noexcept {
  std::fflush(nullptr);
  // Acquire: pairs with the release in mark_ending. The mark is 1 while its claimant has not stored the status yet. Any
  // status will do then: the launcher reports the reason, and takes no PE that leaves an ending job for the first one
  // that failed.
  const bool known = pe.job->ending.load(std::memory_order_acquire) == 2;
  const int status = known ? pe.job->ending_status.load(std::memory_order_relaxed) : 1;
  os::leave_process(status);
}

}  // namespace shmem::smp
