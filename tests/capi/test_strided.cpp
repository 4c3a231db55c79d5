// SPDX-License-Identifier: BSD-3-Clause
//
// iput, iget, ibput and ibget against a plain loop: every type and size, strides and blocks of several lengths, and
// the elements between the blocks untouched.
#include "suite.h"

using namespace suite;

namespace {

constexpr std::size_t kLength = 160;

struct Shape {
  std::ptrdiff_t dst, sst;
  std::size_t bsize, nblocks;
};

constexpr Shape kElements[] = {{1, 1, 1, 40}, {2, 1, 1, 40}, {1, 3, 1, 40}, {3, 2, 1, 50}, {5, 7, 1, 1}, {2, 2, 1, 0}};
constexpr Shape kBlocks[] = {{4, 4, 4, 10}, {5, 3, 3, 12}, {8, 4, 2, 9}, {40, 30, 17, 3}, {3, 7, 1, 20}, {9, 9, 4, 0}};

// What a strided transfer from `source` (of stream `stream`) leaves in a dest of stream `before`. Elements of sized
// routines are `width` values of T.
template <class T>
bool is_scattered(const T* dest, std::size_t width, int before, int stream, const Shape& shape) {
  T expected[kLength];
  fill(expected, kLength, before);
  for (std::size_t block = 0; block < shape.nblocks; ++block) {
    for (std::size_t i = 0; i < shape.bsize; ++i) {
      for (std::size_t part = 0; part < width; ++part) {
        const std::size_t to = (block * static_cast<std::size_t>(shape.dst) + i) * width + part;
        const std::size_t from = (block * static_cast<std::size_t>(shape.sst) + i) * width + part;
        expected[to] = value<T>(stream, from);
      }
    }
  }
  for (std::size_t i = 0; i < kLength; ++i) {
    if (!(dest[i] == expected[i])) return false;
  }
  return true;
}

bool fits(const Shape& shape, std::size_t width) {
  const auto extent = [&](std::ptrdiff_t stride) {
    return (shape.nblocks == 0 ? 0 : (shape.nblocks - 1) * static_cast<std::size_t>(stride) + shape.bsize) * width;
  };
  return extent(shape.dst) <= kLength && extent(shape.sst) <= kLength;
}

template <class T, class Put, std::size_t N>
void check_put(T* target, std::size_t width, const Shape (&shapes)[N], Put put) {
  T source[kLength];
  fill(source, kLength, me);
  for (const Shape& shape : shapes) {
    if (!fits(shape, width)) continue;
    fill(target, kLength, 100 + me);
    shmem_barrier_all();
    put(target, source, shape, next_pe());
    shmem_barrier_all();
    CHECK(is_scattered<T>(target, width, 100 + me, previous_pe(), shape));
    shmem_barrier_all();
  }
}

template <class T, class Get, std::size_t N>
void check_get(T* origin, std::size_t width, const Shape (&shapes)[N], Get get) {
  T dest[kLength];
  fill(origin, kLength, me);
  shmem_barrier_all();
  for (const Shape& shape : shapes) {
    if (!fits(shape, width)) continue;
    fill(dest, kLength, 100);
    get(dest, origin, shape, next_pe());
    CHECK(is_scattered<T>(dest, width, 100, next_pe(), shape));
  }
  shmem_barrier_all();
}

// D and S: void for sized routines, else T.
template <class T, class U>
struct Routines {
  using Strided = void(U*, const U*, std::ptrdiff_t, std::ptrdiff_t, std::size_t, int);
  using Blocked = void(U*, const U*, std::ptrdiff_t, std::ptrdiff_t, std::size_t, std::size_t, int);
  using CtxStrided = void(shmem_ctx_t, U*, const U*, std::ptrdiff_t, std::ptrdiff_t, std::size_t, int);
  using CtxBlocked = void(shmem_ctx_t, U*, const U*, std::ptrdiff_t, std::ptrdiff_t, std::size_t, std::size_t, int);
  Strided *iput, *iget;
  CtxStrided *ctx_iput, *ctx_iget;
  Blocked *ibput, *ibget;
  CtxBlocked *ctx_ibput, *ctx_ibget;

  void check(std::size_t width, shmem_ctx_t ctx) const {
    Array<T> array(kLength);
    const auto strided = [](Strided* routine) {
      return [=](T* dest, const T* source, const Shape& shape, int pe) {
        routine(dest, source, shape.dst, shape.sst, shape.nblocks, pe);
      };
    };
    const auto ctx_strided = [=](CtxStrided* routine) {
      return [=](T* dest, const T* source, const Shape& shape, int pe) {
        routine(ctx, dest, source, shape.dst, shape.sst, shape.nblocks, pe);
      };
    };
    const auto blocked = [](Blocked* routine) {
      return [=](T* dest, const T* source, const Shape& shape, int pe) {
        routine(dest, source, shape.dst, shape.sst, shape.bsize, shape.nblocks, pe);
      };
    };
    const auto ctx_blocked = [=](CtxBlocked* routine) {
      return [=](T* dest, const T* source, const Shape& shape, int pe) {
        routine(ctx, dest, source, shape.dst, shape.sst, shape.bsize, shape.nblocks, pe);
      };
    };
    check_put<T>(array, width, kElements, strided(iput));
    check_put<T>(array, width, kElements, ctx_strided(ctx_iput));
    check_put<T>(array, width, kBlocks, blocked(ibput));
    check_put<T>(array, width, kBlocks, ctx_blocked(ctx_ibput));
    check_get<T>(array, width, kElements, strided(iget));
    check_get<T>(array, width, kElements, ctx_strided(ctx_iget));
    check_get<T>(array, width, kBlocks, blocked(ibget));
    check_get<T>(array, width, kBlocks, ctx_blocked(ctx_ibget));
  }
};

}  // namespace

void run_tests() {
  shmem_ctx_t ctx;
  CHECK(shmem_ctx_create(0, &ctx) == 0);

#define SHMEM_STAMP_RMA(NAME, T, CLASS)                                                                      \
  Routines<T, T>{                                                                                            \
      ROUTINE(shmem_##NAME##_iput),      ROUTINE(shmem_##NAME##_iget),     ROUTINE(shmem_ctx_##NAME##_iput), \
      ROUTINE(shmem_ctx_##NAME##_iget),  ROUTINE(shmem_##NAME##_ibput),    ROUTINE(shmem_##NAME##_ibget),    \
      ROUTINE(shmem_ctx_##NAME##_ibput), ROUTINE(shmem_ctx_##NAME##_ibget)}                                  \
      .check(1, ctx);
#include "interface/stamp.h"

#define SIZED(SIZE, T, WIDTH)                                                                                     \
  Routines<T, void>{ROUTINE(shmem_iput##SIZE),      ROUTINE(shmem_iget##SIZE),     ROUTINE(shmem_ctx_iput##SIZE), \
                    ROUTINE(shmem_ctx_iget##SIZE),  ROUTINE(shmem_ibput##SIZE),    ROUTINE(shmem_ibget##SIZE),    \
                    ROUTINE(shmem_ctx_ibput##SIZE), ROUTINE(shmem_ctx_ibget##SIZE)}                               \
      .check(WIDTH, ctx);
  SIZED(8, std::uint8_t, 1)
  SIZED(16, std::uint16_t, 1)
  SIZED(32, std::uint32_t, 1)
  SIZED(64, std::uint64_t, 1)
  SIZED(128, std::uint64_t, 2)
#undef SIZED

  shmem_ctx_destroy(ctx);
}
