// SPDX-License-Identifier: BSD-3-Clause
//
// put_signal in every type and size, and the signal routines. A PE that sees the signal must see the data, so the data
// is checked right after the wait, without a barrier in between.
#include "suite.h"

using namespace suite;

namespace {

constexpr std::size_t kLength = 300;

template <class T, class Put>
void check_put_signal(std::size_t element_nelems, Put put) {
  Array<T> target(kLength);
  Array<std::uint64_t> signal(2);
  T source[kLength];
  std::uint64_t expected = 0;
  for (int round = 0; round < 3; ++round) {
    for (const std::size_t nelems : {std::size_t{0}, element_nelems, std::size_t{64}, kLength - 2 * element_nelems}) {
      fill(target.data(), kLength, 100 + me);
      fill(source, kLength, me + round);
      // Both operations in turn: a counter that is set to a number of its own, or counted up.
      const bool add = round % 2 == 1;
      const std::uint64_t number = 1000 * static_cast<std::uint64_t>(round) + nelems + 1;
      shmem_barrier_all();
      put(target + element_nelems, source, nelems / element_nelems, &signal[1], number,
          add ? SHMEM_SIGNAL_ADD : SHMEM_SIGNAL_SET, next_pe());
      expected = add ? expected + number : number;
      CHECK(shmem_signal_wait_until(&signal[1], SHMEM_CMP_EQ, expected) == expected);
      CHECK(is_filled(target + element_nelems, nelems, previous_pe() + round));
      CHECK(is_filled(target.data(), element_nelems, 100 + me));
      const std::size_t end = element_nelems + nelems;
      CHECK(target[end] == value<T>(100 + me, end));
      CHECK(signal[0] == 0);
      shmem_barrier_all();
    }
  }
}

template <class T, class U>
using PutSignal = void(U*, const U*, std::size_t, std::uint64_t*, std::uint64_t, int, int);
template <class T, class U>
using CtxPutSignal = void(shmem_ctx_t, U*, const U*, std::size_t, std::uint64_t*, std::uint64_t, int, int);

template <class T, class U>
void check_all(std::size_t element_nelems, shmem_ctx_t ctx, PutSignal<T, U>* put, PutSignal<T, U>* put_nbi,
               CtxPutSignal<T, U>* ctx_put, CtxPutSignal<T, U>* ctx_put_nbi) {
  const auto bind = [=](CtxPutSignal<T, U>* routine) {
    return [=](U* dest, const U* source, std::size_t nelems, std::uint64_t* sig, std::uint64_t number, int op, int pe) {
      routine(ctx, dest, source, nelems, sig, number, op, pe);
    };
  };
  check_put_signal<T>(element_nelems, put);
  check_put_signal<T>(element_nelems, put_nbi);
  check_put_signal<T>(element_nelems, bind(ctx_put));
  check_put_signal<T>(element_nelems, bind(ctx_put_nbi));
}

void check_signals_alone(shmem_ctx_t ctx) {
  // Named by type: in C++ they are overloaded with the forms that take a context.
  using Update = void(std::uint64_t*, std::uint64_t, int);
  Update* const signal_set = note_routine<Update>("shmem_signal_set", shmem_signal_set);
  Update* const signal_add = note_routine<Update>("shmem_signal_add", shmem_signal_add);
  static std::uint64_t global;
  Array<std::uint64_t> heap(1);
  for (std::uint64_t* const signal : {heap.data(), &global}) {
    signal_set(signal, 41, next_pe());
    CHECK(ROUTINE(shmem_signal_wait_until)(signal, SHMEM_CMP_NE, 0) == 41);
    shmem_barrier_all();
    for (int pe = 0; pe < npes; ++pe) signal_add(signal, 2, pe);
    shmem_barrier_all();
    CHECK(ROUTINE(shmem_signal_fetch)(signal) == 41u + 2u * static_cast<unsigned>(npes));
    shmem_barrier_all();
    ROUTINE(shmem_ctx_signal_set)(ctx, signal, ~std::uint64_t{0}, next_pe());
    shmem_barrier_all();
    CHECK(shmem_signal_fetch(signal) == ~std::uint64_t{0});
    shmem_barrier_all();
    ROUTINE(shmem_ctx_signal_add)(ctx, signal, 8, next_pe());  // wraps
    shmem_barrier_all();
    CHECK(shmem_signal_fetch(signal) == 7);
    for (const auto& [cmp, number] : {std::pair{SHMEM_CMP_EQ, 7},
                                      {SHMEM_CMP_NE, 8},
                                      {SHMEM_CMP_GT, 6},
                                      {SHMEM_CMP_GE, 7},
                                      {SHMEM_CMP_LT, 8},
                                      {SHMEM_CMP_LE, 7}}) {
      CHECK(shmem_signal_wait_until(signal, cmp, static_cast<std::uint64_t>(number)) == 7);
    }
    shmem_barrier_all();
  }
}

}  // namespace

void run_tests() {
  shmem_ctx_t ctx;
  CHECK(shmem_ctx_create(0, &ctx) == 0);

#define SHMEM_STAMP_RMA(NAME, T, CLASS)                                                               \
  check_all<T, T>(1, ctx, ROUTINE(shmem_##NAME##_put_signal), ROUTINE(shmem_##NAME##_put_signal_nbi), \
                  ROUTINE(shmem_ctx_##NAME##_put_signal), ROUTINE(shmem_ctx_##NAME##_put_signal_nbi));
#include "interface/stamp.h"

#define SIZED(SIZE, T, NELEMS)                                                                              \
  check_all<T, void>(NELEMS, ctx, ROUTINE(shmem_put##SIZE##_signal), ROUTINE(shmem_put##SIZE##_signal_nbi), \
                     ROUTINE(shmem_ctx_put##SIZE##_signal), ROUTINE(shmem_ctx_put##SIZE##_signal_nbi));
  SIZED(8, std::uint8_t, 1)
  SIZED(16, std::uint16_t, 1)
  SIZED(32, std::uint32_t, 1)
  SIZED(64, std::uint64_t, 1)
  SIZED(128, std::uint64_t, 2)
  SIZED(mem, std::uint8_t, 1)
#undef SIZED

  check_signals_alone(ctx);
  shmem_ctx_destroy(ctx);
}
