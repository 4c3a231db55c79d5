// SPDX-License-Identifier: BSD-3-Clause
//
// The symmetric heap (standard, section Memory Management Routines).
//
// If the heap is used up, all PEs get a null pointer alike; that is no error. PEs that ask for different things are an
// error.
#include "smp/capi/routine.h"
#include "smp/heap/heap.h"

using namespace shmem::smp::capi;
namespace smp = shmem::smp;

namespace {

using smp::Pe;
using smp::Status;

// The address of the block, or nullptr after a report of the status.
void* block_or_report(Pe& me, const char* routine, Status status, void* block) noexcept {
  if (!ok(status) && status != Status::kNoMemory) report_status(me, status, routine);
  return ok(status) ? block : nullptr;
}

void* allocate(const char* routine, std::size_t size, std::size_t alignment, long hints, bool clear) noexcept {
  Pe& me = smp::this_pe();
  if (!is_running(me, routine) || size == 0) return nullptr;  // without communication, says the standard
  void* block = nullptr;
  const Status status = me.heap->allocate(size, alignment, hints, clear, nullptr, &block);
  return block_or_report(me, routine, status, block);
}

void* align(const char* routine, std::size_t alignment, std::size_t size) noexcept {
  if (alignment != 0) return allocate(routine, size, alignment, 0, false);
  misuse(smp::this_pe(), routine, "alignment", "= 0 is not a power of two");
  return nullptr;
}

void* reallocate(const char* routine, void* ptr, std::size_t size) noexcept {
  Pe& me = smp::this_pe();
  if (!is_running(me, routine)) return nullptr;
  void* block = nullptr;
  const Status status = me.heap->reallocate(ptr, size, &block);
  return block_or_report(me, routine, status, block);
}

void free(const char* routine, void* ptr) noexcept {
  Pe& me = smp::this_pe();
  if (is_running(me, routine)) report_status(me, me.heap->free(ptr), routine);
}

}  // namespace

SHMEM_DEFINE(void*, malloc, allocate(routine.name, size, 0, 0, false), std::size_t size)
SHMEM_DEFINE(void*, malloc_with_hints, allocate(routine.name, size, 0, hints, false), std::size_t size, long hints)
SHMEM_DEFINE(void*, calloc, allocate(routine.name, to_nbytes(count, size), 0, 0, true), std::size_t count,
             std::size_t size)
SHMEM_DEFINE(void*, align, align(routine.name, alignment, size), std::size_t alignment, std::size_t size)
SHMEM_DEFINE(void*, realloc, reallocate(routine.name, ptr, size), void* ptr, std::size_t size)
SHMEM_DEFINE(void, free, free(routine.name, ptr), void* ptr)
