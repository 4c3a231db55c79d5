// SPDX-License-Identifier: BSD-3-Clause
//
// What shmemx.h offers: errors as statuses on all PEs alike, waits that can be left, the text that says where PEs are,
// and counts of sleeps and wakes. No PE sleeps through a ring.
#include <dlfcn.h>
#include <linux/futex.h>
#include <shmemx.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdarg>

#include "suite.h"

using namespace suite;

namespace {

bool message_has(const char* words) {
  return std::strstr(shmemx_error_message(), words) != nullptr;
}

void check_statuses() {
  shmemx_set_error_mode(SHMEMX_ERRORS_RETURN);
  void* block = nullptr;

  context = "shmemx_alloc";
  CHECK(shmemx_alloc(std::size_t{1} << 50, 0, 0, 0, nullptr, &block) == SHMEMX_ERR_NOMEM && block == nullptr);
  CHECK(shmemx_take_error() == SHMEMX_ERR_NOMEM && message_has("SHMEM_SYMMETRIC_SIZE"));
  CHECK(shmemx_take_error() == SHMEMX_SUCCESS);

  if (npes > 1) {
    CHECK(shmemx_alloc(me == 0 ? 64 : 128, 0, 0, 0, nullptr, &block) == SHMEMX_ERR_MISMATCH && block == nullptr);
    CHECK(shmemx_take_error() == SHMEMX_ERR_MISMATCH);
  }

  // The heap is as it was: the next allocation is the same on all PEs, and cleared.
  CHECK(shmemx_alloc(4096, 256, SHMEM_MALLOC_ATOMICS_REMOTE, 1, nullptr, &block) == SHMEMX_SUCCESS && block != nullptr);
  CHECK(reinterpret_cast<std::uintptr_t>(block) % 256 == 0);
  for (int i = 0; i < 4096; ++i) CHECK(static_cast<char*>(block)[i] == 0);

  void* begin = nullptr;
  std::size_t size = 0;
  CHECK(shmemx_block(static_cast<char*>(block) + 4095, &begin, &size) == 1 && begin == block && size >= 4096);
  CHECK(shmemx_block(&size, &begin, &size) == 0);
  std::size_t heap = 0;
  std::size_t used = 0;
  std::size_t largest = 0;
  CHECK(shmemx_heap_info(&heap, &used, &largest) == SHMEMX_SUCCESS);
  CHECK(used >= 4096 && largest > 0 && used + largest <= heap);
  const std::size_t before = used;
  CHECK(shmemx_free(block) == SHMEMX_SUCCESS);
  CHECK(shmemx_heap_info(&heap, &used, &largest) == SHMEMX_SUCCESS && used == before - 4096);
  CHECK(shmemx_alloc(4096, 256, SHMEM_MALLOC_ATOMICS_REMOTE, 1, nullptr, &block) == SHMEMX_SUCCESS && block);

  context = "workspace";
  void* workspace = nullptr;
  std::size_t workspace_nbytes = 0;
  CHECK(shmemx_workspace(&workspace, &workspace_nbytes) == SHMEMX_SUCCESS && workspace_nbytes >= 65536);
  CHECK(shmemx_block(workspace, &begin, &size) == 0);
  // Its last word is symmetric memory as any other; what follows is not.
  long* const last = static_cast<long*>(workspace) + workspace_nbytes / sizeof(long) - 1;
  shmem_long_p(last, 7 + me, (me + 1) % npes);
  shmem_barrier_all();
  CHECK(*last == 7 + (me + npes - 1) % npes);
  CHECK(shmemx_take_error() == SHMEMX_SUCCESS);
  shmem_long_p(last + 1, 1, me);
  CHECK(shmemx_take_error() == SHMEMX_ERR_INVALID);
  shmem_barrier_all();

  context = "misuse with errors returned";
  long local = 0;
  shmem_long_p(&local, 1, 0);
  CHECK(shmemx_take_error() == SHMEMX_ERR_INVALID && message_has("shmem_long_p") && message_has("symmetric"));
  shmem_long_p(static_cast<long*>(block), 1, npes);
  CHECK(shmemx_take_error() == SHMEMX_ERR_INVALID && message_has("out of range"));
  shmemx_wake(&local, sizeof local, 0);
  CHECK(shmemx_take_error() == SHMEMX_ERR_INVALID && message_has("shmemx_wake") && message_has("symmetric"));
  shmemx_wake(block, 8, npes);
  CHECK(shmemx_take_error() == SHMEMX_ERR_INVALID && message_has("out of range"));

  CHECK(shmemx_free(block) == SHMEMX_SUCCESS);
  shmemx_set_error_mode(SHMEMX_ERRORS_END);
}

// Values that members must have alike are compared with their next collective: all members hear of a difference in that
// call, also where it is one that does not show who differs, and the team goes on.
void check_compare() {
  context = "shmemx_team_compare";
  static long source[1000];
  static long dest[1000];
  shmemx_set_error_mode(SHMEMX_ERRORS_RETURN);
  for (const std::size_t nelems : {std::size_t{1}, std::size_t{1000}}) {
    shmemx_team_compare(SHMEM_TEAM_WORLD, 7);
    CHECK(shmem_long_sum_reduce(SHMEM_TEAM_WORLD, dest, source, nelems) == SHMEMX_SUCCESS);
    if (npes == 1) continue;
    shmemx_team_compare(SHMEM_TEAM_WORLD, me == npes - 1 ? 8 : 7);
    CHECK(shmem_long_sum_reduce(SHMEM_TEAM_WORLD, dest, source, nelems) == SHMEMX_ERR_MISMATCH);
    CHECK(shmemx_take_error() == SHMEMX_ERR_MISMATCH);
    CHECK(shmem_long_sum_reduce(SHMEM_TEAM_WORLD, dest, source, nelems) == SHMEMX_SUCCESS);
  }
  shmemx_team_compare(SHMEM_TEAM_INVALID, static_cast<std::uint32_t>(me));
  shmem_barrier_all();
  CHECK(shmemx_take_error() == SHMEMX_SUCCESS);
  shmemx_set_error_mode(SHMEMX_ERRORS_END);
}

int leave_at_third(void* asked) {
  return ++*static_cast<int*>(asked) == 3;
}

void check_interrupt() {
  context = "shmemx_set_interrupt_check";
  static long word;
  int asked = 0;
  shmemx_set_error_mode(SHMEMX_ERRORS_RETURN);
  shmemx_set_interrupt_check(leave_at_third, &asked);
  shmem_long_wait_until(&word, SHMEM_CMP_EQ, 1);  // no PE stores it
  CHECK(asked == 3);
  CHECK(shmemx_take_error() == SHMEMX_ERR_INTERRUPTED);
  shmemx_set_interrupt_check(nullptr, nullptr);
  shmemx_set_error_mode(SHMEMX_ERRORS_END);
  shmem_barrier_all();
}

void check_deadline() {
  context = "shmemx_set_deadline";
  static long word;
  const auto now = [] {
    timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * std::int64_t{1'000'000'000} + time.tv_nsec;
  };
  shmemx_set_error_mode(SHMEMX_ERRORS_RETURN);
  for (const std::int64_t wait_ns : {std::int64_t{-1}, std::int64_t{3'000'000}, std::int64_t{120'000'000}}) {
    const std::int64_t deadline = now() + wait_ns;
    CHECK(shmemx_set_deadline(deadline) == 0);
    shmem_long_wait_until(&word, SHMEM_CMP_EQ, 1);  // no PE stores it
    CHECK(shmemx_take_error() == SHMEMX_ERR_TIMEOUT && now() >= deadline);
    shmem_long_wait_until(&word, SHMEM_CMP_EQ, 0);  // what holds is no matter of time
    CHECK(shmemx_take_error() == SHMEMX_SUCCESS);
    CHECK(shmemx_set_deadline(0) == deadline);
  }
  // A store that comes in time ends the wait as ever.
  static long stored;
  shmemx_set_deadline(now() + 3'600'000'000'000);
  shmem_long_p(&stored, 1, (me + 1) % npes);
  shmem_long_wait_until(&stored, SHMEM_CMP_EQ, 1);
  CHECK(shmemx_take_error() == SHMEMX_SUCCESS);
  shmemx_set_deadline(0);
  shmemx_set_error_mode(SHMEMX_ERRORS_END);
  shmem_barrier_all();
}

int idle_waits = 0;
int stage = 0;       // of this PE in check_idle
int idle_stage = 0;  // its last one in which it has been told that it waits

void note_idle() {
  ++idle_waits;
  idle_stage = stage;
}

// Returns when PE 1 has been told that it waits, in this stage.
void await_idle_pe_1() {
  while (shmem_int_g(&idle_stage, 1) != stage) {
  }
}

// Told once of a wait that lasts, on any kind of wait, and not of one that is over at once.
void check_idle() {
  context = "shmemx_set_idle_hook";
  static long word;
  const timespec nap{0, 20'000'000};
  word = 0;
  shmem_barrier_all();
  shmemx_set_idle_hook(note_idle);
  idle_waits = 0;
  shmem_long_wait_until(&word, SHMEM_CMP_EQ, 0);
  CHECK(idle_waits == 0);
  if (npes > 1) {
    shmem_barrier_all();
    // PE 0 does what PE 1 waits for when PE 1 has been told that it waits.
    idle_waits = 0;
    stage = 1;
    if (me == 0) await_idle_pe_1();
    if (me == 0) shmem_long_p(&word, 1, 1);
    if (me == 1) shmem_long_wait_until(&word, SHMEM_CMP_EQ, 1);
    if (me == 1) CHECK(idle_waits == 1);
    shmem_barrier_all();
    idle_waits = 0;
    stage = 2;
    if (me == 0) await_idle_pe_1();
    shmem_sync_all();
    if (me == 1) CHECK(idle_waits >= 1);  // a wait for each round of the rendezvous
  }
  shmemx_set_idle_hook(nullptr);
  idle_waits = 0;
  if (me == 0) nanosleep(&nap, nullptr);
  shmem_barrier_all();
  CHECK(idle_waits == 0);
}

void check_operation() {
  context = "shmemx_operation";
  static long word;
  char text[256];
  word = 0;
  shmem_barrier_all();
  if (npes > 1 && me == 1) shmem_long_wait_until(&word, SHMEM_CMP_EQ, 1);
  if (npes > 1 && me == 0) {
    text[0] = '\0';
    while (std::strstr(text, "shmem_wait_until") == nullptr) shmemx_operation(1, text, sizeof text);
    shmem_long_p(&word, 1, 1);
  }
  CHECK(shmemx_operation(me, text, 4) > 3 && std::strlen(text) == 3);  // as snprintf: cut, and how long it would be
  shmem_barrier_all();
}

int places_asked = 0;

int write_place(char* text, std::size_t size) {
  CHECK(text[0] == '\0' && size >= 64);
  std::snprintf(text, size, "here");
  ++places_asked;
  return 0;
}

// Asked once of a wait that lasts, and the wait is described to others while it does.
void check_place() {
  context = "shmemx_set_place_hook";
  static long words[4];
  char text[512] = "";
  words[2] = -7;
  shmem_barrier_all();
  shmemx_set_place_hook(write_place);
  places_asked = 0;
  if (npes > 1 && me == 1) {
    shmem_long_wait_until(&words[2], SHMEM_CMP_GE, 3);
    CHECK(places_asked == 1);
  }
  if (npes > 1 && me == 0) {
    while (std::strstr(text, "is >= 3 (it is -7)") == nullptr) shmemx_operation(1, text, sizeof text);
    CHECK(std::strstr(text, "in shmem_wait_until for ") == text);
    CHECK(std::strstr(text, "the int64 at offset ") != nullptr && std::strstr(text, "global variables") != nullptr);
    shmem_long_p(&words[2], 3, 1);
  }
  shmemx_set_place_hook(nullptr);
  shmem_barrier_all();
  shmemx_operation(npes - 1, text, sizeof text);
  CHECK(std::strstr(text, "it is -7") == nullptr);
}

void check_clock() {
  context = "shmemx_wtime";
  const timespec nap{0, 20'000'000};
  const double begin = shmemx_wtime();
  nanosleep(&nap, nullptr);
  CHECK(shmemx_wtime() - begin >= 0.02);
}

// Ping-pong, barriers and locks enough to sleep many times where PEs share cores, without the timer that wakes sleepers
// now and then: a ring that is lost is waited for until the launcher's limit, which says where each PE is.
bool without_timer = false;

void check_wakes() {
  context = "shmemx_wait_counts";
  static long word, lock;
  std::uint64_t late = 0, sleeps = 0, late_before = 0, sleeps_before = 0;
  word = 0;
  auto* const stored = static_cast<long*>(shmem_calloc(1, sizeof(long)));
  shmemx_wait_counts(&late_before, &sleeps_before);
  shmem_barrier_all();
  without_timer = true;
  for (long round = 1; round <= 300; ++round) {
    shmem_long_p(&word, round, (me + 1) % npes);
    shmem_long_wait_until(&word, SHMEM_CMP_GE, round);
    // Stores that the library does not see, but is told of.
    __atomic_store_n(static_cast<long*>(shmem_ptr(stored, (me + 1) % npes)), round, __ATOMIC_RELEASE);
    shmemx_wake(stored, sizeof *stored, (me + 1) % npes);
    shmem_long_wait_until(stored, SHMEM_CMP_GE, round);
    shmem_set_lock(&lock);
    shmem_clear_lock(&lock);
    shmem_barrier_all();
  }
  without_timer = false;
  shmemx_wait_counts(&late, &sleeps);
  CHECK(late == late_before);
  CHECK(sleeps >= sleeps_before && sleeps > 0);  // check_interrupt slept at the least
  shmem_free(stored);
}

}  // namespace

// In place of the C library's, for the library under test as well: it sleeps by the system call futex.
extern "C" [[gnu::visibility("default")]] long syscall(long number, ...) noexcept {
  using SystemCall = long (*)(long, ...);
  // Not a local constant, whose initialisation would be guarded by a futex and come back to here.
  static std::atomic<SystemCall> found{nullptr};
  SystemCall system_call = found.load(std::memory_order_relaxed);
  if (system_call == nullptr) {
    system_call = reinterpret_cast<SystemCall>(dlsym(RTLD_NEXT, "syscall"));
    found.store(system_call, std::memory_order_relaxed);  // relaxed: all find the same
  }
  long values[6];
  va_list list;
  va_start(list, number);
  for (long& value : values) value = va_arg(list, long);
  va_end(list);
  if (without_timer && number == SYS_futex && values[1] == FUTEX_WAIT) values[3] = 0;  // no time limit
  return system_call(number, values[0], values[1], values[2], values[3], values[4], values[5]);
}

void run_tests() {
  check_statuses();
  check_compare();
  check_interrupt();
  check_deadline();
  check_idle();
  check_operation();
  check_place();
  check_clock();
  check_wakes();
}
