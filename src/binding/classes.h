// SPDX-License-Identifier: BSD-3-Clause
//
// The classes Ctx and Team: handles that share a record with their aliases. Their methods are rows of a table, as
// functions are: one signature, read by people, by `inspect` and by the parser.
//
// `tp_new` already makes a valid object, the invalid handle, so that whatever a subclass leaves out, there is no
// object whose memory means nothing.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "binding/arguments.h"
#include "binding/handles.h"
#include "binding/python.h"

namespace shmem::binding {

template <class Record_>
struct Handle {
  using Record = Record_;

  PyObject head;
  PyObject* weak_references;
  std::shared_ptr<Record> record;  // none: the invalid handle
  bool constant;                   // CTX_DEFAULT itself, which destroy() leaves alone

  static inline PyTypeObject* type = nullptr;

  [[nodiscard]] static bool is(PyObject* object) noexcept { return PyObject_TypeCheck(object, type); }
  [[nodiscard]] static Handle* of(PyObject* object) noexcept { return reinterpret_cast<Handle*>(object); }

  [[nodiscard]] static PyObject* make(std::shared_ptr<Record> record, bool constant = false) {
    PyObject* self = construct(type, nullptr, nullptr);
    if (!self) return nullptr;
    of(self)->record = std::move(record);
    of(self)->constant = constant;
    return self;
  }

  // --- slots of the type ---

  static PyObject* construct(PyTypeObject* cls, PyObject*, PyObject*) {
    PyObject* self = cls->tp_alloc(cls, 0);
    if (self) new (&of(self)->record) std::shared_ptr<Record>();
    return self;
  }

  // (other=None): an alias of `other`.
  static int init(PyObject* self, PyObject* args, PyObject* keywords) {
    static const std::string format = std::string("|O:") + Record::kClass;
    static char* names[] = {const_cast<char*>(Record::kParameter), nullptr};
    PyObject* other = nullptr;
    if (!PyArg_ParseTupleAndKeywords(args, keywords, format.c_str(), names, &other)) return -1;
    if (given(other) && !is(other)) {
      PyErr_Format(PyExc_TypeError, "%s: %s must be a %s or None, not %s", Record::kClass, Record::kParameter,
                   Record::kClass, Py_TYPE(other)->tp_name);
      return -1;
    }
    of(self)->record = given(other) ? of(other)->record : nullptr;
    return 0;
  }

  static void dealloc(PyObject* self) {
    if (of(self)->weak_references) PyObject_ClearWeakRefs(self);
    std::destroy_at(&of(self)->record);
    PyTypeObject* cls = Py_TYPE(self);
    cls->tp_free(self);
    Py_DECREF(cls);
  }

  static PyObject* compare(PyObject* self, PyObject* other, int operation) {
    if ((operation != Py_EQ && operation != Py_NE) || !is(other)) return borrow(Py_NotImplemented).release();
    return PyBool_FromLong((of(self)->record == of(other)->record) == (operation == Py_EQ));
  }

  static Py_hash_t hash(PyObject* self) {
    const auto value = static_cast<Py_hash_t>(std::hash<const void*>{}(of(self)->record.get()));
    return value == -1 ? -2 : value;
  }

  // A constant is true already before initialisation gives it its handle.
  static int truth(PyObject* self) {
    const Record* record = of(self)->record.get();
    return record && (record->alive || (record->name && state.phase.load() <= Phase::kLoaded));
  }

  static PyObject* repr(PyObject* self) {
    const Record* record = of(self)->record.get();
    if (!record) return PyUnicode_FromFormat("<%s INVALID>", Record::kClass);
    if (record->name) return PyUnicode_FromFormat("<%s %s>", Record::kClass, record->name);
    if (!record->alive) return PyUnicode_FromFormat("<%s, destroyed>", Record::kClass);
    return PyUnicode_FromFormat("<%s of %d PEs at %p>", Record::kClass, record->n_pes,
                                static_cast<const void*>(record));
  }
};

using Ctx = Handle<CtxRecord>;
using Team = Handle<TeamRecord>;

// The record of a method's object; null with an exception.
template <class T>
typename T::Record* live(const Signature& call, T* self) {
  return ready(call) ? live(call, T::Record::kWord, self->record) : nullptr;
}

// The entry point of a method whose body is Body(signature, object, slots).
template <class T, PyObject* (*Body)(const Signature&, T*, PyObject* const*)>
struct BoundMethod {
  static inline Signature signature;

