// SPDX-License-Identifier: BSD-3-Clause
//
// Atomic memory operations on another PE's mapping, by std::atomic_ref.
//
// Order. The standard asks for atomicity only; fence and quiet give order. On x86 a read-modify-write is a locked
// instruction with any named order, so acquire-release costs nothing there and gives what programs tend to assume.
// Atomic set is a release store, atomic fetch an acquire load. The partner access is the program's own: a set that
// publishes data pairs with the fetch or the wait (acquire, wait/conditions.h) that finds its value. The caller rings
// the target after each change, since the PE may wait for the word.
//
// All functions take translated, checked, naturally aligned addresses.
#pragma once

#include <atomic>
#include <bit>
#include <concepts>
#include <type_traits>

namespace shmem::smp {

template <class T>
concept AmoType = (std::integral<T> || std::floating_point<T>) && (sizeof(T) == 4 || sizeof(T) == 8);

template <AmoType T>
[[gnu::always_inline]] inline T amo_fetch(const T* target) noexcept {
  static_assert(std::atomic_ref<T>::is_always_lock_free);
  return std::atomic_ref<T>(*const_cast<T*>(target)).load(std::memory_order_acquire);
}

template <AmoType T>
[[gnu::always_inline]] inline void amo_set(T* target, T value) noexcept {
  std::atomic_ref<T>(*target).store(value, std::memory_order_release);
}

template <AmoType T>
[[gnu::always_inline]] inline T amo_swap(T* target, T value) noexcept {
  return std::atomic_ref<T>(*target).exchange(value, std::memory_order_acq_rel);
}

// Compares values, as the standard says of its integer types.
template <AmoType T>
  requires std::integral<T>
[[gnu::always_inline]] inline T amo_compare_swap(T* target, T condition, T value) noexcept {
  std::atomic_ref<T>(*target).compare_exchange_strong(condition, value, std::memory_order_acq_rel,
                                                      std::memory_order_acquire);
  return condition;  // what was there, in both cases
}

template <AmoType T>
  requires std::integral<T>
[[gnu::always_inline]] inline T amo_fetch_add(T* target, T value) noexcept {
  return std::atomic_ref<T>(*target).fetch_add(value, std::memory_order_acq_rel);  // wraps, also signed
}

template <AmoType T>
  requires std::integral<T>
[[gnu::always_inline]] inline T amo_fetch_and(T* target, T value) noexcept {
  return std::atomic_ref<T>(*target).fetch_and(value, std::memory_order_acq_rel);
}

template <AmoType T>
  requires std::integral<T>
[[gnu::always_inline]] inline T amo_fetch_or(T* target, T value) noexcept {
  return std::atomic_ref<T>(*target).fetch_or(value, std::memory_order_acq_rel);
}

template <AmoType T>
  requires std::integral<T>
[[gnu::always_inline]] inline T amo_fetch_xor(T* target, T value) noexcept {
  return std::atomic_ref<T>(*target).fetch_xor(value, std::memory_order_acq_rel);
}

}  // namespace shmem::smp
