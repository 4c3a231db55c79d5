// SPDX-License-Identifier: BSD-3-Clause
//
// What shmemx.h offers beyond the standard: errors as statuses, interruptible waits, notes and blocks.
#include <shmemx.h>

#include <atomic>
#include <cstdio>
#include <utility>

#include "smp/capi/collective_calls.h"
#include "smp/capi/report.h"
#include "smp/capi/routine.h"
#include "smp/ending/ending.h"
#include "smp/error.h"
#include "smp/heap/heap.h"
#include "smp/notice.h"
#include "smp/os/prim.h"
#include "smp/stall/place.h"
#include "smp/stall/wait_text.h"
#include "smp/wait/deadline.h"
#include "smp/wait/wait.h"

using namespace shmem::smp::capi;
namespace smp = shmem::smp;

namespace {

using smp::Pe;
using smp::Status;

static_assert(SHMEMX_SUCCESS == static_cast<int>(Status::kOk) &&
              SHMEMX_ERR_INTERRUPTED == static_cast<int>(Status::kInterrupted) &&
              SHMEMX_ERR_ENDING == static_cast<int>(Status::kEnding) &&
              SHMEMX_ERR_NOMEM == static_cast<int>(Status::kNoMemory) &&
              SHMEMX_ERR_MISMATCH == static_cast<int>(Status::kMismatch) &&
              SHMEMX_ERR_INVALID == static_cast<int>(Status::kInvalid) &&
              SHMEMX_ERR_POISONED == static_cast<int>(Status::kPoisoned) &&
              SHMEMX_ERR_UNSUPPORTED == static_cast<int>(Status::kUnsupported) &&
              SHMEMX_ERR_SYSTEM == static_cast<int>(Status::kSystem) &&
              SHMEMX_ERR_LEFT == static_cast<int>(Status::kLeft) &&
              SHMEMX_ERR_TIMEOUT == static_cast<int>(Status::kTimeout));
static_assert(SHMEMX_NOTICE_ERROR == static_cast<int>(smp::NoticeKind::kError) &&
              SHMEMX_NOTICE_PLACE == static_cast<int>(smp::NoticeKind::kPlace));
static_assert(SHMEMX_ERRORS_END == static_cast<int>(ErrorMode::kEnd) &&
              SHMEMX_ERRORS_RETURN == static_cast<int>(ErrorMode::kReturn));

// The caller gets the status in either error mode. If the job is ending, the PE leaves it instead.
int to_caller(Pe& me, Status status) noexcept {
  if (status == Status::kEnding) smp::leave_ending_job(me);
  return static_cast<int>(status);
}

Status not_running() noexcept {
  return smp::fail(Status::kInvalid, "called before shmem_init, after shmem_finalize or in a forked child");
}

}  // namespace

// These are declared in shmemx.h, a C header of its own, and have no name-shifted twins.
#define EXPORT extern "C" __attribute__((visibility("default")))

EXPORT void shmemx_set_error_mode(int mode) {
  set_error_mode(mode == SHMEMX_ERRORS_RETURN ? ErrorMode::kReturn : ErrorMode::kEnd);
}

EXPORT int shmemx_take_error(void) {
  const int status = static_cast<int>(smp::failure_status());
  smp::clear_failure();
  return status;
}

EXPORT const char* shmemx_error_message(void) {
  return smp::failure_message();
}

EXPORT void shmemx_set_interrupt_check(int (*check)(void* argument), void* argument) {
  Pe& me = smp::this_pe();
  // The argument is stored first: a wait that sees the function (acquire) sees its argument.
  me.interrupt_argument.store(argument, std::memory_order_relaxed);
  me.interrupt_check.store(check, std::memory_order_release);
}

EXPORT int64_t shmemx_set_deadline(int64_t monotonic_ns) {
  return std::exchange(smp::wait_deadline_ns, monotonic_ns);
}

EXPORT void shmemx_set_idle_hook(void (*hook)(void)) {
  // Release: pairs with the acquire in Waiter::begin_idling (wait/wait.cpp).
  smp::this_pe().idle_hook.store(hook, std::memory_order_release);
}

