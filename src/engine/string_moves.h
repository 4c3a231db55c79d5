// SPDX-License-Identifier: BSD-3-Clause
//
// string_moves.h: all that is known of one weakness of processors, for the engine and the adapter: where libc's memcpy
// is slow, and the copy to take instead.
//
// From some KB to about a processor's own cache glibc's memcpy is `rep movsb`, and so is UCX's. On some processors (AMD
// Zen 3 is one) that runs at a tenth of its speed where the target begins less than a cache line ahead of the source,
// modulo a page: so it is for every get of a page of the heap into a large NumPy array, which begins 16 bytes into a
// page. On the same ones it takes some 10 ns to start. On others (Intel Xeon is one) it is fast there, and a copy by
// vectors takes twice as long. So no name of a processor decides: the first copy that may be hit measures both ways,
// once in a process, in some tens of microseconds, and memcpy is left only where the other way was clearly faster.
//
// Whoever chooses the place of arrays keeps them away from such distances: the heap's allocator, and the adapter's
// alignment. A line is enough.
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
// Between these its start counts, if at all.
inline constexpr std::size_t kLeastSlowStart = 4096;
inline constexpr std::size_t kMostSlowStart = 16384;

// Is the target 1 to 39 bytes ahead of the source, modulo a page? Those are the distances at which Zen 3 is slow.
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

// One line, through registers.
template <class V>
[[gnu::always_inline]] inline void copy_line(std::byte* to, const std::byte* from) noexcept {
  constexpr std::size_t kVectors = kLine / sizeof(V);
  V vectors[kVectors];
  for (std::size_t i = 0; i < kVectors; ++i) std::memcpy(&vectors[i], from + i * sizeof(V), sizeof(V));
  for (std::size_t i = 0; i < kVectors; ++i) std::memcpy(to + i * sizeof(V), &vectors[i], sizeof(V));
}

// A copy of at least two lines by vectors, with stores that cross no line.
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

// What has been measured. Relaxed everywhere: whoever does not see it yet takes memcpy.
enum Verdict : unsigned { kUnknown = 0, kKnown = 1, kWeakPlaces = 2, kSlowStart = 4 };
inline std::atomic<unsigned> verdict{kUnknown};

namespace detail {

using Copy = void (*)(std::byte*, const std::byte*, std::size_t);

// The least of some tries, in the processor's own ticks: what disturbs one does not disturb all.
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
  // No compiler replaces it by something else.
  Copy volatile libc = [](std::byte* to, const std::byte* from, std::size_t size) { std::memcpy(to, from, size); };
  std::byte* const to = area + kMostSlowStart + ahead;
  copy_lines(to, area, nbytes);  // the pages are there, and in the caches
  const std::uint64_t by_lines = ticks_of(copy_lines, to, area, nbytes);
  return by_lines + by_lines / 8 < ticks_of(libc, to, area, nbytes);
}

[[gnu::cold, gnu::noinline]] inline unsigned measure() noexcept {
  // One thread measures, since the area is one. Others take memcpy meanwhile.
  static std::atomic<bool> begun{false};
  if (begun.exchange(true, std::memory_order_relaxed)) return kUnknown;
  unsigned found = kKnown;
  if (lines_win(16, kMostSlowStart)) found |= kWeakPlaces;
  if (lines_win(2048, kLeastSlowStart) && lines_win(2048, kMostSlowStart)) found |= kSlowStart;
  verdict.store(found, std::memory_order_relaxed);
  return found;
}

}  // namespace detail

// Copies at least kLeast bytes, if memcpy would be slower; false, and nothing is copied, if it would not.
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
