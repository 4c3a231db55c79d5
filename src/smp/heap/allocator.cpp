// SPDX-License-Identifier: BSD-3-Clause
#include "smp/heap/allocator.h"

#include <iterator>

namespace shmem::smp {

namespace {

// Candidates of nearly the right size that are tried before one that fits for certain is taken. A bound, so
// that many unaligned holes cannot make an allocation slow.
constexpr int kCandidates = 8;

constexpr std::size_t round_up(std::size_t value, std::size_t unit) { return (value + unit - 1) & ~(unit - 1); }

constexpr std::size_t natural_alignment(std::size_t nbytes) {
  if (nbytes >= Allocator::kHugePage) return Allocator::kHugePage;
  if (nbytes >= Allocator::kPage) return Allocator::kPage;
  return Allocator::kGranule;
}

// Whether `nbytes` at a multiple of `alignment` lie in the free range.
constexpr bool fits(std::size_t range_nbytes, std::size_t range_offset, std::size_t nbytes, std::size_t alignment) {
  const std::size_t skipped = round_up(range_offset, alignment) - range_offset;
  return skipped <= range_nbytes && nbytes <= range_nbytes - skipped;
}

}  // namespace

Allocator::Allocator(std::size_t budget) : budget_(budget & ~(kGranule - 1)) {
  if (budget_ > 0) add_free(blocks_.end(), 0, budget_);
}

void Allocator::add_free(Blocks::iterator hint, std::size_t offset, std::size_t nbytes) {
  blocks_.emplace_hint(hint, offset, Block{nbytes, 0});
  free_.emplace(nbytes, offset);
}

// The best fit: the smallest range that holds the block, the lowest among equals.
Allocator::Free::const_iterator Allocator::find_fit(std::size_t nbytes, std::size_t alignment) const {
  auto it = free_.lower_bound({nbytes, 0});
  for (int i = 0; i < kCandidates; ++i, ++it) {
    if (it == free_.end() || fits(it->first, it->second, nbytes, alignment)) return it;
  }
  // Ranges that are longer by the alignment hold the block wherever they begin.
  const auto certain = nbytes + alignment < nbytes ? free_.end() : free_.lower_bound({nbytes + alignment, 0});
  if (certain != free_.end()) return certain;
  while (it != free_.end() && !fits(it->first, it->second, nbytes, alignment)) ++it;
  return it;
}

std::optional<std::size_t> Allocator::allocate(std::size_t nbytes, std::size_t alignment) {
  if (nbytes > budget_ || alignment > budget_) return std::nullopt;
  const std::size_t rounded = round_up(nbytes, kGranule);

  auto found = find_fit(rounded, alignment > kGranule ? alignment : kGranule);
  std::size_t offset = found == free_.end() ? 0 : round_up(found->second, alignment > kGranule ? alignment : kGranule);
  if (alignment <= kGranule && natural_alignment(rounded) > kGranule) {
    // Nobody asked for whole pages: they are a preference, which fragmentation may overrule.
    const std::size_t preferred = natural_alignment(rounded);
    if (const auto better = find_fit(rounded, preferred); better != free_.end()) {
      found = better;
      offset = round_up(found->second, preferred);
    }
  }
  if (found == free_.end()) return std::nullopt;

  const std::size_t range_offset = found->second;
  const std::size_t range_nbytes = found->first;
  free_.erase(found);
  auto block = blocks_.find(range_offset);
  if (const std::size_t skipped = offset - range_offset; skipped > 0) {
    block->second.nbytes = skipped;
    free_.emplace(skipped, range_offset);
    block = blocks_.emplace_hint(std::next(block), offset, Block{range_nbytes - skipped, 0});
  }
  block->second.requested = nbytes;
  live_nbytes_ += block->second.nbytes;
  ++live_blocks_;
  cut(block, rounded);
  return offset;
}

// Shortens a live block; what is cut off becomes free and joins a free range behind it.
void Allocator::cut(Blocks::iterator block, std::size_t nbytes) {
  std::size_t rest = block->second.nbytes - nbytes;
  if (rest == 0) return;
  live_nbytes_ -= rest;
  block->second.nbytes = nbytes;
  auto next = std::next(block);
  if (next != blocks_.end() && next->second.free()) {
    rest += next->second.nbytes;
    free_.erase({next->second.nbytes, next->first});
    next = blocks_.erase(next);
  }
  add_free(next, block->first + nbytes, rest);
}

void Allocator::release(std::size_t offset) {
  auto block = blocks_.find(offset);
  live_nbytes_ -= block->second.nbytes;
  --live_blocks_;
  block->second.requested = 0;

  if (const auto next = std::next(block); next != blocks_.end() && next->second.free()) {
    free_.erase({next->second.nbytes, next->first});
    block->second.nbytes += next->second.nbytes;
    blocks_.erase(next);
  }
  if (block != blocks_.begin()) {
    if (const auto before = std::prev(block); before->second.free()) {
      free_.erase({before->second.nbytes, before->first});
      before->second.nbytes += block->second.nbytes;
      blocks_.erase(block);
      block = before;
    }
  }
  free_.emplace(block->second.nbytes, block->first);
}

bool Allocator::resize(std::size_t offset, std::size_t nbytes) {
  if (nbytes > budget_) return false;
  const auto block = blocks_.find(offset);
  const std::size_t rounded = round_up(nbytes, kGranule);
  if (rounded > block->second.nbytes) {
    const auto next = std::next(block);
    if (next == blocks_.end() || !next->second.free()) return false;
    if (rounded > block->second.nbytes + next->second.nbytes) return false;
    free_.erase({next->second.nbytes, next->first});
    live_nbytes_ += next->second.nbytes;
    block->second.nbytes += next->second.nbytes;
    blocks_.erase(next);
  }
  block->second.requested = nbytes;
  cut(block, rounded);
  return true;
}

std::optional<Allocator::Extent> Allocator::block_at(std::size_t offset) const {
  const auto block = blocks_.find(offset);
  if (block == blocks_.end() || block->second.free()) return std::nullopt;
  return Extent{offset, block->second.requested};
}

std::optional<Allocator::Extent> Allocator::block_around(std::size_t offset) const {
  auto block = blocks_.upper_bound(offset);
  if (block == blocks_.begin()) return std::nullopt;
  --block;
  // A free block asked for nothing, so nothing lies in it.
  if (offset - block->first >= block->second.requested) return std::nullopt;
  return Extent{block->first, block->second.requested};
}

bool Allocator::consistent() const {
  std::size_t end = 0;
  std::size_t live = 0;
  std::size_t nlive = 0;
  std::size_t nfree = 0;
  bool before_free = false;
  for (const auto& [offset, block] : blocks_) {
    if (offset != end || block.nbytes == 0 || offset % kGranule != 0 || block.nbytes % kGranule != 0) return false;
    if (block.free()) {
      if (before_free || !free_.contains({block.nbytes, offset})) return false;
      ++nfree;
    } else {
      if (block.requested > block.nbytes || block.nbytes - block.requested >= kGranule) return false;
      live += block.nbytes;
      ++nlive;
    }
    before_free = block.free();
    end = offset + block.nbytes;
  }
  return end == budget_ && live == live_nbytes_ && nlive == live_blocks_ && nfree == free_.size();
}

}  // namespace shmem::smp
