// SPDX-License-Identifier: BSD-3-Clause
//
// The protocol of agreement.h.
//
// Results land in two buffers by turns: a PE that starts reduction n+2 has finished n+1, to which every PE contributed
// after it had read the result of n. So no PE overwrites a result that another has yet to read, and no barrier is
// needed (standard, section on reductions: dest must be ready on all PEs).
#include "binding/agreement.h"

#include <algorithm>
#include <mutex>

#include "binding/state.h"

namespace shmem::binding {

namespace {

enum class Kind : std::uint64_t { kAllocate = 1, kFree = 2, kConfirm = 3 };

constexpr std::size_t kTerms = 8;
constexpr std::size_t kMapWords = 64;
constexpr std::size_t kMapBits = 64 * kMapWords;

struct Workspace {
  std::uint64_t terms[kTerms];
  std::uint64_t greatest[2][kTerms];
  std::uint64_t map[kMapWords];
  std::uint64_t common[2][kMapWords];
};

Workspace* workspace = nullptr;
unsigned turn = 0;
// Two threads of a PE may allocate one after the other, and the GIL is released in between.
std::mutex& workspace_mutex = *new std::mutex;

bool reduce(const char* call, int op, std::uint64_t* result, const std::uint64_t* terms, std::size_t nterms) {
  const EngineReduceFunction function = state.engine->reduce(op, ENGINE_UINT64);
  if (!function) return not_implemented(call) != nullptr;
  return finished(call, blocking([&] { return function(state.world, result, terms, nterms); }));
}

// What all PEs said: greatest and least of each of the three words of a call, and what the sweep needs.
struct Heard {
  std::uint64_t greatest[3];
  std::uint64_t least[3];
  bool all_released_some;
  bool some_changed;
};

bool hear(const char* call, Kind kind, std::uint64_t first, std::uint64_t second, Heard* heard) {
  const BlockTable::Pending pending = block_table.pending();
  const std::uint64_t words[3] = {static_cast<std::uint64_t>(kind), first, second};
  // The least is the complement of the greatest complement: one maximum serves both.
  for (int i = 0; i < 3; ++i) {
    workspace->terms[2 * i] = words[i];
    workspace->terms[2 * i + 1] = ~words[i];
  }
  workspace->terms[6] = ~pending.count;
  workspace->terms[7] = pending.changed;
  std::uint64_t* result = workspace->greatest[turn++ & 1];
  if (!reduce(call, ENGINE_MAX, result, workspace->terms, kTerms)) return false;
  for (int i = 0; i < 3; ++i) {
    heard->greatest[i] = result[2 * i];
    heard->least[i] = ~result[2 * i + 1];
  }
  heard->all_released_some = ~result[6] != 0;
  heard->some_changed = result[7] != 0;
  return true;
}

// Frees what all PEs have released. Runs on all PEs or on none: what decides comes out of a reduction.
bool sweep(const char* call) {
  block_table.swept();
  const std::vector<BlockRecord> records = block_table.snapshot();
  for (std::size_t first = 0; first < records.size(); first += kMapBits) {
    const std::size_t n = std::min(kMapBits, records.size() - first);
    std::fill_n(workspace->map, kMapWords, 0);
    for (std::size_t i = 0; i < n; ++i) {
      if (records[first + i].released) workspace->map[i / 64] |= std::uint64_t{1} << i % 64;
    }
    std::uint64_t* common = workspace->common[turn++ & 1];
    if (!reduce(call, ENGINE_AND, common, workspace->map, (n + 63) / 64)) return false;
    for (std::size_t i = 0; i < n; ++i) {
      if (!(common[i / 64] >> i % 64 & 1)) continue;
      const BlockRecord& record = records[first + i];
      block_table.remove(record.sequence);
      if (!finished(call, blocking([&] { return state.engine->free(record.base); }))) return false;
    }
  }
  return true;
}

bool agree(const Signature& call, Kind kind, std::uint64_t first, std::uint64_t second, Heard* heard) {
  if (!hear(call.name, kind, first, second, heard)) return false;
  if (heard->greatest[0] != heard->least[0]) {
    PyErr_Format(PyExc_ValueError, "%s: some PEs allocate while others free", call.name);
    return false;
  }
  if (heard->greatest[1] != heard->least[1]) {
    PyErr_Format(PyExc_ValueError,
                 kind == Kind::kAllocate
                     ? "%s: PEs ask for different sizes: %llu bytes here, %llu to %llu bytes among all"
                     : "%s: PEs free different memory: block %llu here, blocks %llu to %llu among all",
                 call.name, static_cast<unsigned long long>(first), static_cast<unsigned long long>(heard->least[1]),
                 static_cast<unsigned long long>(heard->greatest[1]));
    return false;
  }
  if (heard->greatest[2] != heard->least[2]) {
    PyErr_Format(PyExc_ValueError, "%s: PEs ask for different alignment, hints or clearing", call.name);
    return false;
  }
  return true;
}

constexpr std::size_t kMostBytes = std::size_t{1} << 62;

// ENGINE_OK or ENGINE_NO_MEMORY on all PEs alike; -1 with an exception.
int try_allocate(const Signature& call, const Request& request, void** out) {
  if (request.nbytes > kMostBytes) return ENGINE_NO_MEMORY;
  const std::size_t extent = std::max<std::size_t>(request.nbytes, 1);
  int status =
      blocking([&] { return state.engine->alloc(extent, request.alignment, request.hints, request.clear, out); });
  if (!(state.engine->capabilities & ENGINE_ALLOC_STATUS)) {
    Heard heard;
    if (!hear(call.name, Kind::kConfirm, status == ENGINE_NO_MEMORY, 0, &heard)) return -1;
    if (heard.greatest[1] != 0) status = ENGINE_NO_MEMORY;
  }
  if (status == ENGINE_NO_MEMORY) {
    const char* message;
    state.engine->take_error(&message);
    return status;
  }
  return finished(call.name, status) ? int{ENGINE_OK} : -1;
}

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

// Locks without holding the GIL: the holder may be waiting for it.
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

}  // namespace

bool start_workspace(const char* call) {
  void* memory = nullptr;
  const int status = blocking([&] { return state.engine->alloc(sizeof(Workspace), 64, 0, 1, &memory); });
  if (!finished(call, status)) return false;
  workspace = static_cast<Workspace*>(memory);
  return true;
}

Ref<Block> allocate(const Signature& call, const Request& request) {
  Ref<Block> block = new_block();
  if (!block) return block;
  const std::uint64_t attributes = static_cast<std::uint64_t>(request.alignment) << 8 |
                                   static_cast<std::uint64_t>(request.hints) << 1 | std::uint64_t{request.clear};
  const WorkspaceLock lock;
  for (bool again = false;; again = true) {
    Heard heard;
    if (!agree(call, Kind::kAllocate, request.nbytes, attributes, &heard)) return {};
    if (heard.all_released_some && heard.some_changed && !sweep(call.name)) return {};
    void* memory = nullptr;
    const int status = try_allocate(call, request, &memory);
    if (status < 0) return {};
    if (status == ENGINE_OK) {
      block_table.insert(block.get(), static_cast<char*>(memory), std::max<std::size_t>(request.nbytes, 1),
                         request.nbytes);
      return block;
    }
    if (again) {
      PyErr_Format(PyExc_MemoryError, "%s: the symmetric heap has no room for %zu bytes", call.name, request.nbytes);
      return {};
    }
    // All PEs are here. Arrays in reference cycles may be all that stands in the way.
    PyGC_Collect();
  }
}

bool free_block(const Signature& call, Block* block) {
  Ref<Block> keep = borrow(block);
  const WorkspaceLock lock;
  Heard heard;
  if (!agree(call, Kind::kFree, block->sequence, 0, &heard)) return false;
  if (!block->alive.exchange(false, std::memory_order_acq_rel)) return raise_freed(call, "mem", block);
  block->freed_at = where_called();
  block_table.remove(block->sequence);
  return finished(call.name, blocking([&] { return state.engine->free(block->base); }));
}

}  // namespace shmem::binding
