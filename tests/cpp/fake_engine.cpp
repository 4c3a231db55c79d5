// SPDX-License-Identifier: BSD-3-Clause
//
// A plug-in that is wrong in one way, for the loader's tests: -DFAKE_MAGIC, FAKE_VERSION, FAKE_SIZE, FAKE_NULL. No slot
// is filled, but with FAKE_SLOTS all are, by a function that must not be called.
#include <stddef.h>

#include "engine.h"

#ifndef FAKE_MAGIC
#define FAKE_MAGIC SHMEM4PY_ENGINE_MAGIC
#endif
#ifndef FAKE_VERSION
#define FAKE_VERSION SHMEM4PY_ENGINE_VERSION
#endif
#ifndef FAKE_SIZE
#define FAKE_SIZE sizeof(EngineTable)
#endif

#ifdef FAKE_SLOTS
namespace {

void never_called() {
  __builtin_trap();
}

}  // namespace
#endif

extern "C" __attribute__((visibility("default"))) const EngineTable* shmem4py_engine(void) {
#ifdef FAKE_NULL
  return nullptr;
#else
  static EngineTable table{};
  table.magic = FAKE_MAGIC;
  table.version = FAKE_VERSION;
  table.size = FAKE_SIZE;
  table.name = "fake";
#ifdef FAKE_SLOTS
#define SHMEM_ENGINE_SLOT(result, name, parameters) table.name = reinterpret_cast<result(*) parameters>(never_called);
#define SHMEM_ENGINE_OPTIONAL SHMEM_ENGINE_SLOT
#include "slots.def"
#endif
  return &table;
#endif
}
