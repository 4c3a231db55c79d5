// SPDX-License-Identifier: BSD-3-Clause
//
// Where a PE is, in words, read from its control block by anybody who has the file: the launcher that reports
// a death, a peer, an observer of a job that is stuck.
#pragma once

#include <cstddef>

#include "smp/memory/layout.h"

namespace shmem::smp {

inline constexpr std::size_t kPlaceNbytes = 96;  // room for every place

// "in shmem_barrier_all", "in shmem_put with PE 3", "before shmem_init", "not waiting": computing, or in a put, get
// or atomic, which are too short to be noted.
void describe_place(const ControlBlock& control, char* text, std::size_t nbytes) noexcept;

}  // namespace shmem::smp
