// SPDX-License-Identifier: BSD-3-Clause
//
// wait_until, test and their families.
#include <memory>
#include <type_traits>

#include "binding/areas.h"
#include "binding/operators.h"
#include "binding/stub.h"
#include "binding/types.h"
#include "binding/waiting.h"

namespace shmem::binding {

namespace {

EngineWaitFunction functions[ENGINE_WAIT_COUNT][ENGINE_TYPE_COUNT];

// The seven families, in the order of EngineWait; a wait and its test are kTests apart.
enum Family { kOne, kAll, kAny, kSome, kAllVector, kAnyVector, kSomeVector };
constexpr int kTests = ENGINE_TEST - ENGINE_WAIT_UNTIL;
static_assert(int{ENGINE_WAIT_SOME_VECTOR} == int{kSomeVector} && int{ENGINE_TEST_SOME_VECTOR} == kSomeVector + kTests);

constexpr bool is_vector(Family family) {
  return family >= kAllVector;
}
constexpr bool is_any(Family family) {
  return family == kAny || family == kAnyVector;
}
constexpr bool is_some(Family family) {
  return family == kSome || family == kSomeVector;
}

// What a call looks at.
struct Variables {
  PyArrayObject* array;
  char* data;
  std::size_t nelems;
  int type;
  int cmp;
};

bool variables(const Signature& call, PyObject* object, PyObject* cmp, Variables* out) {
  constexpr const char* argument = "ivars";
  if (!ready(call)) return false;
  PyArrayObject* array = array_of(call, argument, object);
  if (!array) return false;
  out->array = array;
  out->data = PyArray_BYTES(array);
  out->nelems = number_of_elements(array);
  out->type = grouped_type(call, argument, PyArray_DESCR(array), kTypeGroups.atomic);
  return out->type != kNoType && without_gaps(call, argument, array) && aligned(call, argument, array) &&
         symmetric(call, argument, array, out->data, out->data + PyArray_NBYTES(array)) &&
         comparison(call, cmp, &out->cmp);
}

// The one variable of a call that looks at one.
inline bool variable(const Signature& call, PyObject* object, PyObject* cmp, Variables* out) {
  if (!ready(call)) return false;
  const Element found = element(call, "ivar", object);
  if (!found) return false;
  out->array = found.array;
  out->data = found.data;
  out->nelems = 1;
  out->type = grouped_type(call, "ivar", PyArray_DESCR(found.array), kTypeGroups.wait_one);
  return out->type != kNoType && aligned(call, "ivar", found) && symmetric(call, "ivar", found) &&
         comparison(call, cmp, &out->cmp);
}

Ref<> item_of(const Variables& of, std::size_t i) {
  return Ref<>(PyArray_GETITEM(of.array, of.data + i * static_cast<std::size_t>(PyArray_ITEMSIZE(of.array))));
}

void raise_one_lacks(const Signature& call, PyObject* timeout, const Variables& ivar, PyObject* wanted) {
  const Ref<> seen = item_of(ivar, 0);
  if (!seen) return;
  PyErr_Format(PyExc_TimeoutError, "%s: after %S s ivar is %S, not %s %S", call.name, timeout, seen.object(),
               symbol_of(ivar.cmp), wanted);
}

// Names the first element that counts and does not compare true. `own` has a value for each element, where the wait is
// a vector's; else all are compared with `value`.
void raise_many_lack(const Signature& call, PyObject* timeout, const Variables& ivars, bool all, const int* ignored,
                     PyArrayObject* own, const void* values, PyObject* value) {
  const auto itemsize = static_cast<std::size_t>(PyArray_ITEMSIZE(ivars.array));
  const EngineWaitFunction test = functions[ENGINE_TEST][ivars.type];
  const auto counts = [&](std::size_t i) { return !ignored || ignored[i] == 0; };
  const auto wanted = [&](std::size_t i) { return static_cast<const char*>(values) + (own ? i * itemsize : 0); };
  std::size_t first = 0;
  quick([&] {
    while (first + 1 < ivars.nelems &&
           !(counts(first) && !test(ivars.data + first * itemsize, 1, nullptr, nullptr, ivars.cmp, wanted(first)))) {
      ++first;
    }
  });
  const Ref<> seen = item_of(ivars, first);
  const Ref<> own_value(own ? PyArray_GETITEM(own, const_cast<char*>(wanted(first))) : borrow(value).release());
  if (!seen || !own_value) return;
  PyErr_Format(PyExc_TimeoutError, "%s: after %S s %s: ivars[%zu] is %S, not %s %S", call.name, timeout,
               all ? "not all elements of ivars compare true" : "no element of ivars compares true", first,
               seen.object(), symbol_of(ivars.cmp), own_value.object());
}

// Out of line: what a timeout needs must not stand in the way of a wait without.
[[gnu::noinline, gnu::cold]] bool one_at_most(const Signature& call, const stub::wait_until& args,
                                              const Variables& ivar, std::uint64_t value) {
  const EngineWaitFunction test = functions[ENGINE_TEST][ivar.type];
  const EngineWaitFunction wait = functions[ENGINE_WAIT_UNTIL][ivar.type];
  if (!test) return not_implemented(call.name) != nullptr;
  const auto holds = [&] { return test(ivar.data, 1, nullptr, nullptr, ivar.cmp, &value) != 0; };
  const auto until = [&] { wait(ivar.data, 1, nullptr, nullptr, ivar.cmp, &value); };
  const auto tell = [&] { raise_one_lacks(call, args.timeout, ivar, args.value); };
  return wait_at_most(call, args.timeout, TimedWait(wait != nullptr, holds, until, tell));
}

template <bool waits, class Arguments>
PyObject* one(const Signature& call, const Arguments& args) {
  Variables ivar;
  std::uint64_t value;
  if (!variable(call, args.ivar, args.cmp, &ivar) || !to_bits(call, "value", ivar.type, args.value, &value)) {
    return nullptr;
  }
  if constexpr (waits) {
    if (given(args.timeout)) [[unlikely]]
      return none_if(one_at_most(call, args, ivar, value));
  }
  const EngineWaitFunction test = functions[ENGINE_TEST][ivar.type];
  if (!test) return not_implemented(call.name);
  const auto holds = [&] { return test(ivar.data, 1, nullptr, nullptr, ivar.cmp, &value) != 0; };
  if constexpr (waits) {
    // An engine whose waits are loops of tests need not have it.
    const EngineWaitFunction wait = functions[ENGINE_WAIT_UNTIL][ivar.type];
    if (!wait_until(call.name, wait != nullptr, holds,
                    [&] { wait(ivar.data, 1, nullptr, nullptr, ivar.cmp, &value); })) {
      return nullptr;
    }
    Py_RETURN_NONE;
  } else {
    const bool held = quick(holds);
    return succeeded(call.name) ? PyBool_FromLong(held) : nullptr;
  }
}

// `status` as C ints, which are nonzero for elements that do not count, and the number of elements that count.
bool status_of(const Signature& call, PyObject* object, std::size_t nelems, ArrayRef* array, std::size_t* counting) {
  *counting = nelems;
  if (!given(object)) return true;
  *array = ArrayRef(as_array(PyArray_FromAny(object, PyArray_DescrFromType(NPY_INT), 0, 0,
                                             NPY_ARRAY_CARRAY_RO | NPY_ARRAY_FORCECAST, nullptr)));
  if (!*array) return false;
  const auto available = static_cast<std::size_t>(PyArray_SIZE(array->get()));
  if (available < nelems) {
    PyErr_Format(PyExc_ValueError, "%s: status has %zu elements, must have %zu", call.name, available, nelems);
    return false;
  }
  const auto* status = static_cast<const int*>(PyArray_DATA(array->get()));
  for (std::size_t i = 0; i < nelems; ++i) *counting -= status[i] != 0;
  return true;
}

// Room for the indices of a `some`. For few elements it is on the stack.
class Indices {
 public:
  explicit Indices(std::size_t nelems) {
    if (nelems > kFew) many_ = std::make_unique_for_overwrite<std::size_t[]>(nelems);
  }
  std::size_t* data() { return many_ ? many_.get() : few_; }

