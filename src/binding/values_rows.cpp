// SPDX-License-Identifier: BSD-3-Clause
//
// The rows of all members as one array of shape (n, *shape): allgather, gather, and the rows that NumPy combines. They
// go through the region in pieces. Invariant: all members bring rows of one size, so they agree on the pieces, each of
// which holds the same range of every row.
#include <algorithm>
#include <cstring>

#include "binding/calling.h"
#include "binding/stub.h"
#include "binding/values.h"

namespace shmem::binding {

namespace {

// A new array of n rows like x, which has native byte order, as np.stack makes one. Null with an exception.
ArrayRef new_rows(const ValuesCall& call, PyArrayObject* x) {
  npy_intp shape[NPY_MAXDIMS];
  const int dims = PyArray_NDIM(x);
  if (dims + 1 > NPY_MAXDIMS) {
    PyErr_Format(PyExc_ValueError, "%s: x has %d dimensions, and the result would have one more than NumPy allows",
                 call.name(), dims);
    return {};
  }
  shape[0] = call.members->n_pes;
  std::copy_n(PyArray_DIMS(x), dims, shape + 1);
  PyArray_Descr* dtype = PyArray_DESCR(x);
  Py_INCREF(dtype);
  return ArrayRef(as_array(PyArray_NewFromDescr(&PyArray_Type, dtype, dims + 1, shape, nullptr, nullptr, 0, nullptr)));
}

}  // namespace

bool gather_rows(ValuesCall& call, ArrayRef* rows) {
  if (!has(call.name(), state.engine->fcollect)) return false;
  // In C's order and native byte order. It is a copy only if x differs in them.
  PyArray_Descr* native = PyArray_DescrNewByteorder(PyArray_DESCR(call.x), NPY_NATIVE);
  if (!native) return false;
  const ArrayRef x(as_array(PyArray_FromArray(call.x, native, NPY_ARRAY_CARRAY_RO | NPY_ARRAY_ENSUREARRAY)));
  if (!x) return false;
  if (call.result_is_mine() && !(*rows = new_rows(call, x.get()))) return false;
  const std::size_t n = call.n_pes();
  Cuts cuts;
  if (!claim_region(&call, n + 1, &cuts) || !say_alike(call, PyArray_NBYTES(x.get()) > 0)) return false;
  const auto nbytes = static_cast<std::size_t>(PyArray_NBYTES(x.get()));
  const char* const from = PyArray_BYTES(x.get());
  char* const to = *rows ? PyArray_BYTES(rows->get()) : nullptr;
  for (std::size_t first = 0, turn = 0; first < nbytes; first += cuts.part, turn ^= 1) {
    const std::size_t piece = std::min(cuts.part, nbytes - first);
    char* const mine = cuts.half[turn];
    char* const all = mine + cuts.part;
    std::memcpy(mine, from + first, piece);
    const auto gather = [&] { return state.engine->fcollect(call.members->handle, all, mine, piece); };
    if (!run_values(call, piece * n, gather)) return false;
    if (!to) continue;
    if (piece == nbytes) {
      std::memcpy(to, all, piece * n);
    } else {
      for (std::size_t i = 0; i < n; ++i) std::memcpy(to + i * nbytes + first, all + i * piece, piece);
    }
  }
  return true;
}

namespace {

PyObject* gathered(const Signature& signature, PyObject* object, PyObject* ragged_object, PyObject* root_object,
                   PyObject* team) {
  bool ragged;
  if (!boolean(ragged_object, false, &ragged)) return nullptr;
  ValuesCall call(signature);
  if (!values_call(root_object, team, &call)) return nullptr;
  const ArrayRef x = values_of(signature, "x", object);
  if (!x) return nullptr;
  if (ragged) {
    const Ref<> name(PyUnicode_FromString(signature.name));
    PyObject* args[] = {name.object(), x.object(), root_object ? root_object : Py_None, team ? team : Py_None};
    return name ? values_in_python("gather_ragged", args, std::size(args)) : nullptr;
  }
  call.x = x.get();
  ArrayRef rows;
  if (!gather_rows(call, &rows)) return nullptr;
  return rows ? rows.release_object() : Py_NewRef(Py_None);
}

PyObject* gather(const Signature& call, const stub::gather& args) {
  const Ref<> first(PyLong_FromLong(0));
  return gathered(call, args.x, args.ragged, args.root ? args.root : first.object(), args.team);
}

PyObject* allgather(const Signature& call, const stub::allgather& args) {
  return gathered(call, args.x, args.ragged, nullptr, args.team);
}

// For shmem4py/_values.py. The rows are a part of the arguments of the function `name`, which `text` describes.
PyObject* stack_values(const Signature& signature, const stub::stack_values& args) {
  ValuesCall call(signature);
  call.signature.name = PyUnicode_AsUTF8(args.name);
  if (!call.signature.name || !values_call(args.root, args.team, &call)) return nullptr;
  call.text = args.text;
  call.x = array_of(signature, "x", args.x);
  ArrayRef rows;
  if (!call.x || !not_freed(call.signature, "x", call.x) || !gather_rows(call, &rows)) return nullptr;
  return rows ? rows.release_object() : Py_NewRef(Py_None);
}

PyMethodDef callables[] = {
    function<stub::gather, gather>(),
    function<stub::allgather, allgather>(),
    function<stub::stack_values, stack_values>(),
};

}  // namespace

bool add_value_rows(PyObject* module, const char* shown_module) {
  return add_functions(module, shown_module, callables);
}

}  // namespace shmem::binding
