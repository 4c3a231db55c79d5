// SPDX-License-Identifier: BSD-3-Clause
//
// The one table of members, and the search in it by name and by number.
#include "binding/operators.h"

#include <iterator>
#include <string>
#include <string_view>

#include "engine/engine.h"

namespace shmem::binding {

std::array<PyTypeObject*, static_cast<std::size_t>(Enum::kCount)> enums{};

namespace {

PyObject* enum_base = nullptr;  // enum.Enum

constexpr const char* kEnumNames[] = {"THREAD", "CTX", "MALLOC", "AMO", "SIGNAL", "OP", "CMP"};  // in the order of Enum
static_assert(std::size(kEnumNames) == static_cast<std::size_t>(Enum::kCount));

constexpr struct Member {
  std::string_view name;
  Enum of;
  int value;
} kMembers[] = {
    {"SINGLE", Enum::kThread, ENGINE_SINGLE},
    {"FUNNELED", Enum::kThread, ENGINE_FUNNELED},
    {"SERIALIZED", Enum::kThread, ENGINE_SERIALIZED},
    {"MULTIPLE", Enum::kThread, ENGINE_MULTIPLE},
    {"PRIVATE", Enum::kCtx, ENGINE_CTX_PRIVATE},
    {"SERIALIZED", Enum::kCtx, ENGINE_CTX_SERIALIZED},
    {"NOSTORE", Enum::kCtx, ENGINE_CTX_NOSTORE},
    {"ATOMICS_REMOTE", Enum::kMalloc, ENGINE_ATOMICS_REMOTE},
    {"SIGNAL_REMOTE", Enum::kMalloc, ENGINE_SIGNAL_REMOTE},
    {"SET", Enum::kAmo, ENGINE_AMO_SET},
    {"INC", Enum::kAmo, ENGINE_AMO_INC},
    {"ADD", Enum::kAmo, ENGINE_AMO_ADD},
    {"AND", Enum::kAmo, ENGINE_AMO_AND},
    {"OR", Enum::kAmo, ENGINE_AMO_OR},
    {"XOR", Enum::kAmo, ENGINE_AMO_XOR},
    {"SET", Enum::kSignal, ENGINE_SIGNAL_SET},
    {"ADD", Enum::kSignal, ENGINE_SIGNAL_ADD},
#define SHMEM_OPERATOR(name, constant, text, group) {#name, Enum::kOp, ENGINE_##name},
#include "tables/operators.def"
#define SHMEM_COMPARISON(name, constant, operator) {#name, Enum::kCmp, ENGINE_##name},
#include "tables/comparisons.def"
#define SHMEM_COMPARISON(name, constant, operator) {#operator, Enum::kCmp, ENGINE_##name},
#include "tables/comparisons.def"
};

// In the order of EngineCmp.
constexpr bool (*kComparisons[])(std::uint64_t, std::uint64_t) = {
#define SHMEM_COMPARISON(name, constant, operator) [](std::uint64_t a, std::uint64_t b) { return a operator b; },
#include "tables/comparisons.def"
};

constexpr char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

bool same_name(std::string_view text, std::string_view name) {
  if (text.size() != name.size()) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (upper(text[i]) != name[i]) return false;
  }
  return true;
}

// Compares text, also for a string member of an enum: such a member's hash may be a function written in Python.
bool by_name(const Signature& call, const char* argument, PyObject* object, Enum of, int* out) {
  Py_ssize_t length;
  const char* text = PyUnicode_AsUTF8AndSize(object, &length);
  if (!text) return false;
  std::string known;
  for (const Member& member : kMembers) {
    if (member.of != of) continue;
    if (same_name({text, static_cast<std::size_t>(length)}, member.name)) {
      *out = member.value;
      return true;
    }
    known.append(known.empty() ? "" : ", ");
    for (const char c : member.name) known += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  PyErr_Format(PyExc_ValueError, "%s: %s is %R, must be one of %s", call.name, argument, object, known.c_str());
  return false;
}

// An operator with integers from 0 to `last`.
bool by_name_or_number(const Signature& call, const char* argument, PyObject* object, Enum of, int last, int* out) {
  if (!no_other_enum(call, argument, object, of)) return false;
  if (PyUnicode_Check(object)) return by_name(call, argument, object, of, out);
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

// An operator that has no integer.
bool by_name_only(const Signature& call, PyObject* object, Enum of, int* out) {
  if (!no_other_enum(call, "op", object, of)) return false;
  if (PyUnicode_Check(object)) return by_name(call, "op", object, of, out);
  PyErr_Format(PyExc_TypeError, "%s: op must be a string, not %s", call.name, Py_TYPE(object)->tp_name);
  return false;
}

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

bool add_constants(PyObject* module) {
  for (const Member& member : kMembers) {
    if (member.of == Enum::kAmo || member.of == Enum::kOp || upper(member.name[0]) < 'A') continue;
    const std::string name = kEnumNames[static_cast<std::size_t>(member.of)] + ("_" + std::string(member.name));
    if (PyModule_AddIntConstant(module, name.c_str(), member.value) < 0) return false;
  }
  return true;
}

bool comparison(const Signature& call, PyObject* object, int* out) {
  return by_name_or_number(call, "cmp", object, Enum::kCmp, ENGINE_CMP_COUNT - 1, out);
}

bool signal_operator(const Signature& call, PyObject* object, int* out) {
  return by_name_or_number(call, "sigop", object, Enum::kSignal, ENGINE_SIGNAL_ADD, out);
}

bool reduction_operator(const Signature& call, PyObject* object, int* out) {
  return by_name_only(call, object, Enum::kOp, out);
}

bool amo_operator(const Signature& call, PyObject* object, int* out) {
  return by_name_only(call, object, Enum::kAmo, out);
}

const char* symbol_of(int cmp) noexcept {
  constexpr const char* kSymbols[] = {
#define SHMEM_COMPARISON(name, constant, operator) #operator,
#include "tables/comparisons.def"
  };
  return kSymbols[cmp];
}

bool compare(std::uint64_t value, int cmp, std::uint64_t wanted) noexcept {
  return kComparisons[cmp](value, wanted);
}

}  // namespace shmem::binding
