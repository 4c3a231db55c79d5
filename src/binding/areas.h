// SPDX-License-Identifier: BSD-3-Clause
//
// The areas of the module, one for each file of callables. Each function adds the callables of its area, and returns
// false with an exception. `shown_module` is the module in which users find them.
#pragma once

#include "binding/python.h"

namespace shmem::binding {

bool add_arrays(PyObject* module, const char* shown_module);
bool add_atomics(PyObject* module, const char* shown_module);
bool add_collectives(PyObject* module, const char* shown_module);
bool add_endings(PyObject* module, const char* shown_module);
bool add_locks(PyObject* module, const char* shown_module);
bool add_objects(PyObject* module, const char* shown_module);
bool add_ordering(PyObject* module, const char* shown_module);
bool add_rings(PyObject* module, const char* shown_module);
bool add_queries(PyObject* module, const char* shown_module);
bool add_remote(PyObject* module, const char* shown_module);
bool add_signals(PyObject* module, const char* shown_module);
bool add_transfers(PyObject* module, const char* shown_module);
bool add_strided(PyObject* module, const char* shown_module);
bool add_values(PyObject* module, const char* shown_module);
bool add_waits(PyObject* module, const char* shown_module);

// These look up the operations that the engine has for each type. Called once, when the engine is initialised.
void look_up_atomics();
void look_up_collectives();
void look_up_values();
void look_up_waits();

}  // namespace shmem::binding
