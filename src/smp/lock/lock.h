// SPDX-License-Identifier: BSD-3-Clause
//
// Distributed locks on a symmetric `long` (standard, section Distributed Locking).
//
// A queue lock after Mellor-Crummey and Scott. The same variable on all PEs is one lock. PE 0's copy has the tail of
// the queue; every PE's own copy is its place in it, so that a PE may hold and wait for any number of locks, and
// nothing is allocated. Who comes later is served later; who waits sleeps on its own control block and is woken
// once, by the PE before it. A free lock costs one exchange to take and one compare-exchange to give back.
//
// Threads of one PE share its place: one of them is in the queue, the others wait until it has left. Where only one
// thread at a time may be in the library, a PE that asks for a lock that it holds would wait for itself.
//
// A PE that is interrupted while it waits leaves its place behind, marked as abandoned; whoever gives the lock back
// passes over it. If the PE asks for the lock again before that, it takes the old place up again.
#pragma once

#include "smp/pe.h"
#include "smp/status.h"

namespace shmem::smp {

// kInvalid: `lock` is not symmetric or not aligned, or this PE holds it already, has one thread alone and
// has not asked for SHMEM_THREAD_MULTIPLE. kInterrupted, or kLeft where the PE that holds it has
// left (job/leaving.h): the lock is not held and no place is kept.
Status set_lock(Pe& pe, long* lock) noexcept;

// Never waits. *obtained: whether the lock is held now.
Status test_lock(Pe& pe, long* lock, bool* obtained) noexcept;

// Completes all stores of the critical region first. kInvalid also if this PE does not hold the lock.
Status clear_lock(Pe& pe, long* lock) noexcept;

}  // namespace shmem::smp
