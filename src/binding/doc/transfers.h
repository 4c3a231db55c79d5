// SPDX-License-Identifier: BSD-3-Clause
//
// Docstrings of put, get, p and g.
#pragma once

#include "binding/doc/common.h"

namespace shmem::binding::doc {

// clang-format off
#define DOC_LAYOUT \
  "Any fixed-size dtype can be moved, also strings, dates and records; elements that refer to Python objects\n" \
  "cannot. Two arrays that each lie in memory without gaps are moved in memory order, so Fortran-ordered arrays\n" \
  "keep their layout; only a C-ordered and a Fortran-ordered array of the same shape are moved index by index. If either\n" \
  "array has gaps (a column, every second element, a transposed block), `source` is broadcast to the shape of\n" \
  "`target` and moved as strided blocks; with `size`, the first `size` elements in index order are moved.\n"

#define DOC_SIZE \
  "size : int, optional\n" \
  "    Number of elements. Left out: the smaller of the two arrays.\n"

#define DOC_PUT_PARAMETERS \
  "target : numpy.ndarray\n" \
  "    Symmetric array, or view of one; the memory written is that of PE `pe`.\n" \
  "source : numpy.ndarray or number\n" \
  "    Local data of the same dtype; any memory. A number is written to every element.\n" \
  DOC_PE DOC_SIZE DOC_CTX

#define DOC_GET_PARAMETERS \
  "target : numpy.ndarray\n" \
  "    Local array that receives the data; any memory.\n" \
  "source : numpy.ndarray\n" \
  "    Symmetric array, or view of one, of the same dtype; the memory read is that of PE `pe`.\n" \
  DOC_PE DOC_SIZE DOC_CTX

inline constexpr char kPut[] =
    DOC_SIGNATURE("put", "(target, source, pe, size=None, ctx=None)")
    "Copy local data to another PE's symmetric array.\n\n"
    "On return `source` may be reused. The data arrives at the latest with `quiet` or a barrier.\n\n"
    "Parameters\n----------\n" DOC_PUT_PARAMETERS
    "\nRaises\n------\n" DOC_RAISES_REMOTE
    "OverflowError\n    A number does not fit the dtype of `target`.\n"
    "\nSee Also\n--------\n"
    "get : the other direction.\n"
    "put_nbi : return before `source` may be reused.\n"
    "put_signal : tell the other PE when the data is there.\n"
    "\nNotes\n-----\n" DOC_LAYOUT
    "\nOpenSHMEM routine: ``shmem_put``, for strided data ``shmem_ibput``.\n"
    "\nExamples\n--------\n"
    ">>> import numpy as np\n"
    ">>> from shmem4py import shmem\n"
    ">>> right = (shmem.my_pe() + 1) % shmem.n_pes()\n"
    ">>> t = shmem.zeros(4)\n"
    ">>> shmem.put(t, np.arange(4.0), right)\n"
    ">>> shmem.barrier_all()\n"
    ">>> print(t)\n"
    "[0. 1. 2. 3.]\n";

inline constexpr char kGet[] =
    DOC_SIGNATURE("get", "(target, source, pe, size=None, ctx=None)")
    "Copy another PE's symmetric array to local memory.\n\n"
    "On return the data is in `target`.\n\n"
    "Parameters\n----------\n" DOC_GET_PARAMETERS
    "\nRaises\n------\n" DOC_RAISES_REMOTE
    "\nSee Also\n--------\n"
    "put : the other direction.\n"
    "get_nbi : return before the data is there.\n"
    "\nNotes\n-----\n" DOC_LAYOUT
    "\nOpenSHMEM routine: ``shmem_get``, for strided data ``shmem_ibget``.\n"
    "\nExamples\n--------\n"
    ">>> import numpy as np\n"
    ">>> from shmem4py import shmem\n"
    ">>> s = shmem.full(3, shmem.my_pe())\n"
    ">>> t = np.empty(3, s.dtype)\n"
    ">>> shmem.get(t, s, 0)\n"
    ">>> print(t)\n"
    "[0 0 0]\n";

inline constexpr char kPutNbi[] =
    DOC_SIGNATURE("put_nbi", "(target, source, pe, size=None, ctx=None)")
    "Start to copy local data to another PE's symmetric array.\n\n"
    "`source` must not be changed before `quiet` or a barrier; it need not be kept: a temporary will do.\n\n"
    "Parameters\n----------\n" DOC_PUT_PARAMETERS
    "\nRaises\n------\n" DOC_RAISES_REMOTE
    "OverflowError\n    A number does not fit the dtype of `target`.\n"
    "\nNotes\n-----\n" DOC_LAYOUT
    "\nOpenSHMEM routine: ``shmem_put_nbi``. Strided data is complete on return.\n"
    "\nExamples\n--------\n"
    ">>> import numpy as np\n"
    ">>> from shmem4py import shmem\n"
    ">>> t = shmem.zeros(9, int)\n"
    ">>> shmem.put_nbi(t, np.arange(9), shmem.my_pe())\n"
    ">>> shmem.quiet()\n"
    ">>> int(t[8])\n"
    "8\n";

inline constexpr char kGetNbi[] =
    DOC_SIGNATURE("get_nbi", "(target, source, pe, size=None, ctx=None)")
    "Start to copy another PE's symmetric array to local memory.\n\n"
    "`target` holds the data after `quiet` or a barrier.\n\n"
    "Parameters\n----------\n" DOC_GET_PARAMETERS
    "\nRaises\n------\n" DOC_RAISES_REMOTE
    "\nNotes\n-----\n" DOC_LAYOUT
    "\nOpenSHMEM routine: ``shmem_get_nbi``. Strided data is complete on return.\n"
    "\nExamples\n--------\n"
    ">>> import numpy as np\n"
    ">>> from shmem4py import shmem\n"
    ">>> s = shmem.ones(2)\n"
    ">>> t = np.empty(2)\n"
    ">>> shmem.get_nbi(t, s, shmem.my_pe())\n"
    ">>> shmem.quiet()\n"
    ">>> print(t)\n"
    "[1. 1.]\n";

inline constexpr char kP[] =
    DOC_SIGNATURE("p", "(target, value, pe, ctx=None)")
    "Write one element of another PE's symmetric array.\n\n"
    "Parameters\n----------\n"
    "target : numpy.ndarray\n"
    "    Symmetric array of one element; a slice like ``a[3:4]`` is one.\n"
    "value : number\n"
    "    Number, NumPy scalar or array of one element.\n"
    DOC_PE DOC_CTX
    "\nRaises\n------\n" DOC_RAISES_REMOTE
    "OverflowError\n    `value` does not fit the dtype.\n"
    "\nNotes\n-----\n"
    "OpenSHMEM routine: ``shmem_p``.\n"
    "\nExamples\n--------\n"
    ">>> from shmem4py import shmem\n"
    ">>> t = shmem.zeros(4, int)\n"
    ">>> shmem.p(t[3:4], 42, shmem.my_pe())\n"
    ">>> shmem.quiet()\n"
    ">>> int(t[3])\n"
    "42\n";

inline constexpr char kG[] =
    DOC_SIGNATURE("g", "(source, pe, ctx=None)")
    "Read one element of another PE's symmetric array.\n\n"
    "Parameters\n----------\n"
    "source : numpy.ndarray\n"
    "    Symmetric array of one element; a slice like ``a[3:4]`` is one.\n"
    DOC_PE DOC_CTX
    "\nReturns\n-------\n"
    "bool, int, float, complex or numpy scalar\n"
    "    A Python number where there is one for the dtype.\n"
    "\nRaises\n------\n" DOC_RAISES_REMOTE
    "\nNotes\n-----\n"
    "OpenSHMEM routine: ``shmem_g``.\n"
    "\nExamples\n--------\n"
    ">>> from shmem4py import shmem\n"
    ">>> s = shmem.full(1, 1.5)\n"
    ">>> shmem.g(s, shmem.n_pes() - 1)\n"
    "1.5\n";
// clang-format on

}  // namespace shmem::binding::doc
