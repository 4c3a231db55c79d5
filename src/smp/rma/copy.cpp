// SPDX-License-Identifier: BSD-3-Clause
//
// Copies between symmetric memory and any other memory. Contiguous copies are memcpy, which glibc chooses for the
// processor; large ones may use non-temporal stores. Sizes of one element move as one access. glibc ends its
// non-temporal loops with sfence, so later release stores are ordered after them too.
//
// Where the processor's string moves are slow, another copy is taken (string_moves.h).
#include <algorithm>
#include <cstdint>

#include "engine/string_moves.h"
#include "smp/rma/copy.h"

namespace shmem::smp {

namespace {

// Elements of any type are moved as machine words of their size.
using Word1 [[gnu::may_alias]] = std::uint8_t;
using Word2 [[gnu::may_alias]] = std::uint16_t;
using Word4 [[gnu::may_alias]] = std::uint32_t;
using Word8 [[gnu::may_alias]] = std::uint64_t;
struct [[gnu::may_alias]] alignas(8) Word16 {
  std::uint64_t low;
  std::uint64_t high;
};

template <class Word>
[[gnu::always_inline]] inline void copy_word(void* target, const void* source) noexcept {
  Word word;
  std::memcpy(&word, source, sizeof word);
  std::memcpy(target, &word, sizeof word);
}

using Vector [[gnu::vector_size(16)]] = std::uint64_t;
#if defined(__x86_64__)
using Wide [[gnu::vector_size(32)]] = std::uint64_t;
#endif

// Copies blocks of kVectors / 2 to kVectors vectors. Half of the vectors are loaded from the block's begin and half up
// to its end; the halves meet or overlap.
template <class V, int kVectors>
[[gnu::always_inline]] inline void copy_blocks_by(std::byte* to, const std::byte* from, std::ptrdiff_t to_stride,
                                                  std::ptrdiff_t from_stride, std::size_t nbytes,
                                                  std::size_t nblocks) noexcept {
  constexpr std::size_t kVector = sizeof(V);
  const std::size_t end = nbytes - kVectors / 2 * kVector;
  for (std::size_t b = 0; b < nblocks; ++b, to += to_stride, from += from_stride) {
    V vectors[kVectors];
    for (std::size_t i = 0; i < kVectors / 2; ++i) {
      std::memcpy(&vectors[i], from + i * kVector, kVector);
      std::memcpy(&vectors[kVectors / 2 + i], from + end + i * kVector, kVector);
    }
    for (std::size_t i = 0; i < kVectors / 2; ++i) {
      std::memcpy(to + i * kVector, &vectors[i], kVector);
      std::memcpy(to + end + i * kVector, &vectors[kVectors / 2 + i], kVector);
    }
  }
}

using CopyBlocks = void(std::byte* to, const std::byte* from, std::ptrdiff_t to_stride, std::ptrdiff_t from_stride,
                        std::size_t nbytes, std::size_t nblocks) noexcept;

template <int kVectors>
void copy_blocks(std::byte* to, const std::byte* from, std::ptrdiff_t to_stride, std::ptrdiff_t from_stride,
                 std::size_t nbytes, std::size_t nblocks) noexcept {
  copy_blocks_by<Vector, kVectors>(to, from, to_stride, from_stride, nbytes, nblocks);
}

#if defined(__x86_64__)
template <int kVectors>
[[gnu::target("avx2")]] void copy_blocks_avx2(std::byte* to, const std::byte* from, std::ptrdiff_t to_stride,
                                              std::ptrdiff_t from_stride, std::size_t nbytes,
                                              std::size_t nblocks) noexcept {
  copy_blocks_by<Wide, kVectors>(to, from, to_stride, from_stride, nbytes, nblocks);
}
#endif

// For blocks of 16 to 128 bytes.
CopyBlocks* copy_blocks_of(std::size_t nbytes) noexcept {
  if (nbytes <= 32) return copy_blocks<2>;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) return nbytes <= 64 ? copy_blocks_avx2<2> : copy_blocks_avx2<4>;
#endif
  return nbytes <= 64 ? copy_blocks<4> : copy_blocks<8>;
}

template <class Word>
bool aligned(const void* a, const void* b) noexcept {
  return ((reinterpret_cast<std::uintptr_t>(a) | reinterpret_cast<std::uintptr_t>(b)) % alignof(Word)) == 0;
}

// Loops over machine words of the element's size. The compiler's vectors cannot make an element tear: each element is
// stored by one instruction or as part of a wider aligned store.
template <class Word>
void copy_words_strided(Word* target, const Word* source, std::ptrdiff_t target_stride, std::ptrdiff_t source_stride,
                        std::size_t nblocks) noexcept {
  // Unrolled, since the speed of a loop over single elements depends on its alignment. Not unrolled if all elements are
  // far apart, as in columns, since unrolling is slower there.
  constexpr std::ptrdiff_t kFar = 256 / sizeof(Word);
  const auto is_far = [](std::ptrdiff_t stride) noexcept { return stride >= kFar || stride <= -kFar; };
  if (is_far(target_stride) && is_far(source_stride)) {
#pragma GCC unroll 1
    for (std::size_t b = 0; b < nblocks; ++b, target += target_stride, source += source_stride) *target = *source;
  } else if (target_stride == 1) {
#pragma GCC unroll 4
    for (std::size_t b = 0; b < nblocks; ++b, source += source_stride) target[b] = *source;
  } else if (source_stride == 1) {
#pragma GCC unroll 4
    for (std::size_t b = 0; b < nblocks; ++b, target += target_stride) *target = source[b];
  } else {
#pragma GCC unroll 4
    for (std::size_t b = 0; b < nblocks; ++b, target += target_stride, source += source_stride) *target = *source;
  }
}

}  // namespace

