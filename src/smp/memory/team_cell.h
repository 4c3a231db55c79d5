// SPDX-License-Identifier: BSD-3-Clause
//
// TeamCell: what one PE shares with the other members of one team.
//
// Every PE's control block holds one cell for each team slot. A team has a slot that is free on all its members, so
// teams without a common member may have the same one. The words that members wait for are sequence numbers that grow.
// They are not set back when a slot goes to another team: the new team starts above everything that any of its members'
// cells has seen (split.cpp), so a member of the old team that still looks sees what it waits for. Only the two
// counters and the words of the dissemination are set to zero between teams. The cell's owner does that, at a time when
// no member can be counting and no other PE reads them.
//
// A member that leaves a collective early stores kPoisonedSequence in the words that other members wait for, which ends
// their waits. A member that reads it does the same on its side (poison.cpp).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace shmem::smp {

inline constexpr int kMaxTeams = 256;  // slots; 0 is the world, 1 is SHMEM_TEAM_SHARED
inline constexpr int kMaxRounds = 10;  // of a dissemination among kMaxPes
// So many messages may be under way before a member must have heard of all others. A slot holds a small message.
inline constexpr std::uint64_t kSlotCount = 64;
inline constexpr std::size_t kSlotNbytes = 128;
// Consecutive messages do not lie side by side. If they did, a reader's processor would fetch the next slots before
// they are written, and take their lines away from the writer.
[[nodiscard]] constexpr std::uint64_t slot_of(std::uint64_t message) noexcept {
  return message * 37 % kSlotCount;
}
inline constexpr std::uint64_t kParcelCount = 8;
inline constexpr std::size_t kParcelNbytes = 4096 + 64;  // 4 KB of data and one line more

inline constexpr std::uint64_t kPoisonedSequence = ~std::uint64_t{0};
inline constexpr std::uint64_t kPoisonedCount = std::uint64_t{1} << 63;  // poison of a counter

// A word that other PEs poll. It has a cache line of its own.
struct alignas(64) TeamWord {
  std::atomic<std::uint64_t> value;
};

// A round of the dissemination barrier. The words of two meetings are used by turns, since the writer may come to the
// next meeting before the owner has read what it said at this one (dissemination.h).
struct alignas(64) TeamRound {
  std::atomic<std::uint64_t> said[2];
};

// The arrivals at the central counter barrier. All members add to the count: its low 16 bits count members, and the
// bits above hold the sum of what they say. The last member to arrive sets both to zero. Member i also says when it
// last came and where it ran then (`last`), so a member that waits knows whether it keeps another from coming.
// `in_pairs` says which members have come to an exchange in pairs (team/receive_in_pairs.h): its low half has a bit for
// each member, its high half the low half of the message's number.
inline constexpr int kMaxNamed = 12;   // as many as share the count's line
inline constexpr int kMaxPaired = 32;  // bits in half a word
struct alignas(64) TeamArrivals {
  std::atomic<std::uint64_t> count;
  std::atomic<std::uint64_t> in_pairs;
  std::atomic<std::uint32_t> last[kMaxNamed];
};

// The last member to come to the central rendezvous stores this. The value is twice the number of the meeting, and one
// more if the members have said different things. `member` is the member whose slot holds the result that it has made
// for all (team/receive_from_last.h).
struct alignas(64) TeamRelease {
  std::atomic<std::uint64_t> value;
  std::atomic<std::uint32_t> member;
};

// One published message: the call that it belongs to, which members compare, and its data. A small message begins on
// the sequence's line; the data of a larger one lie in a parcel. The owner writes everything before the release store
// of `sequence`.
struct alignas(64) TeamSlot {
  std::atomic<std::uint64_t> sequence;
  // Both are accessed relaxed, and `sequence` orders them. They are atomic since a member that reports a difference may
  // look at a slot while its owner uses it again (mismatch.cpp).
  std::atomic<std::uint64_t> call;    // compared among members: Call::pack, and above it the history with this call
  std::atomic<std::uint64_t> nbytes;  // for messages to people; compared as a part of the history
  std::uint64_t source;               // where large data lie: offset from the job header
  std::byte data[kSlotNbytes - 32];
};
inline constexpr std::size_t kSlotDataNbytes = sizeof(TeamSlot::data);

struct alignas(64) TeamParcel {
  std::byte data[kParcelNbytes];
};

// What the owner tells of a long wait in a collective of this team (standstill.h). The owner writes it when a timer
// ends a sleep, and at the end of such a wait. Ticks are those of the first member's clock.
struct alignas(64) TeamWait {
  std::atomic<std::uint64_t> clock;   // in the first member's cell only: counted up by all
  std::atomic<std::uint64_t> since;   // at this tick it was waiting; 0: it does not wait, or not for long
  std::atomic<std::uint64_t> woken;   // at this tick a timer woke it last; read by the owner alone
  std::atomic<std::uint64_t> looked;  // after this tick it looked, and had to go on waiting
  std::atomic<std::uint64_t> call;    // what it is in: Note::pack
  std::atomic<bool> found;            // stored by the member that finds that all wait for ever; never taken back
  // Stored when the owner leaves (leaving/leaving.h): how many messages and meetings it had begun. Members compare
  // these numbers with their own (team/missing_members.h).
  std::atomic<std::uint64_t> left_sequence;  // Team::sequence
  std::atomic<std::uint64_t> left_meetings;  // Team::meetings
};
static_assert(sizeof(TeamWait) == 64);

// What the owner tells of its calls when the members of a meeting have said different things (mismatch.cpp), and when
// it finalises (table.cpp).
struct alignas(64) TeamAccount {
  std::atomic<std::uint32_t> history;   // Team::history
  std::atomic<std::uint64_t> sequence;  // Team::sequence
  std::atomic<std::uint64_t> kind;      // MeetingKind
  std::atomic<std::uint64_t> note;      // what it is in: Note::pack
};

struct alignas(4096) TeamCell {
  // Dissemination: word r is written by the member 2^r before the owner.
  TeamRound rounds[kMaxRounds];
  // Central rendezvous, in the first member's cell only. All count up the first, and the last to arrive writes both.
  TeamArrivals arrivals;
  TeamRelease released;
  // Readers of a large broadcast that have finished. They count it up, and the owner waits for it.
  TeamWord done;
  // Message n lies in slot slot_of(n). Data for which the slot has no room lie in parcel n % kParcelCount. The owner
  // writes both. There are many small slots because a broadcast's root and its readers go through as many at a time:
  // with more PEs than cores each pass costs a change of processes.
  TeamSlot slots[kSlotCount];
  TeamParcel parcels[kParcelCount];
  TeamWait wait;
  TeamAccount account;
};

static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
static_assert(sizeof(TeamWord) == 64 && sizeof(TeamRound) == 64 && sizeof(TeamArrivals) == 64 &&
              sizeof(TeamRelease) == 64 && sizeof(TeamSlot) == kSlotNbytes);
static_assert(offsetof(TeamSlot, data) == 32, "aligned for every element type");
static_assert(offsetof(TeamCell, slots) % 64 == 0 && offsetof(TeamCell, parcels) % 64 == 0 &&
              sizeof(TeamCell) == 45056);

}  // namespace shmem::smp
