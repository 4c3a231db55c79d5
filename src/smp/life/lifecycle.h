// SPDX-License-Identifier: BSD-3-Clause
//
// A PE's life. It begins when the PE attaches, shares its globals, builds its private state and meets the others.
//
// The process has one PE, so the C interface and the handlers of exit and fork call these with this_pe(). A lock orders
// calls of several threads. After the last finalize everything stays mapped, so arrays outlive it and a second init
// finds its place again. Only the fields that every call checks are taken away.
#pragma once

#include "smp/pe.h"
#include "smp/status.h"

namespace shmem::smp {

// The thread levels of the standard. Every level is provided always, so the answer is the highest.
enum ThreadLevel : int { kThreadSingle = 0, kThreadFunneled = 1, kThreadSerialized = 2, kThreadMultiple = 3 };

// Collective. Each init needs its finalize; after the last one the PE may be initialised again.
// kInvalid: no such thread level, or this is a forked child. Else what keeps the process from joining its job.
Status init(Pe& pe, int requested, int* provided) noexcept;

// The deprecated start_pes: init, unless that has been done.
Status start(Pe& pe) noexcept;

// Collective: all meet (leaving/leaving.h); the last one destroys teams and contexts and ends the PE. The last one ends
// it also if the meeting is interrupted, and then returns that. A program that exits with status 0 need not call it.
Status finalize(Pe& pe) noexcept;

// Whether there have been more inits than finalizes. May be asked at any time.
[[nodiscard]] bool is_initialized(const Pe& pe) noexcept;

// Ends the whole job with this status, and this process as exit() does: its handlers run, its files are flushed.
[[noreturn]] void global_exit(Pe& pe, int status) noexcept;

}  // namespace shmem::smp
