// SPDX-License-Identifier: BSD-3-Clause
//
// Pe: all state that one processing element has in the engine.
//
// A process has one (`this_pe()`). Tests have several over one job file, as threads. Everything that PEs share lies in
// the job file (memory/layout.h), and everything here is private to the PE. The fields that a put reads come first,
// together on two cache lines. Only init and finalize write them.
//
// Before init and after finalize the process's Pe has `npes == 0` and an empty heap. So the checks that every call
// makes anyway fail then, too, and the slow path words the message.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "smp/memory/layout.h"
#include "smp/operations.h"
#include "smp/parts.h"

namespace shmem::smp {

class Sleeper;        // wait/eventcount.h
struct WaitObserver;  // wait/observer.h

struct MemoryRange {
  std::byte* begin;
  std::size_t nbytes;
};

enum class Phase : std::uint8_t { kBeforeInit, kRunning, kFinalized, kForkedChild };

// How the PE waits. It is chosen when the PE attaches (wait/backoff.h).
struct WaitPolicy {
  std::uint32_t spins = 0;                  // looks with a pause between them
  std::uint32_t yields = 0;                 // looks with a sched_yield between them
  std::int64_t late_turn_ns = INT64_MAX;    // a yield that took longer went to a process that computes
  std::int64_t first_sleep_ns = 2'000'000;  // then a timer wakes it: for stores that the engine does not see
  std::int64_t longest_sleep_ns = 20'000'000;
};

// What a PE has learnt from its yields (wait/backoff.h).
struct Turns {
  static constexpr std::int64_t kShortestRestNs = 1'000'000;

  std::atomic<int> good{1};                            // turns in a row that were not late, counted up to a limit
  std::atomic<std::int64_t> rest_ns{kShortestRestNs};  // after two late turns in a row it gives none for this time
  std::atomic<std::int64_t> none_until_ns{0};          // until this time its waits sleep instead
  std::atomic<bool> crowded{false};                    // at the last look another PE was on this PE's processor
};

struct Pe {
  // --- read by every transfer ---
  std::byte* heap_begin = nullptr;  // this PE's heap
  std::size_t heap_nbytes = 0;
  std::byte* heap_zero = nullptr;  // PE 0's heap in this PE's mapping
  std::size_t heap_stride = 0;
  std::int32_t npes = 0;
  std::int32_t me = 0;
  ControlBlock* control_zero = nullptr;  // PE 0's control block
  bool writer_fences = false;            // JobFlags::kJobWriterFences
  // --- globals of the executable (joining/globals.h) ---
  std::byte* data_begin = nullptr;  // their address in this process
  std::size_t data_nbytes = 0;
  std::byte* data_zero = nullptr;  // PE 0's data area in this PE's mapping
  std::size_t data_stride = 0;
  const MemoryRange* constants = nullptr;  // the executable's read-only variables
  int constants_count = 0;
  // --- the rest ---
  JobHeader* job = nullptr;
  ControlBlock* control = nullptr;  // this PE's
  WaitPolicy wait_policy;
  const WaitObserver* observer = nullptr;  // which its waits ask and tell; set when the PE attaches
  Turns turns;
  Phase phase = Phase::kBeforeInit;
  int thread_level = 0;         // that init has provided
  bool many_threads = false;    // SHMEM_THREAD_MULTIPLE was asked for: several threads may be in calls at once
  std::int32_t world_npes = 0;  // PEs of the job, even while `npes` is 0. A copy: a program may overwrite the header
  // A wait calls it after a signal or the timer has ended a sleep. If it returns nonzero, the wait ends: kInterrupted.
  std::atomic<int (*)(void*)> interrupt_check{nullptr};
  std::atomic<void*> interrupt_argument{nullptr};
  std::atomic<void (*)()> idle_hook{nullptr};  // called when a wait has spun for some microseconds
  // Writes where the program waits, in so many bytes, and returns the number of other threads (shmemx_set_place_hook).
  std::atomic<int (*)(char*, std::size_t)> place_hook{nullptr};
  // Finalisations that this PE has come to, as in its control block. Its waits compare them with others'
  // (leaving/leaving.h).
  std::atomic<std::uint64_t> finalisations{0};
  // The mutex guards the list of announced sleepers (wait/eventcount.h), and the bits of the control block's wait
  // records that threads have taken (wait/long_wait.h).
  std::mutex waits_mutex;
  Sleeper* waits = nullptr;
  unsigned taken_records = 0;
  std::atomic<std::uint64_t> long_waits{0};  // their number so far
  OwnedPart<JobMapping> mapping;
  OwnedPart<PeerWatch> peers;
  OwnedPart<Heap> heap;
  OwnedPart<TeamTable> teams;
  OwnedPart<CtxTable> contexts;

