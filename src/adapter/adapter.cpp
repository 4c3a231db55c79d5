// SPDX-License-Identifier: BSD-3-Clause
//
// adapter.cpp: shmem.h of one library -> the engine table.
//
// The only translation unit. It is compiled into one plug-in per library, ours included, with the flags of the
// library's compiler wrapper. Functions have the names of their slots, so slots.def itself fills in the table and no
// slot can be forgotten. The headers beside it pass calls on; supply/ implements what an older library lacks.
//
//   oshcc -x c++ -std=c++20 -O2 -fPIC -shared -fvisibility=hidden -I../engine -DSHMEM4PY_ENGINE_NAME='"name"'
//     adapter.cpp -o engine_name.so -lstdc++

#include "amo.h"
#include "collectives.h"
#include "life.h"
#include "memory.h"
#include "rma.h"
#include "signals.h"
#include "teams.h"
#include "waits.h"

namespace shmem::adapter {
namespace {

#define SHMEM4PY_STRING_OF(x) #x
#define SHMEM4PY_STRING(x) SHMEM4PY_STRING_OF(x)

#if defined(OSHMEM_MAJOR_VERSION)
constexpr char kLibrary[] = "Open MPI OSHMEM " SHMEM4PY_STRING(OSHMEM_MAJOR_VERSION) "." SHMEM4PY_STRING(
    OSHMEM_MINOR_VERSION) "." SHMEM4PY_STRING(OSHMEM_RELEASE_VERSION);
#elif SHMEM4PY_HAS_SHMEMX && defined(SHMEM4PY_VERSION)  // ours, whose vendor string has no version
constexpr char kLibrary[] = SHMEM_VENDOR_STRING " " SHMEM4PY_VERSION;
#else
constexpr char kLibrary[] = SHMEM_VENDOR_STRING;
#endif

constexpr uint32_t feature(bool present, uint32_t bit) {
  return present ? 0 : bit;
}

// The features that the adapter supplies because the library lacks them.
constexpr uint32_t kSupplied =
    feature(SHMEM4PY_HAS_TEAMS, ENGINE_HAS_TEAMS | ENGINE_HAS_TEAM_COLLECTIVES | ENGINE_HAS_TEAM_CONTEXTS) |
    feature(SHMEM4PY_HAS_SIGNALS && SHMEM4PY_HAS_SIGNAL_UPDATES, ENGINE_HAS_SIGNALS) |
    feature(SHMEM4PY_HAS_AMO_NBI, ENGINE_HAS_AMO_NBI) |
    feature(SHMEM4PY_HAS_TEAMS && SHMEM4PY_HAS_SCANS, ENGINE_HAS_SCANS) |
    feature(SHMEM4PY_HAS_BLOCK_STRIDED, ENGINE_HAS_BLOCK_STRIDED) |
    feature(SHMEM4PY_HAS_WAIT_FAMILIES, ENGINE_HAS_WAIT_FAMILIES) |
    feature(SHMEM4PY_HAS_SESSIONS, ENGINE_HAS_SESSIONS) | feature(SHMEM4PY_HAS_PE_QUIET, ENGINE_HAS_PE_QUIET);

#if SHMEM4PY_HAS_SHMEMX
constexpr uint32_t kCapabilities = ENGINE_CHEAP_SMALL | ENGINE_LOCAL_COMPLETION | ENGINE_DIRECT_PTR |
                                   ENGINE_INTERRUPTIBLE | ENGINE_THREAD_MULTIPLE | ENGINE_LEAVES_AT_EXIT |
                                   ENGINE_UNLIKE_ADDRESSES;
#elif SHMEM4PY_HAS_TEAMS
constexpr uint32_t kCapabilities = ENGINE_NEEDS_PROGRESS;
#else
// All collectives are the adapter's own. A wait in them can be left, and members tell each other where data are to go.
constexpr uint32_t kCapabilities = ENGINE_NEEDS_PROGRESS | ENGINE_INTERRUPTIBLE | ENGINE_UNLIKE_ADDRESSES;
#endif

EngineTable table = {
    SHMEM4PY_ENGINE_MAGIC,
    SHMEM4PY_ENGINE_VERSION,
    sizeof(EngineTable),
    kCapabilities,
    kSupplied,
    SHMEM4PY_ENGINE_NAME,
    kLibrary,
    /*notes=*/"",
#define SHMEM_ENGINE_SLOT(result, name, parameters) name,
#define SHMEM_ENGINE_OPTIONAL(result, name, parameters) name,
#include "slots.def"
};

}  // namespace

void complete_table() {
  table.notes = notes.c_str();
#if !SHMEM4PY_HAS_SHMEMX
  if (query_thread() == ENGINE_MULTIPLE) table.capabilities |= ENGINE_THREAD_MULTIPLE;
  // If all memory is mapped, the library's small transfers and atomics are loads and stores, too. They never wait, and
  // cost less than releasing the GIL.
  if (team_n_pes(team_shared()) == n_pes()) table.capabilities |= ENGINE_DIRECT_PTR | ENGINE_CHEAP_SMALL;
#endif
}

}  // namespace shmem::adapter

extern "C" __attribute__((visibility("default"))) const EngineTable* shmem4py_engine(void) {
  shmem::adapter::note_known_faults();
  shmem::adapter::table.notes = shmem::adapter::notes.c_str();
  return &shmem::adapter::table;
}
