// SPDX-License-Identifier: BSD-3-Clause
//
// The launcher's file descriptors: as many as the limit allows, and two spare ones. The spare ones are for work that
// must succeed even when all others are taken: reading /proc to find what to kill, and accepting a connection.
#pragma once

#include <sys/resource.h>

namespace shmem::launcher {

// Raises the limit as far as it may be raised, since each PE takes some descriptors, and opens the spare ones. *before
// is the former limit, which the PEs get. Returns 0, or errno if the spare ones cannot be opened.
int prepare_descriptors(rlimit* before);

// While an object lives, the spare descriptors are closed and so available. Scopes nest.
class SpareDescriptors {
 public:
  SpareDescriptors();
  ~SpareDescriptors();
  SpareDescriptors(const SpareDescriptors&) = delete;
  SpareDescriptors& operator=(const SpareDescriptors&) = delete;
};

}  // namespace shmem::launcher
