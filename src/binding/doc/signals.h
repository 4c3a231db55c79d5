// SPDX-License-Identifier: BSD-3-Clause
//
// Docstrings of signals.
#pragma once

#include "binding/doc/common.h"
#include "binding/doc/transfers.h"

namespace shmem::binding::doc {

// clang-format off
#define DOC_SIGNAL \
  "signal : numpy.ndarray\n    Symmetric uint64 array of one element: of `new_signal`, or of your own.\n"

#define DOC_PUT_SIGNAL(name, does, routine) \
  DOC_SIGNATURE(name, "(target, source, pe, signal, value, sigop, size=None, ctx=None)") does "\n\n" \
  "Parameters\n----------\n" \
  "target : numpy.ndarray\n" \
  "    Symmetric array, or view of one; the memory written is that of PE `pe`.\n" \
  "source : numpy.ndarray or number\n" \
  "    Local data of the same dtype; any memory. A number is written to every element.\n" \
  DOC_PE DOC_SIGNAL \
  "value : int\n    What the signal of PE `pe` is set to, or what is added to it.\n" \
  "sigop : SIGNAL or str\n    ``SIGNAL_SET`` or ``SIGNAL_ADD``, or the name in any case.\n" \
  DOC_SIZE DOC_CTX \
  "\nRaises\n------\n" DOC_RAISES_REMOTE \
  "OverflowError\n    `value` does not fit uint64.\n" \
  "\nNotes\n-----\n" DOC_LAYOUT "\nOpenSHMEM routine: ``" routine "``.\n" \
  "\nExamples\n--------\n" \
  ">>> import numpy as np\n" \
  ">>> from shmem4py import shmem\n" \
  ">>> right = (shmem.my_pe() + 1) % shmem.n_pes()\n" \
  ">>> t, arrived = shmem.zeros(3), shmem.new_signal()\n" \
  ">>> shmem." name "(t, np.ones(3), right, arrived, 1, shmem.SIGNAL_SET)\n" \
  ">>> shmem.signal_wait_until(arrived, '==', 1)\n" \
  "1\n" \
  ">>> print(t)\n" \
  "[1. 1. 1.]\n"

inline constexpr char kPutSignal[] = DOC_PUT_SIGNAL(
    "put_signal",
    "Copy local data to another PE and then update a signal there.\n\n"
    "Who sees the signal updated also sees the data. On return `source` may be reused.",
    "shmem_put_signal");
inline constexpr char kPutSignalNbi[] = DOC_PUT_SIGNAL(
    "put_signal_nbi",
    "Start to copy local data to another PE and then to update a signal there.\n\n"
    "Who sees the signal updated also sees the data. `source` must not be changed before `quiet` or a barrier.",
    "shmem_put_signal_nbi");

#define DOC_SIGNAL_UPDATE(name, does, example, result) \
  DOC_SIGNATURE(name, "(signal, value, pe, ctx=None)") does "\n\n" \
  "Parameters\n----------\n" DOC_SIGNAL \
  "value : int\n    From 0 to 2**64 - 1.\n" DOC_PE DOC_CTX \
  "\nRaises\n------\n" DOC_RAISES_REMOTE \
  "OverflowError\n    `value` does not fit uint64.\n" \
  "\nNotes\n-----\nOpenSHMEM routine: ``shmem_" name "``.\n" \
  "\nExamples\n--------\n" \
  ">>> from shmem4py import shmem\n" \
  ">>> signal = shmem.new_signal()\n" \
  ">>> " example "\n" \
  ">>> shmem.signal_wait_until(signal, 'ne', 0)\n" result "\n"

inline constexpr char kSignalSet[] = DOC_SIGNAL_UPDATE(
    "signal_set", "Set a signal of another PE.", "shmem.signal_set(signal, 7, shmem.my_pe())", "7");
inline constexpr char kSignalAdd[] = DOC_SIGNAL_UPDATE(
    "signal_add", "Add to a signal of another PE.", "shmem.signal_add(signal, 2, shmem.my_pe())", "2");

inline constexpr char kSignalFetch[] =
    DOC_SIGNATURE("signal_fetch", "(signal)")
    "Read a signal of this PE, atomically.\n\n"
    "Parameters\n----------\n" DOC_SIGNAL
    "\nReturns\n-------\nint\n"
    "\nRaises\n------\nTypeError\n    `signal` is not a uint64 array.\n"
    "ValueError\n    It is not symmetric or has not one element.\nFreedError\n    It has been freed.\n"
    "\nNotes\n-----\nOpenSHMEM routine: ``shmem_signal_fetch``.\n"
    "\nExamples\n--------\n"
    ">>> from shmem4py import shmem\n"
    ">>> signal = shmem.new_signal()\n"
    ">>> signal[0] = 3\n"
    ">>> shmem.signal_fetch(signal)\n3\n";

inline constexpr char kSignalWaitUntil[] =
    DOC_SIGNATURE("signal_wait_until", "(signal, cmp, value)")
    "Wait until a signal of this PE compares true.\n\n"
    "Parameters\n----------\n" DOC_SIGNAL
    "cmp : CMP or str\n    Comparison: a member of `CMP`, its name in any case, or ``'=='``, ``'!='``, ``'>'``,\n"
    "    ``'<='``, ``'<'``, ``'>='``.\n"
    "value : int\n    What the signal is compared with.\n"
    "\nReturns\n-------\nint\n    Value of the signal that compared true.\n"
    "\nRaises\n------\nTypeError\n    `signal` is not a uint64 array.\n"
    "ValueError\n    It is not symmetric or has not one element.\nFreedError\n    It has been freed.\n"
    "OverflowError\n    `value` does not fit uint64.\nKeyboardInterrupt\n    Ctrl-C while waiting.\n"
    "\nNotes\n-----\nOpenSHMEM routine: ``shmem_signal_wait_until``.\n"
    "\nExamples\n--------\n"
    ">>> from shmem4py import shmem\n"
    ">>> signal = shmem.new_signal()\n"
    ">>> shmem.signal_add(signal, 1, (shmem.my_pe() + 1) % shmem.n_pes())\n"
    ">>> shmem.signal_wait_until(signal, '>=', 1)\n1\n";
// clang-format on

}  // namespace shmem::binding::doc
