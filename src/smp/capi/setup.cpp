// SPDX-License-Identifier: BSD-3-Clause
//
// init, finalize, thread levels, global_exit (standard, sections Library Setup and Thread Support).
#include "smp/capi/routine.h"
#include "smp/life/lifecycle.h"

using namespace shmem::smp::capi;
namespace smp = shmem::smp;

static_assert(SHMEM_THREAD_SINGLE == smp::kThreadSingle && SHMEM_THREAD_FUNNELED == smp::kThreadFunneled &&
              SHMEM_THREAD_SERIALIZED == smp::kThreadSerialized && SHMEM_THREAD_MULTIPLE == smp::kThreadMultiple);

namespace {

using smp::Pe;

int init_thread(const char* routine, int requested, int* provided) noexcept {
  Pe& me = smp::this_pe();
  return report_status(me, smp::init(me, requested, provided), routine);
}

void init(const char* routine) noexcept {
  int provided;
  init_thread(routine, SHMEM_THREAD_SINGLE, &provided);
}

void finalize(const char* routine) noexcept {
  Pe& me = smp::this_pe();
  report_status(me, smp::finalize(me), routine);
}

void query_thread(const char* routine, int* provided) noexcept {
  Pe& me = smp::this_pe();
  if (is_running(me, routine) && is_given(routine, "provided", provided)) *provided = me.thread_level;
}

void query_initialized(const char* routine, int* initialized) noexcept {
  if (is_given(routine, "initialized", initialized)) *initialized = smp::is_initialized(smp::this_pe()) ? 1 : 0;
}

}  // namespace

SHMEM_DEFINE(void, init, init(routine.name), void)
SHMEM_DEFINE(int, init_thread, init_thread(routine.name, requested, provided), int requested, int* provided)
SHMEM_DEFINE(void, finalize, finalize(routine.name), void)
SHMEM_DEFINE(void, query_initialized, query_initialized(routine.name, initialized), int* initialized)
SHMEM_DEFINE(void, query_thread, query_thread(routine.name, provided), int* provided)
SHMEM_DEFINE(void, global_exit, smp::global_exit(smp::this_pe(), status), int status)
