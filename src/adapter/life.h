// SPDX-License-Identifier: BSD-3-Clause
//
// life.h: start, end and queries. The adapter's own symmetric memory exists from init_thread to finalize.
#pragma once

#include "faults.h"
#include "memory.h"
#include "supply/work.h"

namespace shmem::adapter {

inline int query_thread() {
  int provided = SHMEM_THREAD_SINGLE;
  shmem_query_thread(&provided);
  return provided == SHMEM_THREAD_MULTIPLE     ? ENGINE_MULTIPLE
         : provided == SHMEM_THREAD_SERIALIZED ? ENGINE_SERIALIZED
         : provided == SHMEM_THREAD_FUNNELED   ? ENGINE_FUNNELED
                                               : ENGINE_SINGLE;
}

#if SHMEM4PY_HAS_SHMEMX

inline int prepare() {
  return ENGINE_OK;
}

#else

// Allocates and tries what the adapter needs, once the library has started.
inline int prepare() {
  mend_libraries();
  if (!supply::allocate_work(shmem_n_pes())) {
    return fail(ENGINE_NO_MEMORY, "the symmetric heap has no room for the adapter's workspace");
  }
#if SHMEM4PY_HAS_TEAMS
  if (!allocate_agree_words()) return fail(ENGINE_NO_MEMORY, "the symmetric heap has no room for the adapter");
#if !SHMEM4PY_HAS_SCANS
  if (!supply::allocate_scan_space(shmem_n_pes())) {
    return fail(ENGINE_NO_MEMORY, "the symmetric heap has no room for the adapter's scans");
  }
#endif
#else
  default_context = {opaque<shmem_ctx_t>(SHMEM_CTX_DEFAULT), 0, 1, team_world()};
  if (const int status = supply::start_teams()) return status;
#endif
  // This PE's trial words in its own copy. No other PE uses these.
  find_comparison_faults(supply::work.trial() + 2 * shmem_my_pe());
  find_atomic_faults(supply::work.trial(), shmem_my_pe(), shmem_n_pes());
  shmem_barrier_all();
  return ENGINE_OK;
}

#endif

// Fills in the table's entries that are known only once the library runs. Defined in adapter.cpp.
void complete_table();

inline int init_thread(int requested, int* provided) {
  constexpr int kLevels[] = {SHMEM_THREAD_SINGLE, SHMEM_THREAD_FUNNELED, SHMEM_THREAD_SERIALIZED,
                             SHMEM_THREAD_MULTIPLE};
  *provided = ENGINE_SINGLE;
#if SHMEM4PY_HAS_SHMEMX
  shmemx_set_error_mode(SHMEMX_ERRORS_RETURN);
  requested = ENGINE_MULTIPLE;  // costs nothing, and the extension then admits all threads
#endif
  int level = SHMEM_THREAD_SINGLE;
  if (const int result = shmem_init_thread(kLevels[requested], &level); result != 0) {
    return checked(result, "shmem_init_thread");
  }
  if (const int status = prepare()) return status;
  complete_table();
  *provided = query_thread();
  forget_error();  // drops errors of tries that were repeated, such as joining a job that is being made
  return ENGINE_OK;
}

inline int finalize() {
  forget_error();  // the status is that of the finalisation alone
  if (!ended_with_mpi()) shmem_finalize();
  const char* message = "";
  const int status = take_error(&message);
  return status == ENGINE_OK ? int{ENGINE_OK} : fail(status, "%s", std::string(message).c_str());
}

inline void global_exit(int status) {
  shmem_global_exit(status);
}
inline int my_pe() {
  return shmem_my_pe();
}
inline int n_pes() {
  return shmem_n_pes();
}
inline int pe_accessible(int pe) {
  return shmem_pe_accessible(pe);
}
inline int addr_accessible(const void* address, int pe) {
  return shmem_addr_accessible(address, pe);
}
inline void* ptr(const void* address, int pe) {
  return shmem_ptr(address, pe);
}
inline void info_version(int* major, int* minor) {
  shmem_info_get_version(major, minor);
}

inline void info_name(char* name, size_t size) {
  char whole[SHMEM_MAX_NAME_LEN + 1] = "";
  shmem_info_get_name(whole);
  std::snprintf(name, size, "%s", whole);
}

#if SHMEM4PY_HAS_PCONTROL
inline void pcontrol(int level) {
  shmem_pcontrol(level);
}
#else
inline void pcontrol(int) {}
#endif

#if SHMEM4PY_HAS_SHMEMX
inline int operation(int pe, char* text, size_t size) {
  return shmemx_operation(pe, text, size);
}
#else
inline constexpr std::nullptr_t operation = nullptr;
#endif

#if SHMEM4PY_HAS_SHMEMX
static_assert(int{SHMEMX_NOTICE_ERROR} == ENGINE_NOTICE_ERROR && int{SHMEMX_NOTICE_PLACE} == ENGINE_NOTICE_PLACE);
inline int tell_launcher(int fd, int kind, const char* title, const char* text, size_t size) {
  return shmemx_tell_launcher(fd, kind, title, text, size);
}
#else
inline constexpr std::nullptr_t tell_launcher = nullptr;
#endif

inline void set_lock(long* lock) {
  shmem_set_lock(lock);
}
inline int test_lock(long* lock) {
  const int taken = shmem_test_lock(lock);
  if (taken != 0) progress();  // as in a test of any other variable (waits.h)
  return taken;
}
inline void clear_lock(long* lock) {
  shmem_clear_lock(lock);
}

}  // namespace shmem::adapter
