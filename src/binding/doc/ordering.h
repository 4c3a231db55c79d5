// SPDX-License-Identifier: BSD-3-Clause
//
// Docstrings of fence, quiet and pe_quiet.
#pragma once

#include "binding/doc/common.h"

namespace shmem::binding::doc {

// clang-format off
#define DOC_ONLY_CTX "ctx : Ctx, optional\n    The context; the default context if left out.\n"
#define DOC_CTX_RAISES "\nRaises\n------\nTypeError\n    `ctx` is not a context.\nRuntimeError\n    It is invalid.\n"

inline constexpr char kFence[] =
    DOC_SIGNATURE("fence", "(ctx=None)")
    "Order puts, atomic operations and signals to each PE: those before arrive before those after.\n\n"
    "Parameters\n----------\n" DOC_ONLY_CTX DOC_CTX_RAISES
    "\nNotes\n-----\nOpenSHMEM routine: ``shmem_fence``.\n"
    "\nExamples\n--------\n"
    ">>> from shmem4py import shmem\n"
    ">>> data, flag = shmem.zeros(1), shmem.zeros(1, int)\n"
    ">>> shmem.p(data, 2.5, shmem.my_pe())\n"
    ">>> shmem.fence()\n"
    ">>> shmem.p(flag, 1, shmem.my_pe())\n"
    ">>> shmem.wait_until(flag, '==', 1)\n"
    ">>> float(data[0])\n2.5\n";

inline constexpr char kQuiet[] =
    DOC_SIGNATURE("quiet", "(ctx=None)")
    "Wait until all operations of this PE on the context are complete.\n\n"
    "What was put is then in the memory of the other PEs, and what non-blocking gets fetch is here.\n\n"
    "Parameters\n----------\n" DOC_ONLY_CTX DOC_CTX_RAISES
    "\nNotes\n-----\nOpenSHMEM routine: ``shmem_quiet``.\n"
    "\nExamples\n--------\n"
    ">>> from shmem4py import shmem\n"
    ">>> t = shmem.zeros(1)\n"
    ">>> shmem.put_nbi(t, 2.5, shmem.my_pe())\n"
    ">>> shmem.quiet()\n"
    ">>> float(t[0])\n2.5\n";

inline constexpr char kPeQuiet[] =
    DOC_SIGNATURE("pe_quiet", "(pes, ctx=None)")
    "Wait until all operations of this PE on some other PEs are complete.\n\n"
    "Parameters\n----------\n"
    "pes : int or sequence of int\n    The PEs, numbered as in the context's team.\n" DOC_ONLY_CTX
    "\nRaises\n------\nTypeError\n    `ctx` is not a context, or `pes` are not integers.\n"
    "IndexError\n    There is no such PE.\nRuntimeError\n    The context is invalid.\n"
    "\nNotes\n-----\nOpenSHMEM routine: ``shmem_pe_quiet``.\n"
    "\nExamples\n--------\n"
    ">>> from shmem4py import shmem\n"
    ">>> t = shmem.zeros(1)\n"
    ">>> shmem.put_nbi(t, 2.5, shmem.my_pe())\n"
    ">>> shmem.pe_quiet([shmem.my_pe()])\n"
    ">>> float(t[0])\n2.5\n";
// clang-format on

}  // namespace shmem::binding::doc
