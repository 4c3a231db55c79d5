/* SPDX-License-Identifier: BSD-3-Clause
 *
 * unchecked.put(target, source, pe): what shmem4py.shmem.put would be without its checks, without an engine table and
 * without dtypes: two arrays and a number, read as fast as Python's and NumPy's C interfaces allow, and the library's
 * shmem_putmem. What put takes more than this is an upper bound of what its checks take.
 */
#define PY_SSIZE_T_CLEAN
#define NPY_NO_DEPRECATED_API NPY_1_20_API_VERSION
#include <Python.h>
#include <numpy/arrayobject.h>
#include <shmem.h>

static PyObject* put(PyObject* module, PyObject* const* args, Py_ssize_t count) {
  (void)module;
  (void)count;
  PyArrayObject* target = (PyArrayObject*)args[0];
  PyArrayObject* source = (PyArrayObject*)args[1];
  const int pe = (int)PyLong_AsLong(args[2]);
  shmem_putmem(PyArray_DATA(target), PyArray_DATA(source), (size_t)PyArray_NBYTES(source), pe);
  Py_RETURN_NONE;
}

PyMODINIT_FUNC PyInit_unchecked(void) {
  static PyMethodDef methods[] = {{"put", (PyCFunction)(void*)put, METH_FASTCALL, NULL}, {NULL, NULL, 0, NULL}};
  static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "unchecked", NULL, -1, methods, NULL, NULL, NULL, NULL};
  import_array();
  return PyModule_Create(&module);
}
