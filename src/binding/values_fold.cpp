// SPDX-License-Identifier: BSD-3-Clause
//
// Reductions and the scan over the members' arrays. A table says for each function and dtype what the engine combines
// and which dtype the result has, as in NumPy: small integers are summed as 64 bits, and any and all work on the truth
// of elements. An entry without a function means that rows are gathered and NumPy combines them. The table is filled
// when the engine is loaded, and only read afterwards.
//
// NumPy's max and min give NaN if any element is NaN. Engines compare, and may lose it. So floats are combined as
// integers in the same order, in which NaN comes last for max and first for min (`Keys`).
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>

#include "binding/areas.h"
#include "binding/calling.h"
#include "binding/stub.h"
#include "binding/types.h"
#include "binding/values.h"

namespace shmem::binding {

namespace {

enum Fold : std::uint8_t { kSum, kProd, kMax, kMin, kAny, kAll, kScan, kFolds };

enum class Keys : std::uint8_t { kNone, kFloat, kDouble };

struct Plan {
  EngineReduceFunction function = nullptr;  // null: NumPy combines
  signed char work = NPY_NOTYPE;            // the dtype to which x is converted
  signed char result = NPY_NOTYPE;
  Keys keys = Keys::kNone;
};

Plan plans[kFolds][NPY_CLONGDOUBLE + 1];

bool is_small_signed(int type) {
  return type == NPY_BOOL || type == NPY_BYTE || type == NPY_SHORT || type == NPY_INT;
}

bool is_small_unsigned(int type) {
  return type == NPY_UBYTE || type == NPY_USHORT || type == NPY_UINT;
}

Plan plan_for(Fold fold, int type) {
  const auto combined = [&](int op, int engine_type, int work, Keys keys = Keys::kNone) {
    EngineReduceFunction function = nullptr;
    if (engine_type != kNoType) {
      function = fold != kScan        ? state.engine->reduce(op, engine_type)
                 : state.engine->scan ? state.engine->scan(1, engine_type)
                                      : nullptr;
    }
    const auto number = static_cast<signed char>(work);
    return function ? Plan{function, number, number, keys} : Plan{};
  };
  switch (fold) {
    case kAny:
    case kAll:
      return combined(fold == kAny ? ENGINE_OR : ENGINE_AND, ENGINE_UINT8, NPY_BOOL);
    case kMax:
    case kMin: {
      const int op = fold == kMax ? ENGINE_MAX : ENGINE_MIN;
      if (type == NPY_BOOL) return combined(op, ENGINE_UINT8, type);
      if (type == NPY_FLOAT) return combined(op, ENGINE_INT32, type, Keys::kFloat);
      if (type == NPY_DOUBLE) return combined(op, ENGINE_INT64, type, Keys::kDouble);
      return type < NPY_FLOAT ? combined(op, kEngineTypes[type], type) : Plan{};
    }
    default: {
      // For complex infinities C and NumPy have different products.
      if (fold == kProd && type >= NPY_CFLOAT) return {};
      const int work = is_small_signed(type) ? int{NPY_LONG} : is_small_unsigned(type) ? int{NPY_ULONG} : type;
      return combined(fold == kProd ? ENGINE_PROD : ENGINE_SUM, kEngineTypes[work], work);
    }
  }
}

// Turns the bits of a float into an integer of the same order, and back. All bits of a negative number but its sign are
// inverted, which reverses the order of negative numbers.
template <class Bits>
constexpr Bits turned(Bits bits) noexcept {
  constexpr int kSign = 8 * sizeof(Bits) - 1;
  constexpr Bits kRest = std::numeric_limits<Bits>::max();
  return bits ^ (bits >> kSign & kRest);
}

// Floats to keys. NaN of either sign becomes the greatest key for max, and the least for min.
template <class Bits>
void to_keys(char* data, std::size_t nelems, bool max, Bits infinity) noexcept {
  constexpr Bits kGreatest = std::numeric_limits<Bits>::max();
  const Bits nan = max ? kGreatest : std::numeric_limits<Bits>::min();
  for (std::size_t i = 0; i < nelems; ++i) {
    Bits bits;
    std::memcpy(&bits, data + i * sizeof bits, sizeof bits);
    bits = (bits & kGreatest) > infinity ? nan : turned(bits);
    std::memcpy(data + i * sizeof bits, &bits, sizeof bits);
  }
}

template <class Bits>
void from_keys(char* data, std::size_t nelems) noexcept {
  for (std::size_t i = 0; i < nelems; ++i) {
    Bits bits;
    std::memcpy(&bits, data + i * sizeof bits, sizeof bits);
    bits = turned(bits);
    std::memcpy(data + i * sizeof bits, &bits, sizeof bits);
  }
}

constexpr std::int32_t kFloatInfinity = 0x7f800000;
constexpr std::int64_t kDoubleInfinity = 0x7ff0000000000000;

// Writes x to `to`, in C's order and in the dtype that the engine combines. False with an exception.
bool convert(PyArrayObject* x, int work, char* to) {
  PyArray_Descr* dtype = PyArray_DescrFromType(work);
  if (!dtype) return false;
  const ArrayRef target(as_array(PyArray_NewFromDescr(&PyArray_Type, dtype, PyArray_NDIM(x), PyArray_DIMS(x), nullptr,
                                                      to, NPY_ARRAY_CARRAY, nullptr)));
  return target && PyArray_CopyInto(target.get(), x) >= 0;
}

// Combines one piece, which lies in the region at `data`. The result takes its place. False with an exception.
bool combine(ValuesCall& call, const Plan& plan, bool max, char* data, std::size_t nelems, std::size_t nbytes) {
  if (plan.keys == Keys::kDouble) {
    to_keys(data, nelems, max, kDoubleInfinity);
  } else if (plan.keys == Keys::kFloat) {
    to_keys(data, nelems, max, kFloatInfinity);
  } else if (plan.work == NPY_BOOL) {
    for (std::size_t i = 0; i < nelems; ++i) data[i] = data[i] != 0;  // any byte but 0 is true for NumPy
  }
  if (!run_values(call, nbytes, [&] { return plan.function(call.members->handle, data, data, nelems); })) return false;
  if (plan.keys == Keys::kDouble) {
    from_keys<std::int64_t>(data, nelems);
  } else if (plan.keys == Keys::kFloat) {
    from_keys<std::int32_t>(data, nelems);
  }
  return true;
}

PyObject* fold_values(const Signature& signature, Fold fold, PyObject* object, PyObject* root, PyObject* team) {
  ValuesCall call(signature);
  if (!values_call(root, team, &call)) return nullptr;
  ArrayRef x = values_of(signature, "x", object);
  if (!x) return nullptr;
  call.x = x.get();
  const int type = PyArray_TYPE(x.get());
  const Plan plan = static_cast<unsigned>(type) <= NPY_CLONGDOUBLE ? plans[fold][type] : Plan{};
  if (!plan.function) {
    const Ref<> name(PyUnicode_FromString(signature.name));
    PyObject* args[] = {name.object(), x.object(), root ? root : Py_None, team ? team : Py_None};
    return name ? values_in_python("combine", args, std::size(args)) : nullptr;
  }

  // Everything that can fail on this member alone comes before the first collective.
  Cuts cuts;
  if (!claim_region(&call, 1, &cuts)) return nullptr;
  ArrayRef result(as_array(PyArray_SimpleNew(PyArray_NDIM(x.get()), PyArray_DIMS(x.get()), plan.result)));
  if (!result) return nullptr;
  const auto nelems = static_cast<std::size_t>(PyArray_SIZE(result.get()));
  const auto itemsize = static_cast<std::size_t>(PyArray_ITEMSIZE(result.get()));
  const std::size_t nbytes = nelems * itemsize;
  char* const to = PyArray_BYTES(result.get());
  char* const data = cuts.half[0];
  const bool as_it_lies = type == plan.work && PyArray_ISCARRAY_RO(x.get());
  const char* from = PyArray_BYTES(x.get());
  if (nbytes <= cuts.part) [[likely]] {
    if (as_it_lies) [[likely]] {
      std::memcpy(data, from, nbytes);
    } else if (!convert(x.get(), plan.work, data)) {
      return nullptr;
    }
    if (!say_alike(call, nbytes > 0)) return nullptr;
    if (nbytes > 0 && !combine(call, plan, fold == kMax, data, nelems, nbytes)) return nullptr;
    std::memcpy(to, data, nbytes);
  } else {
    if (!as_it_lies) {
      if (!convert(x.get(), plan.work, to)) return nullptr;
      from = to;
    }
    if (!say_alike(call, true)) return nullptr;
    const std::size_t most = cuts.part / itemsize;
    for (std::size_t first = 0, turn = 0; first < nelems; first += most, turn ^= 1) {
      const std::size_t count = std::min(most, nelems - first);
      char* const piece = cuts.half[turn];
      std::memcpy(piece, from + first * itemsize, count * itemsize);
      if (!combine(call, plan, fold == kMax, piece, count, count * itemsize)) return nullptr;
      std::memcpy(to + first * itemsize, piece, count * itemsize);
    }
  }
  return call.result_is_mine() ? returned(std::move(result)) : Py_NewRef(Py_None);
}

template <Fold fold>
PyObject* folded(const Signature& call, const stub::sum& args) {
  return fold_values(call, fold, args.x, args.root, args.team);
}

PyObject* cumsum(const Signature& call, const stub::cumsum& args) {
  return fold_values(call, kScan, args.x, nullptr, args.team);
}

PyMethodDef callables[] = {
    function<stub::sum, folded<kSum>>(), function<stub::prod, folded<kProd>>(), function<stub::max, folded<kMax>>(),
    function<stub::min, folded<kMin>>(), function<stub::any, folded<kAny>>(),   function<stub::all, folded<kAll>>(),
    function<stub::cumsum, cumsum>(),
};

}  // namespace

void look_up_values() {
  for (int fold = 0; fold < kFolds; ++fold) {
    for (int type = 0; type <= NPY_CLONGDOUBLE; ++type) plans[fold][type] = plan_for(static_cast<Fold>(fold), type);
  }
}

bool add_value_folds(PyObject* module, const char* shown_module) {
  return add_functions(module, shown_module, callables);
}

}  // namespace shmem::binding
