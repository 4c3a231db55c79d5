// SPDX-License-Identifier: BSD-3-Clause
//
// Best fit and coalescing (allocator.h). Both sets change together: after each call, every free block has one entry.
#include "smp/heap/allocator.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace shmem::smp {

namespace {

// How many candidates of nearly the right size are tried before one that certainly fits is taken. The bound keeps many
// unaligned holes from making an allocation slow.
constexpr int kCandidates = 8;

constexpr std::size_t round_up(std::size_t value, std::size_t unit) {
  return (value + unit - 1) & ~(unit - 1);
}

constexpr std::size_t natural_alignment(std::size_t nbytes) {
  if (nbytes >= Allocator::kHugePage) return Allocator::kHugePage;
  if (nbytes >= Allocator::kPage) return Allocator::kPage;
  return Allocator::kGranule;
}

// The bytes from `offset` to the next offset at `place`.
constexpr std::size_t skipped_before(std::size_t offset, Allocator::Place place) {
  return (place.lead - offset) & (place.alignment - 1);
}

// Whether `nbytes` at `place` fit into the free range.
constexpr bool fits(std::size_t range_nbytes, std::size_t range_offset, std::size_t nbytes, Allocator::Place place) {
  const std::size_t skipped = skipped_before(range_offset, place);
  return skipped <= range_nbytes && nbytes <= range_nbytes - skipped;
}

}  // namespace

Allocator::Allocator(std::size_t budget) : budget_(budget & ~(kGranule - 1)) {
  if (budget_ > 0) add_free(add_block(blocks_.end(), 0, budget_));
}

Allocator::Blocks::iterator Allocator::add_block(Blocks::iterator hint, std::size_t offset, std::size_t nbytes) {
  if (spare_.empty()) return blocks_.emplace_hint(hint, offset, Block{nbytes, 0});
  spare_.key() = offset;
  spare_.mapped() = Block{nbytes, 0};
  return blocks_.insert(hint, std::move(spare_));
}

Allocator::Blocks::iterator Allocator::remove_block(Blocks::iterator block) {
  const auto next = std::next(block);
  spare_ = blocks_.extract(block);
  return next;
}

Allocator::Free::iterator Allocator::free_range(Blocks::iterator block) {
  return free_.find({block->second.nbytes, block->first, block});
}

void Allocator::add_free(Blocks::iterator block) {
  free_.insert({block->second.nbytes, block->first, block});
}

// From now on the entry stands for `block`.
void Allocator::change_free(Free::iterator range, Blocks::iterator block) {
  const FreeRange changed{block->second.nbytes, block->first, block};
  const auto next = std::next(range);
  if ((range == free_.begin() || *std::prev(range) < changed) && (next == free_.end() || changed < *next)) {
    range->nbytes = changed.nbytes;
    range->offset = changed.offset;
    range->block = block;
    return;
  }
  auto node = free_.extract(range);
  node.value() = changed;
  free_.insert(std::move(node));
}

// The best fit: the smallest range that holds the block, and the lowest of several equal ones.
Allocator::Free::iterator Allocator::find_fit(std::size_t nbytes, Place place) const {
  auto it = free_.lower_bound({nbytes, 0, {}});
  for (int i = 0; i < kCandidates; ++i, ++it) {
    if (it == free_.end() || fits(it->nbytes, it->offset, nbytes, place)) return it;
  }
  // A range that is longer by the alignment holds the block wherever the range begins.
  if (const auto certain = free_.lower_bound({nbytes + place.alignment, 0, {}}); certain != free_.end()) return certain;
  while (it != free_.end() && !fits(it->nbytes, it->offset, nbytes, place)) ++it;
  return it;
}

std::optional<std::size_t> Allocator::allocate(std::size_t nbytes, std::size_t alignment) {
  if (nbytes > budget_ || alignment > budget_) return std::nullopt;
  const std::size_t rounded = round_up(nbytes, kGranule);
  Place place{std::max(alignment, kGranule), 0};

  auto range = free_.end();
  if (const std::size_t preferred = natural_alignment(rounded); preferred > place.alignment) {
    const Place better{preferred, place.alignment > kGranule ? 0 : kLead};
    range = find_fit(rounded, better);
    if (range != free_.end()) place = better;
  }
  // The caller did not ask for whole pages. They are a preference, dropped when no range allows it.
  if (range == free_.end()) range = find_fit(rounded, place);
  if (range == free_.end()) return std::nullopt;

  // The range is split into the part that alignment skips, the block, and the rest. The range's block becomes the first
  // part that exists; its entry in the free set becomes that of the last free part.
  const std::size_t begin = range->offset;
  const std::size_t end = begin + range->nbytes;
  const std::size_t offset = begin + skipped_before(begin, place);
  const auto first = range->block;
  auto block = first;
  if (offset > begin) {
    first->second.nbytes = offset - begin;
    block = add_block(std::next(first), offset, rounded);
  } else {
    block->second.nbytes = rounded;
  }
  block->second.requested = nbytes;
  if (const std::size_t rest = end - offset - rounded; rest > 0) {
    change_free(range, add_block(std::next(block), offset + rounded, rest));
    if (offset > begin) add_free(first);
  } else if (offset > begin) {
    change_free(range, first);
  } else {
    free_.erase(range);
  }
  live_nbytes_ += rounded;
  ++live_blocks_;
  return offset;
}

std::size_t Allocator::release(std::size_t offset) {
  auto block = blocks_.find(offset);
  if (block == blocks_.end() || block->second.free()) return 0;
  const std::size_t released = block->second.nbytes;
  live_nbytes_ -= released;
  --live_blocks_;
  block->second.requested = 0;

  // Up to three ranges become one. It takes over the entry of a free neighbour, if there is one.
  auto range = free_.end();
  if (const auto next = std::next(block); next != blocks_.end() && next->second.free()) {
    range = free_range(next);
    block->second.nbytes += next->second.nbytes;
    remove_block(next);
  }
  if (block != blocks_.begin()) {
    if (const auto before = std::prev(block); before->second.free()) {
      const auto its_range = free_range(before);
      if (range == free_.end()) {
        range = its_range;
      } else {
        free_.erase(its_range);
      }
      before->second.nbytes += block->second.nbytes;
      remove_block(block);
      block = before;
    }
  }
  if (range == free_.end()) {
    add_free(block);
  } else {
    change_free(range, block);
  }
  return released;
}

bool Allocator::resize(std::size_t offset, std::size_t nbytes) {
  if (nbytes > budget_) return false;
  const std::size_t rounded = round_up(nbytes, kGranule);
  const auto block = blocks_.find(offset);
  const std::size_t old = block->second.nbytes;
  const auto next = std::next(block);
  const std::size_t behind = next != blocks_.end() && next->second.free() ? next->second.nbytes : 0;
  if (rounded > old + behind) return false;

  block->second.requested = nbytes;
  if (rounded == old) return true;
  block->second.nbytes = rounded;
  live_nbytes_ += rounded - old;  // modulo 2^64: may be negative
  // The free range behind the block begins elsewhere now, or appears, or vanishes.
  const std::size_t rest = old + behind - rounded;
  auto range = free_.end();
  auto hint = next;
  if (behind > 0) {
    range = free_range(next);
    hint = remove_block(next);
  }
  if (rest == 0) {
    free_.erase(range);
  } else if (const auto rest_block = add_block(hint, offset + rounded, rest); range != free_.end()) {
    change_free(range, rest_block);
  } else {
    add_free(rest_block);
  }
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
  // A free block has requested == 0, so no offset lies in it.
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
      if (before_free || !free_.contains({block.nbytes, offset, {}})) return false;
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