void copy_bytes(void* target, const void* source, std::size_t nbytes) noexcept {
  switch (nbytes) {
    case 0:
      return;
    case 1:
      return copy_word<std::uint8_t>(target, source);
    case 2:
      return copy_word<std::uint16_t>(target, source);
    case 4:
      return copy_word<std::uint32_t>(target, source);
    case 8:
      return copy_word<std::uint64_t>(target, source);
    default:
      if (nbytes >= string_moves::kLeast && string_moves::copied(target, source, nbytes)) return;
      // Ranges are equal or overlap when a PE puts to itself.
      std::memmove(target, source, nbytes);
  }
}

void copy_strided(void* target, const void* source, std::ptrdiff_t target_stride, std::ptrdiff_t source_stride,
                  std::size_t block_nelems, std::size_t nblocks, std::size_t element_nbytes) noexcept {
  if (block_nelems == 0 || nblocks == 0) return;
  const auto block = static_cast<std::ptrdiff_t>(block_nelems);
  if (target_stride == block && source_stride == block) {
    return copy_bytes(target, source, block_nelems * nblocks * element_nbytes);
  }
  if (block_nelems == 1) {
    switch (element_nbytes) {
      case 1:
        return copy_words_strided(static_cast<Word1*>(target), static_cast<const Word1*>(source), target_stride,
                                  source_stride, nblocks);
      case 2:
        if (!aligned<Word2>(target, source)) break;
        return copy_words_strided(static_cast<Word2*>(target), static_cast<const Word2*>(source), target_stride,
                                  source_stride, nblocks);
      case 4:
        if (!aligned<Word4>(target, source)) break;
        return copy_words_strided(static_cast<Word4*>(target), static_cast<const Word4*>(source), target_stride,
                                  source_stride, nblocks);
      case 8:
        if (!aligned<Word8>(target, source)) break;
        return copy_words_strided(static_cast<Word8*>(target), static_cast<const Word8*>(source), target_stride,
                                  source_stride, nblocks);
      case 16:
        if (!aligned<Word16>(target, source)) break;
        return copy_words_strided(static_cast<Word16*>(target), static_cast<const Word16*>(source), target_stride,
                                  source_stride, nblocks);
      default:
        break;
    }
  }
  auto* to = static_cast<std::byte*>(target);
  auto* from = static_cast<const std::byte*>(source);
  const auto element = static_cast<std::ptrdiff_t>(element_nbytes);
  const std::size_t block_nbytes = block_nelems * element_nbytes;
  // For blocks of a few elements a call each would cost more than the copy.
  if (block_nbytes >= 16 && block_nbytes <= 128) {
    return copy_blocks_of(block_nbytes)(to, from, target_stride * element, source_stride * element, block_nbytes,
                                        nblocks);
  }
  for (std::size_t b = 0; b < nblocks; ++b) {
    copy_bytes(to, from, block_nbytes);
    to += target_stride * element;
    from += source_stride * element;
  }
}

}  // namespace shmem::smp
