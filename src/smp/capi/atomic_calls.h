// SPDX-License-Identifier: BSD-3-Clause
//
// Atomic memory operations on checked addresses, which the exported routines inline. Each function that changes a word
// rings the word's PE, which may wait for it.
#pragma once

#include "smp/atomics/atomics.h"
#include "smp/capi/routine.h"
#include "smp/wait/wait.h"

namespace shmem::smp::capi {

// Applies operation(remote) to the word at `dest` on PE `pe`. A refused call returns zero.
template <class T, class Operation>
[[gnu::always_inline]] inline auto amo_on(const Routine& routine, T* dest, int pe, Operation operation) noexcept
    -> decltype(operation(dest)) {
  if (!is_aligned(routine.name, "dest", dest)) [[unlikely]]
    return decltype(operation(dest))();
  return with_target(routine, "dest", dest, sizeof(T), pe, [=](T* remote, int world) noexcept {
    if constexpr (std::is_void_v<decltype(operation(dest))>) {
      operation(remote);
      ring(this_pe(), world, remote, sizeof *remote);
    } else {
      const T before = operation(remote);
      ring(this_pe(), world, remote, sizeof *remote);
      return before;
    }
  });
}

template <class T>
[[gnu::always_inline]] inline T fetch(const Routine& routine, const T* source, int pe) noexcept {
  if (!is_aligned(routine.name, "source", source)) [[unlikely]]
    return T{};
  return with_target(routine, "source", source, sizeof(T), pe,
                     [](const T* remote, int) noexcept { return amo_fetch(remote); });
}

template <class T>
[[gnu::always_inline]] inline void set(const Routine& routine, T* dest, T value, int pe) noexcept {
  amo_on(routine, dest, pe, [=](T* remote) noexcept { amo_set(remote, value); });
}

template <class T>
[[gnu::always_inline]] inline T swap(const Routine& routine, T* dest, T value, int pe) noexcept {
  return amo_on(routine, dest, pe, [=](T* remote) noexcept { return amo_swap(remote, value); });
}

template <class T>
[[gnu::always_inline]] inline T compare_swap(const Routine& routine, T* dest, T cond, T value, int pe) noexcept {
  return amo_on(routine, dest, pe, [=](T* remote) noexcept { return amo_compare_swap(remote, cond, value); });
}

template <class T>
[[gnu::always_inline]] inline T fetch_add(const Routine& routine, T* dest, T value, int pe) noexcept {
  return amo_on(routine, dest, pe, [=](T* remote) noexcept { return amo_fetch_add(remote, value); });
}

template <class T>
[[gnu::always_inline]] inline T fetch_and(const Routine& routine, T* dest, T value, int pe) noexcept {
  return amo_on(routine, dest, pe, [=](T* remote) noexcept { return amo_fetch_and(remote, value); });
}

template <class T>
[[gnu::always_inline]] inline T fetch_or(const Routine& routine, T* dest, T value, int pe) noexcept {
  return amo_on(routine, dest, pe, [=](T* remote) noexcept { return amo_fetch_or(remote, value); });
}

template <class T>
[[gnu::always_inline]] inline T fetch_xor(const Routine& routine, T* dest, T value, int pe) noexcept {
  return amo_on(routine, dest, pe, [=](T* remote) noexcept { return amo_fetch_xor(remote, value); });
}

}  // namespace shmem::smp::capi
