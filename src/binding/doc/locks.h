// SPDX-License-Identifier: BSD-3-Clause
//
// Docstrings of set_lock, test_lock and clear_lock.
#pragma once

#include "binding/doc/common.h"

namespace shmem::binding::doc {

// clang-format off
#define DOC_LOCK "lock : numpy.ndarray\n    Symmetric array of one C long: of `new_lock`, or of your own, zero at first.\n"
#define DOC_LOCK_RAISES \
  "\nRaises\n------\nTypeError\n    `lock` is not an array of C long.\n" \
  "ValueError\n    It is not symmetric or has not one element.\nFreedError\n    It has been freed.\n"
#define DOC_LOCK_EXAMPLE \
  "\nExamples\n--------\n" \
  ">>> from shmem4py import shmem\n" \
  ">>> lock, total = shmem.new_lock(), shmem.zeros(1, int)\n" \
  ">>> shmem.set_lock(lock)\n" \
  ">>> shmem.p(total, shmem.g(total, 0) + 1, 0)\n" \
  ">>> shmem.clear_lock(lock)\n" \
  ">>> shmem.barrier_all()\n" \
  ">>> shmem.g(total, 0) == shmem.n_pes()\nTrue\n"

inline constexpr char kSetLock[] =
    DOC_SIGNATURE("set_lock", "(lock)")
    "Wait for a lock and take it.\n\n"
    "Parameters\n----------\n" DOC_LOCK
    "\nRaises\n------\nTypeError\n    `lock` is not an array of C long.\n"
    "ValueError\n    It is not symmetric or has not one element; or this PE holds the lock already and has no other thread\n"
    "    that could release it.\n"
    "FreedError\n    It has been freed.\n"
    "KeyboardInterrupt\n    Ctrl-C while waiting.\n"
    "\nNotes\n-----\nOpenSHMEM routine: ``shmem_set_lock``.\n" DOC_LOCK_EXAMPLE;

inline constexpr char kTestLock[] =
    DOC_SIGNATURE("test_lock", "(lock)")
    "Take a lock if it is free.\n\n"
    "Parameters\n----------\n" DOC_LOCK
    "\nReturns\n-------\nbool\n    True where the lock was **not** obtained, as in C.\n" DOC_LOCK_RAISES
    "\nNotes\n-----\nOpenSHMEM routine: ``shmem_test_lock``.\n"
    "\nExamples\n--------\n"
    ">>> from shmem4py import shmem\n"
    ">>> lock = shmem.new_lock()\n"
    ">>> while shmem.test_lock(lock):\n"
    "...     pass\n"
    ">>> shmem.clear_lock(lock)\n";

inline constexpr char kClearLock[] =
    DOC_SIGNATURE("clear_lock", "(lock)")
    "Release a lock that this PE holds.\n\n"
    "What this PE has written before is complete when another PE takes the lock.\n\n"
    "Parameters\n----------\n" DOC_LOCK DOC_LOCK_RAISES
    "\nNotes\n-----\nOpenSHMEM routine: ``shmem_clear_lock``.\n" DOC_LOCK_EXAMPLE;
// clang-format on

}  // namespace shmem::binding::doc
