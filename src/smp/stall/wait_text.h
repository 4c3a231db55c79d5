// SPDX-License-Identifier: BSD-3-Clause
//
// The records of long waits (memory/wait_record.h) as text. Any process that has mapped the job's file can ask.
//
// Nothing here allocates memory or takes a lock, so a signal handler may ask. A program may overwrite a record by
// mistake at any time, so each field is checked before it is used.
#pragma once

#include <cstddef>
#include <cstdint>

#include "smp/memory/layout.h"
#include "smp/pe.h"

namespace shmem::smp {

struct WaitSeen {
  std::uint64_t number;    // 0: the record has no wait
  std::int64_t looked_ns;  // after this time the PE has looked in vain; 0: no look yet
  WaitNote note;
};

// A record as it is now. False if it describes no wait, is being written, or has a field that no wait can have.
[[nodiscard]] bool read_wait(const ControlBlock& control, int record, int npes, WaitSeen* seen) noexcept;

// All control blocks of a job.
struct JobView {
  const ControlBlock* control_zero;
  int npes;
  [[nodiscard]] const ControlBlock& control_of(int pe) const noexcept { return control_zero[pe]; }
};

// What a wait is for: "until element 3 of the 8 int64 at heap offset 64 is == 1 (it is 0)", "PE 1 has not come".
// Returns the length without the end, cut to what fits.
std::size_t describe_aim(const JobView& job, const WaitNote& note, char* text, std::size_t nbytes) noexcept;

// The long waits of all threads of a PE, one after the other: " for 12.3 s, until …". "" if there is none.
std::size_t describe_waits(const JobView& job, int pe, char* text, std::size_t nbytes) noexcept;

inline constexpr std::size_t kAimNbytes = 320;  // room for every aim
inline constexpr std::size_t kWaitsNbytes = kWaitRecords * kAimNbytes;

}  // namespace shmem::smp