EXPORT void shmemx_set_place_hook(int (*hook)(char* text, size_t size)) {
  // Release: pairs with the acquire in LongWait::describe and in is_alone (leaving/leaving.cpp).
  smp::this_pe().place_hook.store(hook, std::memory_order_release);
}

EXPORT int shmemx_alloc(size_t size, size_t alignment, long hints, int clear, uint64_t* greatest, void** out) {
  Pe& me = smp::this_pe();
  *out = nullptr;
  if (me.npes == 0) return static_cast<int>(not_running());
  return to_caller(me, me.heap->allocate(size, alignment, hints, clear != 0, greatest, out));
}

EXPORT int shmemx_free(void* pointer) {
  Pe& me = smp::this_pe();
  if (me.npes == 0) return static_cast<int>(not_running());
  return to_caller(me, me.heap->free(pointer));
}

EXPORT int shmemx_block(const void* address, void** begin, size_t* size) {
  Pe& me = smp::this_pe();
  return me.npes != 0 && me.heap->block_of(address, begin, size) ? 1 : 0;
}

EXPORT int shmemx_heap_info(size_t* size, size_t* used, size_t* largest_free) {
  Pe& me = smp::this_pe();
  if (me.npes == 0) return static_cast<int>(not_running());
  const smp::Heap::Usage usage = me.heap->usage();
  *size = usage.size;
  *used = usage.used;
  *largest_free = usage.largest_free;
  return SHMEMX_SUCCESS;
}

EXPORT void shmemx_wake(const void* address, size_t nbytes, int pe) {
  Pe& me = smp::this_pe();
  constexpr Routine routine{"shmemx_wake"};
  auto* local = static_cast<std::byte*>(const_cast<void*>(address));
  const Target<std::byte> target = target_of(me, routine, "address", local, nbytes, pe);
  if (target.address != nullptr) smp::ring(me, target.pe, target.address, nbytes);
}

EXPORT int shmemx_workspace(void** memory, size_t* size) {
  Pe& me = smp::this_pe();
  if (me.npes == 0) return static_cast<int>(not_running());
  *size = me.job->workspace_nbytes;
  *memory = me.heap_begin + (me.job->symmetric_nbytes - me.job->workspace_nbytes);
  return SHMEMX_SUCCESS;
}

EXPORT int shmemx_operation(int pe, char* text, size_t size) {
  Pe& me = smp::this_pe();
  char place[smp::kPlaceNbytes] = "outside of a job";
  char waits[smp::kWaitsNbytes] = "";
  if (pe >= 0 && pe < me.npes) {
    smp::describe_place(me.control_of(pe), place, sizeof place);
    static_cast<void>(smp::describe_waits({me.control_zero, me.npes}, pe, waits, sizeof waits));
  }
  return std::snprintf(text, size, "%s%s", place, waits);
}

EXPORT int shmemx_tell_launcher(int fd, int kind, const char* title, const char* text, size_t size) {
  return smp::tell_launcher(smp::this_pe(), fd, static_cast<smp::NoticeKind>(kind), title, {text, size}) ? 1 : 0;
}

EXPORT void shmemx_team_compare(shmem_team_t handle, uint32_t value) {
  Pe& me = smp::this_pe();
  smp::Team* const team = find_team(me, handle);
  if (team == nullptr) return;
  // Where another thread is in a collective of the team, the call that follows is refused (team/entrance.h). Acquire:
  // pairs with the release of a thread that leaves.
  if (me.many_threads &&
      std::atomic_ref<smp::Operation>(team->inside).load(std::memory_order_acquire) != smp::Operation::kNone) {
    return;
  }
  team->remember(value);
}

EXPORT void shmemx_wait_counts(uint64_t* late_wakes, uint64_t* sleeps) {
  const Pe& me = smp::this_pe();
  // Relaxed: statistics order nothing.
  *late_wakes = me.control == nullptr ? 0 : me.control->late_wakes.load(std::memory_order_relaxed);
  *sleeps = me.control == nullptr ? 0 : me.control->sleeps.load(std::memory_order_relaxed);
}

EXPORT double shmemx_wtime(void) {
  return 1e-9 * static_cast<double>(smp::os::monotonic_ns());
}

#undef EXPORT
