// SPDX-License-Identifier: BSD-3-Clause
//
// Moves of elements between a remote symmetric array and a local one, in whatever layout both lie in memory.
//
// The engine is told an element size. Down to that size it tears nothing, and it may want addresses aligned to it. So
// it is told the largest power of two, at most 16 bytes, that divides the size of an element, every stride and both
// addresses.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include "binding/calling.h"
#include "binding/errors.h"
#include "binding/operands.h"
#include "binding/shapes.h"
#include "binding/types.h"

namespace shmem::binding {

enum class Direction { kPut, kGet };

inline constexpr std::uintptr_t kLargestUnit = 16;

[[nodiscard]] inline int log2_unit(std::uintptr_t divisors) noexcept {
  return std::countr_zero(divisors | kLargestUnit);
}

[[nodiscard]] inline std::uintptr_t bits_of(const void* pointer) noexcept {
  return reinterpret_cast<std::uintptr_t>(pointer);
}

// One transfer of contiguous bytes. `nbytes` is not 0 and a multiple of `itemsize`.
template <Direction direction, bool nbi>
inline void move_bytes(CtxRecord* ctx, char* target, const char* source, std::size_t nbytes, std::size_t itemsize,
                       int pe) {
  const EngineTable* engine = state.engine;
  const int unit = log2_unit(bits_of(target) | bits_of(source) | itemsize);
  if (!nbi || !state.keep_alive) {
    // One element travels in a register.
    if (nbytes == 8 && unit == 3) [[likely]] {
      if constexpr (direction == Direction::kPut) {
        std::uint64_t value;
        std::memcpy(&value, source, 8);
        engine->p8(ctx->handle, target, value, pe);
      } else {
        const std::uint64_t value = engine->g8(ctx->handle, source, pe);
        std::memcpy(target, &value, 8);
      }
      return;
    }
    if (nbytes == 4 && unit == 2) {
      if constexpr (direction == Direction::kPut) {
        std::uint32_t value;
        std::memcpy(&value, source, 4);
        engine->p4(ctx->handle, target, value, pe);
      } else {
        const std::uint32_t value = engine->g4(ctx->handle, source, pe);
        std::memcpy(target, &value, 4);
      }
      return;
    }
  }
  if constexpr (direction == Direction::kPut) {
    (nbi ? engine->put_nbi : engine->put)(ctx->handle, target, source, nbytes >> unit, unit, pe);
  } else {
    (nbi ? engine->get_nbi : engine->get)(ctx->handle, target, source, nbytes >> unit, unit, pe);
  }
}

// Two arrays of one shape, element by element. The copy constructor copies only the dimensions in use, since room for
// all takes 1.5 KB.
struct Pair {
  char* target;
  const char* source;
  std::size_t itemsize;
  int dims;
  npy_intp shape[NPY_MAXDIMS];
  npy_intp target_strides[NPY_MAXDIMS];
  npy_intp source_strides[NPY_MAXDIMS];

  Pair() = default;
  Pair(const Pair& other) noexcept
      : target(other.target), source(other.source), itemsize(other.itemsize), dims(other.dims) {
    for (int d = 0; d < dims; ++d) {
      shape[d] = other.shape[d];
      target_strides[d] = other.target_strides[d];
      source_strides[d] = other.source_strides[d];
    }
  }
  Pair& operator=(const Pair&) = delete;
};

// Where elements come from and go to.
struct Route {
  Direction direction;
  EngineCtx ctx;
  int pe;
};

// Moves the first `nelems` elements in index order, and may change the pair. It needs no GIL, since it touches no
// Python object. On return the move is as complete as put and get are.
void move_pair(const Route& route, Pair& pair, std::size_t nelems);

// The arguments of one put or get. The move is complete on return, for the non-blocking routines too.
struct Move {
  Direction direction;
  CtxRecord* ctx;
  int pe;
  PyArrayObject* target;
  PyArrayObject* source;
  std::size_t size;  // elements, or kWhole
};

// Arrays with gaps, different layouts or different shapes.
bool move_arrays(const Signature& call, const Move& move);

// A put whose source is a number.
bool put_number(const Signature& call, const Move& move, PyObject* number);

// The checks of every transfer of two arrays that do not depend on layouts: both have one dtype, the target is
// writeable, the remote array is symmetric, and neither is freed.
bool check_arrays(const Signature& call, Direction direction, PyArrayObject* target, PyArrayObject* source);

}  // namespace shmem::binding
