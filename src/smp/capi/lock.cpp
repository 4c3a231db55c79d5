// SPDX-License-Identifier: BSD-3-Clause
//
// Distributed locks (standard, section Distributed Locking Routines).
#include "smp/lock/lock.h"

#include "smp/capi/routine.h"

using namespace shmem::smp::capi;
namespace smp = shmem::smp;

namespace {

using smp::Pe;

void set_lock(const char* routine, long* lock) noexcept {
  Pe& me = smp::this_pe();
  if (is_running(me, routine)) report_status(me, smp::set_lock(me, lock), routine);
}

void clear_lock(const char* routine, long* lock) noexcept {
  Pe& me = smp::this_pe();
  if (is_running(me, routine)) report_status(me, smp::clear_lock(me, lock), routine);
}

// 0 if the lock was obtained, 1 if another PE or thread has it.
int test_lock(const char* routine, long* lock) noexcept {
  Pe& me = smp::this_pe();
  if (!is_running(me, routine)) return 1;
  bool obtained = false;
  report_status(me, smp::test_lock(me, lock, &obtained), routine);
  return obtained ? 0 : 1;
}

}  // namespace

SHMEM_DEFINE(void, set_lock, set_lock(routine.name, lock), long* lock)
SHMEM_DEFINE(void, clear_lock, clear_lock(routine.name, lock), long* lock)
SHMEM_DEFINE(int, test_lock, test_lock(routine.name, lock), long* lock)
