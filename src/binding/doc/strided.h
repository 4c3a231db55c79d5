// SPDX-License-Identifier: BSD-3-Clause
//
// Docstrings of iput, iget, ibput and ibget.
#pragma once

#include "binding/doc/common.h"

namespace shmem::binding::doc {

// clang-format off
#define DOC_STRIDED_ARRAYS(target_is, source_is) \
  "target : numpy.ndarray\n    " target_is "\n" \
  "source : numpy.ndarray\n    " source_is "\n" DOC_PE

#define DOC_SYMMETRIC_TARGET "Contiguous symmetric array; the memory written is that of PE `pe`."
#define DOC_LOCAL_SOURCE "Contiguous local array of the same dtype."
#define DOC_LOCAL_TARGET "Contiguous local array that receives the data."
#define DOC_SYMMETRIC_SOURCE "Contiguous symmetric array of the same dtype; the memory read is that of PE `pe`."

#define DOC_STRIDES \
  "tst, sst : int\n    Distance, in elements, from one element to the next in target and in source; at least 1.\n" \
  "size : int, optional\n    Number of elements. Left out: as many as both arrays hold, n elements with stride s\n" \
  "    holding ceil(n / s).\n"

#define DOC_BLOCKS \
  "tst, sst : int\n    Distance, in elements, from the start of a block to that of the next in target and in source.\n" \
  "bsize : int\n    Elements in a block; at most `tst` and `sst`.\n" \
  "nblocks : int, optional\n    Number of blocks. Left out: as many as both arrays hold.\n"

inline constexpr char kIput[] =
    DOC_SIGNATURE("iput", "(target, source, pe, tst=1, sst=1, size=None, ctx=None)")
    "Copy every `sst`-th local element to every `tst`-th of another PE's symmetric array.\n\n"
    "Parameters\n----------\n" DOC_STRIDED_ARRAYS(DOC_SYMMETRIC_TARGET, DOC_LOCAL_SOURCE) DOC_STRIDES DOC_CTX
    "\nRaises\n------\n" DOC_RAISES_REMOTE
    "\nSee Also\n--------\nput : takes NumPy views on both sides.\n"
    "\nNotes\n-----\nOpenSHMEM routine: ``shmem_iput``.\n"
    "\nExamples\n--------\n"
    ">>> import numpy as np\n"
    ">>> from shmem4py import shmem\n"
    ">>> t = shmem.zeros(6, int)\n"
    ">>> shmem.iput(t, np.array([1, 2, 3]), shmem.my_pe(), tst=2)\n"
    ">>> print(t)\n"
    "[1 0 2 0 3 0]\n";

inline constexpr char kIget[] =
    DOC_SIGNATURE("iget", "(target, source, pe, tst=1, sst=1, size=None, ctx=None)")
    "Copy every `sst`-th element of another PE's symmetric array to every `tst`-th local one.\n\n"
    "Parameters\n----------\n" DOC_STRIDED_ARRAYS(DOC_LOCAL_TARGET, DOC_SYMMETRIC_SOURCE) DOC_STRIDES DOC_CTX
    "\nRaises\n------\n" DOC_RAISES_REMOTE
    "\nSee Also\n--------\nget : takes NumPy views on both sides.\n"
    "\nNotes\n-----\nOpenSHMEM routine: ``shmem_iget``.\n"
    "\nExamples\n--------\n"
    ">>> import numpy as np\n"
    ">>> from shmem4py import shmem\n"
    ">>> s = shmem.array([1, 2, 3, 4, 5])\n"
    ">>> t = np.zeros(3, s.dtype)\n"
    ">>> shmem.iget(t, s, shmem.my_pe(), sst=2)\n"
    ">>> print(t)\n"
    "[1 3 5]\n";

inline constexpr char kIbput[] =
    DOC_SIGNATURE("ibput", "(target, source, pe, tst, sst, bsize, nblocks=None, ctx=None)")
    "Copy blocks of local elements to another PE's symmetric array.\n\n"
    "Parameters\n----------\n" DOC_STRIDED_ARRAYS(DOC_SYMMETRIC_TARGET, DOC_LOCAL_SOURCE) DOC_BLOCKS DOC_CTX
    "\nRaises\n------\n" DOC_RAISES_REMOTE
    "\nSee Also\n--------\nput : takes NumPy views on both sides.\n"
    "\nNotes\n-----\nOpenSHMEM routine: ``shmem_ibput``.\n"
    "\nExamples\n--------\n"
    ">>> import numpy as np\n"
    ">>> from shmem4py import shmem\n"
    ">>> t = shmem.zeros(6, int)\n"
    ">>> shmem.ibput(t, np.array([1, 2, 3, 4]), shmem.my_pe(), tst=3, sst=2, bsize=2)\n"
    ">>> print(t)\n"
    "[1 2 0 3 4 0]\n";

inline constexpr char kIbget[] =
    DOC_SIGNATURE("ibget", "(target, source, pe, tst, sst, bsize, nblocks=None, ctx=None)")
    "Copy blocks of elements of another PE's symmetric array to local memory.\n\n"
    "Parameters\n----------\n" DOC_STRIDED_ARRAYS(DOC_LOCAL_TARGET, DOC_SYMMETRIC_SOURCE) DOC_BLOCKS DOC_CTX
    "\nRaises\n------\n" DOC_RAISES_REMOTE
    "\nSee Also\n--------\nget : takes NumPy views on both sides.\n"
    "\nNotes\n-----\nOpenSHMEM routine: ``shmem_ibget``.\n"
    "\nExamples\n--------\n"
    ">>> import numpy as np\n"
    ">>> from shmem4py import shmem\n"
    ">>> s = shmem.array([1, 2, 3, 4, 5, 6])\n"
    ">>> t = np.zeros(4, s.dtype)\n"
    ">>> shmem.ibget(t, s, shmem.my_pe(), tst=2, sst=3, bsize=2)\n"
    ">>> print(t)\n"
    "[1 2 4 5]\n";
// clang-format on

}  // namespace shmem::binding::doc
