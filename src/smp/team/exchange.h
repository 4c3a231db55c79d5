// SPDX-License-Identifier: BSD-3-Clause
//
// Exchange: one numbered message of each member to its team, and the waits for those of others.
//
// A member writes message n into slot_of(n), one of kSlotCount in its own cell, what it carries into the slot or, where
// that is much, into parcel n % kParcelCount, and announces it with a release store of n; readers look there. There is
// no receipt. A slot may be written again, for message n, once all members have read message n - kSlotCount, a parcel
// once they have read message n - kParcelCount; `team.finished` is what all members know for certain to have been read
// by all, from the same calls, so all come to the same conclusion when that is too far back, and meet (`open`):
//   - who has heard message n of all knows that all have left message n - 1 (await_all);
//   - who has met all knows that all have left everything before (rendezvous).
// So collectives in which everybody hears everybody never meet for this, and broadcasts once in so many calls.
//
// Where members share cores, a second wait for all costs each of them another change of processes, and what all do is
// done by one after the other. So there the later of two members moves what both have for each other
// (receive_in_pairs), and the last to come does once what all would do alike (receive_from_last).
//
// Every message carries the call that it belongs to and the history of the team's calls; its reader compares, and a
// difference is kMismatch. So a difference that nobody reads, such as that of two roots that each send, is found by the
// next message that is read, or at the next meeting (rendezvous.h). Once told, a difference is forgotten: the reader
// takes over the history that the others come to as well, or at the next meeting if there were more than two.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "smp/team/call.h"
#include "smp/team/poison.h"
#include "smp/team/rendezvous.h"
#include "smp/team/ring.h"
#include "smp/wait/wait.h"

namespace shmem::smp {

// A call that moves nothing sends no message, but must be made by all as any other.
inline Status skip(Team& team, const Call& call) noexcept {
  team.remember(call.digest());
  return Status::kOk;
}

// Waits until `word` has reached `sequence`.
[[gnu::always_inline]] inline Status await_sequence(Pe& pe, Team& team, const std::atomic<std::uint64_t>& word,
                                                    std::uint64_t sequence) noexcept {
  std::uint64_t seen = 0;
  const Status status = wait_until(pe, {&word, sizeof word}, [&] {
    // Acquire: pairs with the release store of the member that `word` comes from.
    seen = word.load(std::memory_order_acquire);
    return seen >= sequence;
  });
  if (!ok(status) || seen == kPoisonedSequence) [[unlikely]]
    return abandon(pe, team, status);
  return Status::kOk;
}

class Exchange {
 public:
  // The call is kept packed: its small fields, stored one by one and read as one word, would stall every message for
  // as long as stores before them wait for their lines.
  // My message carries so many bytes; so do those of others, but for collect's.
  [[gnu::always_inline]] Exchange(Pe& pe, Team& team, const Call& call, std::size_t carries = 0) noexcept
      : pe_(pe), team_(team), call_(call.pack()), digest_(call.digest()), nbytes_(call.nbytes), carries_(carries) {}

  // Begins the next message: afterwards slot and parcel are mine to fill. Refuses poisoned teams. `most`: what any
  // member's message carries.
  Status open() noexcept { return open(carries_); }
  Status open(std::size_t most) noexcept {
    if (team_.poisoned) [[unlikely]]
      return refuse_poisoned(team_);
    if (team_.sequence - team_.finished >= (fits_slot(most) ? kSlotCount : kParcelCount)) [[unlikely]] {
      if (const Status status = rendezvous(pe_, team_, MeetingKind::kRoom); !ok(status)) return status;
    }
    ++team_.sequence;
    team_.remember(digest_);
    call_ |= std::uint64_t{team_.history} << 32;
    TeamSlot& slot = of(team_.my_index);
    slot.call.store(call_, std::memory_order_relaxed);
    slot.nbytes.store(nbytes_, std::memory_order_relaxed);
    return Status::kOk;
  }

  [[nodiscard]] TeamSlot& of(int index) const noexcept { return team_.cell(pe_, index).slots[slot_of(team_.sequence)]; }

