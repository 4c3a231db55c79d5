// SPDX-License-Identifier: BSD-3-Clause
//
// Names deprecated since 1.2 that do not begin with shmem_ (standard, annex on deprecated API). They are weak, so a
// program that defines a function of such a name keeps its own. They call the shmem_ names, so that a profiler sees
// them.
#include "smp/capi/routine.h"
#include "smp/life/lifecycle.h"

using namespace shmem::smp::capi;
namespace smp = shmem::smp;
using smp::Pe;

#define WEAK extern "C" __attribute__((weak))

// A second call has no effect. The library is finalised at the end of the program.
WEAK void start_pes(int) {
  Pe& me = smp::this_pe();
  report_status(me, smp::start(me), "start_pes");
}

WEAK int _my_pe(void) {
  return shmem_my_pe();
}
WEAK int _num_pes(void) {
  return shmem_n_pes();
}
WEAK void* shmalloc(std::size_t size) {
  return shmem_malloc(size);
}
WEAK void shfree(void* ptr) {
  shmem_free(ptr);
}
WEAK void* shrealloc(void* ptr, std::size_t size) {
  return shmem_realloc(ptr, size);
}
WEAK void* shmemalign(std::size_t alignment, std::size_t size) {
  return shmem_align(alignment, size);
}

#undef WEAK
