// SPDX-License-Identifier: BSD-3-Clause
//
// Put and get: loads and stores on the other PE's mapping.
//
// The exported routines inline these functions. The caller has translated and checked `remote` pointers. An element
// access of natural size never tears: a store of 1, 2, 4 or 8 bytes is one instruction. After the store the caller
// rings the target if it sleeps (wait/wait.h), since a PE may wait for any word of its heap.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace shmem::smp {

template <class T>
inline constexpr bool kOneStore =
    std::is_trivially_copyable_v<T> && (sizeof(T) == 1 || sizeof(T) == 2 || sizeof(T) == 4 || sizeof(T) == 8);

// Stores one element at a remote address without tearing. Relaxed: fence and quiet order puts.
template <class T>
[[gnu::always_inline]] inline void store_element(T* remote, T value) noexcept {
  if constexpr (kOneStore<T>) {
    __atomic_store(remote, &value, __ATOMIC_RELAXED);
  } else {
    std::memcpy(remote, &value, sizeof(T));
  }
}

template <class T>
[[gnu::always_inline]] inline T load_element(const T* remote) noexcept {
  T value;
  if constexpr (kOneStore<T>) {
    __atomic_load(const_cast<T*>(remote), &value, __ATOMIC_RELAXED);
  } else {
    std::memcpy(&value, remote, sizeof(T));
  }
  return value;
}

// Copies nbytes. Sizes 1, 2, 4 and 8 (aligned) move as one access, so a reader never sees half of an element that was
// put alone. Source and target may be equal ranges; the standard leaves other overlaps undefined, and memmove allows
// them. copy.cpp chooses the stores of large copies.
void copy_bytes(void* target, const void* source, std::size_t nbytes) noexcept;

[[gnu::always_inline]] inline void copy_small_or_call(void* target, const void* source, std::size_t nbytes) noexcept {
  if (nbytes == 8) [[likely]] {
    // Byte-wise puts may have unaligned targets. x86 does not tear within a cache line.
    std::uint64_t word;
    std::memcpy(&word, source, 8);
    std::memcpy(target, &word, 8);
    return;
  }
  copy_bytes(target, source, nbytes);
}

// Strided and block-strided copies: element i (of `element_nbytes`) of block b goes from source + (b * source_stride +
// i) * element_nbytes to target + (b * target_stride + i) * element_nbytes. Strides are in elements and may be
// negative, as in NumPy's views.
void copy_strided(void* target, const void* source, std::ptrdiff_t target_stride, std::ptrdiff_t source_stride,
                  std::size_t block_nelems, std::size_t nblocks, std::size_t element_nbytes) noexcept;

}  // namespace shmem::smp
