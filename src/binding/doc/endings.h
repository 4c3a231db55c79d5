// SPDX-License-Identifier: BSD-3-Clause
//
// Docstrings of endings.cpp; the first line of each is the signature that the parser reads.
#pragma once

#include "binding/doc/common.h"

namespace shmem::binding::doc {

// clang-format off
inline constexpr char kAtExit[] =
    DOC_SIGNATURE("at_exit", "(finalize, end_job)")
    "Say what happens when the process exits while the library is initialised.\n\n"
    "With `end_job`, an exit with a status other than 0 ends the job with that status; otherwise\n"
    "`finalize` finalises the library. A later call replaces an earlier one.";

inline constexpr char kDumpOnSignal[] =
    DOC_SIGNATURE("dump_on_signal", "(signum, fd)")
    "Let a signal write the operation that this PE is in to a file descriptor.\n\n"
    "The handler that was there before runs after it.";
// clang-format on

}  // namespace shmem::binding::doc
