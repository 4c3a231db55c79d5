// SPDX-License-Identifier: BSD-3-Clause
//
// Slots of atomics, signals, locks, waits and interrupts.

#include <climits>
#include <limits>

#include "check.h"

namespace engine_test {

namespace {

uint64_t combined(int op, uint64_t old, uint64_t operand, uint64_t comparand) {
  switch (op) {
    case ENGINE_AMO_SET:
    case ENGINE_AMO_SWAP:
      return operand;
    case ENGINE_AMO_INC:
    case ENGINE_AMO_FETCH_INC:
      return old + 1;
    case ENGINE_AMO_ADD:
    case ENGINE_AMO_FETCH_ADD:
      return old + operand;
    case ENGINE_AMO_AND:
    case ENGINE_AMO_FETCH_AND:
      return old & operand;
    case ENGINE_AMO_OR:
    case ENGINE_AMO_FETCH_OR:
      return old | operand;
    case ENGINE_AMO_XOR:
    case ENGINE_AMO_FETCH_XOR:
      return old ^ operand;
    case ENGINE_AMO_COMPARE_SWAP:
      return old == comparand ? operand : old;
    default:
      return old;
  }
}

bool fetches(int op) {
  return op >= ENGINE_AMO_FETCH;
}

bool has_amo(int op, int type) {
  const bool integer = type == ENGINE_INT32 || type == ENGINE_INT64 || type == ENGINE_UINT32 || type == ENGINE_UINT64;
  const bool real = type == ENGINE_FLOAT || type == ENGINE_DOUBLE;
  return integer || (real && (op == ENGINE_AMO_SET || op == ENGINE_AMO_FETCH || op == ENGINE_AMO_SWAP));
}

int nbytes_of(int type) {
  return type == ENGINE_INT32 || type == ENGINE_UINT32 || type == ENGINE_FLOAT ? 4 : 8;
}

// Each PE has words of its own at each target, so results are known.
void test_each_operation(uint64_t* words) {
  for (int op = 0; op < ENGINE_AMO_COUNT; ++op) {
    for (int type = 0; type < ENGINE_TYPE_COUNT; ++type) {
      const EngineAmoFunction amo = engine->amo(op, type);
      const EngineAmoNbiFunction nbi = engine->amo_nbi(op, type);
      CHECK_EQ(amo != nullptr, has_amo(op, type));
      CHECK_EQ(nbi != nullptr, has_amo(op, type) && fetches(op));
      if (amo == nullptr) continue;
      about = "operation " + std::to_string(op) + " type " + std::to_string(type);
      const uint64_t mask = nbytes_of(type) == 4 ? 0xffffffffu : ~uint64_t{0};
      for (int to = 0; to < n_pes; ++to) {
        uint64_t* const word = words + 2 * me;
        for (uint64_t round = 0; round < 3; ++round) {
          const uint64_t old = mix(static_cast<uint64_t>(me), 5, round) & mask;
          const uint64_t operand = mix(static_cast<uint64_t>(to), 6, round);
          const uint64_t comparand = round == 1 ? old : operand;
          const uint64_t guard = mix(1, 2, 3);
          for (const bool blocking : {true, false}) {
            if (!blocking && nbi == nullptr) continue;
            // Beyond 4 bytes nothing changes.
            const uint64_t whole = old | (guard & ~mask);
            engine->p8(ctx, word, whole, to);
            engine->quiet(ctx);
            uint64_t fetched = 0;
            if (blocking) {
              fetched = amo(ctx, word, operand, comparand, to);
            } else {
              fetched = ~mask;  // only the type's bytes are written
              nbi(ctx, &fetched, word, operand, comparand, to);
              engine->quiet(ctx);
              CHECK_EQ(fetched & ~mask, ~mask);
              fetched &= mask;
            }
            engine->quiet(ctx);
            if (fetches(op)) CHECK_EQ(fetched, old);
            const uint64_t expected = (combined(op, old, operand & mask, comparand & mask) & mask) | (guard & ~mask);
            CHECK_EQ(engine->g8(ctx, word, to), expected);
          }
        }
      }
    }
  }
  about.clear();
  engine->barrier_all();
}

// All PEs at once on one word of each PE: nothing is lost.
void test_contention(uint64_t* words) {
  constexpr int kRounds = 300;
  std::memset(words, 0, 64);
  engine->barrier_all();
  const EngineAmoFunction add = engine->amo(ENGINE_AMO_FETCH_ADD, ENGINE_INT64);
  const EngineAmoFunction inc = engine->amo(ENGINE_AMO_INC, ENGINE_UINT32);
  const EngineAmoFunction flip = engine->amo(ENGINE_AMO_FETCH_XOR, ENGINE_UINT64);
  const EngineAmoFunction swap = engine->amo(ENGINE_AMO_COMPARE_SWAP, ENGINE_UINT64);
  const EngineAmoFunction fetch = engine->amo(ENGINE_AMO_FETCH, ENGINE_UINT64);
  const uint64_t bit = uint64_t{1} << me;
  for (int round = 0; round < kRounds; ++round) {
    const int to = (me + round) % n_pes;
    add(ctx, words, 1, 0, to);
    inc(ctx, words + 1, 0, 0, to);
    const uint64_t before = flip(ctx, words + 2, bit, 0, to);
    const uint64_t after = flip(ctx, words + 2, bit, 0, to);
    CHECK_EQ(before & bit, uint64_t{0});
    CHECK_EQ(after & bit, bit);
    for (uint64_t seen = fetch(ctx, words + 3, 0, 0, to);;) {
      const uint64_t found = swap(ctx, words + 3, seen + 3, seen, to);
      if (found == seen) break;
      seen = found;
    }
  }
  engine->barrier_all();
  uint64_t adds = 0;
  uint64_t incs = 0;
  uint64_t swaps = 0;
  for (int pe = 0; pe < n_pes; ++pe) {
    adds += engine->g8(ctx, words, pe);
    incs += engine->g8(ctx, words + 1, pe);
    CHECK_EQ(engine->g8(ctx, words + 2, pe), uint64_t{0});
    swaps += engine->g8(ctx, words + 3, pe);
  }
  const auto total = static_cast<uint64_t>(kRounds) * static_cast<uint64_t>(n_pes);
  CHECK_EQ(adds, total);
  CHECK_EQ(incs, total);
  CHECK_EQ(swaps, 3 * total);
  engine->barrier_all();
}

}  // namespace

void test_atomics() {
  auto* const words = symmetric<uint64_t>(2 * static_cast<size_t>(n_pes) + 8);
  CHECK(engine->amo(-1, ENGINE_INT32) == nullptr);
  CHECK(engine->amo(ENGINE_AMO_COUNT, ENGINE_INT32) == nullptr);
  CHECK(engine->amo(ENGINE_AMO_ADD, ENGINE_TYPE_COUNT) == nullptr);
  test_each_operation(words);
  test_contention(words);
  release(words);
}

void test_signals() {
  constexpr size_t kNelems = 3000;
  const int to = (me + 1) % n_pes;
  const int from = (me + n_pes - 1) % n_pes;
  auto* const data = symmetric<uint64_t>(2 * kNelems);
  auto* const signal = symmetric<uint64_t>(2);
  std::vector<uint64_t> source(kNelems);
  for (int log2 = 0; log2 <= 4; ++log2) {
    for (const bool nbi : {false, true}) {
      for (const int op : {ENGINE_SIGNAL_SET, ENGINE_SIGNAL_ADD}) {
        for (size_t nelems : {size_t{0}, size_t{1}, size_t{20}, kNelems * 8 >> log2}) {
          const uint64_t salt = nelems + static_cast<uint64_t>(op);
          for (size_t i = 0; i < kNelems; ++i) source[i] = mix(static_cast<uint64_t>(me), salt, i);
          const uint64_t before = engine->signal_fetch(signal);
          const uint64_t after = op == ENGINE_SIGNAL_SET ? before + 7 : before + 5;
          engine->barrier_all();
          (nbi ? engine->put_signal_nbi : engine->put_signal)(ctx, data, source.data(), nelems, log2, signal,
                                                              op == ENGINE_SIGNAL_SET ? after : 5, op, to);
          CHECK_EQ(engine->signal_wait_until(signal, ENGINE_EQ, after), after);
          bool right = true;
          for (size_t i = 0; i < (nelems << log2) / 8; ++i) {
            right = right && data[i] == mix(static_cast<uint64_t>(from), salt, i);
          }
          CHECK(right);
          engine->barrier_all();
        }
      }
    }
  }
  *signal = 0;
  engine->barrier_all();
  engine->signal_add(ctx, signal, 3, to);
  engine->signal_add(ctx, signal, 4, to);
  CHECK_EQ(engine->signal_wait_until(signal, ENGINE_GE, 7), uint64_t{7});
  engine->barrier_all();
  engine->signal_set(ctx, signal, 100, to);
  CHECK_EQ(engine->signal_wait_until(signal, ENGINE_NE, 7), uint64_t{100});
  CHECK_EQ(engine->signal_fetch(signal), uint64_t{100});
  CHECK_EQ(engine->signal_wait_until(signal, ENGINE_GT, 99), uint64_t{100});
  CHECK_EQ(engine->signal_wait_until(signal, ENGINE_LE, 100), uint64_t{100});
  CHECK_EQ(engine->signal_wait_until(signal, ENGINE_LT, ~uint64_t{0}), uint64_t{100});
  engine->barrier_all();
  release(signal);
  release(data);
}

namespace {

template <class T>
bool compares(T a, int cmp, T b) {
  return cmp == ENGINE_EQ   ? a == b
         : cmp == ENGINE_NE ? a != b
         : cmp == ENGINE_GT ? a > b
         : cmp == ENGINE_LE ? a <= b
         : cmp == ENGINE_LT ? a < b
                            : a >= b;
}

template <class T>
void store(T* target, T value, int pe) {
  engine->put(ctx, target, &value, 1, sizeof(T) == 2 ? 1 : sizeof(T) == 4 ? 2 : 3, pe);
}

template <class T>
void test_waits_on_one(int type) {
  auto* const ivar = symmetric<T>(8);
  const EngineWaitFunction wait = engine->wait(ENGINE_WAIT_UNTIL, type);
  const EngineWaitFunction test = engine->wait(ENGINE_TEST, type);
  CHECK(wait != nullptr && test != nullptr);
  const T values[] = {T{0}, T{1}, std::numeric_limits<T>::max(), std::numeric_limits<T>::min(), static_cast<T>(-1)};
  for (int cmp = ENGINE_EQ; cmp <= ENGINE_GE; ++cmp) {
    for (const T found : values) {
      for (const T value : values) {
        *ivar = found;
        const bool holds = compares(found, cmp, value);
        CHECK_EQ(test(ivar, 1, nullptr, nullptr, cmp, &value) != 0, holds);
        if (holds) wait(ivar, 1, nullptr, nullptr, cmp, &value);
      }
    }
  }
  // Woken by another PE, many times.
  *ivar = 0;
  engine->barrier_all();
  const int to = (me + 1) % n_pes;
  for (int round = 1; round <= 200; ++round) {
    const T value = static_cast<T>(round);
    store(ivar, value, to);
    wait(ivar, 1, nullptr, nullptr, ENGINE_GE, &value);
    CHECK(*ivar >= value);
  }
  engine->barrier_all();
  release(ivar);
}

template <class T>
void test_waits_on_arrays(int type) {
  constexpr size_t kNelems = 10;
  auto* const ivars = symmetric<T>(kNelems);
  const int to = (me + 1) % n_pes;
  const auto call = [&](int kind, size_t nelems, size_t* indices, const int* status, int cmp, const T* values) {
    return engine->wait(kind, type)(ivars, nelems, indices, status, cmp, values);
  };
  for (const bool vector : {false, true}) {
    const int shift = vector ? ENGINE_WAIT_ALL_VECTOR - ENGINE_WAIT_ALL : 0;
    T values[kNelems];
    for (size_t i = 0; i < kNelems; ++i) values[i] = static_cast<T>(vector ? 10 + i : 10);
    size_t indices[kNelems] = {};
    const int ignore_all[kNelems] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    const int ignore_some[kNelems] = {0, 1, 0, 1, 0, 1, 0, 1, 0, 1};
    std::memset(ivars, 0, kNelems * sizeof(T));
    engine->barrier_all();

    // Empty sets.
    for (const size_t nelems : {size_t{0}, kNelems}) {
      call(ENGINE_WAIT_ALL + shift, nelems, nullptr, ignore_all, ENGINE_EQ, values);
      CHECK_EQ(call(ENGINE_WAIT_ANY + shift, nelems, nullptr, ignore_all, ENGINE_EQ, values), SIZE_MAX);
      CHECK_EQ(call(ENGINE_WAIT_SOME + shift, nelems, indices, ignore_all, ENGINE_EQ, values), size_t{0});
      CHECK_EQ(call(ENGINE_TEST_ALL + shift, nelems, nullptr, ignore_all, ENGINE_EQ, values), size_t{1});
      CHECK_EQ(call(ENGINE_TEST_ANY + shift, nelems, nullptr, ignore_all, ENGINE_EQ, values), SIZE_MAX);
      CHECK_EQ(call(ENGINE_TEST_SOME + shift, nelems, indices, ignore_all, ENGINE_EQ, values), size_t{0});
    }
    // Nothing satisfied yet.
    CHECK_EQ(call(ENGINE_TEST_ALL + shift, kNelems, nullptr, nullptr, ENGINE_EQ, values), size_t{0});
    CHECK_EQ(call(ENGINE_TEST_ANY + shift, kNelems, nullptr, nullptr, ENGINE_EQ, values), SIZE_MAX);
    CHECK_EQ(call(ENGINE_TEST_SOME + shift, kNelems, indices, nullptr, ENGINE_EQ, values), size_t{0});
    engine->barrier_all();

    // One after the other, by the neighbour; odd ones are ignored.
    store(ivars + 1, values[1], to);
    store(ivars + 4, values[4], to);
    CHECK_EQ(call(ENGINE_WAIT_ANY + shift, kNelems, nullptr, ignore_some, ENGINE_EQ, values), size_t{4});
    CHECK_EQ(call(ENGINE_TEST_ANY + shift, kNelems, nullptr, ignore_some, ENGINE_EQ, values), size_t{4});
    CHECK_EQ(call(ENGINE_WAIT_SOME + shift, kNelems, indices, ignore_some, ENGINE_EQ, values), size_t{1});
    CHECK_EQ(indices[0], size_t{4});
    engine->barrier_all();
    for (const size_t i : {size_t{0}, size_t{2}, size_t{6}, size_t{8}}) store(ivars + i, values[i], to);
    call(ENGINE_WAIT_ALL + shift, kNelems, nullptr, ignore_some, ENGINE_EQ, values);
    CHECK_EQ(call(ENGINE_TEST_ALL + shift, kNelems, nullptr, ignore_some, ENGINE_EQ, values), size_t{1});
    CHECK_EQ(call(ENGINE_TEST_ALL + shift, kNelems, nullptr, nullptr, ENGINE_EQ, values), size_t{0});
    CHECK_EQ(call(ENGINE_TEST_SOME + shift, kNelems, indices, ignore_some, ENGINE_EQ, values), size_t{5});
    uint64_t seen = 0;
    for (size_t k = 0; k < 5; ++k) seen |= uint64_t{1} << indices[k];
    CHECK_EQ(seen, uint64_t{0x155});
    // A series of calls returns each satisfied element some time.
    uint64_t any = 0;
    for (int k = 0; k < 200; ++k) {
      any |= uint64_t{1} << call(ENGINE_TEST_ANY + shift, kNelems, nullptr, ignore_some, ENGINE_EQ, values);
    }
    CHECK_EQ(any, uint64_t{0x155});
    engine->barrier_all();
  }
  release(ivars);
}

}  // namespace

void test_waits() {
  test_waits_on_one<int16_t>(ENGINE_INT16);
  test_waits_on_one<uint16_t>(ENGINE_UINT16);
  test_waits_on_one<int32_t>(ENGINE_INT32);
  test_waits_on_one<int64_t>(ENGINE_INT64);
  test_waits_on_one<uint32_t>(ENGINE_UINT32);
  test_waits_on_one<uint64_t>(ENGINE_UINT64);
  test_waits_on_arrays<int32_t>(ENGINE_INT32);
  test_waits_on_arrays<int64_t>(ENGINE_INT64);
  test_waits_on_arrays<uint32_t>(ENGINE_UINT32);
  test_waits_on_arrays<uint64_t>(ENGINE_UINT64);
  for (const int type : {ENGINE_INT8, ENGINE_UINT8, ENGINE_FLOAT, ENGINE_DOUBLE, ENGINE_COMPLEX_FLOAT}) {
    CHECK(engine->wait(ENGINE_WAIT_UNTIL, type) == nullptr);
  }
  CHECK(engine->wait(ENGINE_WAIT_ALL, ENGINE_INT16) == nullptr);
  CHECK(engine->wait(ENGINE_WAIT_COUNT, ENGINE_INT32) == nullptr);
}

void test_locks() {
  auto* const lock = symmetric<long>(1);
  auto* const counter = symmetric<uint64_t>(1);
  constexpr uint64_t kRounds = 100;
  for (uint64_t round = 0; round < kRounds; ++round) {
    if (round % 3 == 2) {
      while (engine->test_lock(lock) != 0) {
      }
    } else {
      engine->set_lock(lock);
    }
    // Not atomic: only the lock makes it right.
    const uint64_t value = engine->g8(ctx, counter, 0);
    engine->p8(ctx, counter, value + 1, 0);
    engine->quiet(ctx);
    engine->clear_lock(lock);
  }
  engine->barrier_all();
  CHECK_EQ(engine->g8(ctx, counter, 0), kRounds * static_cast<uint64_t>(n_pes));
  if (me == 0) engine->set_lock(lock);
  engine->barrier_all();
  if (me != 0) CHECK_EQ(engine->test_lock(lock), 1);
  engine->barrier_all();
  if (me == 0) engine->clear_lock(lock);
  engine->barrier_all();
  release(counter);
  release(lock);
}

namespace {

int ask_twice(void* argument) {
  return ++*static_cast<int*>(argument) >= 2;
}

}  // namespace

// wait_until-like waits can be left on every engine, collectives where the engine says so.
void test_interrupts() {
  auto* const ivars = symmetric<int64_t>(4);
  EngineTeam team = nullptr;
  CHECK_OK(engine->team_split_strided(engine->team_world(), 0, 1, n_pes, -1, &team));
  int asked = 0;
  engine->set_interrupt_check(ask_twice, &asked);
  const int64_t one = 1;
  size_t indices[4] = {};
  for (const int kind : {ENGINE_WAIT_UNTIL, ENGINE_WAIT_ALL, ENGINE_WAIT_ANY, ENGINE_WAIT_SOME}) {
    asked = 0;
    engine->wait(kind, ENGINE_INT64)(ivars, 4, indices, nullptr, ENGINE_EQ, &one);
    CHECK_EQ(take_status(), int{ENGINE_INTERRUPTED});
    CHECK_EQ(asked, 2);
  }
  asked = 0;
  engine->signal_wait_until(reinterpret_cast<uint64_t*>(ivars), ENGINE_EQ, 1);
  CHECK_EQ(take_status(), int{ENGINE_INTERRUPTED});
  const bool interruptible = (engine->capabilities & ENGINE_INTERRUPTIBLE) != 0 && n_pes > 1;
  if (interruptible && me == 0) {
    // The others never come.
    asked = 0;
    CHECK_EQ(engine->team_sync(team), int{ENGINE_INTERRUPTED});
    CHECK_EQ(take_status(), int{ENGINE_INTERRUPTED});
    CHECK_EQ(engine->team_sync(team), int{ENGINE_POISONED});
    CHECK_EQ(take_status(), int{ENGINE_POISONED});
  }
  engine->set_interrupt_check(nullptr, nullptr);
  engine->barrier_all();
  // PE 0 does not come to the end of a team that it has left, so the others must be able to leave that, too.
  asked = 0;
  if (interruptible) engine->set_interrupt_check(ask_twice, &asked);
  engine->team_destroy(team);
  const int status = take_status();
  CHECK(status == ENGINE_OK || (interruptible && (status == ENGINE_POISONED || status == ENGINE_INTERRUPTED)));
  engine->set_interrupt_check(nullptr, nullptr);
  engine->barrier_all();
  release(ivars);
}

}  // namespace engine_test
