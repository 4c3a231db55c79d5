// SPDX-License-Identifier: BSD-3-Clause
//
// The collective protocol: publish the request, meet, compare, and only then change what cannot be undone.
//
// A new block is chosen (and cleared) before the meeting, since choosing is private and can be undone exactly. So one
// meeting is both the agreement and the barrier that the standard asks for. A block is freed after the meeting, which
// is the standard's barrier on entry. Moving a block needs a second meeting, after the copy.
#include "smp/heap/heap.h"

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <optional>

#include "smp/error.h"
#include "smp/heap/allocator.h"
#include "smp/os/memory.h"
#include "smp/os/pages.h"
#include "smp/rma/order.h"
#include "smp/team/entrance.h"
#include "smp/team/poison.h"
#include "smp/team/rendezvous.h"
#include "smp/team/team.h"

namespace shmem::smp {

namespace {

// Stands for the offset of an address outside of its PE's heap.
constexpr std::uint64_t kNowhere = ~std::uint64_t{0};

// Smaller free ranges keep their pages.
constexpr std::size_t kLargeRange = std::size_t{1} << 20;

constexpr std::uint64_t kClearBit = std::uint64_t{1} << 16;
constexpr int kHintsShift = 32;

// What one PE asks for: the private form of AllocationRecord.
struct Request {
  std::uint64_t operation;  // Operation, kClearBit, hints
  std::uint64_t size;
  std::uint64_t extra;

  bool operator==(const Request&) const = default;

  // What a PE says of the request and of its number at the meeting (rendezvous.h), which compares 32 bits at least.
  // Requests that differ give the same bits only by chance. Equal requests with numbers that differ never do, below
  // 2^32: that happens in programs that are right.
  [[nodiscard]] std::uint64_t saying(std::uint64_t number) const noexcept {
    std::uint64_t hash = 0;
    for (const std::uint64_t part : {operation, size, extra, number >> 32}) {
      hash = (hash ^ part) * 0x9e3779b97f4a7c15u;
      hash ^= hash >> 32;
    }
    // Each step has an inverse.
    auto low = static_cast<std::uint32_t>(hash ^ number);
    for (const std::uint32_t factor : {0x85ebca6bu, 0xc2b2ae35u}) low = (low ^ low >> 15) * factor;
    return (hash ^ number * 0x9e3779b97f4a7c15u) >> 32 << 32 | (low ^ low >> 16);
  }
};

// The text of a request, in terms that fit both C and Python.
void describe(const Request& request, char* text, std::size_t text_nbytes) noexcept {
  const auto operation = static_cast<Operation>(request.operation & 0xffff);
  const auto size = static_cast<unsigned long long>(request.size);
  const auto extra = static_cast<unsigned long long>(request.extra);
  char block[64];
  if (request.extra == kNowhere) {
    std::snprintf(block, sizeof block, "an address outside of the heap");
  } else {
    std::snprintf(block, sizeof block, "the block at offset %llu of the heap", extra);
  }
  if (operation == Operation::kFree) {
    std::snprintf(text, text_nbytes, "frees %s", block);
  } else if (operation == Operation::kRealloc) {
    std::snprintf(text, text_nbytes, "resizes %s to %llu bytes", block, size);
  } else {
    char alignment[40] = "";
    if (request.extra != 0) std::snprintf(alignment, sizeof alignment, " aligned to %llu", extra);
    char hints[24] = "";
    const auto bits = static_cast<unsigned>(request.operation >> kHintsShift);
    if (bits != 0) std::snprintf(hints, sizeof hints, " with hints %u", bits);
    std::snprintf(text, text_nbytes, "asks for %llu %sbytes%s%s", size,
                  (request.operation & kClearBit) != 0 ? "zeroed " : "", alignment, hints);
  }
}

}  // namespace

struct Heap::Impl {
  explicit Impl(Pe& owner)
      : pe(owner),
        base(owner.heap_begin),
        budget(owner.job->heap_nbytes),
        most_alignment(
            std::min<std::size_t>(os::kMapAlignment, lowest_bit(owner.job->heap_offset | owner.heap_stride))),
        allocator(owner.job->heap_nbytes) {}

  static constexpr std::uint64_t lowest_bit(std::uint64_t word) noexcept { return word & -word; }

