// SPDX-License-Identifier: BSD-3-Clause
//
// Finalisation: how PEs come to their end together.
//
// A PE that comes to a finalisation says so in its control block and waits until all PEs have come. This meeting has a
// counter of its own in the job's header and uses nothing of any team. So it cannot be taken for a collective of the
// program, and it works after a team has been poisoned. Meanwhile the PE has left for the others (leaving/leaving.h).
//
// Shared: JobHeader::finalisations, which all count up; PeState and `finalisations` of each control block.
// Invariant: the counter reaches n times the number of PEs only once all PEs have come to their n-th finalisation.
#pragma once

#include "smp/pe.h"
#include "smp/status.h"

namespace shmem::smp {

// Collective over all PEs. `how`: kFinalizing or kReturning, which others see meanwhile. What a PE stored before is
// visible to all afterwards. kInterrupted, or kEnding.
Status finalise_together(Pe& pe, PeState how) noexcept;

}  // namespace shmem::smp
