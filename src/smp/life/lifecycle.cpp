// SPDX-License-Identifier: BSD-3-Clause
//
// init, finalize, and the handlers of exit and fork (lifecycle.h). The PE shares its state in its control block: each
// store of it is a release, which pairs with the acquire in leaving/leaving.cpp. Invariant: what init has mapped stays
// mapped until the process ends. `hide` takes away the fields that every call checks, and `show` gives them back.
#include "smp/life/lifecycle.h"

#include <pthread.h>

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>

#include "smp/ending/ending.h"
#include "smp/error.h"
#include "smp/heap/heap.h"
#include "smp/joining/attach.h"
#include "smp/joining/globals.h"
#include "smp/joining/settings.h"
#include "smp/life/finalisation.h"
#include "smp/os/prim.h"
#include "smp/os/process.h"
#include "smp/rma/order.h"
#include "smp/team/ctx.h"
#include "smp/team/poison.h"
#include "smp/team/rendezvous.h"
#include "smp/team/team.h"

namespace shmem::smp {

namespace {

// The life of the process's PE. The mutex guards it, except in the handlers of fork and exit.
struct Life {
  std::mutex mutex;
  Pe* pe = nullptr;     // the PE that the handlers are about
  int inits = 0;        // calls that have had no finalize yet
  int exits_with = -1;  // the status that exit() was called with
};
Life life;

[[gnu::format(printf, 2, 3)]] void debug(const Pe& pe, const char* format, ...) noexcept {
  if (setting(Setting::kDebug) == nullptr) return;
  char text[256];
  std::va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  std::fprintf(stderr, "shmem4py: PE %d: %s\n", pe.me, text);
}

void debug_begin(const Pe& pe) noexcept {
  const JobHeader& job = *pe.job;
  debug(pe, "process %d, %d PEs on %u cores%s%s, %zu MiB of symmetric heap, %zu KiB of symmetric globals",
        os::process_id(), pe.npes, job.cores, (job.flags & kJobOversubscribed) != 0 ? " (waits sleep)" : "",
        (job.flags & kJobWriterFences) != 0 ? ", without membarrier" : "", job.heap_nbytes >> 20, pe.data_nbytes >> 10);
}

void debug_end(const Pe& pe) noexcept {
  debug(pe, "finalised: slept %llu times, of which %llu were too long; %zu KiB of symmetric heap not freed",
        static_cast<unsigned long long>(pe.control->sleeps.load(std::memory_order_relaxed)),
        static_cast<unsigned long long>(pe.control->late_wakes.load(std::memory_order_relaxed)),
        pe.heap->usage().used >> 10);
}

void print_texts(const Pe& pe) {
  if (pe.me != 0) return;
  if (setting(Setting::kVersion) != nullptr) std::fputs(version_text().c_str(), stderr);
  if (setting(Setting::kInfo) != nullptr) std::fputs(settings_text().c_str(), stderr);
}

// Takes away the fields that every call checks; `show` gives them back.
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
  static constexpr char kMessage[] = "shmem4py: no memory for a forked child's copy of the program's variables\n";
  std::fputs(kMessage, stderr);
  std::abort();
}

// The last finalize: meets the others, and ends this PE even if the meeting fails. The caller holds the mutex.
Status end(Pe& pe, PeState how) noexcept {
  quiet();
  pe.teams->tell_histories();
  Status status = finalise_together(pe, how);
  if (status == Status::kEnding) return status;
  if (ok(status)) status = pe.teams->compare_histories();
  debug_end(pe);
  pe.teams->forget_all();
  life.inits = 0;
  hide(pe, Phase::kFinalized);
  // Release: pairs with the acquire in leaving/leaving.cpp. A peer that sees this state takes the process's end as no
  // failure.
  pe.control->state.store(static_cast<std::uint32_t>(PeState::kFinalized), std::memory_order_release);
  return status;
}

void note_exit(int status, void*) {
  life.exits_with = status;
}

// The library finalises for a program that ends with status 0. It waits here for the other PEs, which may go on
// meanwhile. It does so as late as possible, after the program's handlers and destructors, which may call the library.
// Any other status is a failure, which the launcher or the other PEs notice.
[[gnu::destructor(101)]] void leave_at_exit() {
  Pe* const pe = life.pe;
  if (pe == nullptr || life.exits_with < 0 || pe->phase == Phase::kForkedChild) return;
  // The mutex is held if exit() was called inside a finalize, for instance by a handler of a signal.
  const std::unique_lock<std::mutex> lock(life.mutex, std::try_to_lock);
  if (!lock.owns_lock()) return;
  if (pe->phase == Phase::kRunning && pe->job->ending.load(std::memory_order_acquire) == 0) {
    if (life.exits_with != 0) return debug(*pe, "exits with status %d without shmem_finalize", life.exits_with);
    std::fflush(nullptr);  // the others may come much later
    pe->note(Operation::kFinalize);
    const Status status = end(*pe, PeState::kReturning);
    if (status == Status::kEnding) leave_ending_job(*pe);
    // For instance, collectives did not match, and this is the first that any PE hears of it.
    if (!ok(status)) end_job(*pe, EXIT_FAILURE, failure_message());
    pe->note(Operation::kNone);
  }
  // Release: pairs with the acquire in leaving/leaving.cpp.
  if (pe->phase == Phase::kFinalized) {
    pe->control->state.store(static_cast<std::uint32_t>(PeState::kGone), std::memory_order_release);
  }
}

void install_handlers(Pe& pe) noexcept {
  if (life.pe != nullptr) return;
  life.pe = &pe;
  pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
  on_exit(note_exit, nullptr);
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
    pe.heap->reset();  // the heap of an earlier life; teams and contexts were reset when that ended
    // Stored before the meeting, so no PE that has come through it takes this one for finalised (has_finalised).
    pe.control->state.store(static_cast<std::uint32_t>(PeState::kAttached), std::memory_order_release);
  }
  const NoteScope note(pe, Operation::kInit);
  if (const Status status = meet(pe); !ok(status)) return status;
  // PEs that have slept and woken each other on their way here often share some of the cores while others idle. The
  // kernel takes tens of milliseconds to spread processes that never sleep again.
  if ((pe.job->flags & kJobOversubscribed) != 0) os::move_to_part(pe.me, pe.npes);
  debug_begin(pe);
  return Status::kOk;
}