  // What a message carries: as much as mine, or so many bytes.
  [[nodiscard]] std::byte* data(int index) const noexcept { return data(index, carries_); }
  [[nodiscard]] std::byte* data(int index, std::size_t nbytes) const noexcept {
    return fits_slot(nbytes) ? of(index).data : parcel(index, team_.sequence).data;
  }
  [[nodiscard]] std::byte* slot_data(int index) const noexcept { return of(index).data; }
  [[nodiscard]] std::byte* my_data() const noexcept { return data(team_.my_index); }

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
  // Symmetric address to offset in the job file and back. The address has been checked by the caller of the
  // collective; globals have another address in the file's mapping, which translate knows.
  [[nodiscard]] std::uint64_t place(const void* address) const noexcept {
    return static_cast<std::uint64_t>(static_cast<const std::byte*>(pe_.translate(address, 1, pe_.me)) - base());
  }
  [[nodiscard]] std::byte* at(std::uint64_t place) const noexcept { return base() + place; }

  // Announces my message to all, or, where all then call await_all, as it needs.
  void publish_to_all() noexcept {
    announce();
    ring_members(pe_, team_, of(team_.my_index).sequence);
  }
  void publish() noexcept {
    announce();
    if (!team_.central) ring_members(pe_, team_, of(team_.my_index).sequence);  // else await_all's rendezvous rings
  }

  // To be called before `await` where senders run ahead of readers: if a message is there already, the next may be.
  void look_ahead(int index) noexcept {
    if (of(index).sequence.load(std::memory_order_relaxed) < team_.sequence) return;
    const auto* next = reinterpret_cast<const std::byte*>(&next_of(index));
    __builtin_prefetch(next);
    if (!fits_slot(carries_)) {
      __builtin_prefetch(parcel(index, team_.sequence + 1).data);
    } else if (carries_ > kWithSequence) {
      __builtin_prefetch(next + kCacheLine);
    }
  }

  // For central teams. The last member to come, which has everybody's message, calls make() once, if all have called
  // alike: it puts into `my_data` what all want. Returns where that is, so that others read one message, not all; or
  // null, and why.
  template <class Make>
  const std::byte* receive_from_last(Make make, Status* status) noexcept {
    struct Act {
      Exchange& exchange;
      Make& make;
    } act{*this, make};
    const auto run = [](void* argument) noexcept {
      const Act& my_act = *static_cast<Act*>(argument);
      my_act.exchange.make_for_all(my_act.make);
    };
    *status = meet_at_counter(pe_, team_, saying(team_, MeetingKind::kMessages), {run, &act});
    if (!ok(*status)) [[unlikely]] {
      *status = settle(pe_, team_, MeetingKind::kMessages, *status);
      return nullptr;
    }
    team_.finished = team_.sequence - 1;
    // Relaxed: ordered by the release of the meeting, and not stored again before all have come to the next.
    const TeamRelease& released = team_.cell(pe_, 0).released;
    return data(static_cast<int>(released.member.load(std::memory_order_relaxed)));
  }

  // For members that share cores. What two members have for each other is moved by the one of them that comes later:
  // calls both(index) for me and for each member that has come before me, whose arrays it reads and writes. One
  // rendezvous ends it all, so nobody must get a core twice, as with a rendezvous before and one after. (With a core
  // for each, who came first would only look on.) All members must do so, or call receive_all.
  template <class Both>
  Status receive_in_pairs(Both both) noexcept {
    // Release: pairs with the acquire of who comes later, in the loop below.
    of(team_.my_index).sequence.store(team_.sequence, std::memory_order_release);
    const std::uint32_t before = join_pairs();
    both(team_.my_index);
    for (int index = 0; index < team_.size; ++index) {
      const TeamSlot& slot = of(index);
      // A bit without its message is one of 2^32 messages ago. Acquire: pairs with the release above.
      if ((before >> index & 1) != 0 && slot.sequence.load(std::memory_order_acquire) == team_.sequence &&
          matches(slot)) {
        both(index);
      }
    }
    return meet_with_messages();
  }

  // Waits for one member's message.
  Status await(int index) noexcept {
    TeamSlot& slot = of(index);
    if (const Status status = await_sequence(pe_, team_, slot.sequence, team_.sequence); !ok(status)) return status;
    if (matches(slot)) [[likely]]
      return Status::kOk;
    return tell_difference(pe_, team_, index, slot.call.load(std::memory_order_relaxed) >> 32);
  }

  // Waits for all members' messages. All members must do so, or call receive_all.
  Status await_all() noexcept {
    return receive_all([](int) noexcept {});
  }

