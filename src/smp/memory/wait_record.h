// SPDX-License-Identifier: BSD-3-Clause
//
// WaitRecord: what a PE says of a wait that takes long, for others to read: the launcher, an observer, another PE.
//
// Each control block has some records, one for each thread of the PE whose wait has lasted a tenth of a second
// (long_wait.h). Written by that thread alone. A reader believes nothing that it finds here: what a program overwrites
// by mistake may lie here too (stall/wait_text.h checks each field).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace shmem::smp {

inline constexpr int kWaitRecords = 4;  // of a PE; threads beyond them wait without a record
inline constexpr std::size_t kWaitPlaceNbytes = 184;

enum class WaitKind : std::uint8_t {
  kMemory,    // words of symmetric memory, for what the engine alone knows
  kElements,  // wait_until and its like
  kLock,
  kTeam,       // a collective of a team
  kActiveSet,  // a deprecated collective
  kFinalisation,
};

// Which elements of an array must satisfy the comparison.
enum class WaitForm : std::uint8_t { kOne, kAll, kAny };

// Where an offset counts from.
enum class WaitArea : std::uint8_t { kHeap, kGlobals, kElsewhere };

// One wait. Every field that a kind does not name is zero.
struct WaitNote {
  std::int64_t begin_ns;    // soon after it began, by CLOCK_MONOTONIC
  std::uint16_t operation;  // Operation
  WaitKind kind;
  WaitArea area;
  // kElements:
  WaitForm form;
  std::uint8_t vector;          // each element is compared with a value of its own
  std::uint8_t element_nbytes;  // 1, 2, 4 or 8
  std::uint8_t is_signed;
  std::int32_t cmp;
  std::uint32_t lacks;   // whether `index` names an element that does not satisfy the comparison
  std::uint64_t nelems;  // that are waited for
  std::uint64_t index;
  std::uint64_t wanted;  // its value, and what it was seen to have: bits, extended by their sign
  std::uint64_t seen;
  // All kinds but kTeam: the first byte, of kActiveSet that of pSync, and the heap's block around it (no bytes: not
  // known).
  std::uint64_t offset;
  std::uint64_t block_offset;
  std::uint64_t block_nbytes;
  // kLock: the PE that holds it, or -1.
  std::int32_t holder;
  // kTeam and kActiveSet, which has no slot.
  std::int32_t team_slot;
  std::int32_t team_start;
  std::int32_t team_stride;
  std::int32_t team_size;
  // The thread, and how many others of its process may call the library; -1: the process does not know.
  std::int32_t thread_id;
  std::int32_t other_threads;
  char place[kWaitPlaceNbytes];  // the line of the program that waits, in words; "" if it is not known
};

inline constexpr std::size_t kWaitNoteWords = sizeof(WaitNote) / sizeof(std::uint64_t);
static_assert(sizeof(WaitNote) % sizeof(std::uint64_t) == 0);

struct alignas(64) WaitRecord {
  std::atomic<std::uint64_t> number;                 // of the wait, which no other wait of the PE has; 0: there is none
  std::atomic<std::uint64_t> version;                // odd while the note is being written
  std::atomic<std::int64_t> looked_ns;               // after this time the PE has looked in vain
  std::atomic<std::uint64_t> words[kWaitNoteWords];  // a WaitNote
};

}  // namespace shmem::smp
