// SPDX-License-Identifier: BSD-3-Clause
//
// put, get, p, g and their nonblocking forms: every type, every size, with and without context, to every PE, heap and
// globals, lengths from none to many, and the neighbours of what is moved untouched.
#include "suite.h"

using namespace suite;

namespace {

constexpr std::size_t kLength = 600;  // more than a page for the larger types
constexpr std::size_t kLengths[] = {0, 1, 2, 3, 7, 8, 64, kLength - 2};

template <class T>
using Copy = void(T*, const T*, std::size_t, int);
template <class T>
using CtxCopy = void(shmem_ctx_t, T*, const T*, std::size_t, int);

// Every PE writes to `target` on every PE in turn; `put` moves nelems elements behind one guard element.
template <class T, class Put>
void check_put(T* target, std::size_t element_nelems, Put put) {
  T source[kLength];
  for (const std::size_t nelems : kLengths) {
    if (nelems % element_nelems != 0) continue;
    for (int shift = 0; shift < npes; ++shift) {
      fill(target, kLength, 100 + me);
      fill(source, kLength, me);
      shmem_barrier_all();
      put(target + element_nelems, source, nelems / element_nelems, (me + shift) % npes);
      shmem_barrier_all();
      const int from = (me + npes - shift) % npes;
      CHECK(is_filled(target + element_nelems, nelems, from));
      CHECK(is_filled(target, element_nelems, 100 + me));
      bool rest = true;
      for (std::size_t i = element_nelems + nelems; i < kLength; ++i) rest &= target[i] == value<T>(100 + me, i);
      CHECK(rest);
      CHECK(is_filled(source, kLength, me));
      shmem_barrier_all();
    }
  }
}

template <class T, class Get>
void check_get(T* origin, std::size_t element_nelems, Get get) {
  T dest[kLength];
  for (const std::size_t nelems : kLengths) {
    if (nelems % element_nelems != 0) continue;
    fill(origin, kLength, me);
    shmem_barrier_all();
    for (int pe = 0; pe < npes; ++pe) {
      fill(dest, kLength, 100);
      get(dest + element_nelems, origin, nelems / element_nelems, pe);
      CHECK(is_filled(dest + element_nelems, nelems, pe));
      CHECK(is_filled(dest, element_nelems, 100));
      bool rest = true;
      for (std::size_t i = element_nelems + nelems; i < kLength; ++i) rest &= dest[i] == value<T>(100, i);
      CHECK(rest);
    }
    shmem_barrier_all();
  }
}

template <class T>
struct Routines {
  Copy<T>*put, *put_nbi, *get, *get_nbi;
  CtxCopy<T>*ctx_put, *ctx_put_nbi, *ctx_get, *ctx_get_nbi;
};

template <class T>
void check_copies(T* target, std::size_t element_nelems, const Routines<T>& routines, shmem_ctx_t ctx) {
  const auto bind = [&](auto* routine) {
    return [=](T* dest, const T* source, std::size_t nelems, int pe) { routine(ctx, dest, source, nelems, pe); };
  };
  const auto quietly = [](auto* routine) {
    return [=](T* dest, const T* source, std::size_t nelems, int pe) {
      routine(dest, source, nelems, pe);
      shmem_quiet();
    };
  };
  const auto bind_quietly = [&](auto* routine) {
    return [=](T* dest, const T* source, std::size_t nelems, int pe) {
      routine(ctx, dest, source, nelems, pe);
      shmem_ctx_quiet(ctx);
    };
  };
  check_put(target, element_nelems, routines.put);
  check_put(target, element_nelems, quietly(routines.put_nbi));
  check_put(target, element_nelems, bind(routines.ctx_put));
  check_put(target, element_nelems, bind_quietly(routines.ctx_put_nbi));
  check_get(target, element_nelems, routines.get);
  check_get(target, element_nelems, quietly(routines.get_nbi));
  check_get(target, element_nelems, bind(routines.ctx_get));
  check_get(target, element_nelems, bind_quietly(routines.ctx_get_nbi));
}

template <class T>
void check_elements(void (*p)(T*, T, int), void (*ctx_p)(shmem_ctx_t, T*, T, int), T (*g)(const T*, int),
                    T (*ctx_g)(shmem_ctx_t, const T*, int), shmem_ctx_t ctx) {
  static T global[3];
  Array<T> heap(3);
  for (T* const target : {heap.data(), global}) {
    for (const bool with_ctx : {false, true}) {
      fill(target, 3, 50);
      shmem_barrier_all();
      const T sent = value<T>(me, 1);
      if (with_ctx)
        ctx_p(ctx, target + 1, sent, next_pe());
      else
        p(target + 1, sent, next_pe());
      shmem_barrier_all();
      CHECK(target[1] == value<T>(previous_pe(), 1));
      CHECK(target[0] == value<T>(50, 0) && target[2] == value<T>(50, 2));
      for (int pe = 0; pe < npes; ++pe) {
        const T seen = with_ctx ? ctx_g(ctx, target + 1, pe) : g(target + 1, pe);
        CHECK(seen == value<T>((pe + npes - 1) % npes, 1));
      }
      shmem_barrier_all();
    }
  }
  if constexpr (std::is_arithmetic_v<T>) {
    // The ends of the type's range go through unchanged.
    for (const T extreme : {std::numeric_limits<T>::lowest(), std::numeric_limits<T>::max()}) {
      p(heap, extreme, next_pe());
      shmem_barrier_all();
      CHECK(g(heap, me) == extreme);
      shmem_barrier_all();
    }
  }
}

// Sized routines move void; they are tested with the integer of their size, 128 bits with pairs.
template <class T>
void check_sized(std::size_t element_nelems, shmem_ctx_t ctx, Copy<void>* put, Copy<void>* put_nbi, Copy<void>* get,
                 Copy<void>* get_nbi, CtxCopy<void>* ctx_put, CtxCopy<void>* ctx_put_nbi, CtxCopy<void>* ctx_get,
                 CtxCopy<void>* ctx_get_nbi) {
  Array<T> target(kLength);
  const auto bind = [=](CtxCopy<void>* routine) {
    return [=](T* dest, const T* source, std::size_t nelems, int pe) { routine(ctx, dest, source, nelems, pe); };
  };
  check_put<T>(target, element_nelems, put);
  check_put<T>(target, element_nelems, put_nbi);
  check_put<T>(target, element_nelems, bind(ctx_put));
  check_put<T>(target, element_nelems, bind(ctx_put_nbi));
  check_get<T>(target, element_nelems, get);
  check_get<T>(target, element_nelems, get_nbi);
  check_get<T>(target, element_nelems, bind(ctx_get));
  check_get<T>(target, element_nelems, bind(ctx_get_nbi));
}

// Longer than any internal buffer, at odd addresses.
void check_long_copies() {
  context = "long copies";
  constexpr std::size_t kBytes = (std::size_t{3} << 20) + 13;
  Array<unsigned char> target(kBytes + 16);
  unsigned char* const local = static_cast<unsigned char*>(std::malloc(kBytes));
  for (const std::size_t offset : {0, 1, 7}) {
    for (std::size_t i = 0; i < kBytes; ++i)
      local[i] = static_cast<unsigned char>(i * 7 + static_cast<unsigned>(me) + (i >> 11));
    shmem_barrier_all();
    shmem_putmem(target + offset, local, kBytes, next_pe());
    shmem_barrier_all();
    const unsigned from = static_cast<unsigned>(previous_pe());
    bool equal = true;
    for (std::size_t i = 0; i < kBytes; ++i) {
      equal &= target[i + offset] == static_cast<unsigned char>(i * 7 + from + (i >> 11));
    }
    CHECK(equal);
    std::memset(local, 0, kBytes);
    shmem_getmem(local, target + offset, kBytes, previous_pe());
    const unsigned before = static_cast<unsigned>((me + 2 * npes - 2) % npes);
    equal = true;
    for (std::size_t i = 0; i < kBytes; ++i)
      equal &= local[i] == static_cast<unsigned char>(i * 7 + before + (i >> 11));
    CHECK(equal);
    shmem_barrier_all();
  }
  std::free(local);
}

// Constants are global variables, too: a get reads them, wherever they lie. (Not static: the compiler must not know.)
extern const long constants[4];
const long constants[4] = {11, 12, 13, 14};

void check_constants() {
  context = "constants";
  long local[4] = {};
  shmem_long_get(local, constants, 4, next_pe());
  CHECK(local[0] == 11 && local[3] == 14);
  shmem_long_iget(local, constants, 1, 2, 2, next_pe());
  CHECK(local[0] == 11 && local[1] == 13);
  CHECK(shmem_long_g(&constants[1], next_pe()) == 12);
  CHECK(shmem_long_atomic_fetch(&constants[2], next_pe()) == 13);
  const long* const there = static_cast<const long*>(shmem_ptr(constants, next_pe()));
  CHECK(there != nullptr && there[3] == 14);
  CHECK(shmem_addr_accessible(constants, next_pe()) == 1);
  CHECK(shmem_ptr(constants, npes) == nullptr);
}

}  // namespace

