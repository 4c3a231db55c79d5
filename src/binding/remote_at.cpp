// SPDX-License-Identifier: BSD-3-Clause
//
// Atomics by index. `r[pe].at[i]` is a RemoteReference: elements of one PE's array for atomic operations. Making it
// reads and writes none of them. `r[pe].at[i] += v` takes the reference, adds, and stores the reference back, which
// does nothing.
//
// An index may select several elements. An operation without a result then updates each of them, by one atomic
// operation after the other in the order of the index. An element that the index names twice is updated twice, as in
// numpy.add.at. Operations with a result want one element.
#include "binding/atomic_table.h"
#include "binding/classes.h"
#include "binding/layout.h"
#include "binding/remote.h"
#include "binding/slots.h"

namespace shmem::binding {

namespace {

struct RemoteAt {
  PyObject head;
  PyObject* weak_references;
  RemoteArray* owner;

  static PyTypeObject* cls;
  [[nodiscard]] static RemoteAt* of(PyObject* object) noexcept { return reinterpret_cast<RemoteAt*>(object); }
};
PyTypeObject* RemoteAt::cls = nullptr;

}  // namespace

PyTypeObject* RemoteReference::cls = nullptr;

namespace {

template <class T>
PyObject* new_part(RemoteArray* owner) {
  PyObject* object = T::cls->tp_alloc(T::cls, 0);
  if (object) T::of(object)->owner = reinterpret_cast<RemoteArray*>(borrow(&owner->head).release());
  return object;
}

template <class T>
void free_part(PyObject* object) {
  T* self = T::of(object);
  if (self->weak_references) PyObject_ClearWeakRefs(object);
  Py_DECREF(&self->owner->head);
  free_instance(object);
}

void free_reference(PyObject* object) {
  Py_XDECREF(RemoteReference::of(object)->positions);
  free_part<RemoteReference>(object);
}

// --- at ---

bool find_elements(const RemoteArray& array, PyObject* index, RemoteReference* reference) {
  if (names_fields(index)) {
    PyErr_Format(PyExc_TypeError, "%s: at[...] takes no field; shmem.remote(a[%R]) is the field's array on all PEs",
                 kRemote.name, index);
    return false;
  }
  if (!address_at(array, index, &reference->address)) return false;
  if (reference->address) return true;
  bool scalar;
  reference->positions = positions_of(array, index, &scalar).release();
  return reference->positions != nullptr;
}

PyObject* subscript(PyObject* object, PyObject* index) {
  RemoteArray* array = RemoteAt::of(object)->owner;
  if (!usable(*array)) return nullptr;
  Ref<> made(new_part<RemoteReference>(array));
  if (!made) return nullptr;
  RemoteReference* reference = RemoteReference::of(made.object());
  reference->address = element_at(*array, index);
  if (!reference->address) {
    const Ref<> found(guarded(kRemote, [&] { return none_if(find_elements(*array, index, reference)); }));
    if (!found) return nullptr;
  }
  return made.release();
}

// The second half of `at[i] += v`. Refuses every other assignment. The reference may come from another object for the
// same array.
int assign(PyObject* object, PyObject*, PyObject* value) {
  if (value && RemoteReference::is(value)) {
    RemoteReference* reference = RemoteReference::of(value);
    const RemoteArray& from = *reference->owner;
    const RemoteArray& to = *RemoteAt::of(object)->owner;
    const bool same = from.data == to.data && from.ctx == to.ctx && from.pe == to.pe;
    if (same && std::exchange(reference->updated, false)) return 0;
  }
  PyErr_Format(PyExc_TypeError,
               "%s: r[pe].at[i] is not assigned to; r[pe].at[i].set(x) writes atomically, r[pe][i] = x like a put",
               kRemote.name);
  return -1;
}

PyObject* repr_at(PyObject* object) {
  return PyUnicode_FromFormat("<RemoteAt of %R>", reinterpret_cast<PyObject*>(RemoteAt::of(object)->owner));
}

// --- operations ---

// The type of the reference's elements, if the operation can work on them; else kNoType with an exception.
int usable_type(const Signature& call, int amo, const RemoteReference& self) {
  const RemoteArray& array = *self.owner;
  if (!usable(array)) return kNoType;
  const int type = grouped_type(call, "the array", PyArray_DESCR(array.array), types_of(amo));
  if (type == kNoType || (amo != ENGINE_AMO_FETCH && !writeable(call, "the array", array.array)) ||
      !aligned(call, "the array", array.array)) {
    return kNoType;
  }
  if (!amo_functions[amo][type]) return not_implemented(call.name), kNoType;
  return type;
}

PyObject* perform(const Signature& call, int amo, int type, const RemoteReference& self, std::uint64_t operand,
                  std::uint64_t comparand) {
  const RemoteArray& array = *self.owner;
  const EngineAmoFunction function = amo_functions[amo][type];
  const std::uint64_t result =
      quick([&] { return function(array.ctx->handle, self.address, operand, comparand, array.pe); });
  return succeeded(call.name) ? from_bits(type, result) : nullptr;
}

// An operand for each of several elements, in the array's dtype and the positions' shape. Null with an exception.
ArrayRef operands(const Signature& call, const RemoteReference& self, PyObject* value) {
  PyArray_Descr* dtype = PyArray_DESCR(self.owner->array);
  if (PyArray_Check(value) && !not_freed(call, "value", as_array(value))) return {};
  const ArrayRef source(as_array(PyArray_FromAny(value, nullptr, 0, 0, 0, nullptr)));
  if (!source) return {};
  if (!PyArray_CanCastArrayTo(source.get(), dtype, NPY_SAME_KIND_CASTING)) {
    types_differ(call, "the array", dtype, "value", PyArray_DESCR(source.get()));
    return {};
  }
  ArrayRef all = make_array(dtype, PyArray_NDIM(self.positions), PyArray_DIMS(self.positions));
  if (!all || PyArray_CopyInto(all.get(), source.get()) < 0) return {};
  return all;
}

std::uint64_t negated(int type, std::uint64_t bits) noexcept {
  if (type == ENGINE_DOUBLE) return bits ^ std::uint64_t{1} << 63;
  if (type == ENGINE_FLOAT) return bits ^ std::uint64_t{1} << 31;
  return ~bits + 1;
}

// Updates all elements. `value` is null for inc.
bool update_all(const Signature& call, int amo, int type, const RemoteReference& self, PyObject* value, bool negate) {
  const RemoteArray& array = *self.owner;
  std::uint64_t same = 0;
  ArrayRef each;
  if (value && is_number(value)) {
    if (!to_bits(call, "value", type, value, &same)) return false;
  } else if (value && !(each = operands(call, self, value))) {
    return false;
  }
  const EngineAmoFunction function = amo_functions[amo][type];
  const auto* position = static_cast<const npy_intp*>(PyArray_DATA(self.positions));
  const npy_intp n = PyArray_SIZE(self.positions);
  const auto itemsize = static_cast<std::size_t>(array.itemsize);
  constexpr std::size_t kAtomicBytes = 128;  // a copy moves as many in the time of an atomic operation
  copying(static_cast<std::size_t>(n) * kAtomicBytes, [&] {
    for (npy_intp i = 0; i < n; ++i) {
      std::uint64_t bits = same;
      if (each) {
        bits = 0;
        std::memcpy(&bits, PyArray_BYTES(each.get()) + static_cast<std::size_t>(i) * itemsize, itemsize);
      }
      function(array.ctx->handle, array.data + position[i], negate ? negated(type, bits) : bits, 0, array.pe);
    }
  });
  return succeeded(call.name);
}

// Does an operation without a result. False with an exception.
bool update(const Signature& call, int amo, RemoteReference* self, PyObject* value, bool negate = false) {
  const int type = usable_type(call, amo, *self);
  if (type == kNoType) return false;
  if (self->positions) return update_all(call, amo, type, *self, value, negate);
  std::uint64_t bits = 0;
  if (value && !to_bits(call, "value", type, value, &bits)) return false;
  const RemoteArray& array = *self->owner;
  const EngineAmoFunction function = amo_functions[amo][type];
  quick([&] { function(array.ctx->handle, self->address, negate ? negated(type, bits) : bits, 0, array.pe); });
  return succeeded(call.name);
}

template <int amo>
PyObject* with_value(const Signature& call, RemoteReference* self, const stub::RemoteReference::set& args) {
  return none_if(update(call, amo, self, args.value));
}

PyObject* increment(const Signature& call, RemoteReference* self) {
  return none_if(update(call, ENGINE_AMO_INC, self, nullptr));
}

bool is_one(const Signature& call, const RemoteReference& self) {
  return self.address || not_one_element(call, "the index", self.positions);
}

template <int amo>
PyObject* fetching(const Signature& call, RemoteReference* self, const stub::RemoteReference::set& args) {
  const int type = usable_type(call, amo, *self);
  std::uint64_t operand;
  if (type == kNoType || !is_one(call, *self) || !to_bits(call, "value", type, args.value, &operand)) return nullptr;
  return perform(call, amo, type, *self, operand, 0);
}

template <int amo>
PyObject* reading(const Signature& call, RemoteReference* self) {
  const int type = usable_type(call, amo, *self);
  if (type == kNoType || !is_one(call, *self)) return nullptr;
  return perform(call, amo, type, *self, 0, 0);
}

PyObject* compare_swap(const Signature& call, RemoteReference* self, const stub::RemoteReference::compare_swap& args) {
  constexpr int amo = ENGINE_AMO_COMPARE_SWAP;
  const int type = usable_type(call, amo, *self);
  std::uint64_t operand;
  std::uint64_t comparand;
  if (type == kNoType || !is_one(call, *self) || !to_bits(call, "cond", type, args.cond, &comparand) ||
      !to_bits(call, "value", type, args.value, &operand)) {
    return nullptr;
  }
  return perform(call, amo, type, *self, operand, comparand);
}

// at[i] += v and its like. Returns the reference, which Python then gives to `assign`.
template <class S, int amo, bool negate = false>
PyObject* in_place(PyObject* object, PyObject* value) {
  if (!RemoteReference::is(object)) return borrow(Py_NotImplemented).release();
  const Ref<> done(guarded(
      S::signature, [&] { return none_if(update(S::signature, amo, RemoteReference::of(object), value, negate)); }));
  if (!done) return nullptr;
  RemoteReference::of(object)->updated = true;
  return borrow(object).release();
}

PyObject* repr_reference(PyObject* object) {
  const RemoteReference& self = *RemoteReference::of(object);
  const std::size_t n = self.address ? 1 : number_of_elements(self.positions);
  return PyUnicode_FromFormat("<RemoteReference to %zu element%s of %R>", n, n == 1 ? "" : "s",
                              reinterpret_cast<PyObject*>(self.owner));
}

PyMethodDef generic[] = {
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS, nullptr},
    {},
};

namespace names = stub::RemoteReference;

PyMethodDef methods[] = {
    method<names::set, with_value<ENGINE_AMO_SET>>(),
    method<names::inc, increment>(),
    method<names::add, with_value<ENGINE_AMO_ADD>>(),
    method<names::and_, with_value<ENGINE_AMO_AND>>(),
    method<names::or_, with_value<ENGINE_AMO_OR>>(),
    method<names::xor_, with_value<ENGINE_AMO_XOR>>(),
    method<names::min, with_value<kAmoFetchMin>>(),
    method<names::max, with_value<kAmoFetchMax>>(),
    method<names::fetch, reading<ENGINE_AMO_FETCH>>(),
    method<names::swap, fetching<ENGINE_AMO_SWAP>>(),
    method<names::compare_swap, compare_swap>(),
    method<names::fetch_inc, reading<ENGINE_AMO_FETCH_INC>>(),
    method<names::fetch_add, fetching<ENGINE_AMO_FETCH_ADD>>(),
    method<names::fetch_and, fetching<ENGINE_AMO_FETCH_AND>>(),
    method<names::fetch_or, fetching<ENGINE_AMO_FETCH_OR>>(),
    method<names::fetch_xor, fetching<ENGINE_AMO_FETCH_XOR>>(),
    method<names::fetch_min, fetching<kAmoFetchMin>>(),
    method<names::fetch_max, fetching<kAmoFetchMax>>(),
    generic[0],
    {},
};

}  // namespace

