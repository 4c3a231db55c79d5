// SPDX-License-Identifier: BSD-3-Clause
//
// The launcher's side of the job's memory: it makes the file, hands it out, and reads the PEs' control blocks. The PEs
// share that memory. The launcher only reads it, except when it marks the job as ending.
#pragma once

#include <string>
#include <vector>

#include "smp/joining/server.h"
#include "smp/memory/create.h"
#include "smp/memory/mapping.h"
#include "smp/pe.h"
#include "smp/stall/stall.h"

namespace shmem::launcher {

class JobControl {
 public:
  // False, with smp::failure_message(), if the job cannot be made.
  bool create(const smp::JobOptions& options);

  [[nodiscard]] smp::JobServer& server() { return server_; }
  [[nodiscard]] smp::PeState state(int pe) const;
  // Between shmem_init and the end of shmem_finalize.
  [[nodiscard]] bool is_inside(int pe) const;
  [[nodiscard]] bool has_finalised(int pe) const;
  // The process that has become the PE, or 0.
  [[nodiscard]] int process(int pe) const;
  // The PE that this process has become, or -1.
  [[nodiscard]] int pe_of(int process) const;
  [[nodiscard]] std::string place(int pe) const;
  // The same, and what the PE waits for once the wait is long.
  [[nodiscard]] std::string place_and_waits(int pe) const;
  // The same as `place`, but "" if the PE is in no operation, or in shmem_global_exit, which does not say why.
  [[nodiscard]] std::string operation(int pe) const;

  // Whether the job stands still (smp/stall/stall.h).
  [[nodiscard]] smp::StallLook look_for_stall(std::int64_t stall_ns) const;
  [[nodiscard]] std::vector<std::string> stall_lines(const smp::StallLook& look) const;

  // Tells the PE, before it starts, which files its standard output and standard error are: what it may write there for
  // us alone (smp/notice.h).
  void note_streams(int pe, int output, int errors);

  struct Reason {
    int pe;  // -1: none
    int status;
  };
  // Whether a PE has ended the job, and why.
  [[nodiscard]] bool is_ending(Reason* reason) const;
  // Marks the job as ending and wakes all sleeping PEs.
  void end(Reason reason);

 private:
  smp::JobMapping mapping_;
  smp::JobServer server_;
  smp::Pe observer_;
};

}  // namespace shmem::launcher
