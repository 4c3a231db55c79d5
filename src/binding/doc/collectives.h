// SPDX-License-Identifier: BSD-3-Clause
//
// Docstrings of barriers, collectives, reductions and scans.
#pragma once

#include "binding/doc/common.h"

namespace shmem::binding::doc {

// clang-format off
#define DOC_INTERRUPTED \
  "\nRaises\n------\nValueError\n    All PEs wait for each other, in different collectives.\n" \
  "RuntimeError\n    An earlier collective on this team was interrupted, or its PEs called different ones.\n" \
  "KeyboardInterrupt\n    Ctrl-C while waiting; no collective works on this team afterwards.\n"

inline constexpr char kBarrierAll[] =
    DOC_SIGNATURE("barrier_all", "()")
    "Wait until all PEs are here and all their operations on the default context are complete.\n"
    DOC_INTERRUPTED
    "\nNotes\n-----\nOpenSHMEM routine: ``shmem_barrier_all``.\n"
    "\nExamples\n--------\n"
    ">>> from shmem4py import shmem\n"
    ">>> t = shmem.zeros(1, int)\n"
    ">>> shmem.p(t, 1, (shmem.my_pe() + 1) % shmem.n_pes())\n"
    ">>> shmem.barrier_all()\n"
    ">>> int(t[0])\n1\n";

inline constexpr char kSyncAll[] =
    DOC_SIGNATURE("sync_all", "()")
    "Wait until all PEs are here. What they put need not have arrived.\n"
    DOC_INTERRUPTED
    "\nNotes\n-----\nOpenSHMEM routine: ``shmem_sync_all``.\n"
    "\nExamples\n--------\n"
    ">>> from shmem4py import shmem\n"
    ">>> shmem.sync_all()\n";

inline constexpr char kSync[] =
    DOC_SIGNATURE("sync", "(team=None)")
    "Wait until all PEs of a team are here. What they put need not have arrived.\n\n"
    "Parameters\n----------\n" DOC_TEAM DOC_INTERRUPTED
    "\nNotes\n-----\nOpenSHMEM routine: ``shmem_team_sync``.\n"
    "\nExamples\n--------\n"
    ">>> from shmem4py import shmem\n"
    ">>> shmem.sync(shmem.TEAM_WORLD)\n";

#define DOC_COLLECTIVE_TARGET(what) "target : numpy.ndarray\n    Contiguous symmetric array; " what "\n"
#define DOC_COLLECTIVE_SOURCE(what) "source : numpy.ndarray\n    Contiguous symmetric array of the same dtype; " what "\n"
#define DOC_MOVES_ANY "Any fixed-size dtype can be moved. Arrays are moved in memory order.\n"

inline constexpr char kBroadcast[] =
    DOC_SIGNATURE("broadcast", "(target, source, root, size=None, team=None)")
    "Copy the root's `source` to `target` on all PEs, the root too.\n\n"
    "Parameters\n----------\n" DOC_COLLECTIVE_TARGET("may be the same as `source`.")
    DOC_COLLECTIVE_SOURCE("only the root's counts.")
    "root : int\n    Number of the root in the team.\n"
    "size : int, optional\n    Number of elements. Left out: the smaller of the two arrays.\n" DOC_TEAM
    "\nRaises\n------\n" DOC_RAISES_COLLECTIVE "IndexError\n    There is no such root.\n"
    "\nNotes\n-----\n" DOC_MOVES_ANY "\nOpenSHMEM routine: ``shmem_broadcast``.\n"
    "\nExamples\n--------\n"
    ">>> from shmem4py import shmem\n"
    ">>> s, t = shmem.full(2, shmem.my_pe()), shmem.full(2, -1)\n"
    ">>> shmem.broadcast(t, s, 0)\n"
    ">>> print(t)\n[0 0]\n";

#define DOC_COLLECT_EXAMPLE(name) \
  "\nExamples\n--------\n" \
  ">>> from shmem4py import shmem\n" \
  ">>> s, t = shmem.full(1, shmem.my_pe()), shmem.full(shmem.n_pes(), -1)\n" \
  ">>> shmem." name "(t, s)\n" \
  ">>> t.tolist() == list(range(shmem.n_pes()))\nTrue\n"

inline constexpr char kCollect[] =
    DOC_SIGNATURE("collect", "(target, source, size=None, team=None)")
    "Put the PEs' sources one after the other, on all PEs. Sizes may differ.\n\n"
    "Parameters\n----------\n" DOC_COLLECTIVE_TARGET("must hold all sources together.")
    DOC_COLLECTIVE_SOURCE("this PE's part.")
    "size : int, optional\n    Number of elements of this PE. Left out: all of `source`.\n" DOC_TEAM
    "\nRaises\n------\n" DOC_RAISES_COLLECTIVE
    "\nNotes\n-----\n" DOC_MOVES_ANY "If all together do not fit the smallest target, all PEs raise.\n"
    "\nOpenSHMEM routine: ``shmem_collect``.\n" DOC_COLLECT_EXAMPLE("collect");

inline constexpr char kFcollect[] =
    DOC_SIGNATURE("fcollect", "(target, source, size=None, team=None)")
    "Put the PEs' sources, all of one size, one after the other, on all PEs.\n\n"
    "Parameters\n----------\n" DOC_COLLECTIVE_TARGET("must hold `size` elements of each PE.")
    DOC_COLLECTIVE_SOURCE("this PE's part.")
    "size : int, optional\n    Number of elements of each PE. Left out: all of `source`.\n" DOC_TEAM
    "\nRaises\n------\n" DOC_RAISES_COLLECTIVE
    "\nNotes\n-----\n" DOC_MOVES_ANY "\nOpenSHMEM routine: ``shmem_fcollect``.\n" DOC_COLLECT_EXAMPLE("fcollect");

inline constexpr char kAlltoall[] =
    DOC_SIGNATURE("alltoall", "(target, source, size=None, team=None)")
    "Give each PE its part of this PE's `source`.\n\n"
    "The i-th part of PE j's source becomes the j-th part of PE i's target.\n\n"
    "Parameters\n----------\n" DOC_COLLECTIVE_TARGET("a part for each PE.")
    DOC_COLLECTIVE_SOURCE("a part for each PE.")
    "size : int, optional\n    Elements of a part. Left out: the smaller array divided by the number of PEs.\n" DOC_TEAM
    "\nRaises\n------\n" DOC_RAISES_COLLECTIVE
    "\nNotes\n-----\n" DOC_MOVES_ANY "\nOpenSHMEM routine: ``shmem_alltoall``.\n"
    "\nExamples\n--------\n"
    ">>> from shmem4py import shmem\n"
    ">>> n = shmem.n_pes()\n"
    ">>> s, t = shmem.array([shmem.my_pe()] * n), shmem.full(n, -1)\n"
    ">>> shmem.alltoall(t, s)\n"
    ">>> t.tolist() == list(range(n))\nTrue\n";

inline constexpr char kAlltoalls[] =
    DOC_SIGNATURE("alltoalls", "(target, source, tst=1, sst=1, size=None, team=None)")
    "Give each PE its part of this PE's `source`, elements being `tst` and `sst` apart.\n\n"
    "Parameters\n----------\n" DOC_COLLECTIVE_TARGET("a part for each PE.")
    DOC_COLLECTIVE_SOURCE("a part for each PE.")
    "tst, sst : int, optional\n    Distance, in elements, from one element to the next in target and in source.\n"
    "size : int, optional\n    Elements of a part. Left out: what the smaller array holds, divided by the number of\n"
    "    PEs; n elements with stride s hold ceil(n / s).\n" DOC_TEAM
    "\nRaises\n------\n" DOC_RAISES_COLLECTIVE
    "\nNotes\n-----\n" DOC_MOVES_ANY "\nOpenSHMEM routine: ``shmem_alltoalls``.\n"
    "\nExamples\n--------\n"
    ">>> from shmem4py import shmem\n"
    ">>> n = shmem.n_pes()\n"
    ">>> s, t = shmem.full(n, shmem.my_pe()), shmem.full(2 * n, -1)\n"
    ">>> shmem.alltoalls(t, s, tst=2)\n"
    ">>> t[::2].tolist() == list(range(n))\nTrue\n";

#define DOC_REDUCE_BUFFERS \
  DOC_COLLECTIVE_TARGET("may be the same as `source`.") DOC_COLLECTIVE_SOURCE("this PE's operands.")
#define DOC_REDUCE_SIZE "size : int, optional\n    Number of elements. Left out: the smaller of the two arrays.\n" DOC_TEAM

#define DOC_BITWISE "int8 to int64, uint8 to uint64"
#define DOC_ORDERED DOC_BITWISE ", float32, float64, longdouble"
#define DOC_SUMMED DOC_ORDERED ", complex64, complex128"

inline constexpr char kReduce[] =
    DOC_SIGNATURE("reduce", "(target, source, op='sum', size=None, team=None)")
    "Combine the PEs' sources element by element; every PE gets the result.\n\n"
    "Parameters\n----------\n" DOC_REDUCE_BUFFERS
    "op : OP or str, optional\n    and, or, xor, max, min, sum, prod.\n" DOC_REDUCE_SIZE
    "\nRaises\n------\n" DOC_RAISES_COLLECTIVE
    "\nNotes\n-----\ndtypes: for and, or, xor " DOC_BITWISE "; for max, min also float32, float64, longdouble; for sum,\n"
    "prod also complex64, complex128. Integers wrap around.\n"
    "\nOpenSHMEM routine: ``shmem_<op>_reduce``.\n"
    "\nExamples\n--------\n"
    ">>> from shmem4py import shmem\n"
    ">>> s, t = shmem.ones(2, int), shmem.zeros(2, int)\n"
    ">>> shmem.reduce(t, s, shmem.OP_SUM)\n"
    ">>> t.tolist() == [shmem.n_pes()] * 2\nTrue\n";

#define DOC_REDUCE_WITH(op, word, types, value, result) \
  DOC_SIGNATURE(op "_reduce", "(target, source, size=None, team=None)") \
  word " of the PEs' sources, element by element; every PE gets the result.\n\n" \
  "Parameters\n----------\n" DOC_REDUCE_BUFFERS DOC_REDUCE_SIZE "\nRaises\n------\n" DOC_RAISES_COLLECTIVE \
  "\nNotes\n-----\ndtypes: " types ".\n\nOpenSHMEM routine: ``shmem_" op "_reduce``.\n" \
  "\nExamples\n--------\n" \
  ">>> from shmem4py import shmem\n" \
  ">>> s, t = shmem.full(1, " value "), shmem.zeros(1, int)\n" \
  ">>> shmem." op "_reduce(t, s)\n" \
  ">>> int(t[0]) == " result "\nTrue\n"

inline constexpr char kAndReduce[] = DOC_REDUCE_WITH("and", "Bitwise and", DOC_BITWISE, "3", "3");
inline constexpr char kOrReduce[] = DOC_REDUCE_WITH("or", "Bitwise or", DOC_BITWISE, "3", "3");
inline constexpr char kXorReduce[] = DOC_REDUCE_WITH("xor", "Bitwise exclusive or", DOC_BITWISE, "0", "0");
inline constexpr char kMaxReduce[] =
    DOC_REDUCE_WITH("max", "Greatest", DOC_ORDERED, "shmem.my_pe()", "shmem.n_pes() - 1");
inline constexpr char kMinReduce[] = DOC_REDUCE_WITH("min", "Least", DOC_ORDERED, "shmem.my_pe()", "0");
inline constexpr char kSumReduce[] = DOC_REDUCE_WITH("sum", "Sum", DOC_SUMMED, "1", "shmem.n_pes()");
inline constexpr char kProdReduce[] = DOC_REDUCE_WITH("prod", "Product", DOC_SUMMED, "2", "2 ** shmem.n_pes()");

#define DOC_SCAN(name, does, result) \
  DOC_SIGNATURE(name, "(target, source, size=None, team=None)") does "\n\n" \
  "Parameters\n----------\n" DOC_REDUCE_BUFFERS DOC_REDUCE_SIZE "\nRaises\n------\n" DOC_RAISES_COLLECTIVE \
  "\nNotes\n-----\ndtypes: " DOC_SUMMED ".\n\nOpenSHMEM routine: ``shmem_sum_" name "``.\n" \
  "\nExamples\n--------\n" \
  ">>> from shmem4py import shmem\n" \
  ">>> s, t = shmem.ones(1, int), shmem.zeros(1, int)\n" \
  ">>> shmem." name "(t, s)\n" \
  ">>> int(t[0]) == " result "\nTrue\n"

inline constexpr char kInscan[] = DOC_SCAN(
    "inscan", "Sum of the sources of all PEs up to and with this one, element by element.", "shmem.my_pe() + 1");
inline constexpr char kExscan[] = DOC_SCAN(
    "exscan", "Sum of the sources of all PEs before this one, element by element; 0 on the first.", "shmem.my_pe()");
// clang-format on

}  // namespace shmem::binding::doc