 private:
  static constexpr std::size_t kFew = 64;
  std::size_t few_[kFew];
  std::unique_ptr<std::size_t[]> many_;
};

PyObject* list_of(const std::size_t* indices, std::size_t n) {
  Ref<> list(PyList_New(static_cast<Py_ssize_t>(n)));
  for (std::size_t i = 0; list && i < n; ++i) {
    PyObject* index = PyLong_FromSize_t(indices[i]);
    if (!index) return nullptr;
    PyList_SET_ITEM(list.object(), static_cast<Py_ssize_t>(i), index);
  }
  return list.release();
}

// The Python result of a family's answer.
template <Family family, bool waits>
PyObject* answer(std::size_t result, std::size_t nelems, const std::size_t* indices) {
  if constexpr (is_any(family)) {
    if (result < nelems) return PyLong_FromSize_t(result);
    Py_RETURN_NONE;
  } else if constexpr (is_some(family)) {
    return list_of(indices, result);
  } else if constexpr (waits) {
    Py_RETURN_NONE;
  } else {
    return PyBool_FromLong(result != 0);
  }
}

template <Family family, bool waits>
using Many =
    std::conditional_t<waits, std::conditional_t<is_vector(family), stub::wait_until_all_vector, stub::wait_until_all>,
                       std::conditional_t<is_vector(family), stub::test_all_vector, stub::test_all>>;

template <Family family, bool waits>
PyObject* many(const Signature& call, const Many<family, waits>& args) {
  Variables ivars;
  ArrayRef status;
  std::size_t counting;
  if (!variables(call, args.ivars, args.cmp, &ivars) ||
      !status_of(call, args.status, ivars.nelems, &status, &counting)) {
    return nullptr;
  }
  std::uint64_t value;
  ArrayRef values_array;
  const void* values = &value;
  if constexpr (is_vector(family)) {
    values_array = to_elements(call, "values", ivars.type, PyArray_DESCR(ivars.array), args.values, ivars.nelems);
    if (!values_array) return nullptr;
    values = PyArray_DATA(values_array.get());
  } else if (!to_bits(call, "value", ivars.type, args.value, &value)) {
    return nullptr;
  }
  // No element counts: `all` holds, `any` has no index, `some` has no indices.
  constexpr bool all = !is_any(family) && !is_some(family);
  if (counting == 0) return answer<family, waits>(all ? 1 : is_any(family) ? ivars.nelems : 0, ivars.nelems, nullptr);
  Indices indices(is_some(family) ? ivars.nelems : 0);
  const int* ignored = status ? static_cast<const int*>(PyArray_DATA(status.get())) : nullptr;
  const EngineWaitFunction test = functions[family + kTests][ivars.type];
  if (!test) return not_implemented(call.name);
  std::size_t result = 0;
  const auto holds = [&] {
    result = test(ivars.data, ivars.nelems, indices.data(), ignored, ivars.cmp, values);
    return is_any(family) ? result < ivars.nelems : result != 0;
  };
  if constexpr (waits) {
    const EngineWaitFunction wait = functions[family][ivars.type];
    const auto until = [&] { result = wait(ivars.data, ivars.nelems, indices.data(), ignored, ivars.cmp, values); };
    const auto tell = [&] {
      PyObject* wanted = nullptr;
      if constexpr (!is_vector(family)) wanted = args.value;
      raise_many_lack(call, args.timeout, ivars, all, ignored, values_array.get(), values, wanted);
    };
    const bool well = given(args.timeout)
                          ? wait_at_most(call, args.timeout, TimedWait(wait != nullptr, holds, until, tell))
                          : wait_until(call.name, wait != nullptr, holds, until);
    if (!well) return nullptr;
  } else {
    quick(holds);
    if (!succeeded(call.name)) return nullptr;
  }
  return answer<family, waits>(result, ivars.nelems, indices.data());
}

PyMethodDef callables[] = {
    function<stub::wait_until, one<true, stub::wait_until>>(),
    function<stub::wait_until_all, many<kAll, true>>(),
    function<stub::wait_until_any, many<kAny, true>>(),
    function<stub::wait_until_some, many<kSome, true>>(),
    function<stub::wait_until_all_vector, many<kAllVector, true>>(),
    function<stub::wait_until_any_vector, many<kAnyVector, true>>(),
    function<stub::wait_until_some_vector, many<kSomeVector, true>>(),
    function<stub::test, one<false, stub::test>>(),
    function<stub::test_all, many<kAll, false>>(),
    function<stub::test_any, many<kAny, false>>(),
    function<stub::test_some, many<kSome, false>>(),
    function<stub::test_all_vector, many<kAllVector, false>>(),
    function<stub::test_any_vector, many<kAnyVector, false>>(),
    function<stub::test_some_vector, many<kSomeVector, false>>(),
};

}  // namespace

void look_up_waits() {
  for (int kind = 0; kind < ENGINE_WAIT_COUNT; ++kind) {
    for (int type = 0; type < ENGINE_TYPE_COUNT; ++type) functions[kind][type] = state.engine->wait(kind, type);
  }
  // A wait looks as well: none without its test.
  for (int kind = ENGINE_WAIT_UNTIL; kind < ENGINE_TEST; ++kind) {
    for (int type = 0; type < ENGINE_TYPE_COUNT; ++type) {
      if (!functions[kind + kTests][type]) functions[kind][type] = nullptr;
    }
  }
}

bool add_waits(PyObject* module, const char* shown_module) {
  return add_functions(module, shown_module, callables);
}

}  // namespace shmem::binding
