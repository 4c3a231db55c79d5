// SPDX-License-Identifier: BSD-3-Clause
//
// Ending: how a job ends before all PEs have finalised.
//
// One PE or the launcher has a reason: an error, shmem_global_exit, a process that has died. It marks the job as ending
// and wakes all sleepers; every PE finds the mark in its next wait and leaves its process.
//
// Shared: `ending`, `ending_pe` and `ending_status` of the job's header. The first process to claim `ending` gives the
// reason, and nothing changes it afterwards.
#pragma once

#include "smp/pe.h"

namespace shmem::smp {

// Marks the job as ending because of PE `culprit` (-1: because of none), unless it is marked already, and wakes all
// sleepers. True for the caller that was first.
[[gnu::cold]] bool mark_ending(Pe& pe, int culprit, int status) noexcept;

// Prints the reason, marks the job as ending with this exit status, wakes all sleepers and leaves the process.
[[noreturn, gnu::cold]] void end_job(Pe& pe, int status, const char* reason) noexcept;

// Leaves a job that has been marked: flushes stdio and exits without handlers.
[[noreturn, gnu::cold]] void leave_ending_job(Pe& pe) noexcept;

}  // namespace shmem::smp
