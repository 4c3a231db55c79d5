/* SPDX-License-Identifier: BSD-3-Clause
 *
 * unchecked.put(target, source, pe): shmem4py.shmem.put without its checks, without an engine table and without dtypes.
 * It reads two arrays and a number as fast as Python's and NumPy's C interfaces allow and calls the library's
 * shmem_putmem. The time that put takes beyond this is an upper bound for its checks. unchecked.get is alike.
 *
 * unchecked.pingpong(word, me, rounds): two PEs send a word of memory there and back in C. Its batches alternate with
 * those of the same in Python, since the distance between two processors may change from moment to moment.
 */
#define PY_SSIZE_T_CLEAN
#define NPY_NO_DEPRECATED_API NPY_1_20_API_VERSION
#include <Python.h>
#include <numpy/arrayobject.h>
#include <shmem.h>

typedef void Copy(void* target, const void* source, size_t nbytes, int pe);

static PyObject* copy(PyObject* const* args, Copy* call) {
  PyArrayObject* target = (PyArrayObject*)args[0];
  PyArrayObject* source = (PyArrayObject*)args[1];
  const int pe = (int)PyLong_AsLong(args[2]);
  call(PyArray_DATA(target), PyArray_DATA(source), (size_t)PyArray_NBYTES(source), pe);
  Py_RETURN_NONE;
}

static PyObject* put(PyObject* module, PyObject* const* args, Py_ssize_t count) {
  (void)module;
  (void)count;
  return copy(args, shmem_putmem);
}

static PyObject* get(PyObject* module, PyObject* const* args, Py_ssize_t count) {
  (void)module;
  (void)count;
  return copy(args, shmem_getmem);
}

static PyObject* pingpong(PyObject* module, PyObject* const* args, Py_ssize_t count) {
  (void)module;
  (void)count;
  long* const word = PyArray_DATA((PyArrayObject*)args[0]);
  const int me = (int)PyLong_AsLong(args[1]);
  const long rounds = PyLong_AsLong(args[2]);
  for (long i = 0; i < rounds; ++i) {
    const long value = 1 - i % 2;
    if (me == 0) shmem_long_p(word, value, 1);
    shmem_long_wait_until(word, SHMEM_CMP_EQ, value);
    if (me == 1) shmem_long_p(word, value, 0);
  }
  Py_RETURN_NONE;
}

PyMODINIT_FUNC PyInit_unchecked(void) {
  static PyMethodDef methods[] = {{"put", (PyCFunction)(void*)put, METH_FASTCALL, NULL},
                                  {"get", (PyCFunction)(void*)get, METH_FASTCALL, NULL},
                                  {"pingpong", (PyCFunction)(void*)pingpong, METH_FASTCALL, NULL},
                                  {NULL, NULL, 0, NULL}};
  static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "unchecked", NULL, -1, methods, NULL, NULL, NULL, NULL};
  import_array();
  return PyModule_Create(&module);
}
