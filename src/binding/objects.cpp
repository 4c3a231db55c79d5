// SPDX-License-Identifier: BSD-3-Clause
//
// What the package's calls on Python objects need (shmem4py/_objects.py, _pickling.py, _queue.py): handles of symmetric
// arrays, and a team's region of the workspace as an array.
//
// A handle is the number of a block, the same on all PEs, and a distance from its begin. It is made of an array on one
// PE and becomes the same array of another PE there.
//
// A region is claimed and returned by calls of their own, since Python code runs in between. What is claimed is kept
// here by the team's number. Invariant: held[n] has a value from the claim until the return, and the claim admits one
// thread.
#include <array>
#include <limits>
#include <memory>
#include <utility>

#include "binding/areas.h"
#include "binding/blocks.h"
#include "binding/operands.h"
#include "binding/staging.h"
#include "binding/stub.h"
#include "binding/totals.h"

namespace shmem::binding {

namespace {

std::array<std::unique_ptr<Staging>, kNumberedTeams> held;

PyObject* handle(const Signature& call, const stub::handle& args) {
  if (!ready(call)) return nullptr;
  PyArrayObject* array = array_of(call, "a", args.a);
  if (!array) return nullptr;
  if (!PyArray_BASE(array)) Py_RETURN_NONE;  // its own memory
  const Owner owner = owner_of(array);
  if (owner.peer) Py_RETURN_NONE;
  const Bounds bounds = bounds_of(array);
  const char* base = nullptr;
  std::uint64_t sequence = 0;
  if (Block* block = owner.block) {
    if (!block->alive.load(std::memory_order_acquire)) return raise_freed(call, "a", block), nullptr;
    base = block->base;
    sequence = block->sequence;
    if (bounds.high > base + block->extent) Py_RETURN_NONE;  // made by hand: reaches beyond
  } else {
    const auto record = block_table.find(bounds.low);
    if (!record || bounds.high > record->base + record->extent) Py_RETURN_NONE;
    base = record->base;
    sequence = record->sequence;
  }
  if (bounds.low < base || sequence == std::numeric_limits<std::uint64_t>::max()) Py_RETURN_NONE;
  return Py_BuildValue("(Kn)", static_cast<unsigned long long>(sequence),
                       static_cast<Py_ssize_t>(PyArray_BYTES(array) - base));
}

PyObject* block(const Signature& call, const stub::block& args) {
  std::size_t sequence;
  if (!ready(call) || !count(call, "sequence", args.sequence, &sequence)) return nullptr;
  Ref<Block> found = block_table.get(sequence);
  if (found) return reinterpret_cast<PyObject*>(found.release());
  PyErr_Format(freed_error, "%s: this PE's array of symmetric block %zu has been freed, or its last reference dropped",
               call.name, sequence);
  return nullptr;
}

PyObject* claim_region(const Signature& call, const stub::claim_region& args) {
  TeamRecord* record;
  if (!ready(call) || !team(call, args.team, &record)) return nullptr;
  auto staging = std::make_unique<Staging>();
  if (!staging->claim(call, record)) return nullptr;
  const Ref<Block> owner = new_block();
  if (!owner) return nullptr;
  Block* memory = owner.get();
  memory->base = staging->begin();
  memory->extent = memory->nbytes = staging->nbytes();
  memory->sequence = std::numeric_limits<std::uint64_t>::max();  // of no allocation
  memory->alive.store(true, std::memory_order_release);
  npy_intp extent = static_cast<npy_intp>(staging->nbytes());
  ArrayRef array(
      as_array(PyArray_New(&PyArray_Type, 1, &extent, NPY_UINT8, nullptr, memory->base, 0, NPY_ARRAY_CARRAY, nullptr)));
  if (!array || PyArray_SetBaseObject(array.get(), borrow(owner.object()).release()) < 0) return nullptr;
  held[static_cast<std::size_t>(record->words)] = std::move(staging);
  return reinterpret_cast<PyObject*>(array.release());
}

PyObject* return_region(const Signature& call, const stub::return_region& args) {
  TeamRecord* record;
  bool well = true;
  if (!team(call, args.team, &record) || !boolean(args.well, true, &well)) return nullptr;
  if (record->words == kNoWords) Py_RETURN_NONE;
  std::unique_ptr<Staging>& staging = held[static_cast<std::size_t>(record->words)];
  if (staging) {
    if (!well) staging->after(ENGINE_INTERRUPTED);
    staging.reset();
  }
  Py_RETURN_NONE;
}

PyMethodDef hooks[] = {
    function<stub::handle, handle>(),
    function<stub::block, block>(),
    function<stub::claim_region, claim_region>(),
    function<stub::return_region, return_region>(),
};

}  // namespace

bool add_objects(PyObject* module, const char*) {
  return add_functions(module, "shmem4py._core", hooks);
}

}  // namespace shmem::binding
