// SPDX-License-Identifier: BSD-3-Clause
//
// The meeting at the counter of the job's header (finalisation.h). A PE stores its state before it counts itself in. So
// the others know that it has left before the meeting can end.
#include "smp/life/finalisation.h"

#include "smp/team/team.h"
#include "smp/wait/wait.h"

namespace shmem::smp {

Status finalise_together(Pe& pe, PeState how) noexcept {
  const std::uint64_t mine = pe.finalisations.load(std::memory_order_relaxed) + 1;
  pe.teams->publish_counts();
  pe.finalisations.store(mine, std::memory_order_relaxed);
  pe.control->finalisations.store(mine, std::memory_order_relaxed);
  // Release: pairs with the acquire in state_of (leaving/leaving.cpp).
  pe.control->state.store(static_cast<std::uint32_t>(how), std::memory_order_release);

  std::atomic<std::uint64_t>& count = pe.job->finalisations;
  const std::uint64_t all = mine * static_cast<std::uint64_t>(pe.npes);
  // Acquire and release: each PE sees what those before it stored and hands it on, up to the last, which rings all.
  if (count.fetch_add(1, std::memory_order_acq_rel) + 1 == all) {
    for (int peer = 0; peer < pe.npes; ++peer) {
      if (peer != pe.me) ring(pe, peer, &count, sizeof count);
    }
    return Status::kOk;
  }
  // Acquire: pairs with the last one's release, which all earlier ones come before.
  return wait_until(
      pe, {&count, sizeof count}, [&] { return count.load(std::memory_order_acquire) >= all; },
      [](WaitNote& note) { note.kind = WaitKind::kFinalisation; });
}

}  // namespace shmem::smp
