// SPDX-License-Identifier: BSD-3-Clause
//
// The launcher's descriptors: as many as it may have, and a few kept for what must not fail when there are no others:
// reading /proc to find what is to be killed, and taking a connection.
#pragma once

#include <sys/resource.h>

namespace shmem::launcher {

// Raises the limit as far as it may be raised, since each PE takes some, and keeps the spare ones. The limit as it was,
// for the PEs, is in *before. 0, or errno where there are none to keep.
int prepare_descriptors(rlimit* before);

// While it lives, the spare descriptors are free for others. Scopes nest.
class SpareDescriptors {
 public:
  SpareDescriptors();
  ~SpareDescriptors();
  SpareDescriptors(const SpareDescriptors&) = delete;
  SpareDescriptors& operator=(const SpareDescriptors&) = delete;
};

}  // namespace shmem::launcher
