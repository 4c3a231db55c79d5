// SPDX-License-Identifier: BSD-3-Clause
//
// The layout of a job's memory file: everything that PEs, the launcher and observers share.
//
//   [JobHeader][ControlBlock x npes][data area x npes][(heap, workspace) x npes]
//
// Each PE maps the whole file once. Records hold offsets, never pointers. All of them are zero at the start, since a
// fresh memfd reads as zeros, so no PE initialises what another may already use. Fields are grouped by their writer,
// and each group has cache lines of its own. Layout, alignment and lock-freedom are asserted here. A PE that attaches
// compares magic, version and layout hash, so two builds of the library never share a job by accident.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <string_view>

#include "smp/memory/team_cell.h"
#include "smp/memory/wait_record.h"

namespace shmem::smp {

inline constexpr std::uint64_t kJobMagic = 0x7970346d656d6873;  // "shmem4py", little endian
inline constexpr std::uint32_t kLayoutVersion = 1;
inline constexpr std::size_t kCacheLine = 64;
inline constexpr int kMaxPes = 1024;

template <class T>
using SharedAtomic = std::atomic<T>;
static_assert(SharedAtomic<std::uint64_t>::is_always_lock_free);
static_assert(SharedAtomic<std::uint32_t>::is_always_lock_free);
static_assert(sizeof(SharedAtomic<std::uint64_t>) == 8 && alignof(SharedAtomic<std::uint64_t>) == 8);

// Set once in JobHeader::flags before any PE attaches.
enum JobFlags : std::uint32_t {
  kJobOversubscribed = 1u << 0,  // more PEs than cores that they may use: wait by sleeping
  kJobWriterFences = 1u << 1,    // membarrier is missing: a writer fences before it looks for sleepers
  kJobSupervised = 1u << 2,      // a launcher of ours watches the PEs
};

struct alignas(4096) JobHeader {
  // Written once, by the process that makes the file, before any PE attaches. Read-only afterwards.
  std::uint64_t magic;
  std::uint32_t version;
  std::uint32_t layout_hash;
  std::int32_t npes;
  std::uint32_t flags;  // JobFlags
  std::uint32_t cores;  // cores that the PEs may use together, affinity and cgroup quota counted
  std::int32_t creator_pid;
  std::uint64_t file_nbytes;
  std::uint64_t control_offset;  // of ControlBlock 0
  std::uint64_t control_stride;
  std::uint64_t data_offset;  // of PE 0's data area: globals of executables linked with the library
  std::uint64_t data_stride;
  std::uint64_t heap_offset;  // of PE 0's heap
  std::uint64_t heap_stride;  // between heaps of neighbours; a multiple of a unit (create.cpp)
  std::uint64_t heap_nbytes;  // the allocator's budget in each heap
  // Bytes from the beginning of a heap to the end of what is symmetric there: the heap, and behind it the workspace,
  // which the library keeps for callers such as the Python extension (shmemx_workspace). At most heap_stride.
  std::uint64_t symmetric_nbytes;
  std::uint64_t workspace_nbytes;
  std::int64_t stall_ns;  // a standstill of this length is reported (stall/stall.h); 0: never
  char job_name[64];      // what messages call the job

  // Written when the job ends early, by the process that changes `ending` from 0 to 1 (ending/ending.cpp).
  alignas(kCacheLine) SharedAtomic<std::uint32_t> ending;  // 0 running, 1 being claimed, 2 ending
  SharedAtomic<std::int32_t> ending_pe;                    // the PE that is the reason, or -1
  SharedAtomic<std::int32_t> ending_status;                // the job's exit status

  // Each PE adds one when it attaches.
  alignas(kCacheLine) SharedAtomic<std::uint32_t> attached;  // PEs that have claimed their slot

  // The StallState that PEs have reported. It stays 0 under our launcher, which reports a standstill itself.
  alignas(kCacheLine) SharedAtomic<std::uint32_t> stall_said;

  // Each PE adds one when it comes to a finalisation (life/finalisation.h).
  alignas(kCacheLine) SharedAtomic<std::uint64_t> finalisations;
};

// A file that the launcher reads as a PE's output; 0, 0: none (smp/notice.h).
struct StreamFile {
  SharedAtomic<std::uint64_t> device;
  SharedAtomic<std::uint64_t> inode;
};

// The state of a PE, as far as other processes need it.
enum class PeState : std::uint32_t {
  kUnclaimed = 0,
  kAttached = 1,   // claimed its slot
  kRunning = 2,    // shmem_init done
  kFinalized = 3,  // its last finalisation is complete: its process may end
  // In the next two states the PE has left and waits in a finalisation until all have come there (leaving/leaving.h):
  kFinalizing = 4,  // it has called shmem_finalize
  kReturning = 5,   // its program has ended with status 0, and the library finalises for it
  kGone = 6,        // finalised, and its program has ended
};

// One collective call of the heap's allocator (heap/heap.cpp).
struct AllocationRecord {
  SharedAtomic<std::uint64_t> meeting;    // the rendezvous of the world that this was asked for; 0: none yet
  SharedAtomic<std::uint64_t> operation;  // Operation in the low 16 bits, the user's hints above
  SharedAtomic<std::uint64_t> size;
  SharedAtomic<std::uint64_t> extra;   // alignment of a new block, or offset of the old one
  SharedAtomic<std::uint64_t> number;  // all PEs learn the greatest of these
};

struct alignas(4096) ControlBlock {
  // Written by the owner at start and at the end, read by all.
  SharedAtomic<std::int32_t> pid;          // 0 until a process claims the slot by compare-exchange
  SharedAtomic<std::uint32_t> state;       // PeState
  SharedAtomic<std::uint64_t> data_begin;  // address of the owner's globals in the owner, 0 without
  SharedAtomic<std::uint64_t> data_nbytes;
  SharedAtomic<std::uint64_t> data_hash;      // of the executable: globals match only if it is equal
  SharedAtomic<std::uint64_t> finalisations;  // that the owner has come to
  // Written by the launcher before it starts the owner: its standard output and standard error.
  StreamFile streams[2];

