// SPDX-License-Identifier: BSD-3-Clause
//
// What becomes of an error at the C boundary.
//
// In the mode SHMEMX_ERRORS_END, the default and what the standard's void routines need, `report` prints the message
// with routine and PE and ends the job. In the mode SHMEMX_ERRORS_RETURN it keeps the message for shmemx_take_error.
// The mode belongs to the process.
#pragma once

#include "smp/pe.h"
#include "smp/status.h"

namespace shmem::smp::capi {

enum class ErrorMode : int { kEnd = 0, kReturn = 1 };

void set_error_mode(ErrorMode mode) noexcept;

// Acts on a status other than kOk as the error mode says. kEnding always leaves the process. Returns only in the mode
// kReturn. `routine` is the exported name.
[[gnu::cold]] void report(Pe& pe, Status status, const char* routine) noexcept;

// Misuse of the C interface: words what is wrong with the call and reports it. `argument` names the argument ("dest",
// "pe"); "" is for the call as a whole.
[[gnu::cold, gnu::format(printf, 4, 5)]] void misuse(Pe& pe, const char* routine, const char* argument,
                                                     const char* format, ...) noexcept;

// The same for an address that was refused. Finds out why: before init, after finalize, PE out of range, not symmetric.
[[gnu::cold]] void misuse_address(Pe& pe, const char* routine, const char* argument, const volatile void* address,
                                  unsigned long nbytes, int target_pe) noexcept;

}  // namespace shmem::smp::capi
