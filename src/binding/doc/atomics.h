// SPDX-License-Identifier: BSD-3-Clause
//
// Docstrings of the atomic operations. They are families: a macro per shape of argument list.
#pragma once

#include "binding/doc/common.h"

namespace shmem::binding::doc {

// clang-format off
#define DOC_AMO_TARGET \
  "target : numpy.ndarray\n    Symmetric array of one element; a slice like ``a[3:4]`` is one.\n"
#define DOC_AMO_FETCH \
  "fetch : numpy.ndarray\n    Local array of one element of the same dtype; holds the old value after `quiet`.\n"
#define DOC_AMO_VALUE(what) \
  "value : number\n    " what " Number, NumPy scalar or array of one element.\n"
#define DOC_AMO_RAISES \
  "\nRaises\n------\n" DOC_RAISES_REMOTE "OverflowError\n    A value does not fit the dtype.\n"
#define DOC_AMO_RETURNS "\nReturns\n-------\nint or float\n    The value before the operation.\n"

#define DOC_STANDARD "int32, int64, uint32, uint64"
#define DOC_EXTENDED DOC_STANDARD ", float32, float64"

#define DOC_AMO_NOTES(types, routine) \
  "\nNotes\n-----\nNo other atomic operation on the same element comes in between. dtypes: " types ".\n" \
  "\nOpenSHMEM routine: ``" routine "``.\n"

#define DOC_AMO_EXAMPLE(before, call, after) \
  "\nExamples\n--------\n" \
  ">>> from shmem4py import shmem\n" \
  ">>> t = shmem.full(1, " before ")\n" \
  ">>> " call "\n" \
  ">>> shmem.quiet()\n" \
  ">>> int(t[0])\n" after "\n"

#define DOC_AMO_FETCHING_EXAMPLE(before, call, fetched, after) \
  "\nExamples\n--------\n" \
  ">>> from shmem4py import shmem\n" \
  ">>> t = shmem.full(1, " before ")\n" \
  ">>> " call "\n" fetched "\n" \
  ">>> int(t[0])\n" after "\n"

#define DOC_AMO_NBI_EXAMPLE(before, call, fetched, after) \
  "\nExamples\n--------\n" \
  ">>> import numpy as np\n" \
  ">>> from shmem4py import shmem\n" \
  ">>> t = shmem.full(1, " before ")\n" \
  ">>> old = np.zeros(1, t.dtype)\n" \
  ">>> " call "\n" \
  ">>> shmem.quiet()\n" \
  ">>> int(old[0]), int(t[0])\n(" fetched ", " after ")\n"

#define DOC_AMO_WITH_VALUE(name, does, what, types, before, argument, after) \
  DOC_SIGNATURE("atomic_" name, "(target, value, pe, ctx=None)") \
  does "\n\nParameters\n----------\n" DOC_AMO_TARGET DOC_AMO_VALUE(what) DOC_PE DOC_CTX DOC_AMO_RAISES \
  DOC_AMO_NOTES(types, "shmem_atomic_" name) \
  DOC_AMO_EXAMPLE(before, "shmem.atomic_" name "(t, " argument ", shmem.my_pe())", after)

#define DOC_AMO_FETCHING(name, does, what, types, before, argument, after) \
  DOC_SIGNATURE("atomic_" name, "(target, value, pe, ctx=None)") \
  does "\n\nParameters\n----------\n" DOC_AMO_TARGET DOC_AMO_VALUE(what) DOC_PE DOC_CTX DOC_AMO_RETURNS DOC_AMO_RAISES \
  DOC_AMO_NOTES(types, "shmem_atomic_" name) \
  DOC_AMO_FETCHING_EXAMPLE(before, "shmem.atomic_" name "(t, " argument ", shmem.my_pe())", before, after)

#define DOC_AMO_FETCHING_NBI(name, does, what, types, before, argument, after) \
  DOC_SIGNATURE("atomic_" name "_nbi", "(fetch, target, value, pe, ctx=None)") \
  does "\n\nParameters\n----------\n" DOC_AMO_FETCH DOC_AMO_TARGET DOC_AMO_VALUE(what) DOC_PE DOC_CTX DOC_AMO_RAISES \
  DOC_AMO_NOTES(types, "shmem_atomic_" name "_nbi") \
  DOC_AMO_NBI_EXAMPLE(before, "shmem.atomic_" name "_nbi(old, t, " argument ", shmem.my_pe())", before, after)

inline constexpr char kAtomicSet[] =
    DOC_AMO_WITH_VALUE("set", "Write a value to another PE, atomically.", "The new value.", DOC_EXTENDED, "5", "7", "7");
inline constexpr char kAtomicAdd[] =
    DOC_AMO_WITH_VALUE("add", "Add to a value of another PE, atomically.", "What to add.", DOC_STANDARD, "5", "2", "7");
inline constexpr char kAtomicAnd[] = DOC_AMO_WITH_VALUE(
    "and", "Bitwise and with a value of another PE, atomically.", "The other operand.", DOC_STANDARD, "6", "3", "2");
inline constexpr char kAtomicOr[] = DOC_AMO_WITH_VALUE(
    "or", "Bitwise or with a value of another PE, atomically.", "The other operand.", DOC_STANDARD, "6", "3", "7");
inline constexpr char kAtomicXor[] = DOC_AMO_WITH_VALUE(
    "xor", "Bitwise exclusive or with a value of another PE, atomically.", "The other operand.", DOC_STANDARD, "6", "3", "5");

inline constexpr char kAtomicInc[] =
    DOC_SIGNATURE("atomic_inc", "(target, pe, ctx=None)")
    "Add one to a value of another PE, atomically.\n\n"
    "Parameters\n----------\n" DOC_AMO_TARGET DOC_PE DOC_CTX DOC_AMO_RAISES
    DOC_AMO_NOTES(DOC_STANDARD, "shmem_atomic_inc")
    DOC_AMO_EXAMPLE("5", "shmem.atomic_inc(t, shmem.my_pe())", "6");

#define DOC_AMO_SOURCE \
  "source : numpy.ndarray\n    Symmetric array of one element; a slice like ``a[3:4]`` is one.\n"

inline constexpr char kAtomicFetch[] =
    DOC_SIGNATURE("atomic_fetch", "(source, pe, ctx=None)")
    "Read a value of another PE, atomically.\n\n"
    "Parameters\n----------\n" DOC_AMO_SOURCE DOC_PE DOC_CTX
    "\nReturns\n-------\nint or float\n    The value.\n" DOC_AMO_RAISES
    DOC_AMO_NOTES(DOC_EXTENDED, "shmem_atomic_fetch")
    "\nExamples\n--------\n"
    ">>> from shmem4py import shmem\n"
    ">>> s = shmem.full(1, 5)\n"
    ">>> shmem.atomic_fetch(s, shmem.n_pes() - 1)\n5\n";

inline constexpr char kAtomicSwap[] = DOC_AMO_FETCHING(
    "swap", "Write a value to another PE and return the old one, atomically.", "The new value.", DOC_EXTENDED, "5", "7", "7");
inline constexpr char kAtomicFetchAdd[] = DOC_AMO_FETCHING(
    "fetch_add", "Add to a value of another PE and return the old one, atomically.", "What to add.", DOC_STANDARD, "5", "2", "7");
inline constexpr char kAtomicFetchAnd[] = DOC_AMO_FETCHING(
    "fetch_and", "Bitwise and with a value of another PE, returning the old one, atomically.", "The other operand.",
    DOC_STANDARD, "6", "3", "2");
inline constexpr char kAtomicFetchOr[] = DOC_AMO_FETCHING(
    "fetch_or", "Bitwise or with a value of another PE, returning the old one, atomically.", "The other operand.",
    DOC_STANDARD, "6", "3", "7");
inline constexpr char kAtomicFetchXor[] = DOC_AMO_FETCHING(
    "fetch_xor", "Bitwise exclusive or with a value of another PE, returning the old one, atomically.",
    "The other operand.", DOC_STANDARD, "6", "3", "5");

#define DOC_AMO_COND "cond : number\n    Value to compare with; `value` is written only where they are equal.\n"

inline constexpr char kAtomicCompareSwap[] =
    DOC_SIGNATURE("atomic_compare_swap", "(target, cond, value, pe, ctx=None)")
    "Write a value to another PE if the old one equals `cond`, and return the old one, atomically.\n\n"
    "Parameters\n----------\n" DOC_AMO_TARGET DOC_AMO_COND DOC_AMO_VALUE("The new value.") DOC_PE DOC_CTX
    DOC_AMO_RETURNS DOC_AMO_RAISES
    DOC_AMO_NOTES(DOC_STANDARD, "shmem_atomic_compare_swap")
    DOC_AMO_FETCHING_EXAMPLE("5", "shmem.atomic_compare_swap(t, 5, 7, shmem.my_pe())", "5", "7");

inline constexpr char kAtomicFetchInc[] =
    DOC_SIGNATURE("atomic_fetch_inc", "(target, pe, ctx=None)")
    "Add one to a value of another PE and return the old one, atomically.\n\n"
    "Parameters\n----------\n" DOC_AMO_TARGET DOC_PE DOC_CTX DOC_AMO_RETURNS DOC_AMO_RAISES
    DOC_AMO_NOTES(DOC_STANDARD, "shmem_atomic_fetch_inc")
    DOC_AMO_FETCHING_EXAMPLE("5", "shmem.atomic_fetch_inc(t, shmem.my_pe())", "5", "6");

inline constexpr char kAtomicFetchNbi[] =
    DOC_SIGNATURE("atomic_fetch_nbi", "(fetch, source, pe, ctx=None)")
    "Start to read a value of another PE, atomically.\n\n"
    "Parameters\n----------\n" DOC_AMO_FETCH DOC_AMO_SOURCE DOC_PE DOC_CTX DOC_AMO_RAISES
    DOC_AMO_NOTES(DOC_EXTENDED, "shmem_atomic_fetch_nbi")
    DOC_AMO_NBI_EXAMPLE("5", "shmem.atomic_fetch_nbi(old, t, shmem.my_pe())", "5", "5");

inline constexpr char kAtomicSwapNbi[] = DOC_AMO_FETCHING_NBI(
    "swap", "Start to write a value to another PE and fetch the old one, atomically.", "The new value.", DOC_EXTENDED,
    "5", "7", "7");
inline constexpr char kAtomicFetchAddNbi[] = DOC_AMO_FETCHING_NBI(
    "fetch_add", "Start to add to a value of another PE and fetch the old one, atomically.", "What to add.",
    DOC_STANDARD, "5", "2", "7");
inline constexpr char kAtomicFetchAndNbi[] = DOC_AMO_FETCHING_NBI(
    "fetch_and", "Start a bitwise and with a value of another PE and fetch the old one, atomically.",
    "The other operand.", DOC_STANDARD, "6", "3", "2");
inline constexpr char kAtomicFetchOrNbi[] = DOC_AMO_FETCHING_NBI(
    "fetch_or", "Start a bitwise or with a value of another PE and fetch the old one, atomically.",
    "The other operand.", DOC_STANDARD, "6", "3", "7");
inline constexpr char kAtomicFetchXorNbi[] = DOC_AMO_FETCHING_NBI(
    "fetch_xor", "Start a bitwise exclusive or with a value of another PE and fetch the old one, atomically.",
    "The other operand.", DOC_STANDARD, "6", "3", "5");

inline constexpr char kAtomicCompareSwapNbi[] =
    DOC_SIGNATURE("atomic_compare_swap_nbi", "(fetch, target, cond, value, pe, ctx=None)")
    "Start to write a value to another PE if the old one equals `cond`, and fetch the old one, atomically.\n\n"
    "Parameters\n----------\n" DOC_AMO_FETCH DOC_AMO_TARGET DOC_AMO_COND DOC_AMO_VALUE("The new value.") DOC_PE DOC_CTX
    DOC_AMO_RAISES DOC_AMO_NOTES(DOC_STANDARD, "shmem_atomic_compare_swap_nbi")
    DOC_AMO_NBI_EXAMPLE("5", "shmem.atomic_compare_swap_nbi(old, t, 5, 7, shmem.my_pe())", "5", "7");

inline constexpr char kAtomicFetchIncNbi[] =
    DOC_SIGNATURE("atomic_fetch_inc_nbi", "(fetch, target, pe, ctx=None)")
    "Start to add one to a value of another PE and fetch the old one, atomically.\n\n"
    "Parameters\n----------\n" DOC_AMO_FETCH DOC_AMO_TARGET DOC_PE DOC_CTX DOC_AMO_RAISES
    DOC_AMO_NOTES(DOC_STANDARD, "shmem_atomic_fetch_inc_nbi")
    DOC_AMO_NBI_EXAMPLE("5", "shmem.atomic_fetch_inc_nbi(old, t, shmem.my_pe())", "5", "6");

#define DOC_AMO_OP "op : AMO or str\n    The operation: set, inc, add, and, or, xor. With inc, `value` is ignored and may be None.\n"

inline constexpr char kAtomicOp[] =
    DOC_SIGNATURE("atomic_op", "(target, value, op, pe, ctx=None)")
    "Apply an operation to a value of another PE, atomically.\n\n"
    "Parameters\n----------\n" DOC_AMO_TARGET DOC_AMO_VALUE("The operand.") DOC_AMO_OP DOC_PE DOC_CTX DOC_AMO_RAISES
    DOC_AMO_NOTES(DOC_STANDARD "; for set also float32, float64", "shmem_atomic_<op>")
    DOC_AMO_EXAMPLE("5", "shmem.atomic_op(t, 2, shmem.AMO_ADD, shmem.my_pe())", "7");

inline constexpr char kAtomicFetchOp[] =
    DOC_SIGNATURE("atomic_fetch_op", "(target, value, op, pe, ctx=None)")
    "Apply an operation to a value of another PE and return the old one, atomically.\n\n"
    "Parameters\n----------\n" DOC_AMO_TARGET DOC_AMO_VALUE("The operand.") DOC_AMO_OP DOC_PE DOC_CTX DOC_AMO_RETURNS
    DOC_AMO_RAISES
    DOC_AMO_NOTES(DOC_STANDARD "; for set also float32, float64", "shmem_atomic_fetch_<op>``, for set ``shmem_atomic_swap")
    DOC_AMO_FETCHING_EXAMPLE("5", "shmem.atomic_fetch_op(t, 2, 'add', shmem.my_pe())", "5", "7");

inline constexpr char kAtomicFetchOpNbi[] =
    DOC_SIGNATURE("atomic_fetch_op_nbi", "(fetch, target, value, op, pe, ctx=None)")
    "Start to apply an operation to a value of another PE and fetch the old one, atomically.\n\n"
    "Parameters\n----------\n" DOC_AMO_FETCH DOC_AMO_TARGET DOC_AMO_VALUE("The operand.") DOC_AMO_OP DOC_PE DOC_CTX
    DOC_AMO_RAISES
    DOC_AMO_NOTES(DOC_STANDARD "; for set also float32, float64",
                  "shmem_atomic_fetch_<op>_nbi``, for set ``shmem_atomic_swap_nbi")
    DOC_AMO_NBI_EXAMPLE("5", "shmem.atomic_fetch_op_nbi(old, t, 2, 'add', shmem.my_pe())", "5", "7");
// clang-format on

}  // namespace shmem::binding::doc
