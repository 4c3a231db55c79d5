// SPDX-License-Identifier: BSD-3-Clause
//
// The rare half of converting arguments: errors, and operators by name.
#include "binding/arguments.h"

#include <iterator>
#include <string>
#include <string_view>

#include "binding/state.h"
#include "engine/engine.h"

namespace shmem::binding {

bool integer_slowly(const Signature& call, const char* argument, PyObject* object, std::int64_t* out) {
  if (PyArray_Check(object) && PyArray_SIZE(as_array(object)) == 1) {
    Ref<> item(PyObject_CallMethod(object, "item", nullptr));
    return item && !PyArray_Check(item.object()) && integer(call, argument, item.object(), out);
  }
  Ref<> index(PyNumber_Index(object));
  if (!index) {
    if (PyErr_ExceptionMatches(PyExc_TypeError)) {
      PyErr_Format(PyExc_TypeError, "%s: %s must be an integer, not %s", call.name, argument, Py_TYPE(object)->tp_name);
    }
    return false;
  }
  int overflow;
  *out = PyLong_AsLongLongAndOverflow(index.object(), &overflow);
  if (overflow) {
    // Saturated: every limit that follows is far below, and its check words the error.
    *out = overflow > 0 ? INT64_MAX : INT64_MIN;
  }
  return true;
}

bool not_an_array(const Signature& call, const char* argument, PyObject* object, const char* wanted) {
  const bool element = PyArray_IsScalar(object, Generic);
  PyErr_Format(PyExc_TypeError, "%s: %s must be %s, not %s%s", call.name, argument, wanted, Py_TYPE(object)->tp_name,
               element ? ": an index takes an element out of an array, a slice such as a[0:1] keeps it in" : "");
  return false;
}

bool no_such_pe(const Signature& call, const char* argument, PyObject* pe, int n_pes) {
  PyErr_Format(PyExc_IndexError, "%s: %s is %S, but PEs are 0 to %d%s", call.name, argument, pe, n_pes - 1,
               state.n_pes == 1 ? ": this job has one PE. To start it on 4: shmem4py run -n 4 app.py" : "");
  return false;
}

bool count(const Signature& call, const char* argument, PyObject* object, std::size_t* out) {
  std::int64_t value;
  if (!integer(call, argument, object, &value)) return false;
  if (value < 0) {
    PyErr_Format(PyExc_ValueError, "%s: %s is %S, must not be negative", call.name, argument, object);
    return false;
  }
  *out = static_cast<std::size_t>(value);
  return true;
}

bool stride(const Signature& call, const char* argument, PyObject* object, std::ptrdiff_t fallback,
            std::ptrdiff_t* out) {
  if (!given(object)) {
    *out = fallback;
    return true;
  }
  std::int64_t value;
  if (!integer(call, argument, object, &value)) return false;
  if (value < 1) {
    PyErr_Format(PyExc_ValueError, "%s: %s is %S, must be at least 1", call.name, argument, object);
    return false;
  }
  *out = static_cast<std::ptrdiff_t>(value);
  return true;
}

bool boolean(PyObject* object, bool fallback, bool* out) {
  if (!object) {
    *out = fallback;
    return true;
  }
  const int truth = PyObject_IsTrue(object);
  *out = truth > 0;
  return truth >= 0;
}

std::array<PyTypeObject*, static_cast<std::size_t>(Enum::kCount)> enums{};

namespace {

PyObject* enum_base = nullptr;  // enum.Enum

constexpr const char* kEnumNames[] = {"THREAD", "CTX", "MALLOC", "AMO", "SIGNAL", "OP", "CMP"};  // in the order of Enum
static_assert(std::size(kEnumNames) == static_cast<std::size_t>(Enum::kCount));

}  // namespace

bool find_enums() {
  const Ref<> library(PyImport_ImportModule("enum"));
  const Ref<> package(library ? PyImport_ImportModule("shmem4py._enums") : nullptr);
  if (!package || !(enum_base = PyObject_GetAttrString(library.object(), "Enum"))) return false;
  for (std::size_t i = 0; i < enums.size(); ++i) {
    enums[i] = reinterpret_cast<PyTypeObject*>(PyObject_GetAttrString(package.object(), kEnumNames[i]));
    if (!enums[i]) return false;
  }
  return true;
}

bool other_enum(const Signature& call, const char* argument, PyObject* object, Enum which) {
  const int member = PyObject_IsInstance(object, enum_base);
  if (member > 0) {
    PyErr_Format(PyExc_TypeError, "%s: %s is %S.%S, must be a member of %s", call.name, argument,
                 Ref<>(PyObject_GetAttrString(reinterpret_cast<PyObject*>(Py_TYPE(object)), "__name__")).object(),
                 Ref<>(PyObject_GetAttrString(object, "name")).object(), kEnumNames[static_cast<std::size_t>(which)]);
  }
  return member == 0;
}

namespace {

struct Name {
  std::string_view text;
  int value;
};

constexpr Name kComparisons[] = {
    {"eq", ENGINE_EQ}, {"ne", ENGINE_NE}, {"gt", ENGINE_GT}, {"le", ENGINE_LE}, {"lt", ENGINE_LT}, {"ge", ENGINE_GE},
    {"==", ENGINE_EQ}, {"!=", ENGINE_NE}, {">", ENGINE_GT},  {"<=", ENGINE_LE}, {"<", ENGINE_LT},  {">=", ENGINE_GE},
};
constexpr Name kSignalOperators[] = {{"set", ENGINE_SIGNAL_SET}, {"add", ENGINE_SIGNAL_ADD}};
constexpr Name kReductions[] = {
    {"and", ENGINE_AND}, {"or", ENGINE_OR},   {"xor", ENGINE_XOR},   {"max", ENGINE_MAX},
    {"min", ENGINE_MIN}, {"sum", ENGINE_SUM}, {"prod", ENGINE_PROD},
};
constexpr Name kAmos[] = {
    {"set", int(AmoName::kSet)}, {"inc", int(AmoName::kInc)}, {"add", int(AmoName::kAdd)},
    {"and", int(AmoName::kAnd)}, {"or", int(AmoName::kOr)},   {"xor", int(AmoName::kXor)},
};

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// The text of an enum's string member is compared as text: its hash may be a Python function.
template <std::size_t N>
bool by_name(const Signature& call, const char* argument, PyObject* object, const Name (&names)[N], int* out) {
  Py_ssize_t length;
  const char* text = PyUnicode_AsUTF8AndSize(object, &length);
  if (!text) return false;
  for (const Name& name : names) {
    if (static_cast<std::size_t>(length) != name.text.size()) continue;
    std::size_t i = 0;
    while (i < name.text.size() && lower(text[i]) == name.text[i]) ++i;
    if (i == name.text.size()) {
      *out = name.value;
      return true;
    }
  }
  std::string known;
  for (const Name& name : names) known.append(known.empty() ? "" : ", ").append(name.text);
  PyErr_Format(PyExc_ValueError, "%s: %s is %R, must be one of %s", call.name, argument, object, known.c_str());
  return false;
}

bool by_number(const Signature& call, const char* argument, PyObject* object, int last, int* out) {
  std::int64_t value;
  if (!integer(call, argument, object, &value)) return false;
  if (value < 0 || value > last) {
    PyErr_Format(PyExc_ValueError, "%s: %s is %lld, must be 0 to %d or a name", call.name, argument,
                 static_cast<long long>(value), last);
    return false;
  }
  *out = static_cast<int>(value);
  return true;
}

bool must_be_name(const Signature& call, PyObject* object) {
  if (PyUnicode_Check(object)) return true;
  PyErr_Format(PyExc_TypeError, "%s: op must be a string, not %s", call.name, Py_TYPE(object)->tp_name);
  return false;
}

}  // namespace

bool comparison(const Signature& call, PyObject* object, int* out) {
  if (!no_other_enum(call, "cmp", object, Enum::kCmp)) return false;
  if (PyUnicode_Check(object)) return by_name(call, "cmp", object, kComparisons, out);
  return by_number(call, "cmp", object, ENGINE_GE, out);
}

bool signal_operator(const Signature& call, PyObject* object, int* out) {
  if (!no_other_enum(call, "sigop", object, Enum::kSignal)) return false;
  if (PyUnicode_Check(object)) return by_name(call, "sigop", object, kSignalOperators, out);
  return by_number(call, "sigop", object, ENGINE_SIGNAL_ADD, out);
}

bool reduction_operator(const Signature& call, PyObject* object, int* out) {
  return no_other_enum(call, "op", object, Enum::kOp) && must_be_name(call, object) &&
         by_name(call, "op", object, kReductions, out);
}

bool amo_operator(const Signature& call, PyObject* object, AmoName* out) {
  int value;
  if (!no_other_enum(call, "op", object, Enum::kAmo) || !must_be_name(call, object) ||
      !by_name(call, "op", object, kAmos, &value)) {
    return false;
  }
  *out = static_cast<AmoName>(value);
  return true;
}

}  // namespace shmem::binding
