// SPDX-License-Identifier: BSD-3-Clause
//
// string_moves.h: where libc's memcpy is slow on some processors, and the copy to use there. The engine and the adapter
// share it; nothing else in the tree knows of this weakness.
//
// From some KB to about the size of a core's own cache, glibc's memcpy uses `rep movsb`, and so does UCX's. On some
// processors (AMD Zen 3 is one) that runs at a tenth of its speed if the target begins less than a cache line ahead of
// the source, modulo a page. Every get of a page of the heap into a large NumPy array would be such a copy, since the
// array begins 16 bytes into a page. On the same processors it takes some 10 ns to start. On others (Intel Xeon is one)
// it is fast there, and a copy by vectors takes twice as long. So the choice does not depend on the processor's name:
// the first copy that may be slow measures both ways, once in a process, in some tens of microseconds. memcpy is
// replaced only where the other way was clearly faster.
//
// The heap's allocator and the adapter's alignment choose places for arrays that avoid such distances. One cache line
// is enough.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace shmem::string_moves {

inline constexpr std::size_t kLine = 64;
// Between these sizes memcpy may be rep movsb.
inline constexpr std::size_t kLeast = 2048;
inline constexpr std::size_t kMost = std::size_t{1} << 20;
// Between these sizes the time to start may count.
inline constexpr std::size_t kLeastSlowStart = 4096;
inline constexpr std::size_t kMostSlowStart = 16384;

// Whether the target is 1 to 39 bytes ahead of the source, modulo a page: the distances at which Zen 3 is slow.
inline bool is_weak_place(const void* target, const void* source) noexcept {
  const std::size_t ahead = reinterpret_cast<std::uintptr_t>(target) - reinterpret_cast<std::uintptr_t>(source);
  return ahead % 4096 - 1 < 39;
}

inline bool overlap(const void* a, const void* b, std::size_t nbytes) noexcept {
  const std::size_t distance = reinterpret_cast<std::uintptr_t>(a) - reinterpret_cast<std::uintptr_t>(b);
  return distance < nbytes || -distance < nbytes;
}

#if defined(__x86_64__)

using Vector [[gnu::vector_size(16)]] = std::uint64_t;
using Wide [[gnu::vector_size(32)]] = std::uint64_t;

// Copies one line through registers.
template <class V>
[[gnu::always_inline]] inline void copy_line(std::byte* to, const std::byte* from) noexcept {
  constexpr std::size_t kVectors = kLine / sizeof(V);
  V vectors[kVectors];
  for (std::size_t i = 0; i < kVectors; ++i) std::memcpy(&vectors[i], from + i * sizeof(V), sizeof(V));
  for (std::size_t i = 0; i < kVectors; ++i) std::memcpy(to + i * sizeof(V), &vectors[i], sizeof(V));
}

// Copies at least two lines by vectors. The stores cross no line.
template <class V>
[[gnu::always_inline]] inline void copy_lines_by(std::byte* to, const std::byte* from, std::size_t nbytes) noexcept {
  copy_line<V>(to, from);
  std::size_t done = kLine - reinterpret_cast<std::uintptr_t>(to) % kLine;
  for (; done + 2 * kLine <= nbytes; done += 2 * kLine) {
    copy_line<V>(to + done, from + done);
    copy_line<V>(to + done + kLine, from + done + kLine);
  }
  if (done + kLine <= nbytes) copy_line<V>(to + done, from + done);
  copy_line<V>(to + nbytes - kLine, from + nbytes - kLine);
}

[[gnu::noinline, gnu::target("avx2")]] inline void copy_lines_avx2(std::byte* to, const std::byte* from,
                                                                   std::size_t nbytes) noexcept {
  copy_lines_by<Wide>(to, from, nbytes);
}
[[gnu::noinline]] inline void copy_lines(std::byte* to, const std::byte* from, std::size_t nbytes) noexcept {
  if (__builtin_cpu_supports("avx2")) return copy_lines_avx2(to, from, nbytes);
  copy_lines_by<Vector>(to, from, nbytes);
}

// The result of the measurement. Relaxed everywhere: a thread that does not see it yet uses memcpy.
enum Verdict : unsigned { kUnknown = 0, kKnown = 1, kWeakPlaces = 2, kSlowStart = 4 };
inline std::atomic<unsigned> verdict{kUnknown};

namespace detail {

using Copy = void (*)(std::byte*, const std::byte*, std::size_t);

// The least time of some tries, in the processor's ticks. A disturbance does not hit all of them.
inline std::uint64_t ticks_of(Copy copy, std::byte* to, const std::byte* from, std::size_t nbytes) noexcept {
  constexpr int kTries = 8;
  std::uint64_t least = ~std::uint64_t{0};
  for (int i = 0; i < kTries; ++i) {
    const std::uint64_t begin = __builtin_ia32_rdtsc();
    copy(to, from, nbytes);
    const std::uint64_t ticks = __builtin_ia32_rdtsc() - begin;
    if (ticks < least) least = ticks;
  }
  return least;
}

inline bool lines_win(std::size_t ahead, std::size_t nbytes) noexcept {
  alignas(4096) static std::byte area[2 * kMostSlowStart + 2 * 4096];
  // volatile, so that the compiler cannot replace the call.
  Copy volatile libc = [](std::byte* to, const std::byte* from, std::size_t size) { std::memcpy(to, from, size); };
  std::byte* const to = area + kMostSlowStart + ahead;
  copy_lines(to, area, nbytes);  // brings the pages into memory and into the caches
  const std::uint64_t by_lines = ticks_of(copy_lines, to, area, nbytes);
  return by_lines + by_lines / 8 < ticks_of(libc, to, area, nbytes);
}

[[gnu::cold, gnu::noinline]] inline unsigned measure() noexcept {
  // There is one area, so one thread measures. The others use memcpy meanwhile.
  static std::atomic<bool> begun{false};
  if (begun.exchange(true, std::memory_order_relaxed)) return kUnknown;
  unsigned found = kKnown;
  if (lines_win(16, kMostSlowStart)) found |= kWeakPlaces;
  if (lines_win(2048, kLeastSlowStart) && lines_win(2048, kMostSlowStart)) found |= kSlowStart;
  verdict.store(found, std::memory_order_relaxed);
  return found;
}

}  // namespace detail

// Copies at least kLeast bytes if memcpy would be slower. Otherwise returns false and copies nothing.
[[nodiscard]] inline bool copied(void* target, const void* source, std::size_t nbytes) noexcept {
  const bool weak = is_weak_place(target, source);
  if (nbytes >= kMost || (!weak && (nbytes < kLeastSlowStart || nbytes > kMostSlowStart))) return false;
  unsigned known = verdict.load(std::memory_order_relaxed);
  if (known == kUnknown) [[unlikely]]
    known = detail::measure();
  if ((known & (weak ? kWeakPlaces : kSlowStart)) == 0 || overlap(target, source, nbytes)) return false;
  copy_lines(static_cast<std::byte*>(target), static_cast<const std::byte*>(source), nbytes);
  return true;
}

#else

inline bool copied(void*, const void*, std::size_t) noexcept {
  return false;
}

#endif

}  // namespace shmem::string_moves
