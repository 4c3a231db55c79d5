// SPDX-License-Identifier: BSD-3-Clause
//
// Words the errors of the C interface and carries out the error mode (report.h). The message of an error is private to
// its thread (error.h). The mode belongs to the process, and any thread may change it. Invariant: `report` returns in
// the mode kReturn alone, and then it has kept the status with the message.
#include "smp/capi/report.h"

#include <atomic>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>

#include "smp/ending/ending.h"
#include "smp/error.h"

namespace shmem::smp::capi {

namespace {

// Relaxed everywhere: the program orders a change of the mode and the calls that are to follow it.
std::atomic<ErrorMode> mode{ErrorMode::kEnd};

}  // namespace

void set_error_mode(ErrorMode new_mode) noexcept {
  mode.store(new_mode, std::memory_order_relaxed);
}

void report(Pe& pe, Status status, const char* routine) noexcept {
  if (status == Status::kEnding) leave_ending_job(pe);
  // Waits return these statuses without a message.
  const char* text = failure_status() == status       ? failure_message()
                     : status == Status::kInterrupted ? "interrupted"
                     : status == Status::kTimeout     ? "the deadline of the wait has passed"
                     : status == Status::kPoisoned    ? "a collective on this team was left before its end"
                                                      : "failed";
  char message[640];
  std::snprintf(message, sizeof message, "%s: %s", routine, text);
  if (mode.load(std::memory_order_relaxed) == ErrorMode::kEnd) end_job(pe, EXIT_FAILURE, message);
  static_cast<void>(fail(status, "%s", message));
}

void misuse(Pe& pe, const char* routine, const char* argument, const char* format, ...) noexcept {
  char text[384];
  std::va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  report(pe,
         argument != nullptr && *argument != '\0' ? fail(Status::kInvalid, "%s %s", argument, text)
                                                  : fail(Status::kInvalid, "%s", text),
         routine);
}

void misuse_address(Pe& pe, const char* routine, const char* argument, const volatile void* address,
                    unsigned long nbytes, int target_pe) noexcept {
  switch (pe.phase) {
    case Phase::kBeforeInit:
      return misuse(pe, routine, "", "called before shmem_init");
    case Phase::kFinalized:
      return misuse(pe, routine, "", "called after shmem_finalize");
    case Phase::kForkedChild:
      return misuse(pe, routine, "", "called in a forked child, which is no PE");
    case Phase::kRunning:
      break;
  }
  if (static_cast<unsigned>(target_pe) >= static_cast<unsigned>(pe.npes)) {
    return misuse(pe, routine, "pe", "= %d is out of range: there are %d PEs", target_pe, pe.npes);
  }
  const auto begin = reinterpret_cast<std::uintptr_t>(pe.heap_begin);
  const auto at = reinterpret_cast<std::uintptr_t>(address);
  if (at - begin < pe.heap_nbytes) {
    return misuse(pe, routine, argument, "= %p with %lu bytes reaches beyond the symmetric heap (PE %d)",
                  const_cast<const void*>(address), nbytes, target_pe);
  }
  if (address == nullptr) return misuse(pe, routine, argument, "is NULL, and not a symmetric address");
  if (pe.is_constant(address, 1)) {
    return misuse(pe, routine, argument, "= %p is a constant of the program, which can be read by get alone (PE %d)",
                  const_cast<const void*>(address), target_pe);
  }
  misuse(pe, routine, argument, "= %p is not a symmetric address (PE %d)", const_cast<const void*>(address), target_pe);
}

}  // namespace shmem::smp::capi
