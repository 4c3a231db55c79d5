// SPDX-License-Identifier: BSD-3-Clause
//
// Slots: where the messages of a team's members lie.
//
// A member writes message n into slot_of(n), one of kSlotCount in its own cell. What it carries lies in the slot or, if
// that is much, in parcel n % kParcelCount. There is no receipt. A slot may be written again, for message n, once all
// members have read message n - kSlotCount, a parcel once they have read message n - kParcelCount.
//
// Shared: TeamSlot and TeamParcel in each cell, written by the owner and read by all members (memory/team_cell.h). This
// file knows addresses alone; exchange.h says when they may be read and written.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "smp/os/prim.h"
#include "smp/team/team.h"

namespace shmem::smp {

class Slots {
 public:
  // Each message carries so many bytes, except where a call says otherwise.
  Slots(const Pe& pe, const Team& team, std::size_t carries) noexcept : pe_(pe), team_(team), carries_(carries) {}

  [[nodiscard]] static constexpr bool fits_slot(std::size_t nbytes) noexcept { return nbytes <= kSlotDataNbytes; }

  // So many messages may be under way that carry at most so many bytes.
  [[nodiscard]] static constexpr std::uint64_t count_for(std::size_t nbytes) noexcept {
    return fits_slot(nbytes) ? kSlotCount : kParcelCount;
  }

  // Of the message that the team is at.
  [[nodiscard]] TeamSlot& of(int index) const noexcept { return slot(index, team_.sequence); }
  [[nodiscard]] std::byte* data(int index) const noexcept { return data(index, carries_); }
  [[nodiscard]] std::byte* data(int index, std::size_t nbytes) const noexcept {
    return fits_slot(nbytes) ? of(index).data : parcel(index, team_.sequence).data;
  }

  // A reader whose sender runs ahead of it calls this before it waits: if this message is there already, the next may
  // be too, and its lines are fetched meanwhile.
  void prefetch_next_of(int index) const noexcept {
    // Relaxed: a hint.
    if (of(index).sequence.load(std::memory_order_relaxed) < team_.sequence) return;
    const auto* next = reinterpret_cast<const std::byte*>(&slot(index, team_.sequence + 1));
    __builtin_prefetch(next);
    if (!fits_slot(carries_)) {
      __builtin_prefetch(parcel(index, team_.sequence + 1).data);
    } else if (carries_ > kWithSequence) {
      __builtin_prefetch(next + kCacheLine);
    }
  }

  // A sender calls this when it has announced a message. Nobody reads its next slot now, so the stores of a next
  // message like this one find their lines here, and their readers wait for one transfer instead of two.
  void prepare_next() const noexcept {
    const auto* next = reinterpret_cast<const std::byte*>(&slot(team_.my_index, team_.sequence + 1));
    os::prefetch_to_store(next);
    if (!fits_slot(carries_)) {
      const std::byte* data = parcel(team_.my_index, team_.sequence + 1).data;
      for (std::size_t at = 0; at < std::min(carries_, kMostAhead); at += kCacheLine) os::prefetch_to_store(data + at);
    } else if (carries_ > kWithSequence) {
      os::prefetch_to_store(next + kCacheLine);
    }
  }

 private:
  static constexpr std::size_t kMostAhead = 512;  // the processor itself sees where longer copies are going
  static constexpr std::size_t kWithSequence = kCacheLine - offsetof(TeamSlot, data);

  [[nodiscard]] TeamSlot& slot(int index, std::uint64_t message) const noexcept {
    return team_.cell(pe_, index).slots[slot_of(message)];
  }
  [[nodiscard]] TeamParcel& parcel(int index, std::uint64_t message) const noexcept {
    return team_.cell(pe_, index).parcels[message % kParcelCount];
  }

  const Pe& pe_;
  const Team& team_;
  const std::size_t carries_;
};

}  // namespace shmem::smp
