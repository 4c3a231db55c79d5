// SPDX-License-Identifier: BSD-3-Clause
//
// waits.h: wait_until, test and their forms over arrays, by kind and type.
//
// The waits of our own library sleep and can be left (shmemx.h). For any other library all waits are built on
// shmem_<T>_test with a Poll between two looks, since only such a wait can be left. A failed test drives progress once,
// because programs wait in loops of tests. The first element of an array to be looked at changes from call to call, so
// a series of calls returns each satisfied element at some time.
#pragma once

#include "faults.h"
#include "poll.h"
#include "types.h"

namespace shmem::adapter {

// The library's number of an EngineCmp.
inline constexpr int kCmp[] = {
#define SHMEM_COMPARISON(name, constant, operator) SHMEM_CMP_##name,
#include "../tables/comparisons.def"
};

template <class T>
bool holds(T found, int cmp, T value) {
  switch (cmp) {
#define SHMEM_COMPARISON(name, constant, operator) \
  case ENGINE_##name:                              \
    return found operator value;
#include "../tables/comparisons.def"
    default:
      return false;
  }
}

using WaitRow = EngineWaitFunction[ENGINE_WAIT_COUNT];

#if SHMEM4PY_HAS_SHMEMX && SHMEM4PY_HAS_WAIT_FAMILIES

// Routines on one variable.
template <class T, auto kRoutine>
size_t wait_one(void* ivar, size_t, size_t*, const int*, int cmp, const void* value) {
  if constexpr (std::is_void_v<decltype(kRoutine(nullptr, 0, T{}))>) {
    kRoutine(static_cast<T*>(ivar), kCmp[cmp], *static_cast<const T*>(value));
    return 1;
  } else {
    return static_cast<size_t>(kRoutine(static_cast<T*>(ivar), kCmp[cmp], *static_cast<const T*>(value)));
  }
}

// Routines on arrays; `Value` is T, or const T* for the vector forms.
template <class T, class Value>
Value operand(const void* values) {
  if constexpr (std::is_pointer_v<Value>) {
    return static_cast<Value>(values);
  } else {
    return *static_cast<const T*>(values);
  }
}

template <class T, class Value, auto kRoutine>
size_t wait_array(void* ivars, size_t nelems, size_t*, const int* status, int cmp, const void* values) {
  if constexpr (std::is_void_v<decltype(kRoutine(nullptr, 0, nullptr, 0, Value{}))>) {
    kRoutine(static_cast<T*>(ivars), nelems, status, kCmp[cmp], operand<T, Value>(values));
    return nelems;
  } else {
    return static_cast<size_t>(kRoutine(static_cast<T*>(ivars), nelems, status, kCmp[cmp], operand<T, Value>(values)));
  }
}

template <class T, class Value, auto kRoutine>
size_t wait_indices(void* ivars, size_t nelems, size_t* indices, const int* status, int cmp, const void* values) {
  return kRoutine(static_cast<T*>(ivars), nelems, indices, status, kCmp[cmp], operand<T, Value>(values));
}

#define SHMEM4PY_ONE_ROW(name, T)                                                                \
  {wait_one<T, shmem_##name##_wait_until>, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, \
   wait_one<T, shmem_##name##_test>,       nullptr, nullptr, nullptr, nullptr, nullptr, nullptr}
#define SHMEM4PY_ROW(name, T)                                        \
  {wait_one<T, shmem_##name##_wait_until>,                           \
   wait_array<T, T, shmem_##name##_wait_until_all>,                  \
   wait_array<T, T, shmem_##name##_wait_until_any>,                  \
   wait_indices<T, T, shmem_##name##_wait_until_some>,               \
   wait_array<T, const T*, shmem_##name##_wait_until_all_vector>,    \
   wait_array<T, const T*, shmem_##name##_wait_until_any_vector>,    \
   wait_indices<T, const T*, shmem_##name##_wait_until_some_vector>, \
   wait_one<T, shmem_##name##_test>,                                 \
   wait_array<T, T, shmem_##name##_test_all>,                        \
   wait_array<T, T, shmem_##name##_test_any>,                        \
   wait_indices<T, T, shmem_##name##_test_some>,                     \
   wait_array<T, const T*, shmem_##name##_test_all_vector>,          \
   wait_array<T, const T*, shmem_##name##_test_any_vector>,          \
   wait_indices<T, const T*, shmem_##name##_test_some_vector>}

#else

inline thread_local size_t first_look = 0;

// The wait or test set of one call. kVector: one value per element.
template <class T, auto kTest, bool kVector>
struct WaitSet {
  T* ivars;
  size_t nelems;
  const int* status;
  int cmp;
  const T* values;

  bool included(size_t i) const { return status == nullptr || status[i] == 0; }
  bool satisfied(size_t i) const {
    const T value = values[kVector ? i : 0];
    const bool told = kTest(ivars + i, kCmp[cmp], value) != 0;
    if (!std::is_unsigned_v<T> || !faults.unsigned_comparison) return told;
    return holds<T>(__atomic_load_n(ivars + i, __ATOMIC_ACQUIRE), cmp, value);
  }

  bool empty() const {
    for (size_t i = 0; i < nelems; ++i) {
      if (included(i)) return false;
    }
    return true;
  }
  bool all() const {
    for (size_t i = 0; i < nelems; ++i) {
      if (included(i) && !satisfied(i)) return false;
    }
    return true;
  }
  // SIZE_MAX if no element is satisfied.
  size_t any() const {
    const size_t first = nelems == 0 ? 0 : first_look++ % nelems;
    for (size_t k = 0; k < nelems; ++k) {
      const size_t i = k < nelems - first ? first + k : first + k - nelems;
      if (included(i) && satisfied(i)) return i;
    }
    return SIZE_MAX;
  }
  size_t some(size_t* indices) const {
    size_t count = 0;
    for (size_t i = 0; i < nelems; ++i) {
      if (included(i) && satisfied(i)) indices[count++] = i;
    }
    return count;
  }
};

template <class T, auto kTest, int kKind>
size_t wait_by_test(void* ivars, size_t nelems, size_t* indices, const int* status, int cmp, const void* values) {
  constexpr bool kVector = kKind == ENGINE_WAIT_ALL_VECTOR || kKind == ENGINE_WAIT_ANY_VECTOR ||
                           kKind == ENGINE_WAIT_SOME_VECTOR || kKind == ENGINE_TEST_ALL_VECTOR ||
                           kKind == ENGINE_TEST_ANY_VECTOR || kKind == ENGINE_TEST_SOME_VECTOR;
  constexpr bool kOne = kKind == ENGINE_WAIT_UNTIL || kKind == ENGINE_TEST;
  const WaitSet<T, kTest, kVector> set{static_cast<T*>(ivars), kOne ? 1 : nelems, kOne ? nullptr : status, cmp,
                                       static_cast<const T*>(values)};
  if constexpr (kKind == ENGINE_WAIT_UNTIL) {
    for (Poll poll;;) {
      if (set.satisfied(0)) return 1;
      if (!poll.pause()) return 0;
    }
  } else if constexpr (kKind == ENGINE_TEST || kKind == ENGINE_TEST_ALL || kKind == ENGINE_TEST_ALL_VECTOR) {
    if (set.all()) return 1;
    progress();
    return 0;
  } else if constexpr (kKind == ENGINE_WAIT_ALL || kKind == ENGINE_WAIT_ALL_VECTOR) {
    // The elements are waited for in turn. One that is no longer satisfied later does not matter (9.11.2).
    Poll poll;
    for (size_t i = 0; i < nelems; ++i) {
      while (set.included(i) && !set.satisfied(i)) {
        if (!poll.pause()) return 0;
      }
    }
    return nelems;
  } else if constexpr (kKind == ENGINE_WAIT_ANY || kKind == ENGINE_WAIT_ANY_VECTOR) {
    if (set.empty()) return SIZE_MAX;
    for (Poll poll;;) {
      const size_t found = set.any();
      if (found != SIZE_MAX || !poll.pause()) return found;
    }
  } else if constexpr (kKind == ENGINE_WAIT_SOME || kKind == ENGINE_WAIT_SOME_VECTOR) {
    if (set.empty()) return 0;
    for (Poll poll;;) {
      const size_t count = set.some(indices);
      if (count != 0 || !poll.pause()) return count;
    }
  } else if constexpr (kKind == ENGINE_TEST_ANY || kKind == ENGINE_TEST_ANY_VECTOR) {
    const size_t found = set.any();
    if (found == SIZE_MAX) progress();
    return found;
  } else {
    const size_t count = set.some(indices);
    if (count == 0) progress();
    return count;
  }
}

#define SHMEM4PY_ONE_ROW(name, T)                                                                                 \
  {wait_by_test<T, shmem_##name##_test, ENGINE_WAIT_UNTIL>, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr, \
   wait_by_test<T, shmem_##name##_test, ENGINE_TEST>,       nullptr, nullptr, nullptr, nullptr, nullptr, nullptr}
#define SHMEM4PY_ROW(name, T)                                     \
  {wait_by_test<T, shmem_##name##_test, ENGINE_WAIT_UNTIL>,       \
   wait_by_test<T, shmem_##name##_test, ENGINE_WAIT_ALL>,         \
   wait_by_test<T, shmem_##name##_test, ENGINE_WAIT_ANY>,         \
   wait_by_test<T, shmem_##name##_test, ENGINE_WAIT_SOME>,        \
   wait_by_test<T, shmem_##name##_test, ENGINE_WAIT_ALL_VECTOR>,  \
   wait_by_test<T, shmem_##name##_test, ENGINE_WAIT_ANY_VECTOR>,  \
   wait_by_test<T, shmem_##name##_test, ENGINE_WAIT_SOME_VECTOR>, \
   wait_by_test<T, shmem_##name##_test, ENGINE_TEST>,             \
   wait_by_test<T, shmem_##name##_test, ENGINE_TEST_ALL>,         \
   wait_by_test<T, shmem_##name##_test, ENGINE_TEST_ANY>,         \
   wait_by_test<T, shmem_##name##_test, ENGINE_TEST_SOME>,        \
   wait_by_test<T, shmem_##name##_test, ENGINE_TEST_ALL_VECTOR>,  \
   wait_by_test<T, shmem_##name##_test, ENGINE_TEST_ANY_VECTOR>,  \
   wait_by_test<T, shmem_##name##_test, ENGINE_TEST_SOME_VECTOR>}

#endif

// The types of the standard AMO table. short and unsigned short are deprecated and only wait for one variable.
inline constexpr WaitRow kWaitInt16 = SHMEM4PY_ONE_ROW(short, short);
inline constexpr WaitRow kWaitUint16 = SHMEM4PY_ONE_ROW(ushort, unsigned short);
inline constexpr WaitRow kWaitInt32 = SHMEM4PY_ROW(int, int);
inline constexpr WaitRow kWaitInt64 = SHMEM4PY_ROW(long, long);
inline constexpr WaitRow kWaitUint32 = SHMEM4PY_ROW(uint, unsigned int);
inline constexpr WaitRow kWaitUint64 = SHMEM4PY_ROW(ulong, unsigned long);

#undef SHMEM4PY_ROW
#undef SHMEM4PY_ONE_ROW

inline EngineWaitFunction wait(int kind, int type) {
  if (kind < 0 || kind >= ENGINE_WAIT_COUNT) return nullptr;
  switch (type) {
    case ENGINE_INT16:
      return kWaitInt16[kind];
    case ENGINE_UINT16:
      return kWaitUint16[kind];
    case ENGINE_INT32:
      return kWaitInt32[kind];
    case ENGINE_INT64:
      return kWaitInt64[kind];
    case ENGINE_UINT32:
      return kWaitUint32[kind];
    case ENGINE_UINT64:
      return kWaitUint64[kind];
    default:
      return nullptr;
  }
}

}  // namespace shmem::adapter
