// SPDX-License-Identifier: BSD-3-Clause
//
// Writes wait records (long_wait.h). One thread writes a record at a time, the one that has taken it under the PE's
// mutex; other processes read it meanwhile (stall/wait_text.cpp). Invariant: `version` is odd while the note is being
// written, and `number` is zero while the record describes no wait.
#include "smp/wait/long_wait.h"

#include <bit>
#include <cstring>

#include "smp/os/prim.h"
#include "smp/os/process.h"
#include "smp/wait/observer.h"

namespace shmem::smp {

namespace {

constexpr std::int64_t kLongNs = 100'000'000;   // a wait of this length is described
constexpr std::int64_t kAgainNs = 250'000'000;  // and described again

void write(WaitRecord& record, const WaitNote& note) noexcept {
  std::uint64_t words[kWaitNoteWords];
  std::memcpy(words, &note, sizeof note);
  const std::uint64_t version = record.version.load(std::memory_order_relaxed);
  record.version.store(version + 1, std::memory_order_relaxed);
  // Release: a reader that sees any of the new words (its acquire fence in read_wait) also sees the odd version.
  std::atomic_thread_fence(std::memory_order_release);
  for (std::size_t i = 0; i < kWaitNoteWords; ++i) record.words[i].store(words[i], std::memory_order_relaxed);
  // Release: pairs with the acquire in read_wait.
  record.version.store(version + 2, std::memory_order_release);
}

WaitNote read_own(const WaitRecord& record) noexcept {
  std::uint64_t words[kWaitNoteWords];
  for (std::size_t i = 0; i < kWaitNoteWords; ++i) words[i] = record.words[i].load(std::memory_order_relaxed);
  return std::bit_cast<WaitNote>(words);
}

}  // namespace

void locate(const Pe& pe, const volatile void* address, WaitNote& note) noexcept {
  const auto at = reinterpret_cast<std::uintptr_t>(address);
  const std::size_t in_heap = at - reinterpret_cast<std::uintptr_t>(pe.heap_begin);
  const std::size_t in_data = at - reinterpret_cast<std::uintptr_t>(pe.data_begin);
  const auto my_data =
      reinterpret_cast<std::uintptr_t>(pe.data_zero) + static_cast<std::size_t>(pe.me) * pe.data_stride;
  if (in_heap < pe.heap_nbytes) {
    note.area = WaitArea::kHeap;
    note.offset = in_heap;
    static_cast<void>(pe.observer->find_block(pe, address, &note.block_offset, &note.block_nbytes));
  } else if (in_data < pe.data_nbytes) {
    note.area = WaitArea::kGlobals;
    note.offset = in_data;
  } else if (at - my_data < pe.data_nbytes) {
    note.area = WaitArea::kGlobals;
    note.offset = at - my_data;
  } else {
    note.area = WaitArea::kElsewhere;
  }
}

void LongWait::woken(Pe& pe, const Watch& watch, const Aim& aim) noexcept {
  const std::int64_t now = os::monotonic_ns();
  woken_ns_ = now;
  if (!woken_) {
    woken_ = true;
    begin_ns_ = now;
    return;
  }
  const bool first = record_ == kNone;
  if (first ? now - begin_ns_ < kLongNs : now - told_ns_ < kAgainNs) return;
  if (first && !take_record(pe)) return;
  told_ns_ = now;
  describe(pe, watch, aim, first);
  pe.observer->described(pe, now);
}

bool LongWait::take_record(Pe& pe) noexcept {
  const std::lock_guard<std::mutex> lock(pe.waits_mutex);
  for (int i = 0; i < kWaitRecords; ++i) {
    if ((pe.taken_records & 1u << i) != 0) continue;
    pe.taken_records |= 1u << i;
    record_ = i;
    return true;
  }
  return false;
}

void LongWait::give_back(Pe& pe) noexcept {
  // Relaxed: a reader that still sees this wait sees, before it says anything, that a PE has stored since
  // (stall/stall.h).
  pe.control->waits[record_].number.store(0, std::memory_order_relaxed);
  const std::lock_guard<std::mutex> lock(pe.waits_mutex);
  pe.taken_records &= ~(1u << record_);
  record_ = kNone;
}

void LongWait::looked_in_vain(Pe& pe) const noexcept {
  // Release: what the PE has seen before comes before the time at which it says that it was not enough (acquire in
  // read_wait).
  if (record_ != kNone) pe.control->waits[record_].looked_ns.store(woken_ns_, std::memory_order_release);
}

void LongWait::describe(Pe& pe, const Watch& watch, const Aim& aim, bool first) const noexcept {
  WaitRecord& record = pe.control->waits[record_];
  WaitNote note{};
  note.begin_ns = begin_ns_;
  note.operation = Note::unpack(pe.control->note.load(std::memory_order_relaxed)).operation;
  note.holder = -1;
  if (first) {
    note.thread_id = os::thread_id();
    note.other_threads = -1;
    // Acquire: pairs with the release in shmemx_set_place_hook.
    if (int (*hook)(char*, std::size_t) = pe.place_hook.load(std::memory_order_acquire)) {
      note.other_threads = hook(note.place, sizeof note.place);
      note.place[sizeof note.place - 1] = '\0';
    }
  } else {
    const WaitNote before = read_own(record);
    note.thread_id = before.thread_id;
    note.other_threads = before.other_threads;
    std::memcpy(note.place, before.place, sizeof note.place);
  }
  if (aim.tell != nullptr) {
    aim.tell(aim.what, note);
  } else if (!pe.observer->tell_team(pe, watch.begin, note)) {
    note.kind = WaitKind::kMemory;
    locate(pe, watch.begin, note);
  }
  write(record, note);
  if (!first) return;
  record.looked_ns.store(0, std::memory_order_relaxed);
  // Release: pairs with the acquire in read_wait; the note and `looked_ns` are this wait's.
  record.number.store(++pe.long_waits, std::memory_order_release);
}

}  // namespace shmem::smp
