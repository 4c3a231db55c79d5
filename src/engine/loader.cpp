// SPDX-License-Identifier: BSD-3-Clause
//
// A plug-in is opened with RTLD_LOCAL, so that its library's names do not clash with others. Its table is used only if
// magic and version match and every slot that is not optional is filled. A plug-in of an older or newer package can be
// used if the version is the same: `size` tells how much of the table it knows.
#include "loader.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace shmem::engine {

namespace {

// Every table has at least the header, which ends where the slots begin.
constexpr std::size_t kHeaderNbytes = offsetof(EngineTable, init_thread);

const char* missing_slot(const EngineTable& table) {
#define SHMEM_ENGINE_SLOT(result, name, parameters) \
  if (!table.name) return #name;
#define SHMEM_ENGINE_OPTIONAL(result, name, parameters)
#include "slots.def"
  return nullptr;
}

std::string wrong(const EngineTable* table) {
  if (!table || table->magic != SHMEM4PY_ENGINE_MAGIC) return "it has no engine table";
  if (table->version != SHMEM4PY_ENGINE_VERSION) {
    return "its table has version " + std::to_string(table->version) + ", ours is " +
           std::to_string(SHMEM4PY_ENGINE_VERSION) + "; compile it again with shmem4py add-engine";
  }
  if (table->size < kHeaderNbytes) {
    return "its table has only " + std::to_string(table->size) + " bytes; compile it again with shmem4py add-engine";
  }
  return {};
}

}  // namespace

bool Plugin::open(const char* path, std::string& error) {
  void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    error = dlerror();
    return false;
  }
  const auto entry = reinterpret_cast<EngineEntry>(dlsym(library, SHMEM4PY_ENGINE_ENTRY));
  theirs_ = entry ? entry() : nullptr;
  std::string fault = wrong(theirs_);
  if (theirs_ != nullptr && fault.empty()) {
    refresh();
    const char* slot = missing_slot(table_);
    if (!slot) return true;
    fault = std::string("its table lacks ") + slot;
  }
  error = std::string(path) + " is not an engine of this version: " + fault;
  dlclose(library);
  return false;
}

void Plugin::refresh() noexcept {
  std::memcpy(&table_, theirs_, std::min<std::size_t>(theirs_->size, sizeof table_));
}

}  // namespace shmem::engine
