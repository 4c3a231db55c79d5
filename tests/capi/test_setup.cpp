// SPDX-License-Identifier: BSD-3-Clause
//
// The life of a program: queries before and after it, several init and finalize, thread levels, names, pointers.
#define SUITE_OWN_MAIN
#include "suite.h"

using namespace suite;

namespace {

int is_initialized() {
  int initialized = -1;
  ROUTINE(shmem_query_initialized)(&initialized);
  return initialized;
}

void check_queries() {
  CHECK(ROUTINE(shmem_my_pe)() == me && ROUTINE(shmem_n_pes)() == npes);
  CHECK(me >= 0 && me < npes);
  if (const char* const wanted = std::getenv("SUITE_NPES")) CHECK(npes == std::atoi(wanted));
  // Every number is taken once.
  Array<int> taken(static_cast<std::size_t>(npes));
  for (int pe = 0; pe < npes; ++pe) shmem_int_atomic_inc(&taken[me], pe);
  shmem_barrier_all();
  for (int pe = 0; pe < npes; ++pe) CHECK(taken[pe] == 1);

  for (int pe = 0; pe < npes; ++pe) CHECK(ROUTINE(shmem_pe_accessible)(pe) == 1);
  CHECK(shmem_pe_accessible(-1) == 0 && shmem_pe_accessible(npes) == 0);
  shmem_barrier_all();
}

void check_addresses() {
  static long global;
  long local = 0;
  Array<long> heap(8);
  long* const malloced = static_cast<long*>(std::malloc(sizeof(long)));
  for (int pe = 0; pe < npes; ++pe) {
    CHECK(ROUTINE(shmem_addr_accessible)(heap + 7, pe) == 1);
    CHECK(shmem_addr_accessible(&global, pe) == 1);
    CHECK(shmem_addr_accessible(&local, pe) == 0);
    CHECK(shmem_addr_accessible(malloced, pe) == 0);
    CHECK(shmem_addr_accessible(nullptr, pe) == 0);
  }
  CHECK(shmem_addr_accessible(heap, npes) == 0 && shmem_addr_accessible(heap, -1) == 0);
  for (long* const object : {&global, heap.data() + 3}) {
    *object = 10 + me;
    shmem_barrier_all();
    for (int pe = 0; pe < npes; ++pe) {
      auto* const there = static_cast<long*>(ROUTINE(shmem_ptr)(object, pe));
      CHECK(there != nullptr && *there == 10 + pe);
    }
    shmem_barrier_all();
    // Stores through it arrive, too.
    if (auto* const there = static_cast<long*>(shmem_ptr(object, next_pe()))) *there = 1000 + me;
    shmem_barrier_all();
    CHECK(*object == 1000 + previous_pe());
    shmem_barrier_all();
  }
  CHECK(shmem_ptr(malloced, 0) == nullptr && shmem_ptr(&local, me) == nullptr);
  CHECK(shmem_ptr(heap, npes) == nullptr);
  std::free(malloced);
}

void check_names() {
  int major = -1, minor = -1;
  ROUTINE(shmem_info_get_version)(&major, &minor);
  CHECK(major == SHMEM_MAJOR_VERSION && minor == SHMEM_MINOR_VERSION && major == 1 && minor == 6);
  char name[SHMEM_MAX_NAME_LEN];
  std::memset(name, 'x', sizeof name);
  ROUTINE(shmem_info_get_name)(name);
  CHECK(std::strcmp(name, SHMEM_VENDOR_STRING) == 0);
  ROUTINE(shmem_pcontrol)(0);
  shmem_pcontrol(2, "more", 3);
}

void check_thread_levels() {
  for (const int level : {SHMEM_THREAD_SINGLE, SHMEM_THREAD_FUNNELED, SHMEM_THREAD_SERIALIZED, SHMEM_THREAD_MULTIPLE}) {
    int provided = -1;
    CHECK(ROUTINE(shmem_init_thread)(level, &provided) == 0);  // initialised already: counts
    CHECK(provided >= level);
    int queried = -1;
    ROUTINE(shmem_query_thread)(&queried);
    CHECK(queried == provided);
    shmem_finalize();
    CHECK(is_initialized() != 0);
  }
}

}  // namespace

void run_tests() {
  check_queries();
  check_addresses();
  check_names();
  check_thread_levels();
}

// The whole of it twice: after the last finalize a program may begin again, with a heap that works.
int main() {
  CHECK(is_initialized() == 0);
  for (int life = 0; life < 2; ++life) {
    ROUTINE(shmem_init)();
    CHECK(is_initialized() != 0);
    me = shmem_my_pe();
    npes = shmem_n_pes();
    shmem_init();
    ROUTINE(shmem_finalize)();
    CHECK(is_initialized() != 0);
    context = "life";
    run_tests();
    if (life == 1) {
      ROUTINE(shmem_global_exit);  // called in exits.cpp
      write_coverage();
    }
    shmem_finalize();
    CHECK(is_initialized() == 0);
  }
  if (failures > 0) std::fprintf(stderr, "PE %d: %d checks failed\n", me, failures);
  return failures > 0 ? 1 : 0;
}
