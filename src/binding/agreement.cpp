// SPDX-License-Identifier: BSD-3-Clause
//
// The workspace of agreement.h, and the reductions on it.
//
// A result lands in one of two buffers by turns. A PE that starts reduction n+2 has finished n+1. To n+1 each PE
// contributed only after it had read the result of n. So no PE overwrites a result that another has yet to read, and no
// barrier is needed. (The standard demands that dest is ready on all PEs before a reduction.)
#include "binding/agreement.h"

#include <algorithm>
#include <cstdio>
#include <mutex>
#include <string>

#include "binding/calling.h"
#include "binding/errors.h"
#include "binding/operands.h"

namespace shmem::binding {

namespace {

constexpr std::size_t kMapWords = 64;
constexpr std::size_t kMapBits = 64 * kMapWords;

struct Workspace {
  std::uint64_t map[kMapWords];
  std::uint64_t common[2][kMapWords];
};

Workspace* workspace = nullptr;
unsigned turn = 0;
// Two threads of a PE may allocate one after the other, and the GIL is released in between.
std::mutex& workspace_mutex = *new std::mutex;

// What a PE says of its releases with each allocation. The greatest answer of all PEs decides. If a PE has released
// nothing, no block is released on all PEs. If no PE has released any since the last look, a new look finds nothing
// new.
enum Releases : std::uint64_t { kNoneSince = 0, kSomeSince = 1, kNoneAtAll = 2 };

Releases my_releases() {
  const BlockTable::Pending pending = block_table.pending();
  if (pending.count == 0) return kNoneAtAll;
  return pending.changed ? kSomeSince : kNoneSince;
}

// Frees what all PEs have released. Runs on all PEs or on none.
bool sweep(const char* call) {
  const EngineReduceFunction common_of = state.engine->reduce(ENGINE_AND, ENGINE_UINT64);
  if (!common_of) return not_implemented(call) != nullptr;
  block_table.swept();
  const std::vector<BlockRecord> records = block_table.snapshot();
  for (std::size_t first = 0; first < records.size(); first += kMapBits) {
    const std::size_t n = std::min(kMapBits, records.size() - first);
    std::fill_n(workspace->map, kMapWords, 0);
    for (std::size_t i = 0; i < n; ++i) {
      if (records[first + i].released) workspace->map[i / 64] |= std::uint64_t{1} << i % 64;
    }
    std::uint64_t* common = workspace->common[turn++ & 1];
    if (!finished(call, without_gil([&] { return common_of(state.world, common, workspace->map, (n + 63) / 64); }))) {
      return false;
    }
    for (std::size_t i = 0; i < n; ++i) {
      if (!(common[i / 64] >> i % 64 & 1)) continue;
      const BlockRecord& record = records[first + i];
      block_table.remove(record.sequence);
      if (!finished(call, without_gil([&] { return state.engine->free(record.base, record.sequence); }))) return false;
    }
  }
  return true;
}

constexpr std::size_t kMostBytes = std::size_t{1} << 62;

// "file:line" of the program's call, or null.
PyObject* where_called() {
  PyFrameObject* frame = PyEval_GetFrame();
  if (!frame) return nullptr;
  Ref<> code(reinterpret_cast<PyObject*>(PyFrame_GetCode(frame)));
  Ref<> file(PyObject_GetAttrString(code.object(), "co_filename"));
  if (!file) {
    PyErr_Clear();
    return nullptr;
  }
  return PyUnicode_FromFormat("%U:%d", file.object(), PyFrame_GetLineNumber(frame));
}

// Waits for the mutex without the GIL, since the owner may be waiting for the GIL.
class WorkspaceLock {
 public:
  WorkspaceLock() {
    if (workspace_mutex.try_lock()) return;
    Py_BEGIN_ALLOW_THREADS workspace_mutex.lock();
    Py_END_ALLOW_THREADS
  }
  ~WorkspaceLock() { workspace_mutex.unlock(); }
  WorkspaceLock(const WorkspaceLock&) = delete;
  WorkspaceLock& operator=(const WorkspaceLock&) = delete;
};

// Whole bytes up to some thousands, then KiB and so on.
std::string size_text(std::size_t nbytes) {
  if (nbytes < 10240) return std::to_string(nbytes) + " bytes";
  double number = static_cast<double>(nbytes) / 1024;
  const char* unit = "KMGTPE";
  for (; number >= 1024; ++unit) number /= 1024;
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %ciB", number, *unit);
  return text;
}

[[gnu::cold]] void no_room(const Signature& call, std::size_t nbytes) {
  std::size_t size = 0;
  std::size_t used = 0;
  std::size_t largest_free = 0;
  std::string figures;
  if (state.engine->heap_info && state.engine->heap_info(&size, &used, &largest_free) == ENGINE_OK) {
    figures = ". On each PE it has " + size_text(size) + ", of which " + size_text(used) +
              " are in use; the largest free block has " + size_text(largest_free);
  }
  PyErr_Format(PyExc_MemoryError,
               "%s: the symmetric heap has no room for %s%s. `shmem4py run --heap SIZE` or SHMEM_SYMMETRIC_SIZE sets "
               "its size",
               call.name, size_text(nbytes).c_str(), figures.c_str());
}

}  // namespace

bool start_workspace(const char* call) {
  workspace = static_cast<Workspace*>(allocate_for_good(call, sizeof(Workspace)));
  return workspace != nullptr;
}

void* allocate_for_good(const char* call, std::size_t nbytes) {
  void* memory = nullptr;
  const int status = without_gil([&] { return state.engine->alloc(nbytes, 64, 0, 1, nullptr, &memory); });
  return finished(call, status) ? memory : nullptr;
}

Ref<Block> allocate(const Signature& call, const Request& request) {
  Ref<Block> block = new_block();
  if (!block) return block;
  const std::size_t nbytes = std::min(request.nbytes, kMostBytes);
  const WorkspaceLock lock;
  for (bool collected = false;;) {
    std::uint64_t releases = my_releases();
    void* memory = nullptr;
    const int status = without_gil([&] {
      return state.engine->alloc(nbytes, request.alignment, request.hints, request.clear, &releases, &memory);
    });
    if (status == ENGINE_NO_MEMORY) {
      const char* message;
      state.engine->take_error(&message);
    } else if (!finished(call.name, status)) {
      return {};
    } else {
      block_table.insert(block.get(), static_cast<char*>(memory), std::max<std::size_t>(nbytes, 1), nbytes);
    }
    if (releases == kSomeSince) {
      if (!sweep(call.name)) return {};
    } else if (status == ENGINE_NO_MEMORY) {
      if (collected) {
        no_room(call, request.nbytes);
        return {};
      }
      // All PEs come here. A collection may release arrays in reference cycles.
      collected = true;
      PyGC_Collect();
    }
    if (status == ENGINE_OK) return block;
  }
}

bool free_block(const Signature& call, Block* block) {
  Ref<Block> keep = borrow(block);
  const WorkspaceLock lock;
  if (!block->alive.exchange(false, std::memory_order_acq_rel)) return raise_freed(call, "mem", block);
  if (!finished(call.name, without_gil([&] { return state.engine->free(block->base, block->sequence); }))) {
    block->alive.store(true, std::memory_order_release);
    return false;
  }
  block->freed_at = where_called();
  block_table.remove(block->sequence);
  return true;
}

}  // namespace shmem::binding
