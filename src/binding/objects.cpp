// SPDX-License-Identifier: BSD-3-Clause
//
// Handles of symmetric arrays, for the package's pickler (shmem4py/_pickling.py).
//
// A handle is the number of a block, the same on all PEs, and a distance from its begin. It is made of an array on one
// PE and becomes the same array of another PE there.
#include <limits>

#include "binding/areas.h"
#include "binding/blocks.h"
#include "binding/operands.h"
#include "binding/stub.h"

namespace shmem::binding {

namespace {

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

PyMethodDef hooks[] = {
    function<stub::handle, handle>(),
    function<stub::block, block>(),
};

}  // namespace

bool add_objects(PyObject* module, const char*) {
  return add_functions(module, "shmem4py._core", hooks);
}

}  // namespace shmem::binding
