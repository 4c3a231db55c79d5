// SPDX-License-Identifier: BSD-3-Clause
//
// Docstrings of allocation, array constructors, signals and locks.
#pragma once

#include "binding/doc/common.h"

namespace shmem::binding::doc {

// clang-format off
#define DOC_ALIGN_HINTS \
  "align : int, optional\n    Alignment in bytes, a power of two.\n" \
  "hints : MALLOC, optional\n    What the memory will be used for.\n"
#define DOC_SHAPE "shape : int or sequence of int\n    Shape of the array, the same on all PEs.\n"
#define DOC_DTYPE "dtype : dtype_like, optional\n    Any dtype of fixed size that holds no Python objects.\n"
#define DOC_ORDER "order : {'C', 'F'}, optional\n    Row by row or column by column.\n"

#define DOC_ALLOC_RAISES \
  "\nRaises\n------\n" \
  "MemoryError\n    The symmetric heap is exhausted; raised on all PEs alike.\n" \
  "ValueError\n    The PEs ask for different sizes, alignment or hints, raised on all PEs alike; or an argument cannot be.\n" \
  "TypeError\n    `shape` or `dtype` cannot be.\n"
#define DOC_RETURNS_ARRAY "\nReturns\n-------\nnumpy.ndarray\n    An ordinary array over symmetric memory.\n"
#define DOC_ALLOC_NOTES \
  "\nNotes\n-----\nCollective: all PEs call it, with the same arguments, and leave it together. Memory whose last\n" \
  "reference is gone on all PEs is used again by a later allocation; dropping it never communicates.\n"

#define DOC_EXAMPLE(lines) "\nExamples\n--------\n>>> from shmem4py import shmem\n" lines

inline constexpr char kAlloc[] =
    DOC_SIGNATURE("alloc", "(count, size=1, align=None, hints=None, clear=True)")
    "Symmetric memory as bytes.\n\n"
    "Parameters\n----------\ncount : int\n    Number of elements.\nsize : int, optional\n    Bytes of each.\n"
    DOC_ALIGN_HINTS "clear : bool, optional\n    Whether the memory is zero at first.\n"
    "\nReturns\n-------\nmemoryview\n    ``count * size`` bytes.\n" DOC_ALLOC_RAISES DOC_ALLOC_NOTES
    "\nOpenSHMEM routines: ``shmem_malloc``, ``shmem_calloc``, ``shmem_align``, ``shmem_malloc_with_hints``.\n"
    DOC_EXAMPLE(">>> mem = shmem.alloc(4, 8)\n>>> mem.nbytes\n32\n>>> shmem.free(mem)\n");

inline constexpr char kFree[] =
    DOC_SIGNATURE("free", "(mem)")
    "Free symmetric memory now; collective.\n\n"
    "Afterwards every call that is given the memory, or a view of it, raises `FreedError`.\n\n"
    "Parameters\n----------\nmem : numpy.ndarray or memoryview\n"
    "    What a constructor, `alloc` or `fromalloc` returned; not a view of it.\n"
    "\nRaises\n------\nFreedError\n    It has been freed before.\n"
    "ValueError\n    It is a view, or not symmetric; or the PEs free different memory, raised on all PEs alike.\n"
    "TypeError\n    It is neither an array nor a memoryview.\n"
    "\nNotes\n-----\nNeed not be called: memory whose last reference is gone on all PEs is used again.\n"
    "\nOpenSHMEM routine: ``shmem_free``.\n"
    DOC_EXAMPLE(">>> a = shmem.zeros(3)\n>>> shmem.free(a)\n");

inline constexpr char kFromalloc[] =
    DOC_SIGNATURE("fromalloc", "(mem, shape=None, dtype=None, order='C')")
    "Array over memory of `alloc`.\n\n"
    "Parameters\n----------\nmem : memoryview\n    Memory of `alloc`, or a contiguous part of it.\n"
    "shape : int or sequence of int, optional\n    Left out: one dimension, as long as fits.\n"
    "dtype : dtype_like, optional\n    Left out: float64.\n" DOC_ORDER
    "\nReturns\n-------\nnumpy.ndarray\n"
    "\nRaises\n------\nValueError\n    The array does not fit, or `mem` is other memory.\n"
    "TypeError\n    `mem` is no memoryview.\nFreedError\n    `mem` has been freed.\n"
    DOC_EXAMPLE(">>> mem = shmem.alloc(6, 8)\n>>> shmem.fromalloc(mem, (2, 3)).shape\n(2, 3)\n");

inline constexpr char kNewArray[] =
    DOC_SIGNATURE("new_array", "(shape, dtype='float64', order='C', *, align=None, hints=None, clear=True)")
    "New symmetric array.\n\n"
    "Parameters\n----------\n" DOC_SHAPE DOC_DTYPE DOC_ORDER DOC_ALIGN_HINTS
    "clear : bool, optional\n    Whether the array is zero at first.\n"
    DOC_RETURNS_ARRAY DOC_ALLOC_RAISES DOC_ALLOC_NOTES
    DOC_EXAMPLE(">>> int(shmem.new_array((2, 3), 'i4').sum())\n0\n");

inline constexpr char kDelArray[] =
    DOC_SIGNATURE("del_array", "(a)")
    "Free a symmetric array now; collective. The same as `free`.\n\n"
    "Parameters\n----------\na : numpy.ndarray\n    What a constructor returned; not a view of it.\n"
    "\nRaises\n------\nFreedError\n    It has been freed before.\n"
    "ValueError\n    It is a view, or not symmetric; or the PEs free different memory, raised on all PEs alike.\n"
    "TypeError\n    It is not an array.\n"
    DOC_EXAMPLE(">>> a = shmem.zeros(3)\n>>> shmem.del_array(a)\n");

inline constexpr char kArray[] =
    DOC_SIGNATURE("array", "(obj, dtype=None, *, order='K', align=None, hints=None)")
    "New symmetric array with the contents of `obj`.\n\n"
    "Parameters\n----------\nobj : array_like\n    Contents; shape and dtype must be the same on all PEs, values need not.\n"
    "dtype : dtype_like, optional\n    Left out: that of `obj`.\n"
    "order : {'K', 'A', 'C', 'F'}, optional\n    Layout, as in `numpy.array`.\n" DOC_ALIGN_HINTS
    DOC_RETURNS_ARRAY DOC_ALLOC_RAISES DOC_ALLOC_NOTES
    DOC_EXAMPLE(">>> print(shmem.array([1, 2, 3]))\n[1 2 3]\n");

#define DOC_CONSTRUCTOR(name, does, example) \
  DOC_SIGNATURE(name, "(shape, dtype='float64', order='C', *, align=None, hints=None)") \
  does "\n\nParameters\n----------\n" DOC_SHAPE DOC_DTYPE DOC_ORDER DOC_ALIGN_HINTS \
  DOC_RETURNS_ARRAY DOC_ALLOC_RAISES DOC_ALLOC_NOTES DOC_EXAMPLE(example)

inline constexpr char kEmpty[] = DOC_CONSTRUCTOR(
    "empty", "New symmetric array with arbitrary contents.", ">>> shmem.empty((2, 3)).shape\n(2, 3)\n");
inline constexpr char kZeros[] = DOC_CONSTRUCTOR(
    "zeros", "New symmetric array of zeros.", ">>> print(shmem.zeros(3, int))\n[0 0 0]\n");
inline constexpr char kOnes[] = DOC_CONSTRUCTOR(
    "ones", "New symmetric array of ones, on every PE when it returns on any.",
    ">>> print(shmem.ones(3, int))\n[1 1 1]\n");

inline constexpr char kFull[] =
    DOC_SIGNATURE("full", "(shape, fill_value, dtype=None, order='C', *, align=None, hints=None)")
    "New symmetric array filled with a value, on every PE when it returns on any.\n\n"
    "Parameters\n----------\n" DOC_SHAPE
    "fill_value : scalar or array_like\n    Value, or values that broadcast to `shape`; cast to `dtype` as C does.\n"
    "dtype : dtype_like, optional\n    Left out: that of `fill_value`.\n" DOC_ORDER DOC_ALIGN_HINTS
    DOC_RETURNS_ARRAY DOC_ALLOC_RAISES DOC_ALLOC_NOTES
    DOC_EXAMPLE(">>> print(shmem.full(3, 7))\n[7 7 7]\n");

inline constexpr char kNewSignal[] =
    DOC_SIGNATURE("new_signal", "()")
    "New signal; collective.\n\n"
    "Returns\n-------\nnumpy.ndarray\n    Symmetric uint64 array of one element, 0 at first. Read and set it by index.\n"
    DOC_ALLOC_RAISES
    DOC_EXAMPLE(">>> signal = shmem.new_signal()\n>>> signal[0] = 1\n>>> shmem.signal_fetch(signal)\n1\n");

inline constexpr char kDelSignal[] =
    DOC_SIGNATURE("del_signal", "(signal)")
    "Free a signal now; collective.\n\n"
    "Parameters\n----------\nsignal : numpy.ndarray\n    What `new_signal` returned.\n"
    "\nRaises\n------\nFreedError\n    It has been freed before.\nTypeError\n    It is no signal.\n"
    "ValueError\n    It is a view, or not symmetric; or the PEs free different memory, raised on all PEs alike.\n"
    DOC_EXAMPLE(">>> shmem.del_signal(shmem.new_signal())\n");

inline constexpr char kNewLock[] =
    DOC_SIGNATURE("new_lock", "()")
    "New lock, which is free; collective.\n\n"
    "Returns\n-------\nnumpy.ndarray\n    Symmetric array of one C long.\n"
    DOC_ALLOC_RAISES
    DOC_EXAMPLE(">>> lock = shmem.new_lock()\n>>> shmem.set_lock(lock)\n>>> shmem.clear_lock(lock)\n");

inline constexpr char kDelLock[] =
    DOC_SIGNATURE("del_lock", "(lock)")
    "Free the memory of a lock now; collective.\n\n"
    "Parameters\n----------\nlock : numpy.ndarray\n    What `new_lock` returned.\n"
    "\nRaises\n------\nFreedError\n    It has been freed before.\nTypeError\n    It is no lock.\n"
    "ValueError\n    It is a view, or not symmetric; or the PEs free different memory, raised on all PEs alike.\n"
    DOC_EXAMPLE(">>> shmem.del_lock(shmem.new_lock())\n");
// clang-format on

}  // namespace shmem::binding::doc
