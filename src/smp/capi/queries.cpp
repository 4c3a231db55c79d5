// SPDX-License-Identifier: BSD-3-Clause
//
// Queries about this PE, the others, and what is accessible. They never communicate.
#include <algorithm>
#include <cstring>

#include "smp/capi/routine.h"

using namespace shmem::smp::capi;
namespace smp = shmem::smp;

namespace {

using smp::Pe;

int pe_accessible(const char* routine, int pe) noexcept {
  Pe& me = smp::this_pe();
  return is_running(me, routine) && pe >= 0 && pe < me.npes ? 1 : 0;
}

// The address of PE `pe`'s copy of an object, or nullptr. Here nullptr is an answer, never a misuse.
void* ptr(const char* routine, const void* dest, int pe) noexcept {
  Pe& me = smp::this_pe();
  if (!is_running(me, routine)) return nullptr;
  if (const void* const remote = me.translate(dest, 1, pe)) return const_cast<void*>(remote);
  // A constant has the same value in every PE that runs this program, so the local one is returned.
  return me.is_constant(dest, 1) && me.runs_my_program(pe) ? const_cast<void*>(dest) : nullptr;
}

void get_name(const char* routine, char* name) noexcept {
  if (!is_given(routine, "name", name)) return;
  static_assert(sizeof SHMEM_VENDOR_STRING <= SHMEM_MAX_NAME_LEN);
  std::memcpy(name, SHMEM_VENDOR_STRING, sizeof SHMEM_VENDOR_STRING);
}

void get_version(const char* routine, int* major, int* minor) noexcept {
  if (!is_given(routine, "major", major) || !is_given(routine, "minor", minor)) return;
  *major = SHMEM_MAJOR_VERSION;
  *minor = SHMEM_MINOR_VERSION;
}

}  // namespace

SHMEM_DEFINE(int, my_pe, is_running(smp::this_pe(), routine.name) ? smp::this_pe().me : -1, void)
SHMEM_DEFINE(int, n_pes, is_running(smp::this_pe(), routine.name) ? smp::this_pe().npes : -1, void)
SHMEM_DEFINE(int, pe_accessible, pe_accessible(routine.name, pe), int pe)
SHMEM_DEFINE(int, addr_accessible, ptr(routine.name, addr, pe) != nullptr ? 1 : 0, const void* addr, int pe)
SHMEM_DEFINE(void*, ptr, ptr(routine.name, dest, pe), const void* dest, int pe)
SHMEM_DEFINE(void, info_get_version, get_version(routine.name, major, minor), int* major, int* minor)
SHMEM_DEFINE(void, info_get_name, get_name(routine.name, name), char* name)

// Tools that replace the routine act on the level (standard, section Profiling Control). The library ignores it.
SHMEM_DEFINE(void, pcontrol, (void)level, int level, ...)
