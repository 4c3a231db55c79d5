// SPDX-License-Identifier: BSD-3-Clause
//
// Who am I, how many are we, and which memory can be reached.
#include "binding/doc/queries.h"
#include "binding/areas.h"
#include "binding/blocks.h"
#include "binding/handles.h"

namespace shmem::binding {

namespace {

PyObject* my_pe(const Signature& call, PyObject* const*) {
  return ready(call) ? PyLong_FromLong(state.my_pe) : nullptr;
}

PyObject* n_pes(const Signature& call, PyObject* const*) {
  return ready(call) ? PyLong_FromLong(state.n_pes) : nullptr;
}

PyObject* pe_accessible(const Signature& call, PyObject* const* args) {
  std::int64_t pe;
  if (!ready(call) || !integer(call, "pe", args[0], &pe)) return nullptr;
  if (pe < 0 || pe >= state.n_pes) Py_RETURN_FALSE;
  const int accessible = quick([&] { return state.engine->pe_accessible(static_cast<int>(pe)); });
  return succeeded(call.name) ? PyBool_FromLong(accessible) : nullptr;
}

PyObject* addr_accessible(const Signature& call, PyObject* const* args) {
  int pe = 0;
  if (!ready(call)) return nullptr;
  if (!PyArray_Check(args[0])) {
    PyErr_Format(PyExc_TypeError, "%s: addr must be a numpy.ndarray, not %s", call.name, Py_TYPE(args[0])->tp_name);
    return nullptr;
  }
  PyArrayObject* array = as_array(args[0]);
  if (!not_freed(call, "addr", array) || !pe_number(call, "pe", args[1], state.n_pes, &pe)) return nullptr;
  const int accessible = quick([&] { return state.engine->addr_accessible(PyArray_DATA(array), pe); });
  return succeeded(call.name) ? PyBool_FromLong(accessible) : nullptr;
}

PyObject* ptr(const Signature& call, PyObject* const* args) {
  return ready(call) ? peer_view(call, args[0], args[1], world_team) : nullptr;
}

const Function kFunctions[] = {
    function<my_pe>(doc::kMyPe),
    function<n_pes>(doc::kNPes),
    function<pe_accessible>(doc::kPeAccessible),
    function<addr_accessible>(doc::kAddrAccessible),
    function<ptr>(doc::kPtr),
};

}  // namespace

bool add_queries(PyObject* module, const char* shown_module) {
  return add_functions(module, shown_module, kFunctions);
}

}  // namespace shmem::binding
