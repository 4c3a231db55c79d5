// SPDX-License-Identifier: BSD-3-Clause
//
// Under somebody else's launcher: mpiexec of Open MPI or MPICH, prterun, srun, on one machine.
//
// Each names its processes in the environment. Local rank 0 makes the job and serves it, from a thread, until
// all have attached; the others find the socket by a name that all processes of the job can work out. From
// there on it is the same path as under our own launcher. Nothing of the launcher's library is called, and
// nothing is taken out of the environment, so MPI in the same process goes its own way.
#pragma once

#include <cstdint>
#include <string>

#include "smp/pe.h"
#include "smp/status.h"

namespace shmem::smp {

struct ForeignPlace {
  const char* launcher = nullptr;  // in words; nullptr: there is none
  int pe = 0;
  int npes = 1;
  int local_pe = 0;
  // Ranks start within seconds of each other; one that never calls shmem_init must not hold the others for ever.
  std::int64_t patience_ns = 60'000'000'000;
  std::string key{};  // the same on all PEs of the job and on no other job of this user
};

// Reads the environment; `launcher` stays nullptr where no launcher is recognised. kUnsupported where the PEs
// are spread over several machines, or cannot find each other, with words that say what to do.
Status find_foreign_place(ForeignPlace* place) noexcept;

Status attach_foreign(Pe& pe, const ForeignPlace& place) noexcept;

}  // namespace shmem::smp
