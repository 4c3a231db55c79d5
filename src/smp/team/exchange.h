// SPDX-License-Identifier: BSD-3-Clause
//
// Exchange: one numbered message of each member to its team.
//
// A member fills the slot of message n (slots.h) and announces it with a release store of n. The ways to receive are in
// files of their own: from one member or all of them (receive.h), from the last member to arrive (receive_from_last.h),
// in pairs (receive_in_pairs.h).
//
// `team.finished` is the last message that all members know for certain to have been read by all. They know it from the
// same calls, so all come to the same conclusion when it is too far back, and meet (`open`):
//   - a member that has received message n of all knows that all have left message n - 1;
//   - a member that has met all knows that all have left everything before (rendezvous.h).
// So collectives in which all receive from all never meet for this, and broadcasts do once in so many calls.
//
// Every message carries the call that it belongs to and the history of the team's calls. Its reader compares them with
// its own, and a difference is kMismatch. A difference that nobody reads, such as that of two roots that each send, is
// found by the next message that is read or at the next meeting. Once told, a difference is forgotten: the reader takes
// over the history that the others come to as well, at the next meeting at the latest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "smp/team/call.h"
#include "smp/team/poison.h"
#include "smp/team/rendezvous.h"
#include "smp/team/ring.h"
#include "smp/team/slots.h"

namespace shmem::smp {

// A call that moves nothing sends no message, but must be made by all as any other.
inline Status skip(Team& team, const Call& call) noexcept {
  team.remember(call.digest());
  return Status::kOk;
}

class Exchange {
 public:
  // The call is kept packed: its small fields, stored one by one and read as one word, would stall every message for
  // as long as stores before them wait for their lines.
  // My message carries so many bytes; so do those of others, but for collect's.
  [[gnu::always_inline]] Exchange(Pe& pe, Team& team, const Call& call, std::size_t carries = 0) noexcept
      : pe_(pe),
        team_(team),
        slots_(pe, team, carries),
        call_(call.pack()),
        digest_(call.digest()),
        nbytes_(call.nbytes),
        carries_(carries) {}

  // Begins the next message: afterwards slot and parcel are mine to fill. Refuses poisoned teams. `most`: what any
  // member's message carries.
  Status open() noexcept { return open(carries_); }
  Status open(std::size_t most) noexcept {
    if (team_.poisoned) [[unlikely]]
      return refuse_poisoned(team_);
    if (team_.sequence - team_.finished >= Slots::count_for(most)) [[unlikely]] {
      if (const Status status = rendezvous(pe_, team_, MeetingKind::kRoom); !ok(status)) return status;
    }
    ++team_.sequence;
    team_.remember(digest_);
    call_ |= std::uint64_t{team_.history} << 32;
    TeamSlot& slot = slots_.of(team_.my_index);
    // Both relaxed: ordered by the release in `announce`.
    slot.call.store(call_, std::memory_order_relaxed);
    slot.nbytes.store(nbytes_, std::memory_order_relaxed);
    return Status::kOk;
  }

  // --- what the message carries ---
  [[nodiscard]] TeamSlot& of(int index) const noexcept { return slots_.of(index); }
  [[nodiscard]] std::byte* data(int index) const noexcept { return slots_.data(index); }
  [[nodiscard]] std::byte* data(int index, std::size_t nbytes) const noexcept { return slots_.data(index, nbytes); }
  [[nodiscard]] std::byte* slot_data(int index) const noexcept { return slots_.of(index).data; }
  [[nodiscard]] std::byte* my_data() const noexcept { return data(team_.my_index); }
  void prefetch_next_of(int index) const noexcept { slots_.prefetch_next_of(index); }

  // Where large data of mine lie, for others to read or write.
  void place_source(const void* source) noexcept { of(team_.my_index).source = place(source); }
  [[nodiscard]] const std::byte* source(int index) const noexcept { return at(of(index).source); }
  // Where I want data; carries a word.
  void place_dest(const void* dest) noexcept {
    const std::uint64_t to = place(dest);
    std::memcpy(my_data(), &to, sizeof to);
  }
  [[nodiscard]] std::byte* dest(int index) const noexcept {
    std::uint64_t to;
    std::memcpy(&to, data(index), sizeof to);
    return at(to);
  }

  // --- announcing it ---
  // To all, whatever they wait for.
  void publish_to_all() noexcept {
    announce();
    slots_.prepare_next();
    ring_members(pe_, team_, of(team_.my_index).sequence);
  }
  // To members that then call receive_all or receive_from_last, as those need. In a central team they meet at the
  // counter, which rings.
  void publish() noexcept {
    announce();
    slots_.prepare_next();
    if (!team_.central) ring_members(pe_, team_, of(team_.my_index).sequence);
  }
  // To members that look for it themselves (receive_in_pairs).
  void announce() noexcept {
    // Release: pairs with the acquire in `has_come`, in await_sequence, or in the counter's meeting, of each reader.
    of(team_.my_index).sequence.store(team_.sequence, std::memory_order_release);
  }

  // --- for the ways to receive ---
  [[nodiscard]] Pe& pe() const noexcept { return pe_; }
  [[nodiscard]] Team& team() const noexcept { return team_; }

  [[nodiscard]] bool has_come(int index) const noexcept {
    // Acquire: pairs with the release in `announce`.
    return of(index).sequence.load(std::memory_order_acquire) == team_.sequence;
  }
  // Has this member, whose message has come, made the same calls as I have?
  [[nodiscard]] bool matches(int index) const noexcept {
    return of(index).call.load(std::memory_order_relaxed) == call_;
  }
  [[nodiscard]] std::uint64_t my_history() const noexcept { return call_ >> 32; }
  [[nodiscard]] std::uint64_t history_of(int index) const noexcept {
    return of(index).call.load(std::memory_order_relaxed) >> 32;
  }

  // All members' messages have come and been compared.
  void finish_before() noexcept { team_.finished = team_.sequence - 1; }

 private:
  // Symmetric address to offset in the job file and back. The address has been checked by the caller of the collective;
  // globals have another address in the file's mapping, which translate knows.
  [[nodiscard]] std::uint64_t place(const void* address) const noexcept {
    return static_cast<std::uint64_t>(static_cast<const std::byte*>(pe_.translate(address, 1, pe_.me)) - base());
  }
  [[nodiscard]] std::byte* at(std::uint64_t place) const noexcept { return base() + place; }
  [[nodiscard]] std::byte* base() const noexcept { return reinterpret_cast<std::byte*>(pe_.job); }

  Pe& pe_;
  Team& team_;
  Slots slots_;
  std::uint64_t call_;    // Call::pack, and once the message is open the history above it
  std::uint32_t digest_;  // Call::digest
  std::uint64_t nbytes_;
  std::size_t carries_;
};

}  // namespace shmem::smp
