// SPDX-License-Identifier: BSD-3-Clause
//
// A final class of the extension that only the extension makes instances of: its slots as a table.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <vector>

#include "binding/python.h"

namespace shmem::binding {

template <class F>
[[nodiscard]] void* slot(F* function) noexcept {
  return reinterpret_cast<void*>(function);
}

// The end of every tp_dealloc: objects of a heap type own a reference to their type.
inline void free_instance(PyObject* object) {
  PyTypeObject* type = Py_TYPE(object);
  type->tp_free(object);
  Py_DECREF(type);
}

// The type `name` of objects T, which have a member `weak_references`, added to the module; null with an exception.
template <class T>
PyTypeObject* add_type(PyObject* module, const char* shown_module, const char* name,
                       std::initializer_list<PyType_Slot> slots) {
  static PyMemberDef members[] = {
      {"__weaklistoffset__", T_PYSSIZET, offsetof(T, weak_references), READONLY, nullptr},
      {nullptr, 0, 0, 0, nullptr},
  };
  std::vector<PyType_Slot> all(slots);
  all.push_back({Py_tp_members, members});
  all.push_back({0, nullptr});
  const auto* shown = new std::string(std::string(shown_module) + "." + name);  // lives as long as the type
  PyType_Spec spec = {shown->c_str(), sizeof(T), 0,
                      Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE, all.data()};
  auto* type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec));
  if (type && PyModule_AddObjectRef(module, name, reinterpret_cast<PyObject*>(type)) < 0) return nullptr;
  return type;
}

}  // namespace shmem::binding
