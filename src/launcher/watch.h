// SPDX-License-Identifier: BSD-3-Clause
//
// Watches over another library's launcher, which starts the PEs: we make sure that it ends and that no process below it
// is left behind.
//
// It gets our streams and our signals, and its status is ours. If we are killed, so is its tree (guard.h). If it is
// killed or fails, the rest of its tree is killed. Some launchers hang at their end, after a message that is known
// (Options::final_text): once that text is in its standard error, the launcher has some seconds.
#pragma once

#include "launcher/supervise.h"

namespace shmem::launcher {

// Runs the launcher and returns our exit status.
int watch(const Setup& setup);

}  // namespace shmem::launcher
