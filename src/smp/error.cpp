// SPDX-License-Identifier: BSD-3-Clause
#include "smp/error.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "smp/notice.h"
#include "smp/wait/wait.h"

namespace shmem::smp {

namespace {

std::atomic<ErrorMode> mode{ErrorMode::kEnd};

struct Failure {
  Status status = Status::kOk;
  char message[512] = "";
};

// Initial-exec: the library is small, and a failure must not need an allocation to be told.
thread_local Failure failure [[gnu::tls_model("initial-exec")]];

void keep(Status status, const char* format, std::va_list arguments) noexcept {
  failure.status = status;
  std::vsnprintf(failure.message, sizeof failure.message, format, arguments);
}

// "shmem4py: PE 3: …", once there is a number. The launcher puts the numbers of all in there that say the same.
void print_line(const Pe& pe, const char* text) noexcept {
  char line[768];
  const int told = std::snprintf(line, sizeof line, "shmem4py: %s\n", text);
  if (told < static_cast<int>(sizeof line) &&
      tell_launcher(pe, STDERR_FILENO, NoticeKind::kError, "", {line, static_cast<std::size_t>(told)})) {
    return;
  }
  int length = pe.job != nullptr ? std::snprintf(line, sizeof line, "shmem4py: PE %d: %s\n", pe.me, text)
                                 : std::snprintf(line, sizeof line, "shmem4py: %s\n", text);
  if (length >= static_cast<int>(sizeof line)) length = sizeof line - 1;
  // One write, so that lines of several PEs stay whole.
  if (write(STDERR_FILENO, line, static_cast<std::size_t>(length)) < 0) return;
}

}  // namespace

void set_error_mode(ErrorMode new_mode) noexcept {
  mode.store(new_mode, std::memory_order_relaxed);
}

ErrorMode error_mode() noexcept {
  return mode.load(std::memory_order_relaxed);
}

Status fail(Status status, const char* format, ...) noexcept {
  std::va_list arguments;
  va_start(arguments, format);
  keep(status, format, arguments);
  va_end(arguments);
  return status;
}

const char* failure_message() noexcept {
  return failure.message;
}

Status failure_status() noexcept {
  return failure.status;
}

void clear_failure() noexcept {
  failure.status = Status::kOk;
}

const char* operation_words(Operation operation) noexcept {
  switch (operation) {
#define SHMEM_OPERATION(name, words) \
  case Operation::k##name:           \
    return words;
#include "smp/operations.def"
#undef SHMEM_OPERATION
  }
  return "an unknown operation";
}

void report(Pe& pe, Status status, const char* routine) noexcept {
  if (status == Status::kEnding) leave_ending_job(pe);
  // Waits return these bare: nobody needed to word them.
  const char* words = failure.status == status         ? failure.message
                      : status == Status::kInterrupted ? "interrupted"
                      : status == Status::kTimeout     ? "the deadline of the wait has passed"
                      : status == Status::kPoisoned    ? "a collective on this team was left before its end"
                                                       : "failed";
  char message[640];
  std::snprintf(message, sizeof message, "%s: %s", routine, words);
  if (error_mode() == ErrorMode::kEnd) end_job(pe, EXIT_FAILURE, message);
  failure.status = status;
  std::snprintf(failure.message, sizeof failure.message, "%.*s", static_cast<int>(sizeof failure.message) - 1, message);
}

void misuse(Pe& pe, const char* routine, const char* argument, const char* format, ...) noexcept {
  char words[384];
  std::va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(words, sizeof words, format, arguments);
  va_end(arguments);
  report(pe,
         argument != nullptr && *argument != '\0' ? fail(Status::kInvalid, "%s %s", argument, words)
                                                  : fail(Status::kInvalid, "%s", words),
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

bool mark_ending(Pe& pe, int culprit, int status) noexcept {
  std::uint32_t running = 0;
  // Whoever is first gives the reason. Relaxed claim: the release below publishes.
  const bool first = pe.job->ending.compare_exchange_strong(running, 1, std::memory_order_relaxed);
  if (first) {
    pe.job->ending_pe.store(culprit, std::memory_order_relaxed);
    pe.job->ending_status.store(status, std::memory_order_relaxed);
    // Release: pairs with the acquire in check_job (wait/wake_check.h) and leave_ending_job.
    pe.job->ending.store(2, std::memory_order_release);
  }
  for (int other = 0; other < pe.world_npes; ++other) ring_sleepers(pe.control_of(other));
  return first;
}

void end_job(Pe& pe, int status, const char* reason) noexcept {
  if (reason != nullptr) print_line(pe, reason);
  if (pe.job != nullptr && pe.phase != Phase::kForkedChild) mark_ending(pe, pe.me, status);
  std::fflush(nullptr);
  _exit(status);
}

void leave_ending_job(Pe& pe) noexcept {
  std::fflush(nullptr);
  // 1 while the claimer has not written the status yet: the launcher, which reports the reason, does not
  // take a PE's status that left an ending job for the first failure.
  const bool known = pe.job->ending.load(std::memory_order_acquire) == 2;
  const int status = known ? pe.job->ending_status.load(std::memory_order_relaxed) : 1;
  _exit(status);
}

}  // namespace shmem::smp
