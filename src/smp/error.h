// SPDX-License-Identifier: BSD-3-Clause
//
// The message of an error, kept for the thread that met it.
//
// The first function that detects an error words it with `fail`; its callers pass the status on. At the C boundary
// capi/report.h decides what becomes of both. No other thread sees them.
#pragma once

#include "smp/status.h"

namespace shmem::smp {

// Words an error for this thread; returns `status`. printf-style, at most 511 characters.
[[gnu::format(printf, 2, 3), gnu::cold]] Status fail(Status status, const char* format, ...) noexcept;

// What `fail` said last on this thread; "" if nothing.
[[nodiscard]] const char* failure_message() noexcept;
[[nodiscard]] Status failure_status() noexcept;
void clear_failure() noexcept;

}  // namespace shmem::smp
