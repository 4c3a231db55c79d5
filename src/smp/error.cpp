// SPDX-License-Identifier: BSD-3-Clause
//
// The error of each thread (error.h). It has a fixed size and belongs to its thread alone, so `fail` takes neither
// memory nor a lock.
#include "smp/error.h"

#include <cstdarg>
#include <cstdio>

namespace shmem::smp {

namespace {

struct Failure {
  Status status = Status::kOk;
  char message[512] = "";
};

// Initial-exec: the library is small, and an error must be kept even where memory is used up.
thread_local Failure failure [[gnu::tls_model("initial-exec")]];

}  // namespace

Status fail(Status status, const char* format, ...) noexcept {
  failure.status = status;
  std::va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(failure.message, sizeof failure.message, format, arguments);
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

}  // namespace shmem::smp
