// SPDX-License-Identifier: BSD-3-Clause
//
// The classes Ctx and Team: handles that share a record with their aliases. Their methods are rows of a table as
// functions are, so their signatures too are read by people, by `inspect` and by the parser.
//
// `tp_new` makes a valid object, the invalid handle. So a subclass may leave `__init__` out, and no object has memory
// without a meaning.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "binding/handles.h"
#include "binding/python.h"
#include "binding/slots.h"

namespace shmem::binding {

template <class Record_>
struct Handle {
  using Record = Record_;

  PyObject head;
  PyObject* weak_references;
  std::shared_ptr<Record> record;  // null: the invalid handle
  bool constant;                   // CTX_DEFAULT and its like, which destroy() leaves alone

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

  // An alias of the argument, or the invalid handle.
  static int init(PyObject* self, PyObject* args, PyObject* keywords) {
    constexpr const Signature& constructor = Record::Constructor::signature;
    static const std::string format = std::string("|O:") + constructor.name;
    static char* names[] = {const_cast<char*>(constructor.parameter(0)), nullptr};
    PyObject* other = nullptr;
    if (!PyArg_ParseTupleAndKeywords(args, keywords, format.c_str(), names, &other)) return -1;
    if (given(other) && !is(other)) {
      PyErr_Format(PyExc_TypeError, "%s: %s must be a %s or None, not %s", constructor.name, names[0], constructor.name,
                   Py_TYPE(other)->tp_name);
      return -1;
    }
    of(self)->record = given(other) ? of(other)->record : nullptr;
    return 0;
  }

  static void dealloc(PyObject* self) {
    if (of(self)->weak_references) PyObject_ClearWeakRefs(self);
    std::destroy_at(&of(self)->record);
    free_instance(self);
  }

  static PyObject* compare(PyObject* self, PyObject* other, int operation) {
    if ((operation != Py_EQ && operation != Py_NE) || !is(other)) return borrow(Py_NotImplemented).release();
    return PyBool_FromLong((of(self)->record == of(other)->record) == (operation == Py_EQ));
  }

  static Py_hash_t hash(PyObject* self) {
    const auto value = static_cast<Py_hash_t>(std::hash<const void*>{}(of(self)->record.get()));
    return value == -1 ? -2 : value;
  }

  // A constant is true even before initialisation gives it its handle.
  static int truth(PyObject* self) {
    const Record* record = of(self)->record.get();
    return record && (record->alive || (record->name && state.phase.load() <= Phase::kLoaded));
  }

  static PyObject* repr(PyObject* self) {
    const Record* record = of(self)->record.get();
    if (!record) return PyUnicode_FromFormat("<%s INVALID>", Record::Constructor::signature.name);
    if (record->name) return PyUnicode_FromFormat("<%s %s>", Record::Constructor::signature.name, record->name);
    if (!record->alive) return PyUnicode_FromFormat("<%s, destroyed>", Record::Constructor::signature.name);
    return PyUnicode_FromFormat("<%s of %d PEs at %p>", Record::Constructor::signature.name, record->n_pes,
                                static_cast<const void*>(record));
  }
};

using Ctx = Handle<CtxRecord>;
using Team = Handle<TeamRecord>;

// The record of a method's object; null with an exception.
template <class T>
typename T::Record* live(const Signature& call, T* self) {
  return ready(call) ? live(call, T::Record::kText, self->record) : nullptr;
}

// The entry point of the method S. Its body takes the object and the arguments, or the object alone.
template <class S, auto Body>
struct BoundMethod;

template <class S, class T, class Arguments, PyObject* (*Body)(const Signature&, T*, const Arguments&)>
struct BoundMethod<S, Body> {
  static PyObject* call(PyObject* self, PyObject* const* args, Py_ssize_t nargs, PyObject* keywords) {
    Arguments arguments;
    if (!parse<S>(args, nargs, keywords, &arguments)) return nullptr;
    return guarded(S::signature, [&] { return Body(S::signature, T::of(self), arguments); });
  }
};

template <class S, class T, PyObject* (*Body)(const Signature&, T*)>
struct BoundMethod<S, Body> {
  static PyObject* call(PyObject* self, PyObject* const* args, Py_ssize_t nargs, PyObject* keywords) {
    S arguments;
    if (!parse<S>(args, nargs, keywords, &arguments)) return nullptr;
    return guarded(S::signature, [&] { return Body(S::signature, T::of(self)); });
  }
};

template <class S, auto Body>
PyMethodDef method() noexcept {
  return row(S::signature.method, &BoundMethod<S, Body>::call, 0, S::doc);
}

// __enter__ returns the object itself. __exit__ destroys it.
template <class T>
PyObject* enter(const Signature&, T* self) {
  return borrow(&self->head).release();
}

// Makes the class and adds it to the module. `methods` ends with a row of zeros and must live as long as the process.
template <class T>
bool add_class(PyObject* module, const char* shown_module, const char* doc, PyMethodDef* methods) {
  const Signature& constructor = T::Record::Constructor::signature;
  static PyMemberDef members[] = {
      {"__weaklistoffset__", T_PYSSIZET, offsetof(T, weak_references), READONLY, nullptr},
      {nullptr, 0, 0, 0, nullptr},
  };
  PyType_Slot slots[] = {{Py_tp_new, slot(T::construct)},
                         {Py_tp_init, slot(T::init)},
                         {Py_tp_dealloc, slot(T::dealloc)},
                         {Py_tp_richcompare, slot(T::compare)},
                         {Py_tp_hash, slot(T::hash)},
                         {Py_tp_repr, slot(T::repr)},
                         {Py_nb_bool, slot(T::truth)},
                         {Py_tp_members, members},
                         {Py_tp_methods, methods},
                         {Py_tp_doc, const_cast<char*>(doc)},
                         {0, nullptr}};
  const auto* name = new std::string(std::string(shown_module) + "." + constructor.name);
  PyType_Spec spec = {name->c_str(), sizeof(T), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_IMMUTABLETYPE,
                      slots};
  T::type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec));
  return T::type && PyModule_AddObjectRef(module, constructor.name, reinterpret_cast<PyObject*>(T::type)) == 0;
}

// Creates a context from the team. Ends a context, if it has not ended yet.
PyObject* new_ctx(const Signature& call, PyObject* options, const std::shared_ptr<TeamRecord>& team);
bool end_context(const Signature& call, CtxRecord* record);

bool add_contexts(PyObject* module, const char* shown_module);
bool add_teams(PyObject* module, const char* shown_module);

}  // namespace shmem::binding