  static PyObject* call(PyObject* self, PyObject* const* args, Py_ssize_t nargs, PyObject* keywords) {
    PyObject* slots[kMaxParameters];
    if (!signature.parse(args, nargs, keywords, slots)) return nullptr;
    return guarded(signature, [&] { return Body(signature, T::of(self), slots); });
  }
};

template <class T, PyObject* (*Body)(const Signature&, T*, PyObject* const*)>
constexpr Function method(const char* doc) {
  return {doc, &BoundMethod<T, Body>::call, &BoundMethod<T, Body>::signature};
}

// with-statements: the object itself, which is destroyed at the end.
template <class T>
PyObject* enter(const Signature&, T* self, PyObject* const*) {
  return borrow(&self->head).release();
}

template <class T, PyObject* (*Destroy)(const Signature&, T*, PyObject* const*)>
PyObject* leave(const Signature& call, T* self, PyObject* const*) {
  return Destroy(call, self, nullptr);
}

// Makes the class and adds it to the module. `statics` are those of the methods that take no object.
template <class T>
bool add_class(PyObject* module, const char* shown_module, const char* doc, const Function* methods, std::size_t count,
               std::size_t statics) {
  using Record = typename T::Record;
  const std::string prefix = std::string(Record::kClass) + ".";
  auto definitions = std::make_unique<std::vector<PyMethodDef>>();
  for (std::size_t i = 0; i < count; ++i) {
    Signature& signature = *methods[i].signature;
    if (!signature.read(methods[i].doc)) return false;
    definitions->push_back({signature.name,
                            reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(methods[i].call)),
                            METH_FASTCALL | METH_KEYWORDS | (i < statics ? METH_STATIC : 0), methods[i].doc});
    signature.name = (new std::string(prefix + signature.name))->c_str();
  }
  definitions->push_back({nullptr, nullptr, 0, nullptr});
  // The definitions and names that the type refers to live as long as the process.
  static PyMemberDef members[] = {
      {"__weaklistoffset__", T_PYSSIZET, offsetof(T, weak_references), READONLY, nullptr},
      {nullptr, 0, 0, 0, nullptr},
  };
  const auto slot = [](auto* function) { return reinterpret_cast<void*>(function); };
  PyType_Slot slots[] = {{Py_tp_new, slot(T::construct)},
                         {Py_tp_init, slot(T::init)},
                         {Py_tp_dealloc, slot(T::dealloc)},
                         {Py_tp_richcompare, slot(T::compare)},
                         {Py_tp_hash, slot(T::hash)},
                         {Py_tp_repr, slot(T::repr)},
                         {Py_nb_bool, slot(T::truth)},
                         {Py_tp_members, members},
                         {Py_tp_methods, definitions.release()->data()},
                         {Py_tp_doc, const_cast<char*>(doc)},
                         {0, nullptr}};
  const auto* name = new std::string(std::string(shown_module) + "." + Record::kClass);
  PyType_Spec spec = {name->c_str(), sizeof(T), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_IMMUTABLETYPE,
                      slots};
  T::type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec));
  return T::type && PyModule_AddObjectRef(module, Record::kClass, reinterpret_cast<PyObject*>(T::type)) == 0;
}

// A new context of the team; and the end of one, unless it has come already.
PyObject* new_ctx(const Signature& call, PyObject* options, const std::shared_ptr<TeamRecord>& team);
bool end_context(const Signature& call, CtxRecord* record);

bool add_contexts(PyObject* module, const char* shown_module);
bool add_teams(PyObject* module, const char* shown_module);

}  // namespace shmem::binding
