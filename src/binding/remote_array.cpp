// SPDX-License-Identifier: BSD-3-Clause
//
// The class RemoteArray: single elements, which are the hot path, its attributes, and the operations that it refuses.
// An element by integers makes no temporary object if its dtype is a number of the engine's.
//
// Invariant: of this class nothing but an index communicates. NumPy's functions, iteration, comparison and truth raise,
// and their messages tell to write `[...]`.
#include <cmath>
#include <cstring>

#include "binding/layout.h"
#include "binding/remote.h"
#include "binding/slots.h"

namespace shmem::binding {

PyTypeObject* RemoteArray::cls = nullptr;

namespace {

// The same array in the memory of PE `world_pe`, for plain loads and stores. None if the engine does not map it, or
// would not notice the stores. False with an exception.
bool view_of_peer(PyArrayObject* array, int world_pe, ArrayRef* peer) {
  if (!(state.engine->capabilities & ENGINE_DIRECT_PTR) || !state.engine->wake) return true;
  if (world_pe == state.my_pe) {
    *peer = borrow(array);
    return true;
  }
  const Bounds bounds = bounds_of(array);
  auto* low = static_cast<char*>(quick([&] { return state.engine->ptr(bounds.low, world_pe); }));
  if (!succeeded(kRemote.name)) return false;
  if (!low) return true;
  *peer = new_peer_view(array, low + (PyArray_BYTES(array) - bounds.low), owner_of(array).block, world_pe);
  return static_cast<bool>(*peer);
}

}  // namespace

PyObject* new_remote_array(PyArrayObject* array, const std::shared_ptr<CtxRecord>& ctx, int pe, int shown_pe) {
  int world_pe = pe;
  if (ctx->team.get() != world_team) {
    world_pe = quick([&] { return state.engine->team_translate_pe(ctx->team->handle, pe, state.world); });
    if (!succeeded(kRemote.name)) return nullptr;
  }
  ArrayRef peer;
  if (!view_of_peer(array, world_pe, &peer)) return nullptr;
  Ref<> object(RemoteArray::cls->tp_alloc(RemoteArray::cls, 0));
  if (!object) return nullptr;
  RemoteArray& self = *RemoteArray::of(object.object());
  new (&self.ctx) std::shared_ptr<CtxRecord>(ctx);
  self.array = borrow(array).release();
  self.peer = peer.release();
  self.block = owner_of(array).block;
  self.pe = pe;
  self.world_pe = world_pe;
  self.shown_pe = shown_pe;
  self.type = engine_type(PyArray_DESCR(array));
  const bool simple = self.type != kNoType && self.type <= ENGINE_DOUBLE && PyArray_ISALIGNED(array);
  self.dims = simple ? PyArray_NDIM(array) : -1;
  self.itemsize = static_cast<int>(PyArray_ITEMSIZE(array));
  self.writeable = PyArray_ISWRITEABLE(array) != 0;
  self.data = PyArray_BYTES(array);
  if (PyArray_NDIM(array) > 0) {
    self.length = PyArray_DIM(array, 0);
    self.stride = PyArray_STRIDE(array, 0);
  }
  return object.release();
}

bool unusable(const RemoteArray& self) {
  if (!ready(kRemote) || !live(kRemote, "context", self.ctx)) return true;
  return !symmetric(kRemote, "the array", self.array);
}

namespace {

// --- numbers as NumPy converts them ---

// A scalar of NumPy holds its value right behind the object's head.
constexpr std::size_t kValueOffset = sizeof(PyObject);
static_assert(offsetof(PyDoubleScalarObject, obval) == kValueOffset &&
              offsetof(PyByteScalarObject, obval) == kValueOffset &&
              offsetof(PyLongLongScalarObject, obval) == kValueOffset);

// A scalar of the dtype with these bits, as an index of an array returns.
inline PyObject* scalar(PyArray_Descr* dtype, std::uint64_t bits, int itemsize) {
  PyTypeObject* cls = dtype->typeobj;
  PyObject* object = cls->tp_alloc(cls, 0);
  if (object) [[likely]] {
    char* value = reinterpret_cast<char*>(object) + kValueOffset;
    if (itemsize == 8) [[likely]] {
      std::memcpy(value, &bits, 8);
    } else {
      std::memcpy(value, &bits, static_cast<std::size_t>(itemsize));
    }
  }
  return object;
}

constexpr struct {
  std::int64_t least;
  std::uint64_t range;
} kIntegers[] = {
    {INT8_MIN, UINT8_MAX}, {INT16_MIN, UINT16_MAX}, {INT32_MIN, UINT32_MAX}, {INT64_MIN, UINT64_MAX},
    {0, UINT8_MAX},        {0, UINT16_MAX},         {0, UINT32_MAX},         {0, INT64_MAX},
};
static_assert(ENGINE_INT8 == 0 && ENGINE_UINT8 == 4 && ENGINE_UINT64 == 7);

// The bits of a number, if every NumPy stores it in the same way and without a warning. False for all others, which
// NumPy itself converts.
inline bool plain_bits(const RemoteArray& self, PyObject* value, std::uint64_t* bits) noexcept {
  const int type = self.type;
  double number;
  if (PyFloat_CheckExact(value) || Py_TYPE(value) == &PyDoubleArrType_Type) {
    number = PyFloat_AS_DOUBLE(value);
  } else if (PyLong_CheckExact(value)) {
    Py_ssize_t integer;
    if (!small_integer(value, &integer)) return false;
    if (type <= ENGINE_UINT64) {
      const auto& limits = kIntegers[type];
      if (integer < limits.least ||
          static_cast<std::uint64_t>(integer) - static_cast<std::uint64_t>(limits.least) > limits.range) {
        return false;
      }
      *bits = static_cast<std::uint64_t>(integer);
      return true;
    }
    number = static_cast<double>(integer);  // exact, since it is less than 2**53
  } else if (Py_TYPE(value) == PyArray_DESCR(self.array)->typeobj) {
    *bits = 0;
    std::memcpy(bits, reinterpret_cast<const char*>(value) + kValueOffset, static_cast<std::size_t>(self.itemsize));
    return true;
  } else {
    return false;
  }
  if (type == ENGINE_DOUBLE) {
    std::memcpy(bits, &number, sizeof number);
    return true;
  }
  if (type != ENGINE_FLOAT) return false;
  const auto narrow = static_cast<float>(number);
  if (!std::isfinite(narrow) && std::isfinite(number)) return false;  // NumPy warns here
  std::uint32_t low;
  std::memcpy(&low, &narrow, sizeof low);
  *bits = low;
  return true;
}

// --- index ---

PyObject* subscript(PyObject* object, PyObject* index) {
  const RemoteArray& self = *RemoteArray::of(object);
  if (!usable(self)) [[unlikely]]
    return nullptr;
  if (const char* address = element_at(self, index)) [[likely]] {
    std::uint64_t bits = 0;
    const auto nbytes = static_cast<std::size_t>(self.itemsize);
    quick([&] {
      move_bytes<Direction::kGet, false>(self.ctx.get(), reinterpret_cast<char*>(&bits), address, nbytes, nbytes,
                                         self.pe);
    });
    return succeeded(kRemote.name) ? scalar(PyArray_DESCR(self.array), bits, self.itemsize) : nullptr;
  }
  return guarded(kRemote, [&] { return get_at(self, index); });
}

[[gnu::noinline]] int assign_otherwise(const RemoteArray& self, PyObject* index, PyObject* value) {
  if (!value) {
    PyErr_Format(PyExc_ValueError, "%s: cannot delete array elements", kRemote.name);
    return -1;
  }
  const Ref<> done(guarded(kRemote, [&] { return none_if(set_at(self, index, value)); }));
  return done ? 0 : -1;
}

int assign(PyObject* object, PyObject* index, PyObject* value) {
  const RemoteArray& self = *RemoteArray::of(object);
  if (!usable(self)) [[unlikely]]
    return -1;
  char* address = element_at(self, index);
  std::uint64_t bits;
  if (address && value && self.writeable && plain_bits(self, value, &bits)) [[likely]] {
    const auto nbytes = static_cast<std::size_t>(self.itemsize);
    quick([&] {
      move_bytes<Direction::kPut, false>(self.ctx.get(), address, reinterpret_cast<const char*>(&bits), nbytes, nbytes,
                                         self.pe);
    });
    return succeeded(kRemote.name) ? 0 : -1;
  }
  return assign_otherwise(self, index, value);
}

Py_ssize_t length(PyObject* object) {
  PyArrayObject* array = RemoteArray::of(object)->array;
  if (PyArray_NDIM(array) == 0) {
    PyErr_Format(PyExc_TypeError, "%s: len() of an array without dimensions", kRemote.name);
    return -1;
  }
  return PyArray_DIM(array, 0);
}

// --- what would communicate in silence ---

PyObject* refuse_silence(PyObject* object, const char* what) {
  PyErr_Format(
      PyExc_TypeError,
      "%s: %s would copy the array of PE %d in silence; write r[pe][...], or an index in place of the dots, for "
      "a copy of it",
      kRemote.name, what, RemoteArray::of(object)->shown_pe);
  return nullptr;
}

PyObject* iterate(PyObject* object) {
  return refuse_silence(object, "iteration");
}

PyObject* to_array(PyObject* object, PyObject*, PyObject*) {
  return refuse_silence(object, "conversion to an array");
}

int contains(PyObject* object, PyObject*) {
  refuse_silence(object, "membership");
  return -1;
}

int truth(PyObject* object) {
  refuse_silence(object, "truth");
  return -1;
}

PyObject* compare(PyObject* object, PyObject* other, int operation) {
  if (RemoteArray::is(other) && (operation == Py_EQ || operation == Py_NE)) {
    return PyBool_FromLong((object == other) == (operation == Py_EQ));
  }
  if (PyArray_Check(other) || is_number(other) || PyList_Check(other) || PyTuple_Check(other)) {
    return refuse_silence(object, "comparison");
  }
  return borrow(Py_NotImplemented).release();
}

Py_hash_t hash(PyObject* object) {
  const auto value = static_cast<Py_hash_t>(reinterpret_cast<std::uintptr_t>(object) >> 4);
  return value == -1 ? -2 : value;
}

// --- attributes ---

PyObject* attribute_of_array(PyObject* object, void* name) {
  return PyObject_GetAttrString(reinterpret_cast<PyObject*>(RemoteArray::of(object)->array),
                                static_cast<const char*>(name));
}

PyObject* get_pe(PyObject* object, void*) {
  return PyLong_FromLong(RemoteArray::of(object)->shown_pe);
}

PyObject* repr(PyObject* object) {
  const RemoteArray& self = *RemoteArray::of(object);
  const Ref<> shape(PyObject_GetAttrString(reinterpret_cast<PyObject*>(self.array), "shape"));
  if (!shape) return nullptr;
  return PyUnicode_FromFormat("<RemoteArray of PE %d: shape %S, dtype %S>", self.shown_pe, shape.object(),
                              reinterpret_cast<PyObject*>(PyArray_DESCR(self.array)));
}

void dealloc(PyObject* object) {
  RemoteArray& self = *RemoteArray::of(object);
  if (self.weak_references) PyObject_ClearWeakRefs(object);
  Py_XDECREF(self.peer);
  Py_DECREF(self.array);
  std::destroy_at(&self.ctx);
  free_instance(object);
}

void* text(const char* literal) noexcept {
  return const_cast<char*>(literal);
}

PyGetSetDef attributes[] = {
    {"shape", attribute_of_array, nullptr, "Tuple of the array's dimensions.", text("shape")},
    {"dtype", attribute_of_array, nullptr, "The array's data type.", text("dtype")},
    {"ndim", attribute_of_array, nullptr, "Number of dimensions.", text("ndim")},
    {"size", attribute_of_array, nullptr, "Number of elements.", text("size")},
    {"nbytes", attribute_of_array, nullptr, "Bytes of all elements.", text("nbytes")},
    {"itemsize", attribute_of_array, nullptr, "Bytes of one element.", text("itemsize")},
    {"pe", get_pe, nullptr, "The PE, as the program numbers it.", nullptr},
    {"at", get_remote_at, nullptr, "The elements as operands of atomic operations.", nullptr},
    {},
};

PyMethodDef methods[] = {
    {"__array__", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(to_array)), METH_VARARGS | METH_KEYWORDS,
     nullptr},
    {"__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS, nullptr},
    {},
};

}  // namespace

bool add_remote_array(PyObject* module, const char* shown_module) {
  RemoteArray::cls = add_type<RemoteArray>(module, shown_module, "RemoteArray",
                                           {{Py_tp_dealloc, slot(dealloc)},
                                            {Py_mp_subscript, slot(subscript)},
                                            {Py_mp_ass_subscript, slot(assign)},
                                            {Py_mp_length, slot(length)},
                                            {Py_tp_iter, slot(iterate)},
                                            {Py_sq_contains, slot(contains)},
                                            {Py_nb_bool, slot(truth)},
                                            {Py_tp_richcompare, slot(compare)},
                                            {Py_tp_hash, slot(hash)},
                                            {Py_tp_repr, slot(repr)},
                                            {Py_tp_methods, methods},
                                            {Py_tp_getset, attributes},
                                            {Py_tp_doc, const_cast<char*>(stub::RemoteArray::doc)}});
  return RemoteArray::cls != nullptr;
}

}  // namespace shmem::binding
