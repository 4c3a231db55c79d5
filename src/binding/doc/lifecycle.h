// SPDX-License-Identifier: BSD-3-Clause
//
// Docstrings of hooks and of calls about the job as a whole.
#pragma once

#include "binding/doc/common.h"

namespace shmem::binding::doc {

// clang-format off
inline constexpr char kLoadEngine[] =
    DOC_SIGNATURE("load_engine", "(path)")
    "Open an engine plug-in; once per process.\n\n"
    "Parameters\n----------\npath : path-like\n"
    "\nRaises\n------\nRuntimeError\n    The file is no engine that fits, or another engine is loaded.\n";

inline constexpr char kEngineInfo[] =
    DOC_SIGNATURE("engine_info", "()")
    "What the loaded engine is and can do.\n\n"
    "Returns\n-------\ndict\n"
    "    name, library, notes, path (str); version (int); capabilities, supplied, missing (list of str).\n"
    "\nRaises\n------\nRuntimeError\n    No engine is loaded.\n";

inline constexpr char kInitThread[] =
    DOC_SIGNATURE("init_thread", "(requested=3)")
    "Initialise the library; collective. Each call needs one of `finalize`.\n\n"
    "Parameters\n----------\nrequested : int\n    Thread level.\n"
    "\nReturns\n-------\nint\n    Thread level provided.\n"
    "\nRaises\n------\nRuntimeError\n    No engine is loaded, the library cannot start, or has been finalised.\n";

inline constexpr char kFinalize[] =
    DOC_SIGNATURE("finalize", "()")
    "End the use of the library; collective. Arrays stay valid memory, calls raise.\n\n"
    "Raises\n------\nRuntimeError\n    The library is not initialised.\n";

inline constexpr char kQueryThread[] =
    DOC_SIGNATURE("query_thread", "()")
    "Thread level that the library provides.\n\nReturns\n-------\nint\n";

inline constexpr char kOperation[] =
    DOC_SIGNATURE("operation", "(pe)")
    "What a PE is doing, in words; for dumps of jobs that are stuck.\n\n"
    "Parameters\n----------\npe : int\n"
    "\nReturns\n-------\nstr\n"
    "\nRaises\n------\nNotImplementedError\n    The engine cannot tell.\nIndexError\n    There is no such PE.\n";

inline constexpr char kBlocks[] =
    DOC_SIGNATURE("blocks", "()")
    "Live blocks of symmetric memory on this PE.\n\n"
    "Returns\n-------\nlist of tuple\n    (sequence number, address, size in bytes, released here).\n";

inline constexpr char kQueryInitialized[] =
    DOC_SIGNATURE("query_initialized", "()")
    "Whether the library is initialised and not yet finalised.\n\n"
    "Returns\n-------\nbool\n    False in a process forked from a PE.\n"
    "\nNotes\n-----\nOpenSHMEM routine: ``shmem_query_initialized``.\n"
    "\nExamples\n--------\n"
    ">>> from shmem4py import shmem\n"
    ">>> shmem.query_initialized()\nTrue\n";

inline constexpr char kInfoGetVersion[] =
    DOC_SIGNATURE("info_get_version", "()")
    "Version of the OpenSHMEM standard that the library implements.\n\n"
    "Returns\n-------\ntuple of int\n    Major and minor version.\n"
    "\nNotes\n-----\nOpenSHMEM routine: ``shmem_info_get_version``.\n"
    "\nExamples\n--------\n"
    ">>> from shmem4py import shmem\n"
    ">>> shmem.info_get_version() >= (1, 0)\nTrue\n";

inline constexpr char kInfoGetName[] =
    DOC_SIGNATURE("info_get_name", "()")
    "Name of the library, as its vendor has it.\n\n"
    "Returns\n-------\nstr\n"
    "\nNotes\n-----\nOpenSHMEM routine: ``shmem_info_get_name``.\n"
    "\nExamples\n--------\n"
    ">>> from shmem4py import shmem\n"
    ">>> len(shmem.info_get_name()) > 0\nTrue\n";

inline constexpr char kGlobalExit[] =
    DOC_SIGNATURE("global_exit", "(status=0)")
    "End the whole job at once; any PE may call it. Does not return.\n\n"
    "``sys.stdout`` and ``sys.stderr`` are flushed first. Functions of `atexit` are not called.\n\n"
    "Parameters\n----------\nstatus : int, optional\n    Exit status of the job.\n"
    "\nNotes\n-----\nOpenSHMEM routine: ``shmem_global_exit``.\n";

inline constexpr char kPcontrol[] =
    DOC_SIGNATURE("pcontrol", "(level=1)")
    "Tell a profiling tool how much to record.\n\n"
    "Parameters\n----------\nlevel : int, optional\n    0: nothing, 1: as usual, 2: more; others as the tool has it.\n"
    "\nNotes\n-----\nOpenSHMEM routine: ``shmem_pcontrol``.\n"
    "\nExamples\n--------\n"
    ">>> from shmem4py import shmem\n"
    ">>> shmem.pcontrol(0)\n";
// clang-format on

}  // namespace shmem::binding::doc
