// SPDX-License-Identifier: BSD-3-Clause
//
// library.h: the only place that includes the library's headers, and the macros that follow from them.
//
// SHMEM4PY_HAS_… is 1 if the library has the feature itself; otherwise the adapter supplies it (supply/). The values
// follow from the version of the standard that the library declares. If that is wrong, the command line corrects it
// (-DSHMEM4PY_HAS_SCANS=0). -DSHMEM4PY_ASSUME_STANDARD=104 treats any library as one of OpenSHMEM 1.4, so everything
// that the adapter supplies can be tested on a library that has it, too.
#pragma once

#include <shmem.h>
#if __has_include(<shmemx.h>)
#include <shmemx.h>
#endif

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#ifdef SHMEM4PY_ASSUME_STANDARD
#define SHMEM4PY_STANDARD SHMEM4PY_ASSUME_STANDARD
#define SHMEM4PY_HAS_SHMEMX 0
#else
#define SHMEM4PY_STANDARD (SHMEM_MAJOR_VERSION * 100 + SHMEM_MINOR_VERSION)
// What our own library offers in shmemx.h: errors that are returned, waits that can be left.
#if defined(SHMEMX_HAS_ERRORS) && defined(SHMEMX_HAS_INTERRUPT) && defined(SHMEMX_HAS_NOTES)
#define SHMEM4PY_HAS_SHMEMX 1
#else
#define SHMEM4PY_HAS_SHMEMX 0
#endif
#endif

#if SHMEM4PY_STANDARD < 104
#error "The library's shmem.h is older than OpenSHMEM 1.4: contexts are missing"
#endif

#define SHMEM4PY_SINCE(standard) (SHMEM4PY_STANDARD >= (standard))

#ifndef SHMEM4PY_HAS_TEAMS  // and contexts and collectives on them, SHMEM_TEAM_SHARED, split_2d
#define SHMEM4PY_HAS_TEAMS SHMEM4PY_SINCE(105)
#endif
#ifndef SHMEM4PY_HAS_SIGNALS
#define SHMEM4PY_HAS_SIGNALS SHMEM4PY_SINCE(105)
#endif
#ifndef SHMEM4PY_HAS_AMO_NBI
#define SHMEM4PY_HAS_AMO_NBI SHMEM4PY_SINCE(105)
#endif
#ifndef SHMEM4PY_HAS_WAIT_FAMILIES
#define SHMEM4PY_HAS_WAIT_FAMILIES SHMEM4PY_SINCE(105)
#endif
#ifndef SHMEM4PY_HAS_HINTS  // shmem_malloc_with_hints
#define SHMEM4PY_HAS_HINTS SHMEM4PY_SINCE(105)
#endif
#ifndef SHMEM4PY_HAS_PCONTROL  // in the standard since 1.3, but Open MPI 4.1.4 has none
#ifdef OSHMEM_MAJOR_VERSION
#define SHMEM4PY_HAS_PCONTROL 0
#else
#define SHMEM4PY_HAS_PCONTROL SHMEM4PY_SINCE(104)
#endif
#endif
#ifndef SHMEM4PY_HAS_SIGNAL_UPDATES  // shmem_signal_set, shmem_signal_add
#define SHMEM4PY_HAS_SIGNAL_UPDATES SHMEM4PY_SINCE(106)
#endif
#ifndef SHMEM4PY_HAS_SCANS
#define SHMEM4PY_HAS_SCANS SHMEM4PY_SINCE(106)
#endif
#ifndef SHMEM4PY_HAS_BLOCK_STRIDED
#define SHMEM4PY_HAS_BLOCK_STRIDED SHMEM4PY_SINCE(106)
#endif
#ifndef SHMEM4PY_HAS_SESSIONS
#define SHMEM4PY_HAS_SESSIONS SHMEM4PY_SINCE(106)
#endif
#ifndef SHMEM4PY_HAS_PE_QUIET
#define SHMEM4PY_HAS_PE_QUIET SHMEM4PY_SINCE(106)
#endif
#ifndef SHMEM4PY_HAS_TEAM_PTR
#define SHMEM4PY_HAS_TEAM_PTR SHMEM4PY_SINCE(106)
#endif

#ifndef SHMEM4PY_ENGINE_NAME
#error "Name the engine: -DSHMEM4PY_ENGINE_NAME='\"name\"'"
#endif

// The tables use C's own types, so no row depends on the aliases that a library declares.
static_assert(sizeof(int) == 4 && sizeof(long) == 8 && sizeof(void*) == 8, "an LP64 platform");

namespace shmem::adapter {

// Converts a library's handle of any type to a pointer and back.
template <class Handle>
inline void* opaque(Handle handle) {
  static_assert(sizeof(Handle) <= sizeof(void*) && std::is_trivially_copyable_v<Handle>);
  void* pointer = nullptr;
  std::memcpy(&pointer, &handle, sizeof handle);
  return pointer;
}

template <class Handle>
inline Handle transparent(void* pointer) {
  Handle handle;
  std::memcpy(&handle, &pointer, sizeof handle);
  return handle;
}

}  // namespace shmem::adapter
