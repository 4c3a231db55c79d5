// SPDX-License-Identifier: BSD-3-Clause
//
// Docstrings of the wait_until and test families.
#pragma once

#include "binding/doc/common.h"

namespace shmem::binding::doc {

// clang-format off
#define DOC_CMP \
  "cmp : CMP or str\n    Comparison: a member of `CMP`, its name in any case, or ``'=='``, ``'!='``, ``'>'``,\n" \
  "    ``'<='``, ``'<'``, ``'>='``.\n"
#define DOC_IVARS "ivars : numpy.ndarray\n    Contiguous symmetric array of this PE.\n"
#define DOC_VALUE "value : number\n    What each element is compared with.\n"
#define DOC_VALUES "values : array_like\n    What each element is compared with, one value per element.\n"
#define DOC_STATUS \
  "status : array_like of int, optional\n    One per element; those with a nonzero status do not count.\n"

#define DOC_WAIT_RAISES \
  "\nRaises\n------\n" \
  "TypeError\n    Not an array, or a dtype that cannot be waited on.\n" \
  "ValueError\n    The array is not symmetric or not contiguous, or its size does not fit.\n" \
  "OverflowError\n    A value does not fit the dtype.\n" \
  "FreedError\n    The memory of the array has been freed.\n"
#define DOC_INTERRUPT "KeyboardInterrupt\n    Ctrl-C while waiting.\n"

#define DOC_ANY "\nReturns\n-------\nint or None\n    Index of an element that compares true; None if no element counts"
#define DOC_SOME "\nReturns\n-------\nlist of int\n    Indices of the elements that compare true; empty if no element counts"

#define DOC_MANY_EXAMPLE(call, result) \
  "\nExamples\n--------\n" \
  ">>> from shmem4py import shmem\n" \
  ">>> flags = shmem.array([0, 1, 1])\n" \
  ">>> " call "\n" result

inline constexpr char kWaitUntil[] =
    DOC_SIGNATURE("wait_until", "(ivar, cmp, value)")
    "Wait until a symmetric variable of this PE compares true.\n\n"
    "Parameters\n----------\n"
    "ivar : numpy.ndarray\n    Symmetric array of one element, which another PE will change.\n" DOC_CMP
    "value : number\n    What the element is compared with.\n" DOC_WAIT_RAISES DOC_INTERRUPT
    "\nNotes\n-----\ndtypes: int16, int32, int64, uint16, uint32, uint64.\n"
    "\nOpenSHMEM routine: ``shmem_wait_until``.\n"
    "\nExamples\n--------\n"
    ">>> from shmem4py import shmem\n"
    ">>> flag = shmem.zeros(1, int)\n"
    ">>> shmem.p(flag, 1, (shmem.my_pe() + 1) % shmem.n_pes())\n"
    ">>> shmem.wait_until(flag, '==', 1)\n";

inline constexpr char kTest[] =
    DOC_SIGNATURE("test", "(ivar, cmp, value)")
    "Whether a symmetric variable of this PE compares true.\n\n"
    "Parameters\n----------\n"
    "ivar : numpy.ndarray\n    Symmetric array of one element.\n" DOC_CMP
    "value : number\n    What the element is compared with.\n"
    "\nReturns\n-------\nbool\n" DOC_WAIT_RAISES
    "\nNotes\n-----\ndtypes: int16, int32, int64, uint16, uint32, uint64. Where it is true, data that was put\n"
    "before the variable was set can be read.\n"
    "\nOpenSHMEM routine: ``shmem_test``.\n"
    "\nExamples\n--------\n"
    ">>> from shmem4py import shmem\n"
    ">>> flag = shmem.ones(1, int)\n"
    ">>> shmem.test(flag, '>=', 1)\nTrue\n";

#define DOC_MANY(name, parameters, does, values, returns, interrupt, example) \
  DOC_SIGNATURE(name, parameters) does "\n\nParameters\n----------\n" DOC_IVARS DOC_CMP values DOC_STATUS returns \
  DOC_WAIT_RAISES interrupt \
  "\nNotes\n-----\ndtypes: int32, int64, uint32, uint64.\n\nOpenSHMEM routine: ``shmem_" name "``.\n" example

#define DOC_ONE_VALUE "(ivars, cmp, value, status=None)"
#define DOC_MANY_VALUES "(ivars, cmp, values, status=None)"

inline constexpr char kWaitUntilAll[] = DOC_MANY(
    "wait_until_all", DOC_ONE_VALUE, "Wait until all elements of a symmetric array of this PE compare true.", DOC_VALUE,
    "", DOC_INTERRUPT, DOC_MANY_EXAMPLE("shmem.wait_until_all(flags, '>=', 0)", ""));
inline constexpr char kWaitUntilAny[] = DOC_MANY(
    "wait_until_any", DOC_ONE_VALUE, "Wait until an element of a symmetric array of this PE compares true.", DOC_VALUE,
    DOC_ANY ".\n", DOC_INTERRUPT, DOC_MANY_EXAMPLE("shmem.wait_until_any(flags, '==', 0)", "0\n"));
inline constexpr char kWaitUntilSome[] = DOC_MANY(
    "wait_until_some", DOC_ONE_VALUE, "Wait until at least one element of a symmetric array of this PE compares true.",
    DOC_VALUE, DOC_SOME ".\n", DOC_INTERRUPT, DOC_MANY_EXAMPLE("sorted(shmem.wait_until_some(flags, '==', 1))", "[1, 2]\n"));
inline constexpr char kWaitUntilAllVector[] = DOC_MANY(
    "wait_until_all_vector", DOC_MANY_VALUES,
    "Wait until all elements of a symmetric array of this PE compare true, each with a value of its own.", DOC_VALUES,
    "", DOC_INTERRUPT, DOC_MANY_EXAMPLE("shmem.wait_until_all_vector(flags, '==', [0, 1, 1])", ""));
inline constexpr char kWaitUntilAnyVector[] = DOC_MANY(
    "wait_until_any_vector", DOC_MANY_VALUES,
    "Wait until an element of a symmetric array of this PE compares true, each with a value of its own.", DOC_VALUES,
    DOC_ANY ".\n", DOC_INTERRUPT, DOC_MANY_EXAMPLE("shmem.wait_until_any_vector(flags, '==', [5, 5, 1])", "2\n"));
inline constexpr char kWaitUntilSomeVector[] = DOC_MANY(
    "wait_until_some_vector", DOC_MANY_VALUES,
    "Wait until at least one element of a symmetric array of this PE compares true, each with a value of its own.",
    DOC_VALUES, DOC_SOME ".\n", DOC_INTERRUPT,
    DOC_MANY_EXAMPLE("sorted(shmem.wait_until_some_vector(flags, '==', [0, 5, 1]))", "[0, 2]\n"));

#define DOC_TRUTH "\nReturns\n-------\nbool\n    True also if no element counts.\n"

inline constexpr char kTestAll[] = DOC_MANY(
    "test_all", DOC_ONE_VALUE, "Whether all elements of a symmetric array of this PE compare true.", DOC_VALUE,
    DOC_TRUTH, "", DOC_MANY_EXAMPLE("shmem.test_all(flags, '==', 1)", "False\n"));
inline constexpr char kTestAny[] = DOC_MANY(
    "test_any", DOC_ONE_VALUE, "Index of an element of a symmetric array of this PE that compares true.", DOC_VALUE,
    DOC_ANY " or compares true.\n", "", DOC_MANY_EXAMPLE("shmem.test_any(flags, '==', 0)", "0\n"));
inline constexpr char kTestSome[] = DOC_MANY(
    "test_some", DOC_ONE_VALUE, "Indices of the elements of a symmetric array of this PE that compare true.", DOC_VALUE,
    DOC_SOME " or compares true.\n", "", DOC_MANY_EXAMPLE("sorted(shmem.test_some(flags, '==', 1))", "[1, 2]\n"));
inline constexpr char kTestAllVector[] = DOC_MANY(
    "test_all_vector", DOC_MANY_VALUES,
    "Whether all elements of a symmetric array of this PE compare true, each with a value of its own.", DOC_VALUES,
    DOC_TRUTH, "", DOC_MANY_EXAMPLE("shmem.test_all_vector(flags, '==', [0, 1, 1])", "True\n"));
inline constexpr char kTestAnyVector[] = DOC_MANY(
    "test_any_vector", DOC_MANY_VALUES,
    "Index of an element of a symmetric array of this PE that compares true, each with a value of its own.", DOC_VALUES,
    DOC_ANY " or compares true.\n", "", DOC_MANY_EXAMPLE("shmem.test_any_vector(flags, '==', [5, 5, 1])", "2\n"));
inline constexpr char kTestSomeVector[] = DOC_MANY(
    "test_some_vector", DOC_MANY_VALUES,
    "Indices of the elements of a symmetric array of this PE that compare true, each with a value of its own.",
    DOC_VALUES, DOC_SOME " or compares true.\n", "",
    DOC_MANY_EXAMPLE("sorted(shmem.test_some_vector(flags, '==', [0, 5, 1]))", "[0, 2]\n"));
// clang-format on

}  // namespace shmem::binding::doc
