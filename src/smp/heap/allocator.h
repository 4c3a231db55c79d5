// SPDX-License-Identifier: BSD-3-Clause
//
// Allocator: which ranges of [0, budget) are live. A pure data structure over offsets; it touches no heap memory.
//
// Best fit with full coalescing, over two ordered sets: all blocks by offset, free ones by size. Which ranges are free
// depends on the live blocks alone, never on the history. So two PEs with the same live blocks are in the same state,
// and releasing a new block restores the state from before it, which lets PEs undo a call on which they did not agree.
// Every operation is O(log blocks).
//
// All blocks begin and end at multiples of a cache line, so no two share one. A block of a page or more begins one line
// into a page if there is room, and a block of a huge page or more one line into a huge page, so that freed pages can
// be given back. It does not begin at the page itself: malloc's large blocks begin 16 bytes into a page, and with such
// a distance some processors copy slowly from a symmetric array into one of them (engine/string_moves.h).
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>

namespace shmem::smp {

class Allocator {
 public:
  static constexpr std::size_t kGranule = 64;
  static constexpr std::size_t kPage = 4096;
  static constexpr std::size_t kHugePage = std::size_t{2} << 20;

  static constexpr std::size_t kLead = kGranule;

  struct Extent {
    std::size_t offset;
    std::size_t nbytes;
  };

  // Offsets that equal `lead` modulo `alignment`, which is a power of two.
  struct Place {
    std::size_t alignment;
    std::size_t lead;
  };

  explicit Allocator(std::size_t budget);

  // The offset of a new block of `nbytes` > 0 bytes at a multiple of `alignment` (a power of two; 0: natural). Empty if
  // no free range holds it.
  [[nodiscard]] std::optional<std::size_t> allocate(std::size_t nbytes, std::size_t alignment = 0);

  // Frees the live block that begins at `offset`. Returns its rounded size, or 0 if there is none.
  std::size_t release(std::size_t offset);

  // Resizes the live block at `offset` to `nbytes` > 0 without moving it. If the range behind it is not free that far,
  // returns false and changes nothing.
  [[nodiscard]] bool resize(std::size_t offset, std::size_t nbytes);

  // The live block that begins at `offset`, and the one that contains `offset`. The size is the one that was asked for.
  [[nodiscard]] std::optional<Extent> block_at(std::size_t offset) const;
  [[nodiscard]] std::optional<Extent> block_around(std::size_t offset) const;

  // Visits the free ranges of at least `nbytes` bytes, the largest last.
  template <class Visit>
  void for_each_free(std::size_t nbytes, Visit&& visit) const {
    for (auto it = free_.lower_bound({nbytes, 0, {}}); it != free_.end(); ++it) visit(Extent{it->offset, it->nbytes});
  }

  [[nodiscard]] std::size_t budget() const { return budget_; }
  [[nodiscard]] std::size_t live_nbytes() const { return live_nbytes_; }  // with rounding
  [[nodiscard]] std::size_t largest_free() const { return free_.empty() ? 0 : free_.rbegin()->nbytes; }
  [[nodiscard]] std::size_t live_blocks() const { return live_blocks_; }
  [[nodiscard]] std::size_t free_ranges() const { return free_.size(); }

  // Whether the two sets agree with each other; for tests.
  [[nodiscard]] bool consistent() const;

 private:
  struct Block {
    std::size_t nbytes;     // a multiple of kGranule
    std::size_t requested;  // 0: free
    [[nodiscard]] bool free() const { return requested == 0; }
  };
  using Blocks = std::map<std::size_t, Block>;
  // Ordered by size, then offset. Members are mutable, so that a range that shrinks or grows and keeps its rank stays
  // in its node.
  struct FreeRange {
    mutable std::size_t nbytes;
    mutable std::size_t offset;
    mutable Blocks::iterator block;  // plays no part in the order
    bool operator<(const FreeRange& other) const {
      return nbytes != other.nbytes ? nbytes < other.nbytes : offset < other.offset;
    }
  };
  using Free = std::set<FreeRange>;

  [[nodiscard]] Free::iterator find_fit(std::size_t nbytes, Place place) const;
  Blocks::iterator add_block(Blocks::iterator hint, std::size_t offset, std::size_t nbytes);
  Blocks::iterator remove_block(Blocks::iterator block);
  [[nodiscard]] Free::iterator free_range(Blocks::iterator block);
  void add_free(Blocks::iterator block);
  void change_free(Free::iterator range, Blocks::iterator block);

  std::size_t budget_;
  std::size_t live_nbytes_ = 0;
  std::size_t live_blocks_ = 0;
  Blocks blocks_;
  Free free_;
  Blocks::node_type spare_;  // the last removed node: cycles of allocate and release need no malloc
};

}  // namespace shmem::smp
