// SPDX-License-Identifier: BSD-3-Clause
//
// Status: what an engine routine returns instead of throwing.
//
// The engine never throws on a path that a PE takes while it communicates. The function that detects an error words its
// message (`fail` in error.h); all its callers only pass the status on. The C boundary either ends the job or keeps
// status and message for `shmemx_take_error`, as the process has chosen (shmemx.h).
#pragma once

#include <cstdint>

namespace shmem::smp {

// The values are those of SHMEMX_… in shmemx.h; capi/ asserts that they agree.
enum class [[nodiscard]] Status : int {
  kOk = 0,
  kInterrupted = 1,  // the interrupt check asked to leave a wait
  kEnding = 2,       // the job is ending: leave, do not communicate
  kNoMemory = 3,     // the symmetric heap's budget is used up, on all PEs alike
  kMismatch = 4,     // PEs called a collective with different arguments
  kInvalid = 5,      // an argument cannot be
  kPoisoned = 6,     // a collective on this team was left before its end
  kUnsupported = 7,  // the machine cannot do it
  kSystem = 8,       // a system call failed; errno is in the message
  kLeft = 9,         // a PE has left the job that this call waits for
  kTimeout = 11,     // the deadline of a wait has passed (wait/deadline.h)
  kDiffer = -1,      // never leaves the engine: members of a meeting have said different things (team/rendezvous.h)
};

[[nodiscard]] constexpr bool ok(Status status) noexcept {
  return status == Status::kOk;
}

}  // namespace shmem::smp
