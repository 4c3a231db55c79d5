// SPDX-License-Identifier: BSD-3-Clause
//
// Joining under a foreign launcher on one machine: mpiexec of Open MPI or MPICH, prterun, srun.
//
// Each launcher names its processes in the environment. Local rank 0 makes the job and serves it, from a thread, until
// all have attached. The others find the socket by a name that all processes of the job can work out. From there on PEs
// attach as they do under our own launcher. The library calls nothing of the launcher's and removes nothing from the
// environment, so MPI works in the same process.
//
// Shared: JobHeader::attached, which each PE counts up and the serving thread reads.
#pragma once

#include <cstdint>
#include <string>

#include "smp/pe.h"
#include "smp/status.h"

namespace shmem::smp {

struct ForeignPlace {
  const char* launcher = nullptr;  // its name for messages; nullptr: there is none
  int pe = 0;
  int npes = 1;
  int local_pe = 0;
  // Ranks start within seconds of each other. A rank that never calls shmem_init must not hold the others for ever.
  std::int64_t patience_ns = 60'000'000'000;
  std::string key{};  // the same on all PEs of the job and on no other job of this user
};

// Reads the environment. `launcher` stays nullptr where no launcher is recognised. kUnsupported, with a message that
// says what to do, where the PEs are spread over several machines or cannot find each other.
Status find_foreign_place(ForeignPlace* place) noexcept;

// Makes and serves the job on local rank 0, and finds it on the others; attaches. Waits for `patience_ns` at most.
Status attach_foreign(Pe& pe, const ForeignPlace& place) noexcept;

}  // namespace shmem::smp