  Status agree(const Request& request, std::uint64_t* greatest = nullptr) noexcept;
  Status disagree(std::uint64_t meeting) const noexcept;
  std::uint64_t offset_of(const void* pointer) const noexcept;
  Status no_memory(const Request& request) const noexcept;
  void clear(std::size_t offset, std::size_t nbytes) noexcept;
  bool release(std::size_t offset) noexcept;
  void give_back_pages() noexcept;

  Pe& pe;
  std::byte* const base;
  const std::size_t budget;
  const std::size_t most_alignment;  // all PEs' heaps begin at multiples of it

  std::mutex calls;  // held during a collective call: orders the calls of this PE's threads

  // Protects the following members from local queries. A thread that changes them also has `calls`; a query takes this
  // one alone. It is never held while waiting.
  mutable std::mutex mutex;
  Allocator allocator;
  std::size_t touched = 0;   // the end of the range ever used by a block: memory beyond it reads as zeros
  std::size_t retained = 0;  // bytes of large blocks freed since pages were last given back
};

// Meets all PEs; kOk only if all of them asked for the same. `greatest`: heap.h.
Status Heap::Impl::agree(const Request& request, std::uint64_t* greatest) noexcept {
  Team& world = pe.teams->world();
  if (world.poisoned) [[unlikely]]
    return refuse_poisoned(world);
  // The number of the next meeting. It is equal on all PEs, even after one of them has called another routine. A PE
  // that has arrived at a meeting has finished comparing the requests of the one before, so two records, used in turn,
  // are enough.
  const std::uint64_t meeting = world.meetings + 1;
  AllocationRecord& mine = pe.control->allocations[meeting % 2];
  // Relaxed: the rendezvous publishes these stores with its release, which pairs with the acquire of every other PE.
  mine.operation.store(request.operation, std::memory_order_relaxed);
  mine.size.store(request.size, std::memory_order_relaxed);
  mine.extra.store(request.extra, std::memory_order_relaxed);
  const std::uint64_t number = greatest == nullptr ? 0 : *greatest;
  mine.number.store(number, std::memory_order_relaxed);
  mine.meeting.store(meeting, std::memory_order_relaxed);
  quiet();
  const std::uint64_t says = smp::saying(world, MeetingKind::kHeap) ^ request.saying(number);
  const Status met = meet(pe, world, says);
  if (!ok(met) && met != Status::kDiffer) return met;
  world.finished = world.sequence;
  if (ok(met)) return Status::kOk;

  // Some PE has published another request, or has another number. The records are free again once smp::disagree has
  // returned.
  bool same = true;
  std::uint64_t most = number;
  for (int other = 0; other < pe.npes; ++other) {
    const AllocationRecord& record = pe.control_of(other).allocations[meeting % 2];
    same &= record.meeting.load(std::memory_order_relaxed) == meeting &&
            record.operation.load(std::memory_order_relaxed) == request.operation &&
            record.size.load(std::memory_order_relaxed) == request.size &&
            record.extra.load(std::memory_order_relaxed) == request.extra;
    most = std::max(most, record.number.load(std::memory_order_relaxed));
  }
  const Status asked = same ? Status::kOk : disagree(meeting);
  const Status called = smp::disagree(pe, world, MeetingKind::kHeap);
  if (!ok(asked) || !ok(called)) return ok(asked) ? called : asked;
  if (greatest != nullptr) *greatest = most;
  return Status::kOk;
}

// The message of a mismatch, the same on all PEs: PE 0's request and the first one that differs from it.
[[gnu::cold]] Status Heap::Impl::disagree(std::uint64_t meeting) const noexcept {
  struct Asked {
    bool anything;
    Request request;
    bool operator==(const Asked&) const = default;
  };
  const auto asked_by = [&](int other) {
    const AllocationRecord& record = pe.control_of(other).allocations[meeting % 2];
    if (record.meeting.load(std::memory_order_relaxed) != meeting) return Asked{false, {}};
    return Asked{true,
                 {record.operation.load(std::memory_order_relaxed), record.size.load(std::memory_order_relaxed),
                  record.extra.load(std::memory_order_relaxed)}};
  };
  const auto text_of = [&](int other, char(&text)[128]) {
    const Asked asked = asked_by(other);
    if (asked.anything) return describe(asked.request, text, sizeof text);
    std::snprintf(text, sizeof text, "called another collective routine");
  };

  int other = 1;
  while (other < pe.npes - 1 && asked_by(other) == asked_by(0)) ++other;
  char first[128];
  char second[128];
  text_of(0, first);
  text_of(other, second);
  return fail(Status::kMismatch, "PE 0 %s, but PE %d %s", first, other, second);
}

std::uint64_t Heap::Impl::offset_of(const void* pointer) const noexcept {
  const std::size_t offset = reinterpret_cast<std::uintptr_t>(pointer) - reinterpret_cast<std::uintptr_t>(base);
  return offset < budget ? offset : kNowhere;
}

[[gnu::cold]] Status Heap::Impl::no_memory(const Request& request) const noexcept {
  return fail(Status::kNoMemory,
              "the symmetric heap of each PE has %zu bytes, of which %zu are in use and at most %zu are free together, "
              "and %llu are asked for; shmem4py run --heap SIZE or SHMEM_SYMMETRIC_SIZE sets the size of the heap",
              allocator.budget(), allocator.live_nbytes(), allocator.largest_free(),
              static_cast<unsigned long long>(request.size));
}

void Heap::Impl::clear(std::size_t offset, std::size_t nbytes) noexcept {
  if (offset < touched) std::memset(base + offset, 0, std::min(nbytes, touched - offset));
}

// False if no live block begins there.
bool Heap::Impl::release(std::size_t offset) noexcept {
  const std::size_t nbytes = allocator.release(offset);
  if (nbytes >= kLargeRange) {
    retained += nbytes;
    // Giving pages back and faulting them in again costs more than most buffers gain by it, so some memory is kept for
    // the next block.
    if (retained > std::clamp(budget / 16, std::size_t{4} << 20, std::size_t{256} << 20)) give_back_pages();
  }
  return nbytes > 0;
}

void Heap::Impl::give_back_pages() noexcept {
  retained = 0;
  constexpr std::size_t kPage = Allocator::kPage;
  allocator.for_each_free(kLargeRange, [&](const Allocator::Extent& range) {
    const std::size_t begin = (range.offset + kPage - 1) / kPage * kPage;
    const std::size_t end =
        std::min(range.offset + range.nbytes, (touched + kPage - 1) / kPage * kPage) / kPage * kPage;
    if (begin >= end) return;
    // If everything behind this range is gone too, the end of the used range moves down.
    if (os::give_back_pages(base + begin, end - begin) && end >= touched) touched = begin;
  });
}

[[gnu::cold]] static Status refuse_pointer(const void* pointer) noexcept {
  return fail(Status::kInvalid, "ptr = %p is not the start of a live block of the symmetric heap", pointer);
}

void DeletePart::operator()(Heap* heap) const noexcept {
  delete heap;
}

Heap::Heap(Pe& pe) : impl_(std::make_unique<Impl>(pe)) {}
Heap::~Heap() = default;

Status Heap::allocate(std::size_t size, std::size_t alignment, long hints, bool clear, std::uint64_t* greatest,
                      void** out) noexcept {
  *out = nullptr;
  Impl& heap = *impl_;
  const std::lock_guard<std::mutex> calls(heap.calls);
  const Entrance entrance(heap.pe, heap.pe.teams->world(), Operation::kMalloc);
  if (!entrance) return entrance.refuse();
  const Request request{static_cast<std::uint64_t>(Operation::kMalloc) | (clear ? kClearBit : 0) |
                            static_cast<std::uint64_t>(hints) << kHintsShift,
                        size, alignment};

  const bool is_alignment = alignment == 0 || std::has_single_bit(alignment);
  const bool can_align = is_alignment && alignment <= heap.most_alignment;
  std::optional<std::size_t> offset;
  if (can_align) {
    const std::lock_guard<std::mutex> lock(heap.mutex);
    const std::size_t nbytes = std::max<std::size_t>(size, 1);
    offset = heap.allocator.allocate(nbytes, alignment);
    if (offset) {
      if (clear) heap.clear(*offset, nbytes);
      heap.touched = std::max(heap.touched, *offset + nbytes);
    }
  }
  if (const Status status = heap.agree(request, greatest); !ok(status)) {
    const std::lock_guard<std::mutex> lock(heap.mutex);
    if (offset) heap.allocator.release(*offset);
    return status;
  }
  if (!is_alignment) return fail(Status::kInvalid, "alignment = %zu is not a power of two", alignment);
  if (!can_align) {
    return fail(Status::kNoMemory, "alignment = %zu is more than the %zu that all heaps have in common", alignment,
                heap.most_alignment);
  }
  if (!offset) return heap.no_memory(request);
  *out = heap.base + *offset;
  return Status::kOk;
}

Status Heap::free(void* pointer) noexcept {
  if (pointer == nullptr) return Status::kOk;
  Impl& heap = *impl_;
  const std::lock_guard<std::mutex> calls(heap.calls);
  const Entrance entrance(heap.pe, heap.pe.teams->world(), Operation::kFree);
  if (!entrance) return entrance.refuse();
  const std::uint64_t offset = heap.offset_of(pointer);
  if (const Status status = heap.agree({static_cast<std::uint64_t>(Operation::kFree), 0, offset}); !ok(status)) {
    return status;
  }
  const std::lock_guard<std::mutex> lock(heap.mutex);
  return heap.release(offset) ? Status::kOk : refuse_pointer(pointer);
}

Status Heap::reallocate(void* old, std::size_t size, void** out) noexcept {
  *out = nullptr;
  if (old == nullptr) return size == 0 ? Status::kOk : allocate(size, 0, 0, false, nullptr, out);
  if (size == 0) return free(old);
  Impl& heap = *impl_;
  const std::lock_guard<std::mutex> calls(heap.calls);
  const Entrance entrance(heap.pe, heap.pe.teams->world(), Operation::kRealloc);
  if (!entrance) return entrance.refuse();
  const std::uint64_t offset = heap.offset_of(old);
  const Request request{static_cast<std::uint64_t>(Operation::kRealloc), size, offset};
  // The barrier on entry: after it no PE writes to the block any more.
  if (const Status status = heap.agree(request); !ok(status)) return status;
  const std::optional<Allocator::Extent> block = heap.allocator.block_at(offset);
  if (!block) return refuse_pointer(old);

  std::size_t new_offset = 0;
  {
    const std::lock_guard<std::mutex> lock(heap.mutex);
    if (heap.allocator.resize(offset, size)) {
      heap.touched = std::max<std::size_t>(heap.touched, offset + size);
      *out = old;
      return Status::kOk;
    }
    const std::optional<std::size_t> found = heap.allocator.allocate(size);
    if (!found) return heap.no_memory(request);
    new_offset = *found;
    heap.touched = std::max(heap.touched, new_offset + size);
  }
  std::memcpy(heap.base + new_offset, heap.base + offset, std::min(size, block->nbytes));
  // The barrier on exit: the other PEs may write to the new block as soon as they return. If the wait is left early,
  // the world is poisoned and no further allocation happens, so both blocks may stay.
  quiet();
  if (const Status status = rendezvous(heap.pe, heap.pe.teams->world()); !ok(status)) return status;
  const std::lock_guard<std::mutex> lock(heap.mutex);
  heap.release(offset);
  *out = heap.base + new_offset;
  return Status::kOk;
}

bool Heap::block_of(const void* address, void** begin, std::size_t* size) const noexcept {
  const Impl& heap = *impl_;
  const std::size_t offset = reinterpret_cast<std::uintptr_t>(address) - reinterpret_cast<std::uintptr_t>(heap.base);
  if (offset >= heap.budget) return false;
  const std::lock_guard<std::mutex> lock(heap.mutex);
  const std::optional<Allocator::Extent> block = heap.allocator.block_around(offset);
  if (!block) return false;
  *begin = heap.base + block->offset;
  *size = block->nbytes;
  return true;
}

Heap::Usage Heap::usage() const noexcept {
  const std::lock_guard<std::mutex> lock(impl_->mutex);
  const Allocator& allocator = impl_->allocator;
  return {allocator.budget(), allocator.live_nbytes(), allocator.largest_free()};
}

void Heap::reset() noexcept {
  const std::lock_guard<std::mutex> lock(impl_->mutex);
  impl_->allocator = Allocator(impl_->budget);
}

}  // namespace shmem::smp
