// SPDX-License-Identifier: BSD-3-Clause
//
// Another library's launcher, watched over: it starts the PEs, we see to it that it ends, and that nothing below it
// stays behind.
//
// It gets our streams and our signals, and its status is ours. If we are killed, so is its tree (guard.h); if it is
// killed or fails, what is left of its tree is killed. A launcher that hangs in its own end is told by its words
// (Options::last_words): once they are in its standard error, it has some seconds.
#pragma once

#include "launcher/supervise.h"

namespace shmem::launcher {

// Runs the launcher; our exit status.
int watch(const Setup& setup);

}  // namespace shmem::launcher