  Pe() = default;
  Pe(const Pe&) = delete;
  Pe& operator=(const Pe&) = delete;

  [[nodiscard]] ControlBlock& control_of(int pe) const noexcept { return control_zero[pe]; }
  [[nodiscard]] std::byte* heap_of(int pe) const noexcept {
    return heap_zero + static_cast<std::size_t>(pe) * heap_stride;
  }

  // The same object in PE `pe`'s memory, or nullptr if [local, local + nbytes) is not symmetric or there is no such PE.
  // An object of the heap costs one compare for each check, a multiplication and an addition.
  template <class T>
  [[nodiscard, gnu::always_inline]] T* translate(T* local, std::size_t nbytes, int pe) const noexcept {
    if (T* const remote = translate_heap(local, nbytes, pe)) [[likely]]
      return remote;
    return static_cast<T*>(const_cast<void*>(translate_data(local, nbytes, pe)));
  }

  // The fast half of translate: heap objects, else nullptr.
  template <class T>
  [[nodiscard, gnu::always_inline]] T* translate_heap(T* local, std::size_t nbytes, int pe) const noexcept {
    const std::size_t offset = heap_offset(local);
    return is_in_heap(offset, nbytes, pe) ? reinterpret_cast<T*>(heap_of(pe) + offset) : nullptr;
  }

  // The two steps of translate_heap, for callers that need no null pointer between them.
  [[nodiscard, gnu::always_inline]] std::size_t heap_offset(const volatile void* local) const noexcept {
    std::size_t offset = reinterpret_cast<std::uintptr_t>(local) - reinterpret_cast<std::uintptr_t>(heap_begin);
    asm("" : "+r"(offset));  // keeps the compiler from computing the rest of the heap from both addresses again
    return offset;
  }
  [[nodiscard, gnu::always_inline]] bool is_in_heap(std::size_t offset, std::size_t nbytes, int pe) const noexcept {
    return static_cast<std::uint32_t>(pe) < static_cast<std::uint32_t>(npes) && offset < heap_nbytes &&
           nbytes <= heap_nbytes - offset;
  }

  // The slow half of translate: globals and the workspace, or nullptr.
  [[nodiscard]] const void* translate_data(const volatile void* local, std::size_t nbytes, int pe) const noexcept;

  // Whether this is a constant of the executable, which a get may read in this PE instead (joining/globals.h), and
  // whether that PE runs the same executable.
  [[nodiscard]] bool is_constant(const volatile void* local, std::size_t nbytes) const noexcept;
  [[nodiscard]] bool runs_my_program(int pe) const noexcept;

  // --- notes ---
  [[gnu::always_inline]] void note(Operation operation, int pe = -1, int team = 0) noexcept {
    control->note.store(Note{static_cast<std::uint16_t>(operation), static_cast<std::int16_t>(team), pe}.pack(),
                        std::memory_order_relaxed);  // it orders nothing
  }
};

// Notes an operation for the length of a scope, and then notes again what was noted before, since calls nest.
class NoteScope {
 public:
  [[gnu::always_inline]] NoteScope(Pe& pe, Operation operation, int other = -1, int team = 0) noexcept
      : pe_(pe), before_(pe.control->note.load(std::memory_order_relaxed)) {
    pe.note(operation, other, team);
  }
  [[gnu::always_inline]] ~NoteScope() { pe_.control->note.store(before_, std::memory_order_relaxed); }
  NoteScope(const NoteScope&) = delete;
  NoteScope& operator=(const NoteScope&) = delete;

 private:
  Pe& pe_;
  std::uint64_t before_;
};

// The process's PE (process.cpp). Its storage has a fixed address, so a transfer reads its fields directly.
[[gnu::visibility("hidden")]] extern std::byte process_storage[];
[[nodiscard, gnu::always_inline]] inline Pe& this_pe() noexcept {
  return *reinterpret_cast<Pe*>(process_storage);
}

}  // namespace shmem::smp
