// SPDX-License-Identifier: BSD-3-Clause
//
// The layout of a job's memory file: everything that PEs, the launcher and observers share.
//
//   [JobHeader][ControlBlock x npes][data area x npes][(heap, workspace) x npes]
//
// Each PE maps the whole file once. Records hold offsets, never pointers, and are all zero at the start (a
// fresh memfd reads as zeros), so no PE initialises what another may already use. Fields are grouped by who
// writes them, each group on cache lines of its own. Layout, alignment and lock-freedom are asserted here;
// magic, version and layout hash are compared when a PE attaches, so that two builds of the library never
// share a job by accident.
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
  kJobWriterFences = 1u << 1,    // membarrier is missing: who writes fences before it looks for sleepers
  kJobSupervised = 1u << 2,      // a launcher of ours watches the PEs
};

struct alignas(4096) JobHeader {
  // Written once by the process that makes the file, before anybody attaches; read-only afterwards.
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
  // From the begin of a heap to the end of what is symmetric there: the heap, and behind it the workspace, which the
  // library keeps for those that stand on it (shmemx_workspace). At most heap_stride.
  std::uint64_t symmetric_nbytes;
  std::uint64_t workspace_nbytes;
  std::int64_t stall_ns;  // a job that stands still for so long is told so (stall.h); 0: never
  char job_name[64];      // what people read in messages

  // Written when the job ends early, by whoever sees the reason first (compare-exchange of `ending`).
  alignas(kCacheLine) SharedAtomic<std::uint32_t> ending;  // 0 running, 1 being claimed, 2 ending
  SharedAtomic<std::int32_t> ending_pe;                    // the PE that is the reason, or -1
  SharedAtomic<std::int32_t> ending_status;                // the job's exit status

  // Written by every PE once.
  alignas(kCacheLine) SharedAtomic<std::uint32_t> attached;  // PEs that have claimed their slot

  // Written by a PE that says that the job stands still: StallState. Not used where a launcher of ours says it.
  alignas(kCacheLine) SharedAtomic<std::uint32_t> stall_said;

  // Counted up by every PE when it comes to a finalisation (leaving/leaving.h).
  alignas(kCacheLine) SharedAtomic<std::uint64_t> finalisations;
};

// A file that the launcher reads as a PE's output; 0, 0: none (smp/notice.h).
struct StreamFile {
  SharedAtomic<std::uint64_t> device;
  SharedAtomic<std::uint64_t> inode;
};

// What a PE is at, as far as others need to know.
enum class PeState : std::uint32_t {
  kUnclaimed = 0,
  kAttached = 1,   // claimed its slot
  kRunning = 2,    // shmem_init done
  kFinalized = 3,  // shmem_finalize done: may exit
  // A PE that has left (leaving/leaving.h). It waits in a finalisation until all have come there:
  kFinalizing = 4,  // it has called shmem_finalize
  kReturning = 5,   // its program has ended with status 0, and the library finalises for it
  kGone = 6,        // finalised, and the process has ended
};

// One collective call of the heap's allocator (heap/heap.cpp).
struct AllocationRecord {
  SharedAtomic<std::uint64_t> meeting;    // the rendezvous of the world that this was asked for; 0: none yet
  SharedAtomic<std::uint64_t> operation;  // Operation in the low 16 bits, the user's hints above
  SharedAtomic<std::uint64_t> size;
  SharedAtomic<std::uint64_t> extra;   // alignment of a new block, or offset of the old one
  SharedAtomic<std::uint64_t> number;  // whose greatest all want to know
};

struct alignas(4096) ControlBlock {
  // Written by the owner at start and at the end, read by all.
  SharedAtomic<std::int32_t> pid;          // claims the slot: exchanged against 0
  SharedAtomic<std::uint32_t> state;       // PeState
  SharedAtomic<std::uint64_t> data_begin;  // address of the owner's globals in the owner, 0 without
  SharedAtomic<std::uint64_t> data_nbytes;
  SharedAtomic<std::uint64_t> data_hash;      // of the executable's identity: globals match only if equal
  SharedAtomic<std::uint64_t> finalisations;  // that the owner has come to
  // Written by the launcher before it starts the owner: its standard output and standard error.
  StreamFile streams[2];

  // Doorbell, half one: written by the owner when it goes to sleep, looked at by every writer after its
  // store. Alone on its line, so that the look is a hit in the writer's cache until the owner sleeps. Stores
  // outside [watch_begin, watch_end), offsets in the file, cannot end any of the owner's waits.
  alignas(kCacheLine) SharedAtomic<std::uint32_t> sleepers;
  SharedAtomic<std::uint64_t> watch_begin;
  SharedAtomic<std::uint64_t> watch_end;

  // Doorbell, half two: bumped by who rings, the word that the owner's futex waits on.
  alignas(kCacheLine) SharedAtomic<std::uint32_t> rings;

  // The note: what the owner is in. Written by the owner alone, read by launcher and observers.
  alignas(kCacheLine) SharedAtomic<std::uint64_t> note;  // Note::pack
  SharedAtomic<std::uint64_t> note_count;                // operations noted so far
  SharedAtomic<std::uint64_t> late_wakes;  // wakes by the timer that found a store of the engine already done
  SharedAtomic<std::uint64_t> sleeps;      // times this PE went to sleep
  SharedAtomic<std::uint32_t> in_turn;     // 1 while it waits and gives its turn to others
  SharedAtomic<std::int32_t> processor;    // where it was in its last wait that was not short, plus 1

  // Allocation: what the owner has asked for, written before the barrier that each allocation has anyway and
  // compared by all after it, unless the barrier told that all ask for the same. Two records, used in turn: who is
  // ahead by one call leaves alone what others may still read, and nobody is ahead by two. Both on one line, so that
  // comparing costs one miss per PE.
  alignas(kCacheLine) AllocationRecord allocations[2];

  // Waits that take long, in the owner's words. Written by the owner, read by the launcher and by those that ask.
  WaitRecord waits[kWaitRecords];

  // Collectives: one cell per team slot; pages of unused slots are never touched.
  TeamCell cells[kMaxTeams];
};

// The note packs operation, the other PE (or -1) and the team slot into one word, so that an observer never
// sees halves of two.
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

// Differs whenever a record changes shape. FNV-1a over sizes, offsets and the
// version of the package, since protocols may change where shapes do not.
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