PyObject* get_remote_at(PyObject* object, void*) {
  return new_part<RemoteAt>(RemoteArray::of(object));
}

bool add_remote_at(PyObject* module, const char* shown_module) {
  RemoteAt::cls = add_type<RemoteAt>(module, shown_module, "RemoteAt",
                                     {{Py_tp_dealloc, slot(free_part<RemoteAt>)},
                                      {Py_mp_subscript, slot(subscript)},
                                      {Py_mp_ass_subscript, slot(assign)},
                                      {Py_tp_repr, slot(repr_at)},
                                      {Py_tp_methods, generic},
                                      {Py_tp_doc, const_cast<char*>(stub::RemoteAt::doc)}});
  RemoteReference::cls =
      add_type<RemoteReference>(module, shown_module, "RemoteReference",
                                {{Py_tp_dealloc, slot(free_reference)},
                                 {Py_nb_inplace_add, slot(in_place<names::add, ENGINE_AMO_ADD>)},
                                 {Py_nb_inplace_subtract, slot(in_place<names::add, ENGINE_AMO_ADD, true>)},
                                 {Py_nb_inplace_and, slot(in_place<names::and_, ENGINE_AMO_AND>)},
                                 {Py_nb_inplace_or, slot(in_place<names::or_, ENGINE_AMO_OR>)},
                                 {Py_nb_inplace_xor, slot(in_place<names::xor_, ENGINE_AMO_XOR>)},
                                 {Py_tp_repr, slot(repr_reference)},
                                 {Py_tp_methods, methods},
                                 {Py_tp_doc, const_cast<char*>(names::doc)}});
  return RemoteAt::cls && RemoteReference::cls;
}

}  // namespace shmem::binding
