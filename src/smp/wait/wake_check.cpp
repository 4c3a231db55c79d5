// SPDX-License-Identifier: BSD-3-Clause
//
// Counts wakes that came too late (wake_check.h). Shared: `late_wakes` of the control block, a statistic that
// shmemx_wait_counts returns.
#include "smp/wait/wake_check.h"

#include "smp/os/prim.h"

namespace shmem::smp {

void count_late_wake(const Pe& pe, const Sleeper& sleeper) noexcept {
  // The engine did not see the store, or a ring was lost, or the writer is between its store and its ring. The last is
  // no fault, so the writer gets some turns, which may be too few on a busy machine. So the count is a hint. Tests that
  // look for lost rings sleep without a timer instead.
  constexpr int kTurns = 100;
  for (int turn = 0; turn < kTurns; ++turn) {
    if (sleeper.rung_since()) return;
    os::yield();
  }
  // Relaxed: a statistic.
  pe.control->late_wakes.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace shmem::smp
