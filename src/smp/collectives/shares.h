// SPDX-License-Identifier: BSD-3-Clause
//
// Reductions and scans of large arrays. Each member computes its share of the elements from all sources and stores the
// results to all destinations, piece by piece, so every byte is read once and written once in all. No other member
// reads or writes this share, and a piece is read from all sources before it is written to any destination, so source
// and destination may be the same. Contributions are combined in the order of members, so the result depends neither on
// which member computes it nor on timing.
//
// The caller makes sure that all members have arrived before, and that all have finished before it returns.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <utility>

#include "smp/collectives/choice.h"
#include "smp/collectives/reduce_kernels.h"
#include "smp/rma/copy.h"

namespace shmem::smp {

// Calls use(offset in bytes, elements) for the pieces of this member's share. Shares begin at cache lines if the array
// does.
template <class Use>
void for_each_piece(int size, int me, std::size_t nelems, std::size_t nbytes_each, Use use) noexcept {
  constexpr std::size_t kLine = 64;
  const std::size_t line_nelems = std::max<std::size_t>(1, kLine / nbytes_each);
  const auto members = static_cast<std::size_t>(size);
  const std::size_t share = ((nelems + members - 1) / members + line_nelems - 1) / line_nelems * line_nelems;
  const std::size_t piece = kPieceNbytes / nbytes_each;
  const std::size_t begin = std::min(nelems, share * static_cast<std::size_t>(me));
  const std::size_t end = std::min(nelems, begin + share);
  for (std::size_t first = begin; first < end; first += piece) use(first * nbytes_each, std::min(piece, end - first));
}

// `source_of(i)` and `dest_of(i)` give member i's arrays in this PE's mapping.
template <class SourceOf, class DestOf>
void reduce_share(const ReduceKernel& kernel, int size, int me, std::size_t nelems, std::size_t nbytes_each,
                  SourceOf source_of, DestOf dest_of) noexcept {
  alignas(64) std::byte result[kPieceNbytes];
  for_each_piece(size, me, nelems, nbytes_each, [&](std::size_t offset, std::size_t count) noexcept {
    kernel(result, source_of(0) + offset, source_of(1) + offset, count);
    for (int i = 2; i < size; ++i) kernel(result, result, source_of(i) + offset, count);
    for (int i = 0; i < size; ++i) copy_bytes(dest_of(i) + offset, result, count * nbytes_each);
  });
}

template <class SourceOf, class DestOf>
void scan_share(const ReduceKernel& sum, bool inclusive, int size, int me, std::size_t nelems, std::size_t nbytes_each,
                SourceOf source_of, DestOf dest_of) noexcept {
  alignas(64) std::byte buffers[2][kPieceNbytes];
  for_each_piece(size, me, nelems, nbytes_each, [&](std::size_t offset, std::size_t count) noexcept {
    const std::size_t nbytes = count * nbytes_each;
    std::byte* before = buffers[0];  // the sum of all members before i
    std::byte* with = buffers[1];    // the same and i
    std::memset(before, 0, nbytes);
    for (int i = 0; i < size; ++i) {
      // The first contribution is copied: adding it to zero would turn -0.0 into 0.0.
      if (i == 0) {
        std::memcpy(with, source_of(i) + offset, nbytes);
      } else {
        sum(with, before, source_of(i) + offset, count);
      }
      copy_bytes(dest_of(i) + offset, inclusive ? with : before, nbytes);
      std::swap(before, with);
    }
  });
}

}  // namespace shmem::smp
