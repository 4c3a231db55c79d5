// SPDX-License-Identifier: BSD-3-Clause
//
// The observer that every PE's waits are given (wait/observer.h). It connects a wait that a timer has woken with what
// may keep it from ending: PEs that have died or left, a team that stands still, a job that stands still.
//
// It shares nothing and keeps nothing.
#pragma once

#include "smp/wait/observer.h"

namespace shmem::smp {

extern const WaitObserver kWaitObserver;

}  // namespace shmem::smp
