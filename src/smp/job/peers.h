// SPDX-License-Identifier: BSD-3-Clause
//
// Are my peers alive? Under a launcher of ours nobody needs to ask: it watches, and marks the job as ending.
// Under a foreign launcher a sleeper looks at its peers' pidfds when its timer wakes it.
#pragma once

#include "smp/pe.h"

namespace shmem::smp {

// False when a peer has gone without finalising; the job is marked as ending then, with that PE as the reason.
// Cheap under our launcher (kJobSupervised): true at once.
[[nodiscard]] bool peers_alive(Pe& pe) noexcept;

}  // namespace shmem::smp
