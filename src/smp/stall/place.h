// SPDX-License-Identifier: BSD-3-Clause
//
// The place of a PE, as text, from its control block. Any process that has mapped the job's file can ask: the launcher
// that reports the end of a PE, another PE, an observer of a job that stands still. Nothing here writes to the job.
#pragma once

#include <cstddef>

#include "smp/memory/layout.h"

namespace shmem::smp {

inline constexpr std::size_t kPlaceNbytes = 96;  // room for every place

// "in shmem_barrier_all", "in shmem_put with PE 3", "before shmem_init", "not waiting". A PE that does not wait
// computes or is in a put, get or atomic; these are too short to be noted.
void describe_place(const ControlBlock& control, char* text, std::size_t nbytes) noexcept;

}  // namespace shmem::smp
