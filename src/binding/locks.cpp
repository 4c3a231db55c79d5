// SPDX-License-Identifier: BSD-3-Clause
//
// Locks: symmetric arrays of one C long.
//
// Any thread of a PE may take a lock, and any other thread of the PE may release it. So a PE that asks for a lock that
// it holds waits for its own thread, except if it has only one: then the wait would never end, and the call raises. For
// this, the locks that the PE holds are listed here, each with the block that it lies in, so that an entry means
// nothing once the block is freed. The GIL guards the list.
#include "binding/areas.h"
#include "binding/operands.h"
#include "binding/stub.h"
#include "binding/types.h"
#include "binding/waiting.h"

#include <algorithm>
#include <vector>

namespace shmem::binding {

namespace {

Element lock_of(const Signature& call, PyObject* object) {
  if (!ready(call)) return {};
  return symmetric_element(call, "lock", object, engine_type_of<long>(),
                           "a symmetric array of one C long, as shmem.new_lock() makes one");
}

long* address_of(Element lock) {
  return reinterpret_cast<long*>(lock.data);
}

struct Held {
  const long* lock;
  std::uint64_t block;  // BlockRecord::sequence
  bool operator==(const Held&) const = default;
};

std::vector<Held>& held_locks = *new std::vector<Held>;  // never destroyed: threads may outlive static objects

void note_taken(Element lock) {
  const Owner owner = owner_of(lock.array);
  if (owner.block) held_locks.push_back({address_of(lock), owner.block->sequence});
}

// Takes the lock off the list. False if it is not listed.
bool note_cleared(Element lock) {
  const Owner owner = owner_of(lock.array);
  return owner.block && std::erase(held_locks, Held{address_of(lock), owner.block->sequence}) > 0;
}

bool is_held(Element lock) {
  const Owner owner = owner_of(lock.array);
  return owner.block && std::ranges::count(held_locks, Held{address_of(lock), owner.block->sequence}) > 0;
}

bool is_only_thread() {
  return PyThreadState_Next(PyInterpreterState_ThreadHead(PyInterpreterState_Get())) == nullptr;
}

PyObject* set_lock(const Signature& call, const stub::set_lock& args) {
  const Element element = lock_of(call, args.lock);
  if (!element) return nullptr;
  long* lock = address_of(element);
  // A free lock is taken with the GIL held.
  const int taken = quick([&] { return state.engine->test_lock(lock); });
  if (!succeeded(call.name)) return nullptr;
  if (taken == 0) {
    note_taken(element);
    Py_RETURN_NONE;
  }
  if (is_held(element) && is_only_thread()) {
    PyErr_Format(PyExc_ValueError, "%s: lock is held by PE %d already, which has no other thread that could release it",
                 call.name, state.my_pe);
    return nullptr;
  }
  if (state.serialise) {  // a thread that waits for the lock may not keep the mutex, which the lock's holder may need
    if (!poll_until(call.name, [&] { return state.engine->test_lock(lock) == 0; })) return nullptr;
  } else {
    prompt([&] { state.engine->set_lock(lock); });
    if (!finished(call.name)) return nullptr;
  }
  note_taken(element);
  Py_RETURN_NONE;
}

PyObject* test_lock(const Signature& call, const stub::test_lock& args) {
  const Element element = lock_of(call, args.lock);
  if (!element) return nullptr;
  long* lock = address_of(element);
  const int taken = quick([&] { return state.engine->test_lock(lock); });
  if (!succeeded(call.name)) return nullptr;
  if (taken == 0) note_taken(element);
  return PyBool_FromLong(taken != 0);
}

PyObject* clear_lock(const Signature& call, const stub::clear_lock& args) {
  const Element element = lock_of(call, args.lock);
  if (!element) return nullptr;
  long* lock = address_of(element);
  // Before the call, since another thread may take the lock, and list it, as soon as it is free.
  const bool known = note_cleared(element);
  quick([&] { state.engine->clear_lock(lock); });
  if (!succeeded(call.name)) {
    if (known) note_taken(element);
    return nullptr;
  }
  Py_RETURN_NONE;
}

PyMethodDef callables[] = {
    function<stub::set_lock, set_lock>(),
    function<stub::test_lock, test_lock>(),
    function<stub::clear_lock, clear_lock>(),
};

}  // namespace

bool add_locks(PyObject* module, const char* shown_module) {
  return add_functions(module, shown_module, callables);
}

}  // namespace shmem::binding
