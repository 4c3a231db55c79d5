// SPDX-License-Identifier: BSD-3-Clause
//
// The calls that tell a PE its number, the number of PEs, and the memory that it can reach.
#include "binding/areas.h"
#include "binding/calling.h"
#include "binding/errors.h"
#include "binding/operands.h"
#include "binding/stub.h"

namespace shmem::binding {

namespace {

PyObject* my_pe(const Signature& call) {
  return ready(call) ? PyLong_FromLong(state.my_pe) : nullptr;
}

PyObject* n_pes(const Signature& call) {
  return ready(call) ? PyLong_FromLong(state.n_pes) : nullptr;
}

PyObject* pe_accessible(const Signature& call, const stub::pe_accessible& args) {
  std::int64_t pe;
  if (!ready(call) || !integer(call, "pe", args.pe, &pe)) return nullptr;
  if (pe < 0 || pe >= state.n_pes) Py_RETURN_FALSE;
  const int accessible = quick([&] { return state.engine->pe_accessible(static_cast<int>(pe)); });
  return succeeded(call.name) ? PyBool_FromLong(accessible) : nullptr;
}

PyObject* addr_accessible(const Signature& call, const stub::addr_accessible& args) {
  int pe = 0;
  if (!ready(call)) return nullptr;
  PyArrayObject* array = array_of(call, "addr", args.addr);
  if (!array || !not_freed(call, "addr", array) || !pe_number(call, "pe", args.pe, state.n_pes, &pe)) return nullptr;
  const int accessible = quick([&] { return state.engine->addr_accessible(PyArray_DATA(array), pe); });
  return succeeded(call.name) ? PyBool_FromLong(accessible) : nullptr;
}

PyObject* ptr(const Signature& call, const stub::ptr& args) {
  return ready(call) ? peer_view(call, args.target, args.pe, world_team) : nullptr;
}

PyMethodDef callables[] = {
    function<stub::my_pe, my_pe>(),
    function<stub::n_pes, n_pes>(),
    function<stub::pe_accessible, pe_accessible>(),
    function<stub::addr_accessible, addr_accessible>(),
    function<stub::ptr, ptr>(),
};

}  // namespace

bool add_queries(PyObject* module, const char* shown_module) {
  return add_functions(module, shown_module, callables);
}

}  // namespace shmem::binding