void run_tests() {
  check_constants();
  shmem_ctx_t ctx;
  CHECK(shmem_ctx_create(0, &ctx) == 0);

#define SHMEM_STAMP_RMA(NAME, T, CLASS)                                                                    \
  {                                                                                                        \
    static T global[kLength];                                                                              \
    Array<T> heap(kLength);                                                                                \
    const Routines<T> routines{ROUTINE(shmem_##NAME##_put),     ROUTINE(shmem_##NAME##_put_nbi),           \
                               ROUTINE(shmem_##NAME##_get),     ROUTINE(shmem_##NAME##_get_nbi),           \
                               ROUTINE(shmem_ctx_##NAME##_put), ROUTINE(shmem_ctx_##NAME##_put_nbi),       \
                               ROUTINE(shmem_ctx_##NAME##_get), ROUTINE(shmem_ctx_##NAME##_get_nbi)};      \
    context = "put and get of " #NAME;                                                                     \
    check_copies<T>(heap, 1, routines, ctx);                                                               \
    check_put<T>(global, 1, routines.put);                                                                 \
    check_get<T>(global, 1, routines.get);                                                                 \
    check_elements<T>(ROUTINE(shmem_##NAME##_p), ROUTINE(shmem_ctx_##NAME##_p), ROUTINE(shmem_##NAME##_g), \
                      ROUTINE(shmem_ctx_##NAME##_g), ctx);                                                 \
  }
#include "interface/stamp.h"

#define SIZED(SIZE, T, NELEMS)                                                                                     \
  check_sized<T>(NELEMS, ctx, ROUTINE(shmem_put##SIZE), ROUTINE(shmem_put##SIZE##_nbi), ROUTINE(shmem_get##SIZE),  \
                 ROUTINE(shmem_get##SIZE##_nbi), ROUTINE(shmem_ctx_put##SIZE), ROUTINE(shmem_ctx_put##SIZE##_nbi), \
                 ROUTINE(shmem_ctx_get##SIZE), ROUTINE(shmem_ctx_get##SIZE##_nbi));
  SIZED(8, std::uint8_t, 1)
  SIZED(16, std::uint16_t, 1)
  SIZED(32, std::uint32_t, 1)
  SIZED(64, std::uint64_t, 1)
  SIZED(128, std::uint64_t, 2)
  SIZED(mem, std::uint8_t, 1)
#undef SIZED

  check_long_copies();
  shmem_ctx_destroy(ctx);
}
