// SPDX-License-Identifier: BSD-3-Clause
//
// The arguments of collectives that return values, and the callables that are written in Python (shmem4py/_values.py).
// These have signature and docstring in the stub, as all others have. They check here that the library runs, and that
// team and root are right.
#include "binding/values.h"

#include <cstring>
#include <iterator>

#include "binding/areas.h"
#include "binding/stub.h"
#include "binding/types.h"

namespace shmem::binding {

bool values_call(PyObject* root, PyObject* team_object, ValuesCall* call) {
  call->team = team_object;
  return ready(call->signature) && team(call->signature, team_object, &call->members) &&
         (!given(root) || pe_number(call->signature, "root", root, call->members->n_pes, &call->root));
}

bool claim_region(ValuesCall* call, std::size_t parts, Cuts* cuts) {
  if (!call->region.emplace().claim(call->signature, call->members)) return false;
  const std::size_t digests = digests_nbytes(*call);
  const std::size_t room = call->region->nbytes() > digests ? call->region->nbytes() - digests : 0;
  cuts->part = room / (2 * parts) / kUnit * kUnit;
  cuts->half[0] = call->region->begin();
  cuts->half[1] = cuts->half[0] + parts * cuts->part;
  if (cuts->part > kUnit) return true;
  PyErr_Format(PyExc_RuntimeError, "%s: the team's workspace of %zu bytes is too small for its %zu PEs", call->name(),
               call->region->nbytes(), call->n_pes());
  return false;
}

ArrayRef values_of(const Signature& call, const char* argument, PyObject* object) {
  ArrayRef array;
  if (PyArray_Check(object)) [[likely]] {
    array = borrow(as_array(object));
    if (!not_freed(call, argument, array.get())) return {};
  } else {
    array = ArrayRef(as_array(PyArray_FromAny(object, nullptr, 0, 0, NPY_ARRAY_ENSUREARRAY, nullptr)));
    if (!array) return {};
  }
  if (!PyDataType_REFCHK(PyArray_DESCR(array.get()))) [[likely]]
    return array;
  PyErr_Format(PyExc_TypeError, "%s: %s has dtype %S, and elements that refer to Python objects cannot be moved",
               call.name, argument, reinterpret_cast<PyObject*>(PyArray_DESCR(array.get())));
  return {};
}

PyObject* values_in_python(const char* name, PyObject* const* args, std::size_t nargs) {
  const Ref<> module(PyImport_ImportModule("shmem4py._values"));
  const Ref<> function(module ? PyObject_GetAttrString(module.object(), name) : nullptr);
  return function ? PyObject_Vectorcall(function.object(), args, nargs, nullptr) : nullptr;
}

namespace {

// A callable that is written in Python. It gets the arguments in their order, and None for those that are left out.
template <class S>
PyObject* in_python(const Signature& signature, const S& args) {
  ValuesCall call(signature);
  PyObject* root = nullptr;
  if constexpr (requires { args.root; }) root = args.root;
  if (!values_call(root, args.team, &call)) return nullptr;
  PyObject* values[S::signature.parameters];
  static_assert(sizeof args == sizeof values);
  std::memcpy(values, &args, sizeof values);
  for (PyObject*& value : values) value = value ? value : Py_None;
  return values_in_python(signature.method, values, std::size(values));
}

PyMethodDef callables[] = {
    function<stub::argmax, in_python<stub::argmax>>(),           function<stub::argmin, in_python<stub::argmin>>(),
    function<stub::reduce_with, in_python<stub::reduce_with>>(), function<stub::scatter, in_python<stub::scatter>>(),
    function<stub::alltoallv, in_python<stub::alltoallv>>(),     function<stub::bcast, in_python<stub::bcast>>(),
};

}  // namespace

bool add_values(PyObject* module, const char* shown_module) {
  return add_functions(module, shown_module, callables) && add_value_folds(module, shown_module) &&
         add_value_rows(module, shown_module) && add_value_bytes(module, shown_module);
}

}  // namespace shmem::binding