// The caller holds the mutex.
Status begin(Pe& pe) noexcept {
  if (pe.phase == Phase::kForkedChild) return fail(Status::kInvalid, "a forked child is no PE and cannot become one");
  if (pe.phase != Phase::kRunning) {
    if (const Status status = join_job(pe); !ok(status)) {
      if (pe.job != nullptr) hide(pe, pe.phase);
      return status;
    }
    // Release: pairs with the acquire in leaving/leaving.cpp. A peer that sees the state sees what this PE has set up.
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
  return begin(pe);
}

Status finalize(Pe& pe) noexcept {
  const std::lock_guard<std::mutex> lock(life.mutex);
  if (pe.phase != Phase::kRunning) return fail(Status::kInvalid, "called without shmem_init");
  const NoteScope note(pe, Operation::kFinalize);
  if (pe.job->ending.load(std::memory_order_acquire) != 0) return Status::kEnding;
  // If the others do not all come, they may still use this PE's memory. That works, since it stays mapped.
  if (life.inits == 1) return end(pe, PeState::kFinalizing);
  --life.inits;
  quiet();
  const Status status = finalise_together(pe, PeState::kFinalizing);
  if (status != Status::kEnding) {
    pe.control->state.store(static_cast<std::uint32_t>(PeState::kRunning), std::memory_order_release);
  }
  return status;
}

bool is_initialized(const Pe& pe) noexcept {
  return pe.phase == Phase::kRunning;
}

void global_exit(Pe& pe, int status) noexcept {
  // Before init there is no job to end, and a forked child must not end its parent's.
  if (pe.job == nullptr || pe.phase == Phase::kForkedChild) std::exit(status);
  debug(pe, "shmem_global_exit(%d)", status);
  pe.note(Operation::kGlobalExit);
  // Flushed before the mark, because from then on the launcher gives every PE little time.
  std::fflush(nullptr);
  (void)mark_ending(pe, pe.me, status);
  std::exit(status);
}

}  // namespace shmem::smp
