// SPDX-License-Identifier: BSD-3-Clause
//
// Errors: words, and what happens to them.
//
// The first function that sees an error words it with `fail`, which keeps message and status for the calling
// thread. At the C boundary `report` decides: in the mode SHMEMX_ERRORS_END (the default, what the standard's
// void routines need) it prints the message with routine and PE and ends the job; in SHMEMX_ERRORS_RETURN the
// message stays for shmemx_take_error.
#pragma once

#include <cstdarg>

#include "smp/pe.h"
#include "smp/status.h"

namespace shmem::smp {

enum class ErrorMode : int { kEnd = 0, kReturn = 1 };

void set_error_mode(ErrorMode mode) noexcept;
[[nodiscard]] ErrorMode error_mode() noexcept;

// Words an error for this thread; returns `status`. printf-style, at most 511 characters.
[[gnu::format(printf, 2, 3), gnu::cold]] Status fail(Status status, const char* format, ...) noexcept;

// What `fail` said last on this thread; "" if nothing.
[[nodiscard]] const char* failure_message() noexcept;
[[nodiscard]] Status failure_status() noexcept;
void clear_failure() noexcept;

// At the C boundary: acts on a status other than kOk as the error mode says. kEnding always leaves the
// process. Returns only in mode kReturn. `routine` is the exported name.
[[gnu::cold]] void report(Pe& pe, Status status, const char* routine) noexcept;

// Misuse of the C interface: words what is wrong with the call and reports it. `argument` names the
// argument ("dest", "pe"); the text tells before init / after finalize / PE out of range / address apart.
[[gnu::cold]] void misuse_address(Pe& pe, const char* routine, const char* argument, const volatile void* address,
                                  unsigned long nbytes, int target_pe) noexcept;
[[gnu::cold, gnu::format(printf, 4, 5)]] void misuse(Pe& pe, const char* routine, const char* argument,
                                                     const char* format, ...) noexcept;

// Marks the job as ending because of PE `culprit` (-1: of none), unless it is already, and wakes all sleepers.
// True for the caller that was first.
[[gnu::cold]] bool mark_ending(Pe& pe, int culprit, int status) noexcept;

// Prints the reason, marks the job as ending with this exit status, wakes all sleepers and leaves the process.
[[noreturn, gnu::cold]] void end_job(Pe& pe, int status, const char* reason) noexcept;

// Leaves a job that somebody else has ended: flushes stdio and exits without handlers.
[[noreturn, gnu::cold]] void leave_ending_job(Pe& pe) noexcept;

}  // namespace shmem::smp
