// SPDX-License-Identifier: BSD-3-Clause
//
// Docstrings of queries.
#pragma once

#include "binding/doc/common.h"

namespace shmem::binding::doc {

// clang-format off
inline constexpr char kMyPe[] =
    DOC_SIGNATURE("my_pe", "()")
    "Number of this PE, from 0 to ``n_pes() - 1``.\n\n"
    "Returns\n-------\nint\n"
    "\nNotes\n-----\nOpenSHMEM routine: ``shmem_my_pe``.\n"
    "\nExamples\n--------\n"
    ">>> from shmem4py import shmem\n"
    ">>> 0 <= shmem.my_pe() < shmem.n_pes()\nTrue\n";

inline constexpr char kNPes[] =
    DOC_SIGNATURE("n_pes", "()")
    "Number of PEs.\n\n"
    "Returns\n-------\nint\n"
    "\nNotes\n-----\nOpenSHMEM routine: ``shmem_n_pes``.\n"
    "\nExamples\n--------\n"
    ">>> from shmem4py import shmem\n"
    ">>> shmem.n_pes() >= 1\nTrue\n";

inline constexpr char kPeAccessible[] =
    DOC_SIGNATURE("pe_accessible", "(pe)")
    "Whether a PE can be communicated with.\n\n"
    "Parameters\n----------\npe : int\n    Any number; False where there is no such PE.\n"
    "\nReturns\n-------\nbool\n"
    "\nNotes\n-----\nOpenSHMEM routine: ``shmem_pe_accessible``.\n"
    "\nExamples\n--------\n"
    ">>> from shmem4py import shmem\n"
    ">>> shmem.pe_accessible(0), shmem.pe_accessible(shmem.n_pes())\n(True, False)\n";

inline constexpr char kAddrAccessible[] =
    DOC_SIGNATURE("addr_accessible", "(addr, pe)")
    "Whether an array is in memory that can be accessed on another PE.\n\n"
    "Parameters\n----------\naddr : numpy.ndarray\n    Any array.\n" DOC_PE
    "\nReturns\n-------\nbool\n"
    "\nRaises\n------\nTypeError\n    `addr` is not an array.\nIndexError\n    There is no such PE.\n"
    "FreedError\n    The memory of the array has been freed.\n"
    "\nNotes\n-----\nOpenSHMEM routine: ``shmem_addr_accessible``.\n"
    "\nExamples\n--------\n"
    ">>> from shmem4py import shmem\n"
    ">>> shmem.addr_accessible(shmem.zeros(1), 0)\nTrue\n";

inline constexpr char kPtr[] =
    DOC_SIGNATURE("ptr", "(target, pe)")
    "View of another PE's array, for plain loads and stores.\n\n"
    "Parameters\n----------\ntarget : numpy.ndarray\n    Symmetric array, or view of one.\n" DOC_PE
    "\nReturns\n-------\nnumpy.ndarray or None\n"
    "    Array with the shape, strides and writeability of `target` over the memory of PE `pe`; None where\n"
    "    that memory cannot be mapped here.\n"
    "\nRaises\n------\nTypeError\n    `target` is not an array.\n"
    "ValueError\n    It is not symmetric.\nFreedError\n    It has been freed.\nIndexError\n    There is no such PE.\n"
    "\nNotes\n-----\nThe view is no symmetric array: it can be the local side of put and get, not the remote one.\n"
    "\nOpenSHMEM routine: ``shmem_ptr``.\n"
    "\nExamples\n--------\n"
    ">>> from shmem4py import shmem\n"
    ">>> a = shmem.full(2, 1.5)\n"
    ">>> view = shmem.ptr(a, shmem.n_pes() - 1)\n"
    ">>> view is None or view.tolist() == [1.5, 1.5]\nTrue\n";
// clang-format on

}  // namespace shmem::binding::doc
