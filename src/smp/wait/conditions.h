// SPDX-License-Identifier: BSD-3-Clause
//
// The conditions of the standard's wait and test families: comparisons of elements of this PE's symmetric memory, to
// which other PEs store. wait_until, its vector forms, test and the waits for signals use them.
//
// Invariant: a look at an element is one load that never tears. It is an acquire, which pairs with the release of the
// store that makes the condition true (an atomic, or a put after a fence, or a signal).
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <type_traits>

#include "smp/atomics/atomics.h"
#include "smp/wait/wait.h"

namespace shmem::smp {

// The values are those of SHMEM_CMP_…; capi/ asserts that.
enum class Cmp : int {
#define SHMEM_COMPARISON(name, constant, operator) constant,
#include "tables/comparisons.def"
};

// The text of each comparison, by Cmp.
inline constexpr const char* kCmpTexts[] = {
#define SHMEM_COMPARISON(name, constant, operator) #operator,
#include "tables/comparisons.def"
};

[[nodiscard]] constexpr bool is_cmp(int cmp) noexcept {
  return cmp >= 0 && cmp < static_cast<int>(std::size(kCmpTexts));
}

template <class T>
[[gnu::always_inline]] inline bool compare(T left, Cmp cmp, T right) noexcept {
  switch (cmp) {
#define SHMEM_COMPARISON(name, constant, operator) \
  case Cmp::constant:                              \
    return left operator right;
#include "tables/comparisons.def"
  }
  return false;
}

// One look at an element. T may also be short or unsigned short, which the deprecated families wait for.
template <class T>
[[gnu::always_inline]] inline T look(const T* ivar) noexcept {
  return std::atomic_ref<T>(*const_cast<T*>(ivar)).load(std::memory_order_acquire);
}

// The bits of a value, extended by its sign, as wait records hold it.
template <class T>
[[nodiscard]] constexpr std::uint64_t to_word(T value) noexcept {
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(value));
}

// Describes a wait for elements of type T in `note`. The first of them is at `ivars`.
template <class T>
void tell_elements(const Pe& pe, const T* ivars, Operation operation, Cmp cmp, T wanted, WaitNote& note) noexcept {
  note.kind = WaitKind::kElements;
  note.operation = static_cast<std::uint16_t>(operation);
  note.element_nbytes = sizeof(T);
  note.is_signed = std::is_signed_v<T> ? 1 : 0;
  note.cmp = static_cast<int>(cmp);
  note.nelems = 1;
  note.wanted = to_word(wanted);
  note.seen = to_word(look(ivars));
  locate(pe, ivars, note);
}

template <class T>
Status wait_until(Pe& pe, const T* ivar, Cmp cmp, T value) noexcept {
  return wait_until(
      pe, {ivar, sizeof(T)}, [=] { return compare(look(ivar), cmp, value); },
      [&pe, ivar, cmp, value](WaitNote& note) { tell_elements(pe, ivar, Operation::kWaitUntil, cmp, value, note); });
}

// The elements of an array that count, and what they are compared with. Without `status` all elements count, else those
// whose status is zero. All are compared with one value, or each with a value of its own.
template <class T>
struct WaitSet {
  const T* ivars;
  std::size_t nelems;
  const int* status;  // may be nullptr
  Cmp cmp;
  const T* values;
  bool vector;  // values has nelems elements instead of one

  [[nodiscard]] Watch watch() const noexcept { return {ivars, nelems * sizeof(T)}; }
  [[nodiscard]] bool included(std::size_t i) const noexcept { return status == nullptr || status[i] == 0; }
  [[nodiscard]] bool holds(std::size_t i) const noexcept {
    return compare(look(ivars + i), cmp, values[vector ? i : 0]);
  }
  [[nodiscard]] bool empty() const noexcept {
    for (std::size_t i = 0; i < nelems; ++i) {
      if (included(i)) return false;
    }
    return true;
  }
};

template <class T>
void tell_set(const Pe& pe, const WaitSet<T>& set, Operation operation, WaitForm form, WaitNote& note) noexcept {
  tell_elements(pe, set.ivars, operation, set.cmp, set.values[0], note);
  note.form = form;
  note.nelems = 0;
  note.vector = set.vector ? 1 : 0;
  for (std::size_t i = 0; i < set.nelems; ++i) {
    if (!set.included(i)) continue;
    ++note.nelems;
    if (note.lacks != 0 || set.holds(i)) continue;
    note.lacks = 1;
    note.index = i;
    note.wanted = to_word(set.values[set.vector ? i : 0]);
    note.seen = to_word(look(set.ivars + i));
  }
  // If one element counts, the note says which.
  if (note.nelems == 1 && note.lacks != 0) locate(pe, set.ivars + note.index, note);
}

inline constexpr std::size_t kNone = static_cast<std::size_t>(-1);  // SIZE_MAX: the standard's "none"

template <class T>
bool test_all(const WaitSet<T>& set) noexcept {
  for (std::size_t i = 0; i < set.nelems; ++i) {
    if (set.included(i) && !set.holds(i)) return false;
  }
  return true;
}

// An index whose condition holds, or kNone. The search begins at `first`, so a caller can be fair to all elements.
template <class T>
std::size_t test_any(const WaitSet<T>& set, std::size_t first = 0) noexcept {
  for (std::size_t n = 0, i = first; n < set.nelems; ++n, i = i + 1 == set.nelems ? 0 : i + 1) {
    if (set.included(i) && set.holds(i)) return i;
  }
  return kNone;
}

template <class T>
std::size_t test_some(const WaitSet<T>& set, std::size_t* indices) noexcept {
  std::size_t count = 0;
  for (std::size_t i = 0; i < set.nelems; ++i) {
    if (set.included(i) && set.holds(i)) indices[count++] = i;
  }
  return count;
}

// Waits for one element after the other, so an element that has satisfied the comparison is not looked at again.
template <class T>
Status wait_until_all(Pe& pe, const WaitSet<T>& set) noexcept {
  std::size_t next = 0;
  return wait_until(
      pe, set.watch(),
      [&] {
        while (next < set.nelems && (!set.included(next) || set.holds(next))) ++next;
        return next == set.nelems;
      },
      [&](WaitNote& note) { tell_set(pe, set, Operation::kWaitUntilAll, WaitForm::kAll, note); });
}

template <class T>
Status wait_until_any(Pe& pe, const WaitSet<T>& set, std::size_t* index, std::size_t first = 0) noexcept {
  *index = kNone;
  if (set.empty()) return Status::kOk;
  return wait_until(
      pe, set.watch(), [&] { return (*index = test_any(set, first)) != kNone; },
      [&](WaitNote& note) { tell_set(pe, set, Operation::kWaitUntilAny, WaitForm::kAny, note); });
}

template <class T>
Status wait_until_some(Pe& pe, const WaitSet<T>& set, std::size_t* indices, std::size_t* count) noexcept {
  *count = 0;
  if (set.empty()) return Status::kOk;
  return wait_until(
      pe, set.watch(), [&] { return (*count = test_some(set, indices)) != 0; },
      [&](WaitNote& note) { tell_set(pe, set, Operation::kWaitUntilSome, WaitForm::kAny, note); });
}

}  // namespace shmem::smp
