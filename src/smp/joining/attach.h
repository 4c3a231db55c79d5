// SPDX-License-Identifier: BSD-3-Clause
//
// Attaching: a process gets the job's memory file, maps it and claims its slot. From then on it is a PE.
//
// The environment says where the file is: our launcher's socket, a foreign launcher's ranks (foreign.h), or nothing, in
// which case the process is the only PE of a job of its own.
//
// Shared: the `pid` of the slot's control block, which the claimant exchanges for 0, and its state;
// JobHeader::attached. Invariant: a slot never has two owners, not even after the first has ended.
#pragma once

#include "smp/pe.h"
#include "smp/status.h"

namespace shmem::smp {

// Finds this process's place from the environment, maps the job, claims the slot and fills in the fields of `pe` that
// transfers and waits need. kInvalid if the slot is taken.
Status attach(Pe& pe) noexcept;

// The last half of it, with the file and the slot given.
Status attach_slot(Pe& pe, int job_fd, int slot) noexcept;

}  // namespace shmem::smp
