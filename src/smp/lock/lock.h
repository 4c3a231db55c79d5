// SPDX-License-Identifier: BSD-3-Clause
//
// Distributed locks on a symmetric `long` (standard, section Distributed Locking).
//
// A queue lock after Mellor-Crummey and Scott. The same variable on all PEs is one lock. PE 0's copy has the tail of
// the queue. Every PE's own copy is its place in the queue, so a PE may hold and wait for any number of locks, and
// nothing is allocated. PEs get the lock in the order in which they joined the queue. A waiting PE sleeps on its own
// control block, and the PE before it wakes it once. A free lock costs one exchange to take and one compare-exchange to
// give back.
//
// The threads of one PE share its place: one of them is in the queue, the others wait until it has left. If only one
// thread at a time may call the library, a PE that asks for a lock that it holds would wait for itself.
//
// A PE that is interrupted while it waits leaves its place in the queue, marked as abandoned. The PE that gives the
// lock back passes over it. If the interrupted PE asks for the lock again before that, it takes up its old place.
#pragma once

#include "smp/pe.h"
#include "smp/status.h"

namespace shmem::smp {

// kInvalid: `lock` is not symmetric or not aligned, or this PE holds it already, has only one thread and has not asked
// for SHMEM_THREAD_MULTIPLE. kInterrupted: the lock is not held and no place is kept.
Status set_lock(Pe& pe, long* lock) noexcept;

// Never waits. *obtained: whether the lock is held now.
Status test_lock(Pe& pe, long* lock, bool* obtained) noexcept;

// Completes all stores of the critical region first. kInvalid also if this PE does not hold the lock.
Status clear_lock(Pe& pe, long* lock) noexcept;

}  // namespace shmem::smp
