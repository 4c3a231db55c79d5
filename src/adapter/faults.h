// SPDX-License-Identifier: BSD-3-Clause
//
// faults.h: faults of libraries, found by a trial or known by version, and what is done about them.
//
// `faults` is written once, while the library starts, and only read afterwards. Each fault that is found adds a line to
// the table's notes.
#pragma once

#include <dlfcn.h>
#include <link.h>

#include <cstdlib>
#include <string>

#include "library.h"
#include "poll.h"

namespace shmem::adapter {

struct Faults {
  bool fetching_bitwise = false;     // fetch_and, fetch_or or fetch_xor is wrong on another PE's heap
  bool unsigned_comparison = false;  // waits and tests compare unsigned numbers as if they were signed
};

// Open MPI 4.1.4 (Debian 12), OSHMEM over UCX: compare_swap of 32 bits stores 64 bits in a local variable of the
// library, and its stack protector ends the process. This cannot be tried, so it is assumed for every version that has
// these macros.
#ifdef OSHMEM_MAJOR_VERSION
inline constexpr bool kCompareSwap32SmashesStack = true;
#else
inline constexpr bool kCompareSwap32SmashesStack = false;
#endif

// Open MPI 4.1.4 over TCP: after an atomic or a get on a context, quiet of the default context hangs at the target, and
// so does shmem_finalize. A context is a UCX worker of its own, which the target answers. Once the context is
// destroyed, nothing drives that worker, and the answer is never acknowledged. The standard lets contexts share
// resources, so ours are the default context under another handle. Assumed by version, since a hang cannot be tried.
#ifdef OSHMEM_MAJOR_VERSION
inline constexpr bool kContextsHang = true;
#else
inline constexpr bool kContextsHang = false;
#endif

inline Faults faults;
inline std::string notes;

inline void note(const char* line) {
  if (!notes.empty()) notes += '\n';
  notes += line;
}

// Faults that are known by version are noted before the library runs.
inline void note_known_faults() {
  if (!notes.empty()) return;
  if (kContextsHang) note("contexts hang over TCP in the library: they share the default context");
  if (kCompareSwap32SmashesStack) {
    note("compare_swap of 32 bits ends the process in the library: done by compare_swap of 64 bits");
  }
}

// The same library: fetch_and, fetch_or and fetch_xor on heap objects of another PE use the fetched value as the
// operand too, so the target keeps its value (with fetch_xor it becomes 0). and, or, xor, fetch_add, swap and
// compare_swap are right, and over TCP all are. Tried on every library, with both sizes, on this PE, on the next one,
// and on the first PE that is reached over the network. No other PE uses these words.
inline bool fetching_bitwise_is_wrong(unsigned long* words, int pe) {
  auto* const halves = reinterpret_cast<unsigned int*>(words + 1);
  shmem_ulong_atomic_set(words, 0xf0f, pe);
  shmem_uint_atomic_set(halves, 0xf0f, pe);
  const bool right64 =
      shmem_ulong_atomic_fetch_and(words, 0xff, pe) == 0xf0f && shmem_ulong_atomic_fetch_or(words, 0xf0, pe) == 0xf &&
      shmem_ulong_atomic_fetch_xor(words, 0x3c, pe) == 0xff && shmem_ulong_atomic_fetch(words, pe) == 0xc3;
  const bool right32 =
      shmem_uint_atomic_fetch_and(halves, 0xff, pe) == 0xf0f && shmem_uint_atomic_fetch_or(halves, 0xf0, pe) == 0xf &&
      shmem_uint_atomic_fetch_xor(halves, 0x3c, pe) == 0xff && shmem_uint_atomic_fetch(halves, pe) == 0xc3;
  return !right64 || !right32;
}

// `words`: symmetric, 16 bytes for each PE of the job. This PE uses its own on each PE that it tries.
inline void find_atomic_faults(unsigned long* words, int my_pe, int n_pes) {
  auto* const mine = words + 2 * my_pe;
  const int next = (my_pe + 1) % n_pes;
  faults.fetching_bitwise = fetching_bitwise_is_wrong(mine, my_pe) || fetching_bitwise_is_wrong(mine, next);
  for (int pe = 0; pe < n_pes && !faults.fetching_bitwise; ++pe) {
    if (shmem_ptr(words, pe) == nullptr) {
      faults.fetching_bitwise = fetching_bitwise_is_wrong(mine, pe);
      break;
    }
  }
  if (faults.fetching_bitwise) {
    note("fetch_and, fetch_or and fetch_xor on other PEs are wrong in the library: done by compare_swap");
  }
}

// Open MPI 4.1.4: wait_until and test compare unsigned short, int and long as signed. Tried on a word of this PE.
inline void find_comparison_faults(unsigned long* word) {
  *word = ~0UL;
  faults.unsigned_comparison = shmem_ulong_test(word, SHMEM_CMP_GT, 1) == 0;
  *word = 0;
  if (faults.unsigned_comparison) note("waits compare unsigned numbers as signed in the library: compared by us");
}

#if !defined(OSHMEM_MAJOR_VERSION) && !defined(SHMEMX_HAS_ERRORS)
// Sandia OpenSHMEM 1.5.3: shmem_init looks for the program's static variables between the symbols __data_start and
// _end. It reports an error if the program exports none, as one that is not linked with the library does. A plug-in has
// no symmetric static variables, so one empty page of ours stands for them.
asm(".pushsection .data\n"
    ".balign 4096\n"
    ".globl __data_start, _end\n"
    "__data_start: .zero 4096\n"
    "_end:\n"
    ".popsection\n");
#endif

#ifdef OSHMEM_MAJOR_VERSION
// Open MPI 4.1.4: shmem_init ends with "max number (32) of segment descriptor is exhausted" or with signal 11, by
// chance and more often with more PEs. It takes all writable memory below the symbol _end for the program's static
// variables and shares it. A program that is not linked with the library need not export _end. The library then finds
// its own, with all of the heap and the thread stacks below it. A plug-in has no symmetric static variables, so it
// defines an _end below everything. (It is an absolute symbol. A Python that exports its own _end still comes first,
// and that one bounds Python's own data.)
asm(".globl _end\n.set _end, 1\n");

// Open MPI 4.1.4 (Debian 12): shmem_finalize ends with signal 11. It unloads the components over UCX, and with them
// libmca_common_ucx, whose hook for released memory stays registered in libopen-pal. The next free() inside
// MPI_Finalize then calls unmapped code. Keeping that library loaded avoids it.
inline void keep_hooks_loaded(const char* path) {
  if (dlopen(path, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE) == nullptr) return;
  note("shmem_finalize would call into an unloaded library: libmca_common_ucx is kept loaded");
}

// Open MPI 4.1.4, over TCP or any other transport that needs the target's help: shmem_test only compares, so a loop of
// tests waits for ever. Between tests the adapter calls the library's progress engine, opal_progress (poll.h).

// Open MPI 4.1.4: shmem_finalize after MPI_Finalize ends with signal 11, since MPI has shut down what both are built
// on. The library also calls it at exit if the program did not. So once MPI has ended, the library is marked as ended,
// too.
inline int (*mpi_finalized)(int*) = nullptr;
inline bool* library_initialized = nullptr;

inline bool ended_with_mpi() {
  int finalised = 0;
  if (mpi_finalized == nullptr || mpi_finalized(&finalised) != 0 || finalised == 0) return false;
  if (library_initialized != nullptr) *library_initialized = false;
  return true;
}

template <class Symbol>
void find(const char* path, const char* name, Symbol** symbol) {
  void* const library = dlopen(path, RTLD_NOW | RTLD_NOLOAD);
  if (library != nullptr) *symbol = reinterpret_cast<Symbol*>(dlsym(library, name));
}

inline int mend_library(dl_phdr_info* info, size_t, void*) {
  const char* const path = info->dlpi_name;
  const auto is = [path](const char* name) { return std::strstr(path, name) != nullptr; };
  if (is("/libmca_common_ucx.")) keep_hooks_loaded(path);
  if (is("/libopen-pal.")) find(path, "opal_progress", &library_progress);
  if (is("/libmpi.")) find(path, "MPI_Finalized", &mpi_finalized);
  if (is("/liboshmem.")) find(path, "oshmem_shmem_initialized", &library_initialized);
  return 0;
}

inline void mend_libraries() {
  dl_iterate_phdr(mend_library, nullptr);
  if (library_progress != nullptr) note("shmem_test drives no progress in the library: opal_progress is called");
  std::atexit([] { ended_with_mpi(); });  // runs before the library's handler, which was registered earlier
}
#else
inline void mend_libraries() {}
inline bool ended_with_mpi() {
  return false;
}
#endif

}  // namespace shmem::adapter
