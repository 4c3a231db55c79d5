// SPDX-License-Identifier: BSD-3-Clause
//
// dtypes: the table by NumPy's type number, the rare conversions of values, and the exceptions.
#include "binding/types.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

namespace shmem::binding {

// In the order of NumPy's NPY_TYPES.
const short kEngineTypes[NPY_CLONGDOUBLE + 1] = {
    kNoType,  // bool
    engine_type_of<signed char>(),
    engine_type_of<unsigned char>(),
    engine_type_of<short>(),
    engine_type_of<unsigned short>(),
    engine_type_of<int>(),
    engine_type_of<unsigned int>(),
    engine_type_of<long>(),
    engine_type_of<unsigned long>(),
    engine_type_of<long long>(),
    engine_type_of<unsigned long long>(),
    ENGINE_FLOAT,
    ENGINE_DOUBLE,
    ENGINE_LONG_DOUBLE,
    ENGINE_COMPLEX_FLOAT,
    ENGINE_COMPLEX_DOUBLE,
    kNoType,  // complex of long double
};
static_assert(NPY_BOOL == 0 && NPY_BYTE == 1 && NPY_ULONGLONG == 10 && NPY_FLOAT == 11 && NPY_CLONGDOUBLE == 16);

namespace {

struct TypeRow {
  const char* name;
  long long least = 0;  // integers, as far as a long long has them
  long long greatest = 0;
};

template <class T>
constexpr TypeRow integer_row(const char* name) {
  using Limits = std::numeric_limits<T>;
  return {name, static_cast<long long>(Limits::min()),
          std::in_range<long long>(Limits::max()) ? static_cast<long long>(Limits::max()) : INT64_MAX};
}

// In the order of EngineType.
constexpr TypeRow kTypes[] = {
#define SHMEM_ELEMENT_INTEGER(name, constant, text, dtype, routine, unsigned_routine, T) integer_row<T>(dtype),
#define SHMEM_ELEMENT_REAL(name, constant, text, dtype, routine, unsigned_routine, T) {dtype},
#define SHMEM_ELEMENT_COMPLEX SHMEM_ELEMENT_REAL
#include "tables/element_types.def"
};

bool out_of_bounds(const Signature& call, const char* argument, int type, PyObject* value) {
  PyErr_Format(PyExc_OverflowError, "%s: %s %R is out of bounds for %s", call.name, argument, value, kTypes[type].name);
  return false;
}

bool integer_bits(const Signature& call, const char* argument, int type, PyObject* value, std::uint64_t* bits) {
  Ref<> index(PyNumber_Index(value));
  if (!index) {
    if (PyErr_ExceptionMatches(PyExc_TypeError)) {
      PyErr_Format(PyExc_TypeError, "%s: %s must be an integer for %s, not %s", call.name, argument, kTypes[type].name,
                   Py_TYPE(value)->tp_name);
    }
    return false;
  }
  int overflow;
  const long long number = PyLong_AsLongLongAndOverflow(index.object(), &overflow);
  if (overflow == 0) {
    if (number < kTypes[type].least || number > kTypes[type].greatest)
      return out_of_bounds(call, argument, type, value);
    *bits = static_cast<std::uint64_t>(number);
    return true;
  }
  if (overflow < 0 || type != ENGINE_UINT64) return out_of_bounds(call, argument, type, value);
  *bits = PyLong_AsUnsignedLongLong(index.object());
  if (!PyErr_Occurred()) return true;
  PyErr_Clear();
  return out_of_bounds(call, argument, type, value);
}

bool float_bits(const Signature& call, const char* argument, int type, PyObject* value, std::uint64_t* bits) {
  const double number = PyFloat_AsDouble(value);
  if (number == -1.0 && PyErr_Occurred()) {
    if (PyErr_ExceptionMatches(PyExc_TypeError)) {
      PyErr_Format(PyExc_TypeError, "%s: %s must be a real number for %s, not %s", call.name, argument,
                   kTypes[type].name, Py_TYPE(value)->tp_name);
    }
    return false;
  }
  if (type == ENGINE_DOUBLE) {
    std::memcpy(bits, &number, sizeof number);
    return true;
  }
  const auto narrow = static_cast<float>(number);
  if (std::isinf(narrow) && !std::isinf(number)) return out_of_bounds(call, argument, type, value);
  std::uint32_t low;
  std::memcpy(&low, &narrow, sizeof low);
  *bits = low;
  return true;
}

}  // namespace

bool bits_slowly(const Signature& call, const char* argument, int type, PyObject* value, std::uint64_t* bits) {
  if (PyArray_Check(value)) {
    PyArrayObject* array = as_array(value);
    if (PyArray_SIZE(array) != 1) {
      PyErr_Format(PyExc_ValueError, "%s: %s has %zd elements, must be a number or have one", call.name, argument,
                   static_cast<Py_ssize_t>(PyArray_SIZE(array)));
      return false;
    }
    Ref<> item(PyArray_GETITEM(array, static_cast<char*>(PyArray_DATA(array))));
    return item && !PyArray_Check(item.object()) && to_bits(call, argument, type, item.object(), bits);
  }
  if (type <= ENGINE_UINT64) return integer_bits(call, argument, type, value, bits);
  return float_bits(call, argument, type, value, bits);
}

int wrong_type(const Signature& call, const char* argument, PyArray_Descr* dtype, std::uint32_t group) {
  std::string allowed;
  const char* usual = nullptr;
  for (int type = 0; type < ENGINE_TYPE_COUNT; ++type) {
    if (!(group >> type & 1)) continue;
    allowed.append(allowed.empty() ? "" : ", ").append(kTypes[type].name);
    if (!usual || type == ENGINE_INT64) usual = kTypes[type].name;
  }
  PyErr_Format(PyExc_TypeError,
               "%s: %s has dtype %S, must be one of %s, in native byte order: shmem.zeros(shape, '%s') makes such an "
               "array",
               call.name, argument, reinterpret_cast<PyObject*>(dtype), allowed.c_str(), usual);
  return kNoType;
}

bool refuse_objects(const Signature& call, const char* argument, PyArray_Descr* dtype) {
  if (!PyDataType_REFCHK(dtype)) return true;
  const bool itself = std::strcmp(argument, "dtype") == 0;
  PyErr_Format(PyExc_TypeError, "%s: %s %s %S; elements that refer to Python objects cannot be moved", call.name,
               argument, itself ? "is" : "has dtype", reinterpret_cast<PyObject*>(dtype));
  return false;
}

bool types_differ(const Signature& call, const char* target_name, PyArray_Descr* target, const char* source_name,
                  PyArray_Descr* source) {
  PyErr_Format(PyExc_TypeError, "%s: %s has dtype %S and %s has dtype %S", call.name, target_name,
               reinterpret_cast<PyObject*>(target), source_name, reinterpret_cast<PyObject*>(source));
  return false;
}

ArrayRef to_element(const Signature& call, const char* argument, PyArray_Descr* dtype, PyObject* value) {
  ArrayRef element = make_array(dtype, 0, nullptr);
  if (!element) return element;
  const int type = engine_type(dtype);
  if (type != kNoType && type <= ENGINE_DOUBLE) {
    std::uint64_t bits;
    if (!to_bits(call, argument, type, value, &bits)) return {};
    std::memcpy(PyArray_DATA(element.get()), &bits, static_cast<std::size_t>(PyArray_ITEMSIZE(element.get())));
    return element;
  }
  ArrayRef given_value(as_array(PyArray_FromAny(value, nullptr, 0, 0, 0, nullptr)));
  if (!given_value) return {};
  if (PyArray_SIZE(given_value.get()) != 1) {
    PyErr_Format(PyExc_ValueError, "%s: %s has %zd elements, must be a number or have one", call.name, argument,
                 static_cast<Py_ssize_t>(PyArray_SIZE(given_value.get())));
    return {};
  }
  // A Python number fits any dtype that can hold its kind. A value that has a dtype is cast within its kind.
  if (!PyArray_CanCastArrayTo(given_value.get(), dtype, NPY_SAME_KIND_CASTING)) {
    types_differ(call, "target", dtype, argument, PyArray_DESCR(given_value.get()));
    return {};
  }
  PyArray_Dims none{nullptr, 0};
  ArrayRef flat(as_array(PyArray_Newshape(given_value.get(), &none, NPY_CORDER)));
  if (!flat || PyArray_CopyInto(element.get(), flat.get()) < 0) return {};
  return element;
}

ArrayRef to_elements(const Signature& call, const char* argument, int type, PyArray_Descr* dtype, PyObject* values,
                     std::size_t nelems) {
  if (PyArray_Check(values) && PyArray_EquivTypes(PyArray_DESCR(as_array(values)), dtype) &&
      PyArray_IS_C_CONTIGUOUS(as_array(values))) {
    ArrayRef same = borrow(as_array(values));
    if (static_cast<std::size_t>(PyArray_SIZE(same.get())) >= nelems) return same;
  }
  Ref<> flat(PyArray_Check(values) ? PyArray_Ravel(as_array(values), NPY_CORDER) : borrow(values).release());
  Ref<> items(flat ? PySequence_Fast(flat.object(), "values must be an array or a sequence") : nullptr);
  if (!items) return {};
  const auto available = static_cast<std::size_t>(PySequence_Fast_GET_SIZE(items.object()));
  if (available < nelems) {
    PyErr_Format(PyExc_ValueError, "%s: %s has %zu elements, must have %zu", call.name, argument, available, nelems);
    return {};
  }
  auto length = static_cast<npy_intp>(nelems);
  ArrayRef result = make_array(dtype, 1, &length);
  if (!result) return {};
  const auto itemsize = static_cast<std::size_t>(PyArray_ITEMSIZE(result.get()));
  for (std::size_t i = 0; i < nelems; ++i) {
    std::uint64_t bits;
    PyObject* item = PySequence_Fast_GET_ITEM(items.object(), static_cast<Py_ssize_t>(i));
    if (!to_bits(call, argument, type, item, &bits)) return {};
    std::memcpy(PyArray_BYTES(result.get()) + i * itemsize, &bits, itemsize);
  }
  return result;
}

}  // namespace shmem::binding
