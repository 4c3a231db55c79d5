// SPDX-License-Identifier: BSD-3-Clause
//
// Block, PeerMemory and the table of live blocks.
#include "binding/blocks.h"

#include <algorithm>

#include "binding/slots.h"
#include "binding/state.h"
#include "binding/stub.h"

namespace shmem::binding {

PyTypeObject* block_type = nullptr;
PyTypeObject* peer_memory_type = nullptr;
PyObject* freed_error = nullptr;

// Never destroyed, since arrays may be released until the very end of the process.
BlockTable& block_table = *new BlockTable;

void BlockTable::insert(Block* block, char* base, std::size_t extent, std::size_t nbytes) {
  const std::lock_guard lock(mutex_);
  block->base = base;
  block->extent = extent;
  block->nbytes = nbytes;
  block->sequence = next_sequence_++;
  by_sequence_.emplace_hint(by_sequence_.end(), block->sequence,
                            BlockRecord{block->sequence, block, base, extent, false});
  by_address_[base] = block->sequence;
  block->alive.store(true, std::memory_order_release);
}

void BlockTable::remove(std::uint64_t sequence) {
  const std::lock_guard lock(mutex_);
  const auto found = by_sequence_.find(sequence);
  if (found == by_sequence_.end()) return;
  if (found->second.released) --released_;
  by_address_.erase(found->second.base);
  by_sequence_.erase(found);
}

void BlockTable::release(std::uint64_t sequence) noexcept {
  const std::lock_guard lock(mutex_);
  const auto found = by_sequence_.find(sequence);
  if (found == by_sequence_.end()) return;
  found->second.released = true;
  ++released_;
  changed_ = true;
}

std::optional<BlockRecord> BlockTable::find(const char* address) {
  const std::lock_guard lock(mutex_);
  auto above = by_address_.upper_bound(address);
  if (above == by_address_.begin()) return {};
  const BlockRecord& record = by_sequence_.find((--above)->second)->second;
  if (record.released || address > record.base + record.extent) return {};
  return record;
}

Ref<Block> BlockTable::get(std::uint64_t sequence) {
  const std::lock_guard lock(mutex_);
  const auto found = by_sequence_.find(sequence);
  if (found == by_sequence_.end() || found->second.released) return {};
  PyObject* block = reinterpret_cast<PyObject*>(found->second.block);
#if defined(Py_GIL_DISABLED) && PY_VERSION_HEX >= 0x030E0000
  // Its last reference may go at this moment, in a thread that waits for the mutex to say so.
  if (!PyUnstable_TryIncRef(block)) return {};
#else
  Py_INCREF(block);  // its last reference goes with the GIL, and is told before the GIL is let go
#endif
  return Ref<Block>(reinterpret_cast<Block*>(block));
}

BlockTable::Pending BlockTable::pending() {
  const std::lock_guard lock(mutex_);
  return {released_, changed_};
}

void BlockTable::swept() {
  const std::lock_guard lock(mutex_);
  changed_ = false;
}

std::vector<BlockRecord> BlockTable::snapshot() {
  const std::lock_guard lock(mutex_);
  std::vector<BlockRecord> records;
  records.reserve(by_sequence_.size());
  for (const auto& [sequence, record] : by_sequence_) records.push_back(record);
  return records;
}

PyObject* exporter_of(PyObject* memoryview) noexcept {
  // A released memoryview still has the pointer, but no reference. Only a request for its buffer tells.
  Py_buffer probe;
  if (PyObject_GetBuffer(memoryview, &probe, PyBUF_FULL_RO) < 0) {
    PyErr_Clear();
    return nullptr;
  }
  PyObject* exporter = PyMemoryView_GET_BUFFER(memoryview)->obj;
  PyBuffer_Release(&probe);
  return exporter;
}

Owner owner_slowly(PyObject* base) noexcept {
  // Chains are short, since NumPy collapses views of views. The limit is for a chain made by hand.
  for (int depth = 0; base && depth < 1000; ++depth) {
    if (Py_TYPE(base) == block_type) return {reinterpret_cast<Block*>(base), nullptr};
    if (Py_TYPE(base) == peer_memory_type) return {nullptr, reinterpret_cast<PeerMemory*>(base)};
    if (PyArray_Check(base)) {
      base = PyArray_BASE(as_array(base));
    } else if (PyMemoryView_Check(base)) {
      base = exporter_of(base);
    } else {
      return {};
    }
  }
  return {};
}

// --- the two types ---

namespace {

void block_dealloc(PyObject* self) {
  auto* block = reinterpret_cast<Block*>(self);
  if (block->alive.load(std::memory_order_relaxed) && state.phase.load(std::memory_order_acquire) == Phase::kReady) {
    block_table.release(block->sequence);
  }
  Py_XDECREF(block->freed_at);
  free_instance(self);
}

int block_getbuffer(PyObject* self, Py_buffer* view, int flags) {
  auto* block = reinterpret_cast<Block*>(self);
  if (!block->alive.load(std::memory_order_acquire)) {
    view->obj = nullptr;
    PyErr_SetString(PyExc_BufferError, "this symmetric memory was freed");
    return -1;
  }
  return PyBuffer_FillInfo(view, self, block->base, static_cast<Py_ssize_t>(block->nbytes), 0, flags);
}

PyObject* block_repr(PyObject* self) {
  auto* block = reinterpret_cast<Block*>(self);
  if (!block->alive.load(std::memory_order_acquire)) {
    return PyUnicode_FromFormat("<symmetric block %llu, freed>", static_cast<unsigned long long>(block->sequence));
  }
  return PyUnicode_FromFormat("<symmetric block %llu, %zu bytes at %p>",
                              static_cast<unsigned long long>(block->sequence), block->nbytes, block->base);
}

void peer_dealloc(PyObject* self) {
  Py_XDECREF(reinterpret_cast<PyObject*>(reinterpret_cast<PeerMemory*>(self)->block));
  free_instance(self);
}

PyObject* peer_repr(PyObject* self) {
  return PyUnicode_FromFormat("<memory of PE %d>", reinterpret_cast<PeerMemory*>(self)->pe);
}

}  // namespace

bool add_blocks(PyObject* module) {
  PyType_Slot block_slots[] = {{Py_tp_dealloc, slot(block_dealloc)},
                               {Py_bf_getbuffer, slot(block_getbuffer)},
                               {Py_tp_repr, slot(block_repr)},
                               {Py_tp_doc, const_cast<char*>(stub::Block::doc)},
                               {0, nullptr}};
  PyType_Spec block_spec = {"shmem4py._core.Block", sizeof(Block), 0,
                            Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
                            block_slots};
  PyType_Slot peer_slots[] = {{Py_tp_dealloc, slot(peer_dealloc)},
                              {Py_tp_repr, slot(peer_repr)},
                              {Py_tp_doc, const_cast<char*>(stub::PeerMemory::doc)},
                              {0, nullptr}};
  PyType_Spec peer_spec = {"shmem4py._core.PeerMemory", sizeof(PeerMemory), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
                           peer_slots};
  block_type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&block_spec));
  peer_memory_type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&peer_spec));
  return block_type && peer_memory_type &&
         PyModule_AddObjectRef(module, "Block", reinterpret_cast<PyObject*>(block_type)) == 0 &&
         PyModule_AddObjectRef(module, "PeerMemory", reinterpret_cast<PyObject*>(peer_memory_type)) == 0;
}

Ref<Block> new_block() {
  auto* block = reinterpret_cast<Block*>(block_type->tp_alloc(block_type, 0));
  if (block) {
    new (&block->alive) std::atomic<bool>(false);
#if defined(Py_GIL_DISABLED) && PY_VERSION_HEX >= 0x030E0000
    PyUnstable_EnableTryIncRef(reinterpret_cast<PyObject*>(block));
#endif
  }
  return Ref<Block>(block);
}

ArrayRef new_peer_view(PyArrayObject* like, char* address, Block* block, int pe) {
  auto* owner = reinterpret_cast<PeerMemory*>(peer_memory_type->tp_alloc(peer_memory_type, 0));
  if (!owner) return {};
  Py_XINCREF(reinterpret_cast<PyObject*>(block));
  owner->block = block;
  owner->pe = pe;
  return make_view(Ref<>(reinterpret_cast<PyObject*>(owner)), address, PyArray_DESCR(like), PyArray_NDIM(like),
                   PyArray_DIMS(like), PyArray_STRIDES(like), PyArray_FLAGS(like) & NPY_ARRAY_WRITEABLE);
}

}  // namespace shmem::binding
