// SPDX-License-Identifier: BSD-3-Clause
//
// What shmemx.h offers: errors as statuses on all PEs alike, waits that can be left, words for what a PE is at, and
// the count of lost wakes, which is zero after everything that this program did.
#include <shmemx.h>
#include <time.h>

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
  CHECK(shmemx_alloc(std::size_t{1} << 50, 0, 0, 0, &block) == SHMEMX_ERR_NOMEM && block == nullptr);
  CHECK(shmemx_take_error() == SHMEMX_ERR_NOMEM && message_has("shmem"));
  CHECK(shmemx_take_error() == SHMEMX_SUCCESS);

  if (npes > 1) {
    CHECK(shmemx_alloc(me == 0 ? 64 : 128, 0, 0, 0, &block) == SHMEMX_ERR_MISMATCH && block == nullptr);
    CHECK(shmemx_take_error() == SHMEMX_ERR_MISMATCH);
  }

  // The heap is as it was: the next allocation is the same on all PEs, and cleared.
  CHECK(shmemx_alloc(4096, 256, SHMEM_MALLOC_ATOMICS_REMOTE, 1, &block) == SHMEMX_SUCCESS && block != nullptr);
  CHECK(reinterpret_cast<std::uintptr_t>(block) % 256 == 0);
  for (int i = 0; i < 4096; ++i) CHECK(static_cast<char*>(block)[i] == 0);

  void* begin = nullptr;
  std::size_t size = 0;
  CHECK(shmemx_block(static_cast<char*>(block) + 4095, &begin, &size) == 1 && begin == block && size >= 4096);
  CHECK(shmemx_block(&size, &begin, &size) == 0);

  context = "misuse with errors returned";
  long local = 0;
  shmem_long_p(&local, 1, 0);
  CHECK(shmemx_take_error() == SHMEMX_ERR_INVALID && message_has("shmem_long_p") && message_has("symmetric"));
  shmem_long_p(static_cast<long*>(block), 1, npes);
  CHECK(shmemx_take_error() == SHMEMX_ERR_INVALID && message_has("out of range"));

  CHECK(shmemx_free(block) == SHMEMX_SUCCESS);
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
  shmem_long_wait_until(&word, SHMEM_CMP_EQ, 1);  // nobody stores it
  CHECK(asked == 3);
  CHECK(shmemx_take_error() == SHMEMX_ERR_INTERRUPTED);
  shmemx_set_interrupt_check(nullptr, nullptr);
  shmemx_set_error_mode(SHMEMX_ERRORS_END);
  shmem_barrier_all();
}

int idle_waits = 0;

void note_idle() {
  ++idle_waits;
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
    if (me == 0) nanosleep(&nap, nullptr);
    if (me == 0) shmem_long_p(&word, 1, 1);
    if (me == 1) shmem_long_wait_until(&word, SHMEM_CMP_EQ, 1);
    if (me == 1) CHECK(idle_waits == 1);
    shmem_barrier_all();
    idle_waits = 0;
    if (me == 0) nanosleep(&nap, nullptr);
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
    bool found = false;
    const double begin = shmemx_wtime();
    while (!found && shmemx_wtime() - begin < 30) {
      shmemx_operation(1, text, sizeof text);
      found = std::strstr(text, "shmem_wait_until") != nullptr;
    }
    CHECK(found);
    shmem_long_p(&word, 1, 1);
  }
  CHECK(shmemx_operation(me, text, 4) > 3 && std::strlen(text) == 3);  // as snprintf: cut, and how long it would be
  shmem_barrier_all();
}

void check_clock() {
  context = "shmemx_wtime";
  const timespec nap{0, 20'000'000};
  const double begin = shmemx_wtime();
  nanosleep(&nap, nullptr);
  CHECK(shmemx_wtime() - begin >= 0.02);
}

// Ping-pong, barriers and locks enough to sleep many times where PEs share cores. A writer that loses its core between
// its store and its ring for longer than a timer takes looks like one that forgot to ring; on a machine that is busy
// with other things this happens now and then, but not every time.
void check_wakes() {
  context = "shmemx_wait_counts";
  static long word, lock, more, most;
  word = 0;
  std::uint64_t late = 0, sleeps = 0;
  long round = 0;
  for (int attempt = 0; attempt < 5; ++attempt) {
    std::uint64_t before;
    shmemx_wait_counts(&before, &sleeps);
    shmem_barrier_all();
    for (const long last = round + 200; ++round <= last;) {
      shmem_long_p(&word, round, (me + 1) % npes);
      shmem_long_wait_until(&word, SHMEM_CMP_GE, round);
      shmem_set_lock(&lock);
      shmem_clear_lock(&lock);
      shmem_barrier_all();
    }
    shmemx_wait_counts(&late, &sleeps);
    more = static_cast<long>(late - before);
    shmem_long_max_reduce(SHMEM_TEAM_WORLD, &most, &more, 1);
    if (most == 0) break;
  }
  CHECK(most == 0);
  CHECK(sleeps > 0);  // check_interrupt slept at the least
}

}  // namespace

void run_tests() {
  check_statuses();
  check_interrupt();
  check_idle();
  check_operation();
  check_clock();
  check_wakes();
}