  // The first half of the doorbell. The owner writes it when it goes to sleep, and every writer looks at it after its
  // store. It has a line of its own, so the look hits the writer's cache until the owner sleeps. A store outside
  // [watch_begin, watch_end), which are offsets in the file, can end none of the owner's waits.
  alignas(kCacheLine) SharedAtomic<std::uint32_t> sleepers;
  SharedAtomic<std::uint64_t> watch_begin;
  SharedAtomic<std::uint64_t> watch_end;

  // The second half of the doorbell: the word that the owner's futex waits on. A PE that rings adds one.
  alignas(kCacheLine) SharedAtomic<std::uint32_t> rings;

  // The note: the operation that the owner is in. The owner alone writes it, and any process may read it.
  alignas(kCacheLine) SharedAtomic<std::uint64_t> note;  // Note::pack
  SharedAtomic<std::uint64_t> note_count;                // operations noted so far
  SharedAtomic<std::uint64_t> late_wakes;  // wakes by the timer that found the condition true without a ring
  SharedAtomic<std::uint64_t> sleeps;      // times this PE went to sleep
  SharedAtomic<std::uint32_t> in_turn;     // 1 while it waits and gives others a turn
  SharedAtomic<std::int32_t> processor;    // of its last wait that was not short, plus 1

  // Allocation: what the owner has asked for. The owner writes it before the barrier that each allocation has anyway.
  // After the barrier all PEs compare it, unless the barrier has told them that all ask for the same. The two records
  // are used by turns: a PE that is ahead by one call leaves alone the record that others may still read, and no PE is
  // ahead by two.
  alignas(kCacheLine) AllocationRecord allocations[2];

  // Waits that take long. The owner's threads write them; the launcher, observers and other PEs read them.
  WaitRecord waits[kWaitRecords];

  // Collectives: one cell for each team slot. Pages of unused slots are never touched.
  TeamCell cells[kMaxTeams];
};

// The note packs the operation, the team slot and the other PE (or -1) into one word of memory, so a reader never sees
// parts of two notes.
struct Note {
  std::uint16_t operation = 0;
  std::int16_t team = 0;
  std::int32_t pe = -1;

  [[nodiscard]] constexpr std::uint64_t pack() const noexcept {
    return std::uint64_t{operation} | std::uint64_t{static_cast<std::uint16_t>(team)} << 16 |
           std::uint64_t{static_cast<std::uint32_t>(pe)} << 32;
  }
  [[nodiscard]] static constexpr Note unpack(std::uint64_t word) noexcept {
    return {static_cast<std::uint16_t>(word), static_cast<std::int16_t>(word >> 16),
            static_cast<std::int32_t>(word >> 32)};
  }
};

static_assert(sizeof(JobHeader) == 4096);
static_assert(alignof(ControlBlock) == 4096 && sizeof(ControlBlock) % 4096 == 0);
static_assert(offsetof(ControlBlock, sleepers) % kCacheLine == 0);
static_assert(offsetof(ControlBlock, rings) % kCacheLine == 0);
static_assert(offsetof(ControlBlock, cells) == 4096, "what is not of teams fits one page");

// FNV-1a over sizes and offsets, so that it differs where a record has another size or one of these fields another
// place. The version of the package is a part of it, since a protocol may change while the records stay as they are.
[[nodiscard]] consteval std::uint32_t layout_hash() {
  std::uint32_t hash = 2166136261u;
  for (std::uint64_t part :
       {std::uint64_t{sizeof(JobHeader)}, std::uint64_t{sizeof(ControlBlock)}, std::uint64_t{sizeof(TeamCell)},
        std::uint64_t{offsetof(JobHeader, ending)}, std::uint64_t{offsetof(JobHeader, attached)},
        std::uint64_t{offsetof(JobHeader, finalisations)}, std::uint64_t{offsetof(ControlBlock, finalisations)},
        std::uint64_t{offsetof(ControlBlock, sleepers)}, std::uint64_t{offsetof(ControlBlock, rings)},
        std::uint64_t{offsetof(ControlBlock, streams)}, std::uint64_t{offsetof(ControlBlock, note)},
        std::uint64_t{offsetof(ControlBlock, allocations)}, std::uint64_t{offsetof(ControlBlock, waits)},
        std::uint64_t{sizeof(WaitRecord)}, std::uint64_t{offsetof(ControlBlock, cells)}, std::uint64_t{kMaxTeams}}) {
    hash = (hash ^ static_cast<std::uint32_t>(part)) * 16777619u;
    hash = (hash ^ static_cast<std::uint32_t>(part >> 32)) * 16777619u;
  }
  for (const char c : std::string_view(SHMEM4PY_VERSION)) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  }
  return hash;
}

}  // namespace shmem::smp
