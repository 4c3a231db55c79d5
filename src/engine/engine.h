/* SPDX-License-Identifier: BSD-3-Clause
 *
 * engine.h: the table between the Python extension and an OpenSHMEM library.
 *
 * An engine plug-in is a shared object, compiled from the adapter against one library's shmem.h. It exports
 * `shmem4py_engine`, a function that returns its table. The extension opens the plug-in with dlopen(RTLD_LOCAL), checks
 * magic and version, copies the part of the table that both sides know, and from then on calls only through that copy.
 * Plain C, so that a plug-in may come from another compiler. The constants here are ours; the adapter translates them
 * to the library's.
 */
#ifndef SHMEM4PY_ENGINE_H
#define SHMEM4PY_ENGINE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SHMEM4PY_ENGINE_MAGIC UINT64_C(0x656e69676e656d73)
/* Counts the changes that a plug-in of another version cannot follow. A slot added at the end is no such change: `size`
 * tells which slots a table has. */
#define SHMEM4PY_ENGINE_VERSION 3u

typedef void* EngineCtx;
typedef void* EngineTeam;

/* Statuses, with the values of shmemx.h. */
enum EngineStatus {
  ENGINE_OK = 0,
  ENGINE_INTERRUPTED = 1,
  ENGINE_ENDING = 2,
  ENGINE_NO_MEMORY = 3,
  ENGINE_MISMATCH = 4,
  ENGINE_INVALID = 5,
  ENGINE_POISONED = 6,
  ENGINE_UNSUPPORTED = 7,
  ENGINE_SYSTEM = 8,
  ENGINE_LEFT = 9,
  ENGINE_FAILED = 10, /* the library returned nonzero and says no more */
  ENGINE_TIMEOUT = 11
};

enum EngineCapability {
#define SHMEM_ENGINE_CAPABILITY(constant, bit, name, promise) constant = 1 << bit,
#include "capabilities.def"
#undef SHMEM_ENGINE_CAPABILITY
};

enum EngineFeature {
#define SHMEM_ENGINE_FEATURE(constant, bit, name, slot) constant = 1 << bit,
#include "features.def"
#undef SHMEM_ENGINE_FEATURE
};

/* Element types, one per size and class. */
enum EngineType {
#define SHMEM_ELEMENT_TYPE(name, constant, text, dtype, routine, unsigned_routine, type) ENGINE_##name,
#include "../tables/element_types.def"
  ENGINE_TYPE_COUNT
};

enum EngineAmo {
  ENGINE_AMO_SET,
  ENGINE_AMO_INC,
  ENGINE_AMO_ADD,
  ENGINE_AMO_AND,
  ENGINE_AMO_OR,
  ENGINE_AMO_XOR,
  ENGINE_AMO_FETCH,
  ENGINE_AMO_SWAP,
  ENGINE_AMO_COMPARE_SWAP,
  ENGINE_AMO_FETCH_INC,
  ENGINE_AMO_FETCH_ADD,
  ENGINE_AMO_FETCH_AND,
  ENGINE_AMO_FETCH_OR,
  ENGINE_AMO_FETCH_XOR,
  ENGINE_AMO_COUNT
};

enum EngineOp {
#define SHMEM_OPERATOR(name, constant, text, group) ENGINE_##name,
#include "../tables/operators.def"
  ENGINE_OP_COUNT
};

enum EngineCmp {
#define SHMEM_COMPARISON(name, constant, operator) ENGINE_##name,
#include "../tables/comparisons.def"
  ENGINE_CMP_COUNT
};

enum EngineSignalOp { ENGINE_SIGNAL_SET, ENGINE_SIGNAL_ADD };
enum EngineThread { ENGINE_SINGLE, ENGINE_FUNNELED, ENGINE_SERIALIZED, ENGINE_MULTIPLE };
enum EngineCtxOption { ENGINE_CTX_PRIVATE = 1, ENGINE_CTX_SERIALIZED = 2, ENGINE_CTX_NOSTORE = 4 };
enum EngineSession { ENGINE_SESSION_BATCH = 1 };
enum EngineNotice { ENGINE_NOTICE_ERROR, ENGINE_NOTICE_PLACE };
enum EngineHint { ENGINE_ATOMICS_REMOTE = 1, ENGINE_SIGNAL_REMOTE = 2 };

enum EngineWait {
  ENGINE_WAIT_UNTIL,
  ENGINE_WAIT_ALL,
  ENGINE_WAIT_ANY,
  ENGINE_WAIT_SOME,
  ENGINE_WAIT_ALL_VECTOR,
  ENGINE_WAIT_ANY_VECTOR,
  ENGINE_WAIT_SOME_VECTOR,
  ENGINE_TEST,
  ENGINE_TEST_ALL,
  ENGINE_TEST_ANY,
  ENGINE_TEST_SOME,
  ENGINE_TEST_ALL_VECTOR,
  ENGINE_TEST_ANY_VECTOR,
  ENGINE_TEST_SOME_VECTOR,
  ENGINE_WAIT_COUNT
};

/* Operand and comparand are passed as bits, zero- or sign-extended as the caller likes: the function uses the low bits
 * of its type. The result is zero-extended. Unused operands are 0. */
typedef uint64_t (*EngineAmoFunction)(EngineCtx ctx, void* target, uint64_t operand, uint64_t comparand, int pe);
typedef void (*EngineAmoNbiFunction)(EngineCtx ctx, void* fetch, void* target, uint64_t operand, uint64_t comparand,
                                     int pe);
typedef size_t (*EngineWaitFunction)(void* ivars, size_t nelems, size_t* indices, const int* status, int cmp,
                                     const void* values);
typedef int (*EngineReduceFunction)(EngineTeam team, void* dest, const void* source, size_t nelems);

typedef struct EngineTable {
  uint64_t magic;
  uint32_t version;
  uint32_t size;         /* sizeof(EngineTable) at the plug-in's compilation */
  uint32_t capabilities; /* EngineCapability; capabilities and notes are final after init_thread */
  uint32_t supplied;     /* EngineFeature: what the adapter supplies */
  const char* name;      /* "smp", "openmpi", … */
  const char* library;   /* name and version of the library, for people */
  const char* notes;     /* known faults worked around, a line each; "" if none */
#define SHMEM_ENGINE_SLOT(result, name, parameters) result(*name) parameters;
#define SHMEM_ENGINE_OPTIONAL(result, name, parameters) result(*name) parameters;
#include "slots.def"
} EngineTable;

/* Each plug-in exports it under the name shmem4py_engine. It does not initialise the library. */
typedef const EngineTable* (*EngineEntry)(void);
#define SHMEM4PY_ENGINE_ENTRY "shmem4py_engine"

#ifdef __cplusplus
} /* extern "C" */
#endif

#endif /* SHMEM4PY_ENGINE_H */
