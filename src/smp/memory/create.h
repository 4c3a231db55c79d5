// SPDX-License-Identifier: BSD-3-Clause
//
// Making a job's memory file, with its header filled in and everything else zero.
//
// The file is an anonymous memfd, sealed against resizing. Our launcher makes it; so does local rank 0 under a foreign
// launcher (joining/foreign.h), and a PE that runs without a launcher makes one for itself. Others get its descriptor
// over a socket (joining/server.h).
#pragma once

#include <cstdint>
#include <string>

#include "smp/status.h"

namespace shmem::smp {

struct JobOptions {
  int npes = 1;
  std::uint64_t heap_nbytes = 0;  // budget per PE; 0: what the machine has left, divided by the PEs
  int cores = 0;                  // 0: os::usable_cores()
  bool supervised = false;
  std::int64_t stall_ns = 0;  // JobHeader::stall_ns
  std::string name{};
};

// Makes the file; *fd is close-on-exec. An explicit heap size that the limits on address space forbid is an error. The
// default size shrinks to what they allow.
Status create_job(const JobOptions& options, int* fd) noexcept;

}  // namespace shmem::smp
