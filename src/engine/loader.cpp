// SPDX-License-Identifier: BSD-3-Clause
//
// A plug-in is opened with RTLD_LOCAL: its library's names stay out of everybody else's way. Its table is used only if
// magic, version and size fit, and every slot is there that calls do not look at before they use it.
#include "loader.h"

#include <dlfcn.h>

#include <algorithm>
#include <iterator>
#include <string_view>

namespace shmem::engine {

namespace {

// Slots that may be empty: whoever calls them looks first and raises NotImplementedError.
constexpr std::string_view kOptional[] = {
    "alltoall",          "alltoalls",          "amo_nbi",       "broadcast",      "collect",
    "ctx_create",        "fcollect",           "operation",     "pcontrol",       "pe_quiet",
    "put_signal",        "put_signal_nbi",     "scan",          "session_stop",   "session_start",
    "signal_add",        "signal_fetch",       "signal_set",    "team_ptr",       "team_shared",
    "team_split_2d",     "team_split_strided", "set_idle_hook", "set_place_hook", "set_interrupt_check",
    "signal_wait_until",
};

bool optional(std::string_view name) {
  return std::find(std::begin(kOptional), std::end(kOptional), name) != std::end(kOptional);
}

const char* missing_slot(const EngineTable& table) {
#define SHMEM_ENGINE_SLOT(result, name, parameters) \
  if (!table.name && !optional(#name)) return #name;
#include "slots.def"
#undef SHMEM_ENGINE_SLOT
  return nullptr;
}

std::string wrong(const EngineTable* table) {
  if (!table || table->magic != SHMEM4PY_ENGINE_MAGIC) return "it has no engine table";
  if (table->version != SHMEM4PY_ENGINE_VERSION) {
    return "its table has version " + std::to_string(table->version) + ", ours is " +
           std::to_string(SHMEM4PY_ENGINE_VERSION) + "; compile it again with shmem4py add-engine";
  }
  if (table->size != sizeof(EngineTable)) {
    return "its table has " + std::to_string(table->size) + " bytes, ours has " + std::to_string(sizeof(EngineTable)) +
           "; compile it again with shmem4py add-engine";
  }
  if (const char* slot = missing_slot(*table)) return std::string("its table lacks ") + slot;
  return {};
}

}  // namespace

const EngineTable* open_plugin(const char* path, std::string& error) {
  void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    error = dlerror();
    return nullptr;
  }
  const auto entry = reinterpret_cast<EngineEntry>(dlsym(library, SHMEM4PY_ENGINE_ENTRY));
  const EngineTable* table = entry ? entry() : nullptr;
  const std::string words = wrong(table);
  if (words.empty()) return table;
  error = std::string(path) + " is not an engine of this version: " + words;
  dlclose(library);
  return nullptr;
}

}  // namespace shmem::engine
