// SPDX-License-Identifier: BSD-3-Clause
//
// The owners of symmetric memory. A Block is the Python object at the end of the `.base` chain of every symmetric
// array: it knows its extent and whether it is alive. A PeerMemory ends the chain of a `ptr` view of another PE.
//
// The table of live blocks is the same on every PE, since collective calls alone (allocation and freeing) change it and
// number the blocks. PEs differ in the blocks that are released, which means that they have lost their last reference.
// A release marks the block here, under a mutex, and does nothing else. So it may happen in any thread, inside the
// garbage collector, at exit or in a forked child.
//
// Invariant: a block's address range is valid memory while the block is in the table. It is in the table while its
// Block object exists and it is not freed.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "binding/python.h"

namespace shmem::binding {

struct Block {
  PyObject_HEAD char* base;
  std::size_t extent;  // at least 1
  std::size_t nbytes;  // that the caller asked for
  std::uint64_t sequence;
  std::atomic<bool> alive;
  PyObject* freed_at;  // the place in the program, a str; null while alive
};

struct PeerMemory {
  PyObject_HEAD Block* block;  // null if the array that ptr got does not lead to its block
  int pe;                      // in the world
};

extern PyTypeObject* block_type;
extern PyTypeObject* peer_memory_type;
extern PyObject* freed_error;

bool add_blocks(PyObject* module);

// A Block that is not in the table yet.
Ref<Block> new_block();

// A view of another PE's memory at `address`, with the shape and dtype of `like`.
ArrayRef new_peer_view(PyArrayObject* like, char* address, Block* block, int pe);

// --- the table ---

struct BlockRecord {
  std::uint64_t sequence;
  Block* block;  // borrowed; gone once released
  char* base;
  std::size_t extent;
  bool released;
};

class BlockTable {
 public:
  // Gives the block its number and its memory. From now on it is alive.
  void insert(Block* block, char* base, std::size_t extent, std::size_t nbytes);
  // Takes out a block that is about to be freed. Its memory may not be used any more.
  void remove(std::uint64_t sequence);
  // Called when the last reference is dropped.
  void release(std::uint64_t sequence) noexcept;

  // The block around an address, unless it is released. For arrays whose `.base` does not lead to a Block.
  [[nodiscard]] std::optional<BlockRecord> find(const char* address);

  // A reference to the live block with this number; null if it has been freed or released. With the GIL.
  [[nodiscard]] Ref<Block> get(std::uint64_t sequence);

  // How many blocks are released on this PE, and whether any has been since the last call of `swept`.
  struct Pending {
    std::uint64_t count;
    bool changed;
  };
  [[nodiscard]] Pending pending();
  void swept();

  // In order of sequence number, hence the same order on all PEs.
  [[nodiscard]] std::vector<BlockRecord> snapshot();

 private:
  std::mutex mutex_;
  std::map<std::uint64_t, BlockRecord> by_sequence_;
  std::map<const char*, std::uint64_t> by_address_;
  std::uint64_t next_sequence_ = 0;
  std::uint64_t released_ = 0;
  bool changed_ = false;
};

extern BlockTable& block_table;

// --- from an array to its owner ---

struct Owner {
  Block* block = nullptr;
  PeerMemory* peer = nullptr;
};

// The object whose memory a memoryview shows, a borrowed reference. Null if the memoryview is released, since the
// object may be gone.
[[nodiscard]] PyObject* exporter_of(PyObject* memoryview) noexcept;

// Follows `.base` to a Block or a PeerMemory. Both are null if the chain ends elsewhere.
[[nodiscard]] Owner owner_slowly(PyObject* base) noexcept;

[[nodiscard]] inline Owner owner_of(PyArrayObject* array) noexcept {
  PyObject* base = PyArray_BASE(array);
  if (!base) return {};
  if (Py_TYPE(base) == block_type) return {reinterpret_cast<Block*>(base), nullptr};
  if (Py_TYPE(base) == &PyArray_Type) {  // a view of a symmetric array: one hop
    PyObject* next = PyArray_BASE(as_array(base));
    if (next && Py_TYPE(next) == block_type) return {reinterpret_cast<Block*>(next), nullptr};
  }
  return owner_slowly(base);
}

}  // namespace shmem::binding
