// SPDX-License-Identifier: BSD-3-Clause
#include "smp/job/lifecycle.h"

#include <pthread.h>

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>

#include "smp/error.h"
#include "smp/heap/heap.h"
#include "smp/job/globals.h"
#include "smp/job/job.h"
#include "smp/job/settings.h"
#include "smp/os/process.h"
#include "smp/rma/transfer.h"
#include "smp/team/ctx.h"
#include "smp/team/rendezvous.h"
#include "smp/team/team.h"

namespace shmem::smp {

namespace {

// Of the process. Guarded by the mutex, except in the handlers of fork and exit.
struct Life {
  std::mutex mutex;
  Pe* pe = nullptr;               // the PE that the handlers are about
  int inits = 0;                  // that have had no finalize yet
  bool finalize_at_exit = false;  // begun by start_pes
};
Life life;

[[gnu::format(printf, 2, 3)]] void debug(const Pe& pe, const char* format, ...) noexcept {
  if (setting(Setting::kDebug) == nullptr) return;
  char words[256];
  std::va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(words, sizeof words, format, arguments);
  va_end(arguments);
  std::fprintf(stderr, "shmem4py: PE %d: %s\n", pe.me, words);
}

void debug_begin(const Pe& pe) noexcept {
  const JobHeader& job = *pe.job;
  debug(pe, "process %d, %d PEs on %u cores%s%s, %zu MiB of symmetric heap, %zu KiB of symmetric globals",
        os::process_id(), pe.npes, job.cores, (job.flags & kJobOversubscribed) != 0 ? " (waits sleep)" : "",
        (job.flags & kJobWriterFences) != 0 ? ", without membarrier" : "", pe.heap_nbytes >> 20, pe.data_nbytes >> 10);
}

void debug_end(const Pe& pe) noexcept {
  debug(pe, "finalised: slept %llu times, of which %llu were too long; %zu KiB of symmetric heap not freed",
        static_cast<unsigned long long>(pe.control->sleeps.load(std::memory_order_relaxed)),
        static_cast<unsigned long long>(pe.control->late_wakes.load(std::memory_order_relaxed)),
        pe.heap->allocated_nbytes() >> 10);
}

void print_texts(const Pe& pe) {
  if (pe.me != 0) return;
  if (setting(Setting::kVersion) != nullptr) std::fputs(version_text().c_str(), stderr);
  if (setting(Setting::kInfo) != nullptr) std::fputs(settings_text().c_str(), stderr);
}

// Takes away what the checks of every call look at; `show` gives it back.
void hide(Pe& pe, Phase phase) noexcept {
  pe.phase = phase;
  pe.npes = 0;
  pe.heap_nbytes = 0;
  pe.data_nbytes = 0;
}

void show(Pe& pe) noexcept {
  pe.npes = pe.world_npes;
  pe.heap_nbytes = pe.job->heap_nbytes;
  pe.data_nbytes = pe.control->data_nbytes.load(std::memory_order_relaxed);
}

void before_fork() {
  keep_data_before_fork();
}

void after_fork_in_parent() {
  drop_kept_data_in_parent();
}

void after_fork_in_child() {
  if (life.pe != nullptr && life.pe->phase != Phase::kBeforeInit) hide(*life.pe, Phase::kForkedChild);
  if (restore_data_in_child()) return;
  static constexpr char kWords[] = "shmem4py: no memory for a forked child's copy of the program's variables\n";
  std::fputs(kWords, stderr);
  std::abort();
}

// A program may end without shmem_finalize by mistake while others wait for it, so only start_pes, which promises
// to do without, finalises here, and only where nothing has gone wrong. Who watches sees the others.
void at_exit(int status, void*) {
  Pe* const pe = life.pe;
  if (pe == nullptr || pe->phase != Phase::kRunning) return;
  if (pe->job->ending.load(std::memory_order_acquire) != 0) return;
  if (life.finalize_at_exit && status == 0) {
    life.inits = 1;
    (void)finalize(*pe);
  } else {
    debug(*pe, "exits with status %d without shmem_finalize", status);
  }
}

void install_handlers(Pe& pe) noexcept {
  if (life.pe != nullptr) return;
  life.pe = &pe;
  pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
  on_exit(at_exit, nullptr);
}

Status meet(Pe& pe) noexcept {
  Team& world = pe.teams->world();
  quiet();
  return world.poisoned ? refuse_poisoned(world) : rendezvous(pe, world, MeetingKind::kLife);
}

Status join_job(Pe& pe) noexcept {
  if (pe.job == nullptr) {
    if (const Status status = attach(pe); !ok(status)) return status;
  }
  show(pe);
  if (pe.heap == nullptr) {
    if (const Status status = share_data(pe, find_globals()); !ok(status)) return status;
    pe.heap = std::make_unique<Heap>(pe);
    pe.teams = std::make_unique<TeamTable>(pe);
    pe.contexts = std::make_unique<CtxTable>(pe);
    install_handlers(pe);
    print_texts(pe);
  } else {
    pe.heap->reset();  // an earlier life's, with its teams and contexts
    // Before the meeting: no PE that has come through it takes this one for finalised (finalised_peer).
    pe.control->state.store(static_cast<std::uint32_t>(PeState::kAttached), std::memory_order_release);
  }
  const NoteScope note(pe, Operation::kInit);
  if (const Status status = meet(pe); !ok(status)) return status;
  // PEs that have slept and woken each other on their way here have met on some of the cores, and the kernel takes tens
  // of milliseconds to spread processes that never sleep again.
  if ((pe.job->flags & kJobOversubscribed) != 0) os::move_to_part(pe.me, pe.npes);
  debug_begin(pe);
  return Status::kOk;
}

// With the mutex held.
Status begin(Pe& pe) noexcept {
  if (pe.phase == Phase::kForkedChild) return fail(Status::kInvalid, "a forked child is no PE and cannot become one");
  if (pe.phase != Phase::kRunning) {
    if (const Status status = join_job(pe); !ok(status)) {
      if (pe.job != nullptr) hide(pe, pe.phase);
      return status;
    }
    // Release: whoever sees the state sees what this PE has set up.
    pe.control->state.store(static_cast<std::uint32_t>(PeState::kRunning), std::memory_order_release);
    pe.thread_level = kThreadMultiple;
    pe.phase = Phase::kRunning;
  }
  ++life.inits;
  return Status::kOk;
}

}  // namespace

Status init(Pe& pe, int requested, int* provided) noexcept {
  if (requested < kThreadSingle || requested > kThreadMultiple) {
    return fail(Status::kInvalid, "requested = %d is no thread level", requested);
  }
  const std::lock_guard<std::mutex> lock(life.mutex);
  if (const Status status = begin(pe); !ok(status)) return status;
  pe.many_threads |= requested == kThreadMultiple;
  if (provided != nullptr) *provided = pe.thread_level;
  return Status::kOk;
}

Status start(Pe& pe) noexcept {
  const std::lock_guard<std::mutex> lock(life.mutex);
  if (pe.phase == Phase::kRunning) return Status::kOk;
  if (const Status status = begin(pe); !ok(status)) return status;
  life.finalize_at_exit = true;
  return Status::kOk;
}

Status finalize(Pe& pe) noexcept {
  const std::lock_guard<std::mutex> lock(life.mutex);
  if (pe.phase != Phase::kRunning) return fail(Status::kInvalid, "called without shmem_init");
  const NoteScope note(pe, Operation::kFinalize);
  if (life.inits > 1) {
    --life.inits;
    return meet(pe);
  }
  // Without a complete barrier the others may still use this PE's memory. They can: it stays.
  pe.teams->tell_histories();
  Status status = meet(pe);
  if (status == Status::kEnding) return status;
  if (ok(status)) status = pe.teams->compare_histories();
  debug_end(pe);
  pe.teams->forget_all();
  life.inits = 0;
  life.finalize_at_exit = false;
  hide(pe, Phase::kFinalized);
  // Release: a peer that sees this PE gone afterwards knows that all is well.
  pe.control->state.store(static_cast<std::uint32_t>(PeState::kFinalized), std::memory_order_release);
  return status;
}

bool is_initialized(const Pe& pe) noexcept {
  return pe.phase == Phase::kRunning;
}

void global_exit(Pe& pe, int status) noexcept {
  // Before init there is no job to end, and a forked child has no say in its parent's.
  if (pe.job == nullptr || pe.phase == Phase::kForkedChild) std::exit(status);
  debug(pe, "shmem_global_exit(%d)", status);
  pe.note(Operation::kGlobalExit);
  // Before the others hear of it: from then on the launcher gives everybody little time.
  std::fflush(nullptr);
  (void)mark_ending(pe, pe.me, status);
  std::exit(status);
}

}  // namespace shmem::smp