  // The same, and calls use(index) for each member in an order that spreads readers over sources, as messages come.
  // I am the first. What I have published I better take from where I have it: my slot's line is on its way to others
  // now, and reading it again costs as much as another message.
  template <class Use>
  Status receive_all(Use use) noexcept {
    if (team_.central) {
      if (const Status status = meet_with_messages(); !ok(status)) return status;
    }
    for (int n = 0, index = team_.my_index; n < team_.size; ++n, index = index + 1 == team_.size ? 0 : index + 1) {
      if (index != team_.my_index && !team_.central) {
        TeamSlot& slot = of(index);
        const Status status = await_sequence(pe_, team_, slot.sequence, team_.sequence);
        if (!ok(status)) [[unlikely]]
          return status;
        // Each of two members that differ comes to the lesser history.
        if (!matches(slot)) [[unlikely]]
          return tell_difference(pe_, team_, index,
                                 std::min(slot.call.load(std::memory_order_relaxed) >> 32, call_ >> 32));
      }
      use(index);
    }
    team_.finished = team_.sequence - 1;
    return Status::kOk;
  }

 private:
  static constexpr std::size_t kMostAhead = 512;  // the processor itself sees where longer copies are going
  static constexpr std::size_t kWithSequence = kCacheLine - offsetof(TeamSlot, data);

  [[nodiscard]] static constexpr bool fits_slot(std::size_t nbytes) noexcept { return nbytes <= kSlotDataNbytes; }
  [[nodiscard]] TeamParcel& parcel(int index, std::uint64_t sequence) const noexcept {
    return team_.cell(pe_, index).parcels[sequence % kParcelCount];
  }
  [[nodiscard]] const TeamSlot& next_of(int index) const noexcept {
    return team_.cell(pe_, index).slots[slot_of(team_.sequence + 1)];
  }

  void announce() noexcept {
    // Release: pairs with the acquire in await_sequence (or the rendezvous) of each reader.
    of(team_.my_index).sequence.store(team_.sequence, std::memory_order_release);
    // Nobody reads the next slot now: the stores of a next message like this one find their lines here, and their
    // readers wait for one transfer instead of two.
    const auto* next = reinterpret_cast<const std::byte*>(&next_of(team_.my_index));
    os::prefetch_to_store(next);
    if (!fits_slot(carries_)) {
      const std::byte* data = parcel(team_.my_index, team_.sequence + 1).data;
      for (std::size_t at = 0; at < std::min(carries_, kMostAhead); at += kCacheLine) os::prefetch_to_store(data + at);
    } else if (carries_ > kWithSequence) {
      os::prefetch_to_store(next + kCacheLine);
    }
  }
  // By the last member to come.
  template <class Make>
  void make_for_all(Make& make) noexcept {
    make();
    team_.cell(pe_, 0).released.member.store(static_cast<std::uint32_t>(team_.my_index), std::memory_order_relaxed);
  }
  // The meeting of central teams at which all have sent their messages, which are alike if all say the same.
  Status meet_with_messages() noexcept {
    const Status status = meet(pe_, team_, saying(team_, MeetingKind::kMessages));
    if (!ok(status)) [[unlikely]]
      return settle(pe_, team_, MeetingKind::kMessages, status);
    team_.finished = team_.sequence - 1;
    return Status::kOk;
  }
  // The members that have come to this message in pairs before me.
  [[nodiscard]] std::uint32_t join_pairs() noexcept {
    std::atomic<std::uint64_t>& word = team_.cell(pe_, 0).arrivals.in_pairs;
    const std::uint64_t number = team_.sequence << kMaxPaired;
    const std::uint64_t mine = std::uint64_t{1} << team_.my_index;
    std::uint64_t seen = word.load(std::memory_order_relaxed);
    while (true) {
      const std::uint64_t joined = (seen ^ number) >> kMaxPaired == 0 ? seen : number;
      // Acquire and release: who comes later sees the messages of all before it.
      if (word.compare_exchange_weak(seen, joined | mine, std::memory_order_acq_rel, std::memory_order_relaxed)) {
        return static_cast<std::uint32_t>(joined);
      }
    }
  }
  [[nodiscard]] bool matches(const TeamSlot& slot) const noexcept {
    return slot.call.load(std::memory_order_relaxed) == call_;
  }
  [[nodiscard]] std::byte* base() const noexcept { return reinterpret_cast<std::byte*>(pe_.job); }

  Pe& pe_;
  Team& team_;
  std::uint64_t call_;    // Call::pack, and once the message is open the history above it
  std::uint32_t digest_;  // Call::digest
  std::uint64_t nbytes_;
  std::size_t carries_;
};

}  // namespace shmem::smp
